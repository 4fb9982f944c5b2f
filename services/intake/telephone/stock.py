"""``report.stock``: a stock read over the telephone, or one withdrawn; pure."""

from datetime import datetime

import msgspec

from schemas.chain import Chain, Series
from schemas.command import Command
from schemas.rejection import Reason
from schemas.report import TELEPHONE
from services.intake.candidate import Candidate
from services.intake.telephone.arguments import Fault, known_only, moment, needed, number, truth
from services.intake.telephone.place import place_of

KIND = "report.stock"
_FIELDS = frozenset(
    {"action", "node", "product", "value", "unit", "observed_at", "source", "caller", "verified", "note"}
)
_MOST = 1e9


def stock_row(command: Command, chain: Chain, now: datetime, issued_at: datetime) -> Candidate:
    """The observation of a stock at lane time ``now``; one that is withdrawn is told again as bad. Raises Fault."""
    arguments = command.arguments
    known_only(arguments, _FIELDS)
    action = needed(arguments, "action", "add 或 withdraw / add or withdraw")
    if action not in ("add", "withdraw"):
        raise Fault(Reason.WRONG_TYPE, "action", action, "add 或 withdraw / add or withdraw")
    if action == "withdraw":
        needed(arguments, "observed_at", "要撤回的读数的时刻 / the moment of the reading that is withdrawn")
    series = _series(command, chain)
    is_verified = truth(arguments, "verified")
    told = {
        "command": command.command_id,
        "action": action,
        "source": needed(arguments, "source", "消息来源单位 / who told of it"),
        "caller": needed(arguments, "caller", "来电人 / who called"),
        "officer": command.actor,
        "is_verified": is_verified,
        "note": arguments.get("note", "").strip(),
    }
    quality = "bad" if action == "withdraw" else "good" if is_verified else "estimated"
    return Candidate(
        series=series.id,
        observed_at=min(moment(arguments, "observed_at", now), issued_at),
        issued_at=issued_at,
        value=number(arguments, "value", 0.0, _MOST),
        unit=arguments.get("unit", "").strip() or None,
        quality=quality,
        key=command.command_id,
        detail=msgspec.json.encode({TELEPHONE: told}).decode(),
        lane=command.lane,
    )


def _series(command: Command, chain: Chain) -> Series:
    """The stock series of the place. Raises Fault that names the products there are."""
    arguments = command.arguments
    needed(arguments, "node", "节点编号 / a node id")
    _, node = place_of({"node": arguments["node"]}, chain)
    there = {s.product: s for s in chain.series if s.indicator == "stock" and s.node == node}
    product = arguments.get("product", "").strip() or (next(iter(there)) if len(there) == 1 else "")
    if product not in there:
        places = ", ".join(sorted({s.node for s in chain.series if s.indicator == "stock"}))
        wanted = (
            f"该处有库存序列的品种：{'、'.join(there)} / a product with a stock series here: {', '.join(there)}"
            if there
            else f"有库存序列的节点：{places} / a node with a stock series"
        )
        raise Fault(Reason.UNKNOWN_REFERENCE, "product", product or node, wanted)
    return there[product]
