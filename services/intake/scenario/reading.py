"""A scenario file (docs/scenarios.md) read into a Scenario, with every error by line; and the checks of a scenario against its chain."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase

from schemas.chain import Chain
from services.intake.scenario.document import Section, open_document
from services.intake.scenario.scenario import (
    Defect,
    Delivery,
    Disruption,
    Effect,
    Kind,
    Notice,
    Rebound,
    Recovery,
    ReportDefect,
    Scenario,
    Severity,
    StartingStock,
)
from services.intake.scenario.season import CHINA
from services.runtime.errors import ConfigurationError

_COLOURS = ("none", "blue", "yellow", "orange", "red")
_HOUR = timedelta(hours=1)


def read_scenario(text: str, name: str = "scenario") -> Scenario:
    """Read a scenario from YAML text.

    Raises ConfigurationError listing every finding as ``name:line: field: given …; wanted …``.
    """
    file, findings = open_document(text, name)
    start = _start(file)
    name_zh, name_en = file.words("name")
    summary_zh, summary_en = file.words("summary") if file.has("summary") else ("", "")
    scenario = Scenario(
        id=file.text("id"),
        name_zh=name_zh,
        name_en=name_en,
        summary_zh=summary_zh,
        summary_en=summary_en,
        kind=Kind(_chosen(file, "kind", [k.value for k in Kind])),
        start=start,
        days=int(file.number("days", 1, 400)),
        lead_in_days=int(file.number("lead_in_days", 0, 120, default=14)),
        mismatch=int(file.number("mismatch", 0, 2, default=1)),
        stocks=[_stock(s) for s in file.sections("stocks")],
        disruptions=[
            *(_disruption(s, start, Effect.CAPACITY) for s in file.sections("disruptions")),
            *(_disruption(s, start, Effect.USE) for s in file.sections("demand")),
        ],
        deliveries=[_delivery(s, start) for s in file.sections("deliveries")],
        notices=[_notice(s, start) for s in file.sections("notices")],
        reporting=[_defect(s, start) for s in file.sections("reporting")],
        severity=[_severity(s) for s in file.sections("severity")],
    )
    file.finish()
    known = {d.id for d in scenario.disruptions}
    for section, notice in zip(file.sections("notices"), scenario.notices, strict=True):
        for cause in set(notice.causes) - known:
            section.problem("causes", cause, f"ids of disruptions or demand ({', '.join(sorted(known)) or 'none'})")
    if findings.lines:
        raise ConfigurationError(*findings.lines)
    return scenario


def problems_on(scenario: Scenario, chain: Chain) -> list[str]:
    """What the scenario names that the chain does not have: nodes, links, stocks, series, hazard areas."""
    nodes = [n.id for n in chain.nodes]
    links = {(x.source, x.target, x.product) for x in chain.links}
    stocks = {(s.node, s.product) for s in chain.stocks}
    series = [s.id for s in chain.series]
    found = []
    for d in scenario.disruptions:
        found += [f"{d.id}: node {n!r} 不存在 is not in the chain" for n in d.nodes if not _matches(n, nodes)]
        found += [f"{d.id}: link {'→'.join(x)} 不存在 is not in the chain" for x in d.links if x not in links]
        found += [f"{d.id}: 未指明节点或线路 names no node and no link"] if not d.nodes and not d.links else []
    found += [
        f"stocks: {s.node} {s.product} 无库存 has no stock"
        for s in scenario.stocks
        if (s.node, s.product) not in stocks
    ]
    for x in scenario.deliveries:
        places = [(node, x.product) for node in (x.node, x.source) if node]
        found += [
            f"{x.id}: {node} {product} 无库存 has no stock" for node, product in places if (node, product) not in stocks
        ]
    found += [
        f"reporting: {r.series!r} 无此序列 matches no series"
        for r in scenario.reporting
        if not _matches(r.series, series)
    ]
    for n in scenario.notices:
        identity = f"hazard.{n.event}.{n.area}"
        found += [] if identity in series else [f"notices: {identity} 无此序列 is not in the catalogue"]
    return [f"{scenario.id}: {line}" for line in found]


def _matches(pattern: str, names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)


def _chosen(section: Section, name: str, choices: list[str], default: str | None = None) -> str:
    given = section.text(name, default, choices)
    return given if given in choices else choices[0]


def _start(file: Section) -> datetime:
    given = file.moment("start")
    if isinstance(given, datetime):
        return given.replace(tzinfo=given.tzinfo or UTC).astimezone(CHINA)
    day = given or date(2000, 1, 1)
    return datetime(day.year, day.month, day.day, tzinfo=CHINA)


def _when(section: Section, start: datetime, day_field: str = "day", moment_field: str = "at") -> float:
    """Hour from ``day`` (days from day 0) or from ``at`` (a date or time)."""
    if section.has(moment_field):
        given = section.moment(moment_field)
        if isinstance(given, datetime):
            return (given.replace(tzinfo=given.tzinfo or UTC) - start) / _HOUR
        if given is not None:
            return (datetime(given.year, given.month, given.day, tzinfo=CHINA) - start) / _HOUR
        return 0.0
    return 24.0 * section.number(day_field, -120, 400)


def _stock(section: Section) -> StartingStock:
    ways = ("quantity", "days", "days_above_minimum")
    if sum(section.has(w) for w in ways) != 1:
        section.problem("node", f"{sum(section.has(w) for w in ways)} of {', '.join(ways)}", "exactly one of them")
    stock = StartingStock(
        node=section.text("node"),
        product=section.text("product", "steam_coal"),
        quantity=section.optional_number("quantity", 0, 1e10),
        days=section.optional_number("days", 0, 400),
        days_above_minimum=section.optional_number("days_above_minimum", -30, 400),
        is_target=section.flag("is_target"),
        source=section.text("source", " ").strip(),
    )
    section.finish()
    return stock


def _delivery(section: Section, start: datetime) -> Delivery:
    name_zh, name_en = section.words("name")
    delivery = Delivery(
        id=section.text("id"),
        name_zh=name_zh,
        name_en=name_en,
        node=section.text("node"),
        product=section.text("product", "steam_coal"),
        quantity=section.number("quantity", 0, 1e10),
        start_h=_when(section, start),
        over_h=max(1.0, section.hours("over")),
        lead_h=section.hours("lead", 0.0),
        source=section.text("from", " ").strip(),
    )
    section.finish()
    return delivery


def _disruption(section: Section, start: datetime, effect: Effect) -> Disruption:
    name_zh, name_en = section.words("name")
    is_use = effect is Effect.USE
    depth = 1.0 - section.number("factor", 0, 3) if is_use else section.number("depth", -1, 1)
    recovery = section.section("recovery") if section.has("recovery") else None
    shape, over = Recovery.STEP, 0.0
    if recovery is not None:
        shape = Recovery(_chosen(recovery, "shape", [r.value for r in Recovery], "linear"))
        over = recovery.hours("over")
        recovery.finish()
    disruption = Disruption(
        id=section.text("id"),
        name_zh=name_zh,
        name_en=name_en,
        effect=effect,
        start_h=_when(section, start),
        hold_h=section.hours("hold"),
        depth=depth,
        nodes=section.texts("nodes"),
        links=_links(section),
        ramp_h=section.hours("ramp", 0.0),
        recovery=shape,
        recovery_h=over,
        rebound=_rebound(section),
        daily_h=section.hours("daily", 0.0),
        is_fixed=section.flag("is_fixed"),
    )
    section.finish()
    return disruption


def _links(section: Section) -> list[tuple[str, str, str]]:
    found = []
    for parts in section.lists("links"):
        if len(parts) == 3:
            found.append((parts[0], parts[1], parts[2]))
        else:
            section.problem("links", str(parts), "[from, to, product]")
    return found


def _rebound(section: Section) -> Rebound | None:
    if not section.has("rebound"):
        return None
    inner = section.section("rebound")
    if inner is None:
        return None
    rebound = Rebound(
        jam_factor=inner.number("jam_factor", 0, 1),
        jam_h=inner.hours("jam"),
        surge_factor=inner.number("surge_factor", 1, 3, default=1.0),
        surge_h=inner.hours("surge", 0.0),
    )
    inner.finish()
    return rebound


def _notice(section: Section, start: datetime) -> Notice:
    headline_zh, headline_en = section.words("headline")
    published = _when(section, start)
    onset = 24.0 * section.number("onset_day", -120, 400, default=published / 24.0)
    notice = Notice(
        event=section.text("event"),
        area=section.text("area"),
        level=_COLOURS.index(_chosen(section, "level", list(_COLOURS))),
        published_h=published,
        onset_h=onset,
        expires_h=onset + section.hours("lasts", 24.0),
        headline_zh=headline_zh,
        headline_en=headline_en,
        causes=section.texts("causes"),
    )
    section.finish()
    return notice


def _defect(section: Section, start: datetime) -> ReportDefect:
    defect = ReportDefect(
        kind=Defect(_chosen(section, "kind", [d.value for d in Defect])),
        series=section.text("series"),
        start_h=_when(section, start),
        hold_h=section.hours("hold"),
        size=section.number("size", 1e-6, 1e6, default=1.0),
    )
    section.finish()
    return defect


def _severity(section: Section) -> Severity:
    what_zh, what_en = section.words("what")
    severity = Severity(
        what_zh=what_zh,
        what_en=what_en,
        historic=section.text("historic"),
        ours=section.text("ours"),
        source=section.text("source"),
    )
    section.finish()
    return severity
