"""Reported events as disturbances: which parts of the chain they hit, what other reports say against them, and what is seen beside them."""

from collections.abc import Iterable

from msgspec import Struct, structs

from detectors.network.course import Target
from schemas.chain import Series
from schemas.report import EVENT_KINDS, EventReport
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US, Evidence
from services.risk.state.disruption import Disturbed
from services.risk.state.learnt import Learnt
from services.risk.state.network import Living
from services.risk.state.reading import read
from services.risk.state.told import UNVERIFIED_CHANCE, Told, told_of
from services.runtime.chain.area import covers
from services.runtime.clock import to_us

_FIT, _USUAL, _ABOVE = 0.97, 0.93, 0.1
_LEAST_TRUST = 0.5
_AFTER_H = 6.0
_LEAST_ROWS = 2
_NEVER_IN_AREA = ("demand", "external_supply")


class Present(Struct, frozen=True):
    """What is known at a moment."""

    b: Blueprint
    evidence: Evidence
    living: Living
    learnt: Learnt
    as_of_us: int


def reported(present: Present) -> list[Disturbed]:
    """What open reports say is disturbed, but for parts of which trusted readings since show that they work as usual again."""
    found = [d for report in present.evidence.reports.open() for d in _parts(present, report)]
    return [d for d in found if not _has_recovered(present, d)]


def with_reports(seen: Iterable[Disturbed], told: Iterable[Disturbed]) -> list[Disturbed]:
    """What is seen and what is told together. Of a place that is seen and told of the worse of both counts, and it ends as told."""
    found = list(seen)
    for d in told:
        at = next(
            (i for i, s in enumerate(found) if (s.target, s.index) == (d.target, d.index) and s.told is None), None
        )
        if at is None:
            found.append(d)
            continue
        found[at] = structs.replace(
            found[at],
            name=d.name,
            factor=min(d.factor, found[at].factor),
            since_h=max(d.since_h, found[at].since_h),
            told=d.told,
            ends_h=None,
            is_overdue=False,
            is_easing=False,
            rivals=(),
        )
    return found


def _parts(present: Present, report: EventReport) -> list[Disturbed]:
    b, told = present.b, told_of(report, present.as_of_us)
    if report.target == "node":
        return [_node(present, told, report.place)] if report.place in b.nodes else []
    if report.target == "link":
        ends = {f"{k.source}:{k.target}:{k.product}": number for number, k in enumerate(b.links)}
        return [_link(present, told, ends[report.place])] if report.place in ends else []
    return _area(present, told)


def _area(present: Present, told: Told) -> list[Disturbed]:
    """Every node of an area that the kind of event hits, and the links of its modes that begin or end there."""
    b, kind = present.b, EVENT_KINDS.get(told.report.kind)
    inside = {n.id: n for n in b.nodes.values() if n.admin_code and covers(told.report.place, n.admin_code)}
    places = kind.places if kind else ()
    hit = [n for n in inside.values() if (n.kind in places if places else n.kind not in _NEVER_IN_AREA)]
    links = [
        number
        for number, k in enumerate(b.links)
        if kind and k.mode in kind.modes and b.normal_flow[number] > 0 and {k.source, k.target} & inside.keys()
    ]
    return [_node(present, told, n.id) for n in hit] + [_link(present, told, number) for number in links]


def _node(present: Present, told: Told, node: str) -> Disturbed:
    return _at(present, told, Target.NODE, present.living.node_index[node], node, present.b.nodes[node].kind, node)


def _link(present: Present, told: Told, number: int) -> Disturbed:
    link = present.b.links[number]
    part = f"{link.source}:{link.target}:{link.product}"
    return _at(present, told, Target.LINK, number, link.source, "default", part)


def _at(present: Present, told: Told, target: Target, index: int, node: str, kind: str, part: str) -> Disturbed:
    begun_h = (present.as_of_us - to_us(told.report.begun_at)) / HOUR_US
    return Disturbed(
        name=f"report {told.report.event} {part}",
        target=target,
        index=index,
        node=node,
        kind=kind,
        factor=told.report.left,
        since_h=max(0.0, begun_h),
        starts_h=max(0.0, -begun_h),
        chance=1.0 if told.report.is_verified else UNVERIFIED_CHANCE,
        told=told,
    )


def _has_recovered(present: Present, d: Disturbed) -> bool:
    """True when trusted readings observed since the newest word show that the part works as usual again."""
    assert d.told is not None
    since_us = max(to_us(d.told.report.begun_at), to_us(d.told.report.told_at))
    if d.target is Target.LINK:
        return _is_usual(present, present.b.of_link[d.index].flow, _link_share(present, d.index), d.factor, since_us)
    own = present.b.of_node.get(d.node)
    if own is not None and own.capacity_factor is not None and _is_fit(present, own.capacity_factor, since_us):
        return True
    account = present.b.account[(d.node, present.b.nodes[d.node].product)]
    watch = present.b.of_account[account]
    meter = watch.output or watch.intake or watch.volume or watch.flow or watch.inflow
    return _is_usual(present, meter, _node_share(present, account, d.index), d.factor, since_us)


def _is_fit(present: Present, series: Series, since_us: int) -> bool:
    """True when the place itself said hours later that it works; a routine word of the same hour is not meant as an answer."""
    reading = read(present.evidence, series, present.as_of_us)
    row = reading.row
    return (
        row is not None
        and row.observed_us >= since_us + _AFTER_H * HOUR_US
        and row.value >= _FIT
        and reading.trust >= _LEAST_TRUST
    )


def _is_usual(present: Present, series: Series | None, share: float, left: float, since_us: int) -> bool:
    """True when every reading since, the first hours apart, tells of the usual rate, and that is more than what was said to be left allows."""
    usual = present.learnt.usual.get(series.id) if series else None
    history = present.evidence.of(series.id) if series else None
    if series is None or usual is None or history is None or usual.rate <= 0 or share <= left + _ABOVE:
        return False
    start = since_us + int(max(_AFTER_H, series.cadence_h) * HOUR_US)
    points = history.points_from(start, present.as_of_us)
    if len(points) < _LEAST_ROWS or read(present.evidence, series, present.as_of_us).trust < _LEAST_TRUST:
        return False
    return all(value >= _USUAL * usual.on(at) for at, value in points)


def _node_share(present: Present, account: int, index: int) -> float:
    """The usual rate of a node as a share of its capacity."""
    network = present.living.network
    capacity = float(network.node_capacity[index])
    maker = present.living.maker_of.get(account)
    if maker is not None:
        capacity = min(capacity, network.makers[maker].capacity)
    return min(1.0, float(present.living.rest.through[account]) / capacity) if capacity > 0 else 0.0


def _link_share(present: Present, number: int) -> float:
    capacity = float(present.living.network.capacity[number])
    return min(1.0, float(present.living.rest.flow[number]) / capacity) if capacity > 0 else 0.0
