"""How alerting decides: bounds of the hold, what counts as trusted, how often an open episode speaks. Pure."""

from datetime import timedelta

from msgspec import Struct

from schemas.level import Level


class Policy(Struct, frozen=True, kw_only=True):
    """``least_hold`` … ``most_hold`` bound the hold learned from dips; ``usual_dip`` stands for a place whose noise is not known, ``dip_margin`` is
    how many times the usual dip must pass. An assessment below ``least_confidence`` is not seen; an input below ``least_trust`` closes nothing.
    From ``person_from`` on (None: never) a person's word is needed to close, except in a replay, where nobody watches.
    """

    least_hold: timedelta = timedelta(hours=6)
    most_hold: timedelta = timedelta(hours=48)
    usual_dip: timedelta = timedelta(hours=16)
    dip_margin: float = 1.5
    dips_kept: int = 12
    least_confidence: float = 0.1
    least_trust: float = 0.5
    revised_by: float = 0.02
    restate_after: timedelta = timedelta(hours=24)
    least_between_updates: timedelta = timedelta(hours=6)
    person_from: Level | None = Level.ORANGE
