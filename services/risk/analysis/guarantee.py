"""保障清单: what must keep running, how much of it, by when, with which people, trucks, trains and permits, and who answers. 建议, never 指令."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from detectors.network.course import Target
from schemas.assessment import Hazard
from services.risk.analysis.breaks import Break
from services.risk.analysis.keep_choice import Keep
from services.risk.analysis.kinds import Kind, Norms
from services.risk.analysis.part import Owner, Part, names, owner_of
from services.risk.analysis.reach import hours_down
from services.risk.blueprint import Blueprint
from services.risk.state.world import World
from services.runtime.clock import from_us

_SHIFTS = 3
_FOR = 3
_BY_TRAIN = frozenset({"rail", "rail_spur", "rail_load"})


class Guarantee(Struct, frozen=True, kw_only=True):
    """One row. ``least_per_day`` of ``normal_per_day`` in ``unit`` must keep moving; ``is_hit``: the event leaves ``left`` of its capacity, else it
    is to be kept from failing too. ``by_h`` hours from the as-of until it is too late for the first place that depends on it (None: not within 30 d).
    ``people_a_day``, ``trains_a_day`` and ``trucks`` by the norms, None where they mean nothing; ``for_zh``, ``for_en``: who breaks sooner, or
    loses most, without it."""

    rank: int
    id: str
    name_zh: str
    name_en: str
    is_hit: bool
    left: float
    saves_cny: float
    least_per_day: float
    normal_per_day: float
    unit: str
    by_h: float | None
    by_at: datetime | None
    for_zh: str
    for_en: str
    people_a_day: int | None
    trains_a_day: float | None
    trucks: int | None
    permit_zh: str
    permit_en: str
    owner: Owner


def guarantees(
    blueprint: Blueprint, world: World, keeps: Sequence[Keep], breaks: Sequence[Break], kind: Kind, norms: Norms
) -> list[Guarantee]:
    """The list in the order of what each row saves."""
    return [_row(blueprint, world, keep, rank, breaks, kind, norms) for rank, keep in enumerate(keeps, 1)]


def _row(
    b: Blueprint, world: World, keep: Keep, rank: int, breaks: Sequence[Break], kind: Kind, norms: Norms
) -> Guarantee:
    part, (zh, en) = keep.part, names(b, keep.part)
    normal, capacity, unit = _rates(b, world, part)
    least = min(keep.level * capacity, normal)
    share = least / normal if normal > 0 else 0.0
    depends = _depending(b, keep, breaks)
    by_h = min((h for _, h in depends if h is not None), default=None)
    whom = list(dict.fromkeys((x.name_zh, x.name_en) for x, _ in depends))[:_FOR]
    whom = whom or [(f"{b.nodes[n].name_zh}减产", f"less at {b.nodes[n].name_en}") for n in keep.helps[:_FOR]]
    people, trains, trucks = _means(b, part, least, share, norms)
    return Guarantee(
        rank=rank,
        id=part.id,
        name_zh=zh,
        name_en=en,
        is_hit=keep.is_hit,
        left=keep.left,
        saves_cny=round(keep.saves_cny, -3),
        least_per_day=_rounded(least),
        normal_per_day=_rounded(normal),
        unit=unit,
        by_h=None if by_h is None else round(by_h, 1),
        by_at=None if by_h is None else from_us(world.as_of_us) + timedelta(hours=by_h),
        for_zh="、".join(zh for zh, _ in whom),
        for_en=", ".join(en for _, en in whom),
        people_a_day=people,
        trains_a_day=trains,
        trucks=trucks,
        permit_zh=kind.permit_zh if keep.is_hit else "",
        permit_en=kind.permit_en if keep.is_hit else "",
        owner=owner_of(b, part),
    )


def _rates(b: Blueprint, world: World, part: Part) -> tuple[float, float, str]:
    """Normal amount and capacity per day, and the unit."""
    network, rest = world.living.network, world.living.rest
    if part.target is Target.LINK:
        return 24 * float(rest.flow[part.index]), 24 * float(network.capacity[part.index]), b.links[part.index].unit
    node = b.nodes[part.node]
    account = b.account[node.id, node.product]
    normal = 24 * float(rest.through[account])
    maker = world.living.maker_of.get(account)
    limits = [24 * float(network.node_capacity[part.index])]
    limits += [24 * network.makers[maker].capacity] if maker is not None else []
    capacity = min(limits)
    return normal, capacity if math.isfinite(capacity) else normal, node.unit


def _depending(b: Blueprint, keep: Keep, breaks: Sequence[Break]) -> list[tuple[Break, float | None]]:
    """Shortages that the part spares, or that the product itself runs to where nothing is lost yet, with the hours until goods sent from here would
    come too late; the soonest first."""
    part = keep.part
    lead = b.links[part.index].lead_time_h if part.end else 0.0
    start = part.end or part.node
    found = []
    for item in breaks:
        is_spared = item.node in keep.helps
        down = hours_down(b, start, "" if is_spared else item.product)
        if item.hazard == Hazard.STARVED.value and item.node in down and (is_spared or item.loss_cny <= 0):
            found.append((item, None if item.p10_h is None else max(0.0, item.p10_h - lead - down[item.node])))
    return sorted(found, key=lambda f: math.inf if f[1] is None else f[1])


def _means(
    b: Blueprint, part: Part, least: float, share: float, norms: Norms
) -> tuple[int | None, float | None, int | None]:
    """People a day, trains a day and trucks for the least amount."""
    kind = b.nodes[part.node].kind if not part.end else ""
    link = b.links[part.index] if part.end else None
    is_rail = kind == "rail_line" or (link is not None and link.mode in _BY_TRAIN)
    is_road = kind == "road_corridor" or (link is not None and link.mode == "road")
    people = trains = trucks = None
    if is_rail:
        trains = math.ceil(least / norms.train_t.value * 10) / 10
        people = math.ceil(trains * norms.crew_per_train.value)
    if is_road:
        lead = link.lead_time_h if link is not None else _mean_lead(b, part.node)
        turns = 24.0 / (2 * lead + norms.turnround_h.value)
        trucks = math.ceil(least / norms.truck_t.value / turns)
        people = math.ceil(trucks * norms.crew_per_truck.value)
    if link is None:
        norm = norms.people_per_shift.get(kind, norms.people_per_shift["default"])
        people = (people or 0) + math.ceil(_SHIFTS * norm.value * share)
    return people, trains, trucks


def _mean_lead(b: Blueprint, node: str) -> float:
    hours = [k.lead_time_h for n, k in enumerate(b.links) if k.source == node and b.normal_flow[n] > 0]
    return sum(hours) / len(hours) if hours else 0.0


def _rounded(value: float) -> float:
    """To three digits that mean something."""
    if value <= 0:
        return 0.0
    return round(value, 2 - math.floor(math.log10(value)))
