"""The rules a chain must keep, pure on its draft; RULES and WHOLE_RULES are read aloud in their order."""

from collections.abc import Callable, Iterable

from schemas.chain import Chain
from services.runtime.chain.draft import Draft, draft_of
from services.runtime.chain.problem import Problem, errors_of
from services.runtime.chain.rules.flows import check_flows
from services.runtime.chain.rules.identity import check_identity
from services.runtime.chain.rules.network import check_network
from services.runtime.chain.rules.offers import check_offers
from services.runtime.chain.rules.quality import check_quality
from services.runtime.chain.rules.references import check_references, check_responsibility
from services.runtime.chain.rules.series import check_plausible, check_series
from services.runtime.chain.rules.shares import check_dormant, check_shares
from services.runtime.chain.rules.stocks import check_stocks

Rule = Callable[[Draft], Iterable[Problem]]

RULES: tuple[Rule, ...] = (
    check_identity,
    check_references,
    check_responsibility,
    check_network,
    check_shares,
    check_dormant,
    check_stocks,
    check_series,
    check_offers,
)
"""Rules that look at single rows and pairs: they speak even while other rows are wrong."""

WHOLE_RULES: tuple[Rule, ...] = (check_flows, check_quality, check_plausible)
"""Rules that follow goods through the chain: they speak once every row is right, or they would only repeat its faults."""


def check(draft: Draft, *, is_whole: bool) -> list[Problem]:
    """All findings. ``is_whole`` says that every row could be read."""
    found = [finding for rule in RULES for finding in rule(draft)]
    if is_whole and not errors_of(found):
        found += [finding for rule in WHOLE_RULES for finding in rule(draft)]
    return found


def check_chain(chain: Chain) -> list[Problem]:
    """All findings about a chain that came from elsewhere than a folder (generated, from history); places are list and number."""
    return check(draft_of(chain), is_whole=True)
