"""A warning that would start a plan, for trying it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.chain import Chain, Node
from schemas.level import Level, rank
from services.response.engine import is_met
from services.response.playbook import Playbook
from services.runtime.errors import InputError

_HOURS_LEFT = {Level.BLUE: 240.0, Level.YELLOW: 120.0, Level.ORANGE: 60.0, Level.RED: 20.0}


def story(
    chain: Chain,
    playbook: Playbook,
    steps: Sequence[tuple[Level, float]],
    start: datetime,
    *,
    lane: str,
    node: str = "",
    product: str = "",
    hazard: str = "",
) -> list[Alert]:
    """Steps of an episode (level, hours from the start; NORMAL closes it) at a place that the plan is for.

    Raises InputError when no place of the chain fits, or the one given does not.
    """
    nodes = {n.id: n for n in chain.nodes}
    names = [node] if node else [n.id for n in chain.nodes]
    for name in names:
        first = _first(chain, playbook, nodes, name, steps[0][0], start, lane, product, hazard)
        if first is not None:
            return [_step(first, number, level, hours) for number, (level, hours) in enumerate(steps, 1)]
    wanted = playbook.trigger
    raise InputError(
        f"{node or '链条中没有环节'} 不符合启动条件 does not meet what starts {playbook.id}: 等级 {wanted.level.value}，风险 {wanted.hazards}，"
        f"环节 {wanted.kinds}，产品 {wanted.products}，途经 {wanted.path_kinds}，起因 {wanted.cause_kinds}，地区 {wanted.regions}"
    )


def _first(
    chain: Chain,
    playbook: Playbook,
    nodes: Mapping[str, Node],
    name: str,
    level: Level,
    start: datetime,
    lane: str,
    product: str,
    hazard: str,
) -> Alert | None:
    trigger = playbook.trigger
    causes = (
        [n for n in nodes.values() if n.kind in (*trigger.cause_kinds, *trigger.path_kinds)] or [nodes[name]]
        if name in nodes
        else []
    )
    own = [s.product for s in chain.stocks if s.node == name] or ([nodes[name].product] if name in nodes else [])
    for goods in [product] if product else own:
        for risk in [hazard] if hazard else trigger.hazards or (Hazard.STARVED.value,):
            for cause in causes[:1]:
                path = [cause.id, name] if cause.id != name else [name]
                alert = _alert(chain, name, goods, Hazard(risk), level, start, lane, path)
                if is_met(trigger, alert, nodes):
                    return alert
    return None


def _alert(
    chain: Chain, node: str, product: str, hazard: Hazard, level: Level, at: datetime, lane: str, path: list[str]
) -> Alert:
    return Alert(
        lane=lane,
        chain=chain.id,
        node=node,
        product=product,
        hazard=hazard,
        episode=f"example-{node}-{product}",
        sequence=1,
        state=AlertState.OPENED,
        level=level,
        opened_at=at,
        as_of=at,
        known_at=at,
        headline_zh="（试运行的预警）",
        headline_en="(a warning made up for trying)",
        reason_zh="试运行假设",
        reason_en="supposed for the dry run",
        path=path,
        hours_to_minimum_p50=_HOURS_LEFT.get(level),
    )


def _step(first: Alert, number: int, level: Level, hours: float) -> Alert:
    at = first.as_of + timedelta(hours=hours)
    changes: dict[str, object] = {
        "sequence": number,
        "level": level,
        "as_of": at,
        "known_at": at,
        "hours_to_minimum_p50": _HOURS_LEFT.get(level),
    }
    if number > 1:
        changes["state"] = _state(first.level, level)
    return Alert(**{name: getattr(first, name) for name in first.__struct_fields__} | changes)


def _state(before: Level, level: Level) -> AlertState:
    if level is Level.NORMAL:
        return AlertState.CLOSED
    return AlertState.WORSENED if (rank(level) or 0) > (rank(before) or 0) else AlertState.EASED
