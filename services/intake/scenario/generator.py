"""Scenarios by the seed: quiet stretches, scares, defects of data, near misses, and disruptions long enough to matter.

More than two in five are meant to break nothing; whether one breaks anything is found by living it, never arranged.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import numpy as np

from schemas.chain import Chain, Node
from services.intake.scenario.scenario import (
    Defect,
    Disruption,
    Effect,
    Kind,
    Notice,
    Rebound,
    Recovery,
    ReportDefect,
    Scenario,
    StartingStock,
)
from services.intake.scenario.season import CHINA
from services.intake.scenario.seeds import Stream, generator

_FLAVOURS = {"quiet": 0.12, "scare": 0.12, "defects": 0.10, "near-miss": 0.16, "strong": 0.50}
# kind of node -> (how often it is hit, hours of outage that begin to matter, events a notice may speak of, is it foretold)
_KINDS: Mapping[str, tuple[float, float, tuple[str, ...], bool]] = {
    "rail_line": (4.0, 130.0, ("rail_accident", "epidemic", "snow"), False),
    "road_corridor": (4.0, 110.0, ("snow", "road_icing", "epidemic"), True),
    "port": (3.0, 110.0, ("gale", "fog", "typhoon", "sea_ice"), True),
    "mine": (1.0, 170.0, ("mine_accident", "output_order"), False),
    "washery": (1.0, 70.0, ("plant_trip",), False),
    "water_supply": (2.0, 40.0, ("water_intake",), True),
    "power_plant": (0.7, 200.0, ("power_rationing",), False),
    "border_port": (2.0, 280.0, ("border_closure", "epidemic"), True),
    "external_supply": (1.0, 300.0, ("trade_ban", "flood", "rainstorm"), True),
    "methanol_plant": (0.8, 110.0, ("plant_trip",), False),
    "mto_plant": (1.0, 130.0, ("plant_trip",), False),
    "urea_plant": (1.0, 220.0, ("plant_trip",), False),
    "demand": (1.5, 200.0, ("cold_wave",), True),
}
_DEFECTS = ("stock.*", "volume.*", "inflow.*", "output.M_*", "use.*", "stock.P_*", "stock.C_*", "flow.*")
_FIRST_DAY = datetime(2018, 1, 1, tzinfo=CHINA)
_SPAN_DAYS = 7 * 365


def generate_scenario(seed: int, chain: Chain) -> Scenario:
    """The scenario of a seed on a chain; the same seed and chain give the same scenario. Its id is ``random-<seed>``."""
    source = generator(seed, Stream.SCENARIO)
    flavour = str(source.choice(list(_FLAVOURS), p=list(_FLAVOURS.values())))
    days = int(source.integers(30, 61))
    start = _FIRST_DAY + timedelta(days=int(source.integers(0, _SPAN_DAYS)))
    disruptions, notices = _happenings(flavour, chain, source, days)
    count = (
        int(source.integers(2, 6)) if flavour == "defects" else int(source.random() < 0.3) * int(source.integers(1, 4))
    )
    return Scenario(
        id=f"random-{seed}",
        name_zh=f"随机情景 {seed}（{flavour}）",
        name_en=f"Random scenario {seed} ({flavour})",
        kind=Kind.RANDOM,
        start=start,
        days=days,
        stocks=_thin_stocks(chain, source) if source.random() < 0.35 else [],
        disruptions=disruptions,
        notices=notices,
        reporting=[_defect(source, days) for _ in range(count)],
    )


def _happenings(
    flavour: str, chain: Chain, source: np.random.Generator, days: int
) -> tuple[list[Disruption], list[Notice]]:
    if flavour in ("quiet", "defects"):
        return [], []
    if flavour == "scare":
        return [], [
            n
            for _ in range(int(source.integers(1, 4)))
            if (n := _notice(_pick(chain, source), chain, source, days)) is not None
        ]
    hits = 1 + int(source.random() < 0.3) + int(source.random() < 0.1)
    disruptions, notices = [], []
    for number in range(hits):
        node = _pick(chain, source)
        stretch = source.uniform(0.1, 0.4) if flavour == "near-miss" else float(np.exp(source.normal(0.7, 0.5)))
        hit = _disruption(f"d{number + 1}", node, source, days, stretch)
        disruptions.append(hit)
        notice = _notice(node, chain, source, days, hit) if source.random() < 0.85 else None
        notices += [notice] if notice is not None else []
    return disruptions, notices


def _pick(chain: Chain, source: np.random.Generator) -> Node:
    nodes = [n for n in chain.nodes if n.kind in _KINDS and (n.kind != "demand" or n.product == "steam_coal")]
    weight = np.array([_KINDS[n.kind][0] for n in nodes])
    return nodes[int(source.choice(len(nodes), p=weight / weight.sum()))]


def _disruption(identity: str, node: Node, source: np.random.Generator, days: int, stretch: float) -> Disruption:
    matters = _KINDS[node.kind][1]
    hold = round(min(stretch * matters, 24.0 * days * 0.6), 1)
    is_demand = node.kind == "demand"
    depth = (
        -round(float(source.uniform(0.05, 0.22)), 2)
        if is_demand
        else round(float(source.choice([1.0, source.uniform(0.3, 0.95)])), 2)
    )
    shape = list(Recovery)[int(source.integers(0, len(Recovery)))]
    rebound = None
    if node.kind == "road_corridor" and source.random() < 0.5:
        rebound = Rebound(jam_factor=0.6, jam_h=24.0, surge_factor=1.3, surge_h=36.0)
    return Disruption(
        id=identity,
        name_zh=f"{node.name_zh}{'需求上升' if is_demand else '受扰'}",
        name_en=f"{node.name_en}: {'demand rises' if is_demand else 'disturbed'}",
        effect=Effect.USE if is_demand else Effect.CAPACITY,
        nodes=[node.id],
        start_h=round(float(source.uniform(2.0, max(3.0, days * 0.4))) * 24.0, 1),
        hold_h=hold,
        depth=depth,
        ramp_h=float(source.choice([0.0, 6.0, 24.0])),
        recovery=shape,
        recovery_h=round(hold * float(source.uniform(0.0, 0.5)), 1),
        rebound=rebound,
    )


def _notice(
    node: Node, chain: Chain, source: np.random.Generator, days: int, hit: Disruption | None = None
) -> Notice | None:
    """A notice about the place, where the catalogue has a hazard series for it; None otherwise."""
    _, _, events, is_foretold = _KINDS[node.kind]
    code = node.admin_code
    wanted = [f"hazard.{event}.{area}" for event in events for area in (code, f"{code[:4]}00", f"{code[:2]}0000")]
    known = {s.id: s for s in chain.series}
    found = [identity for identity in wanted if identity in known]
    if not found:
        return None
    series = known[found[int(source.integers(0, len(found)))]]
    _, event, area = series.id.split(".")
    onset = hit.start_h if hit is not None else float(source.uniform(2.0, days * 0.6)) * 24.0
    before = float(source.uniform(6.0, 48.0)) if is_foretold else -float(source.uniform(0.5, 3.0))
    level = int(source.integers(2, 5)) if hit is not None else int(source.integers(1, 4))
    return Notice(
        event=event,
        area=area,
        level=level,
        published_h=round(onset - before, 2),
        onset_h=onset,
        expires_h=onset + (hit.hold_h if hit is not None else 36.0) + 12.0,
        headline_zh=series.name_zh,
        headline_en=series.name_en,
        causes=[hit.id] if hit is not None else [],
    )


def _thin_stocks(chain: Chain, source: np.random.Generator) -> list[StartingStock]:
    """Some yards start below normal, but at least two fifths of the way up from the minimum."""
    eligible = [s for s in chain.stocks if s.role in ("input", "both") and s.days_min >= 1.0]
    chosen = source.choice(len(eligible), size=min(len(eligible), int(source.integers(2, 8))), replace=False)
    held = bool(source.random() < 0.5)
    thin = []
    for index in chosen.tolist():
        stock = eligible[index]
        days = stock.days_min + (stock.days_normal - stock.days_min) * float(source.uniform(0.4, 1.0))
        thin.append(StartingStock(node=stock.node, product=stock.product, days=round(days, 2), is_target=held))
    return thin


def _defect(source: np.random.Generator, days: int) -> ReportDefect:
    kind = list(Defect)[int(source.integers(0, len(Defect)))]
    size = {
        Defect.LATE: round(float(source.uniform(4.0, 30.0)), 1),
        Defect.DECIMAL: float(source.choice([0.0001, 0.1, 10.0, 10000.0])),
        Defect.BIAS: round(float(source.uniform(0.8, 1.2)), 2),
        Defect.CORRECTED: round(float(source.uniform(0.6, 1.4)), 2),
    }.get(kind, 1.0)
    return ReportDefect(
        kind=kind,
        series=str(source.choice(list(_DEFECTS))),
        start_h=round(float(source.uniform(1.0, days - 5.0)) * 24.0, 1),
        hold_h=round(float(source.uniform(12.0, 96.0)), 1),
        size=size,
    )
