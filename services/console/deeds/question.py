"""Questions to risk: 补链, 推演 with its sliders, and what links will carry."""

from collections.abc import Mapping

from schemas.chain import Chain
from services.console.deeds.order import Order, number, order
from services.console.errors import WrongError

PLACES = ("node", "link", "area")
_DIGITS = (2, 4, 6)


def remedy(chain: Chain, node: str, product: str) -> Order:
    """Ask for a remedy of a place. Raises WrongError."""
    if node not in {n.id for n in chain.nodes}:
        raise WrongError(f"没有环节 {node[:60]!r}", f"the chain has no place {node[:60]!r}")
    has_stock = any((s.node, s.product) == (node, product) for s in chain.stocks)
    return order("risk.remedy", "", node=node, product=product if has_stock else "")


def flows() -> Order:
    """Ask what the links will carry as things stand."""
    return order("risk.flows")


def what_if(chain: Chain, given: Mapping[str, str], kinds: Mapping[str, str]) -> Order:
    """Ask what would happen. ``left`` is the share of capacity that stays, ``use`` the users' need, both in per cent. Raises WrongError."""
    place = given.get("place", "node")
    target = given.get(place, "").strip() if place in PLACES else ""
    _check_target(chain, place, target)
    kind = given.get("kind", "") or "loss"
    if kind not in kinds:
        raise WrongError(
            f"没有事件类型 {kind[:40]!r}，可用：{'、'.join(kinds.values())}", f"one of {', '.join(kinds)} is right"
        )
    days = given.get("days", "")
    said = {"kind": kind, place: target}
    if days:
        said["days"] = f"{number(days, '持续天数', 'days', 0.04, 365.0):g}"
    if given.get("left", "") != "":
        said["factor"] = f"{number(given['left'], '剩余能力 %', 'capacity left in %', 0.0, 300.0) / 100:g}"
    use = given.get("use", "")
    if use not in ("", "100"):
        said["use"] = f"{number(use, '用户需求 %', 'need of users in %', 0.0, 300.0) / 100:g}"
    return order("risk.what_if", "", **said)


def _check_target(chain: Chain, place: str, target: str) -> None:
    nodes = {n.id for n in chain.nodes}
    links = {f"{k.source}:{k.target}:{k.product}" for k in chain.links} | {
        f"{k.source}:{k.target}" for k in chain.links
    }
    if place not in PLACES or not target:
        raise WrongError("请选择环节、链路或区域", "choose a place, a link or an area")
    if place == "node" and not set(target.split(",")) <= nodes:
        raise WrongError(f"没有环节 {target[:60]!r}", f"the chain has no place {target[:60]!r}")
    if place == "link" and target not in links:
        raise WrongError(
            f"没有链路 {target[:60]!r}，应为 起点:终点:产品", f"no link {target[:60]!r}; from:to:product is right"
        )
    if place == "area" and not (target.isdigit() and len(target) in _DIGITS):
        raise WrongError(f"区划 {target[:20]!r} 应为 2、4 或 6 位代码", "an area is a code of 2, 4 or 6 digits")
