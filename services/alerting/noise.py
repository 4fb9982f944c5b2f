"""How long a lower level must hold, learned from a place's own noise: from dips that did not last. Pure."""

import math
from collections.abc import Sequence
from datetime import timedelta

from services.alerting.policy import Policy

_SHARE = 0.8
_HOUR = timedelta(hours=1)


def learned_hold(dips_hours: Sequence[float], policy: Policy) -> timedelta:
    """The hold that outlasts four dips in five by a margin, between its bounds. The usual dip counts as one that was seen, so that it takes four
    shorter ones to shorten the hold, and one longer one to lengthen it.

    >>> hours = [learned_hold(dips, Policy()) / _HOUR for dips in ([], [2.0], [2.0] * 4, [30.0] * 4, [400.0] * 4)]
    >>> hours
    [24.0, 24.0, 6.0, 45.0, 48.0]
    """
    seen = sorted([policy.usual_dip / _HOUR, *dips_hours])
    typical = seen[math.ceil(_SHARE * len(seen)) - 1]
    return min(max(policy.dip_margin * typical * _HOUR, policy.least_hold), policy.most_hold)


def with_dip(dips_hours: Sequence[float], dip: timedelta, policy: Policy) -> tuple[float, ...]:
    """The dips with one more, the newest ones kept. One that lasted longer than any hold is no noise but a real recovery, and is left out."""
    if dip <= timedelta(0) or dip > policy.most_hold:
        return tuple(dips_hours)
    return (*dips_hours, round(dip / _HOUR, 3))[-policy.dips_kept :]
