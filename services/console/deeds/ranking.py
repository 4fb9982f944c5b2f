"""Questions to risk about the chain as a whole: key links, and the inventory of risk points. Pure."""

from schemas.chain import Chain
from services.console.deeds.order import Order, order
from services.console.errors import WrongError

KINDS = ("risk.risk_points", "risk.key_links")


def ranking(chain: Chain, kind: str, focus: str, *, with_pairs: bool) -> Order:
    """Ask anew. ``focus`` ranks key links for one node alone. Raises WrongError."""
    if kind not in KINDS:
        raise WrongError(f"没有问题 {kind[:40]!r}", f"one of {', '.join(KINDS)} is right")
    if focus and focus not in {n.id for n in chain.nodes}:
        raise WrongError(f"没有环节 {focus[:60]!r}", f"the chain has no place {focus[:60]!r}")
    pairs = "yes" if with_pairs else ""
    return order(kind, "", focus=focus if kind == "risk.key_links" else "", pairs=pairs)
