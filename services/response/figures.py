"""Plans that the figure of a series starts: a price outside its band. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct, structs

from schemas.alert import Alert, AlertState
from schemas.assessment import Hazard
from schemas.chain import Node
from schemas.lane import kind_of
from schemas.level import LEVEL_ZH, Level
from services.response.course import Plans
from services.response.engine import decide
from services.response.episode import Episode
from services.response.playbook import Figure, Playbook
from services.response.record import Change, Standing, digest


class Reading(Struct, frozen=True, kw_only=True):
    """A value of a series as it became known in a lane. ``at`` is when it became known."""

    lane: str
    chain: str
    series: str
    value: float
    observed_at: datetime
    at: datetime


def watched(plans: Plans) -> frozenset[str]:
    """Series that plans watch."""
    return frozenset(p.trigger.figure.series for p in plans.playbooks if p.trigger.figure is not None)


def decide_figure(
    reading: Reading, standing: Sequence[Standing], plans: Plans, nodes: Mapping[str, Node]
) -> list[Change]:
    """Start the plans of whose figure a reading is outside; end those it is inside of again. ``standing``: running runs of the lane's figures."""
    found: list[Change] = []
    for playbook in plans.playbooks:
        figure = playbook.trigger.figure
        if figure is None or figure.series != reading.series:
            continue
        running = [each for each in standing if each.run.playbook == playbook.id]
        allowed = playbook.trigger.lane_kinds
        if figure.is_met(reading.value) and not running and (not allowed or kind_of(reading.lane) in allowed):
            found += _start(reading, playbook, figure, plans, nodes)
        elif not figure.is_met(reading.value):
            for each in running:
                found += _end(reading, each, plans, nodes)
    return found


def _start(
    reading: Reading, playbook: Playbook, figure: Figure, plans: Plans, nodes: Mapping[str, Node]
) -> list[Change]:
    side_zh, side_en = (
        ("高于", "above") if figure.above is not None and reading.value > figure.above else ("低于", "below")
    )
    limit = figure.above if side_zh == "高于" else figure.below
    zh = f"{reading.series} 报 {reading.value:g}，{side_zh} {limit:g}"
    en = f"{reading.series} stands at {reading.value:g}, {side_en} {limit:g}"
    alert = Alert(
        lane=reading.lane,
        chain=reading.chain,
        node=figure.node,
        product=figure.product,
        hazard=Hazard.STARVED,
        episode=digest("figure", reading.lane, playbook.id, reading.observed_at.isoformat()),
        sequence=1,
        state=AlertState.OPENED,
        level=figure.level,
        opened_at=reading.observed_at,
        as_of=reading.at,
        known_at=reading.at,
        headline_zh=zh,
        headline_en=en,
        reason_zh=zh,
        reason_en=en,
    )
    episode = Episode((), plans, nodes, reading.at)
    head = (
        f"【指标·视同{LEVEL_ZH[figure.level]}】{playbook.name_zh}：{zh}",
        f"[figure: as {figure.level.value}] {playbook.name_en}: {en}",
    )
    episode.start(
        alert, playbook, (f"预案启动：{zh}", f"playbook started: {en}"), headline=head, value=f"{reading.value:g}"
    )
    return episode.changes()


def _end(reading: Reading, standing: Standing, plans: Plans, nodes: Mapping[str, Node]) -> list[Change]:
    alert = standing.progress.alert
    if alert is None or standing.progress.is_ending or reading.at < alert.as_of:
        return []
    closed = structs.replace(
        alert,
        state=AlertState.CLOSED,
        level=Level.NORMAL,
        sequence=alert.sequence + 1,
        as_of=reading.at,
        known_at=reading.at,
    )
    return decide(closed, [standing], structs.replace(plans, playbooks=()), nodes)
