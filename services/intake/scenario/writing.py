"""A Scenario written as a scenario file, the inverse of :mod:`services.intake.scenario.reading`."""

import yaml

from services.intake.scenario.scenario import (
    Delivery,
    Disruption,
    Effect,
    Notice,
    ReportDefect,
    Scenario,
    StartingStock,
)

_COLOURS = ("none", "blue", "yellow", "orange", "red")
Field = object
Fields = dict[str, Field]


def write_scenario(scenario: Scenario) -> str:
    """YAML text that reads back as the same scenario."""
    fields: Fields = {
        "id": scenario.id,
        "name": {"zh": scenario.name_zh, "en": scenario.name_en},
        "kind": scenario.kind.value,
        "start": scenario.start,
        "days": scenario.days,
        "lead_in_days": scenario.lead_in_days,
        "mismatch": scenario.mismatch,
    }
    if scenario.summary_zh or scenario.summary_en:
        fields["summary"] = {"zh": scenario.summary_zh, "en": scenario.summary_en}
    lists: dict[str, list[Fields]] = {
        "stocks": [_stock(s) for s in scenario.stocks],
        "disruptions": [_disruption(d) for d in scenario.disruptions if d.effect is Effect.CAPACITY],
        "demand": [_disruption(d) for d in scenario.disruptions if d.effect is Effect.USE],
        "deliveries": [_delivery(x) for x in scenario.deliveries],
        "notices": [_notice(n) for n in scenario.notices],
        "reporting": [_defect(r) for r in scenario.reporting],
        "severity": [
            {"what": {"zh": s.what_zh, "en": s.what_en}, "historic": s.historic, "ours": s.ours, "source": s.source}
            for s in scenario.severity
        ],
    }
    fields.update({name: items for name, items in lists.items() if items})
    return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False, width=140)


def _stock(stock: StartingStock) -> Fields:
    fields: Fields = {
        "node": stock.node,
        "product": stock.product,
        "is_target": stock.is_target,
        "source": stock.source or " ",
    }
    for name in ("quantity", "days", "days_above_minimum"):
        value = getattr(stock, name)
        if value is not None:
            fields[name] = value
    return fields


def _disruption(d: Disruption) -> Fields:
    fields: Fields = {
        "id": d.id,
        "name": {"zh": d.name_zh, "en": d.name_en},
        "nodes": d.nodes,
        "links": [list(link) for link in d.links],
        "day": d.start_h / 24.0,
        "hold": f"{d.hold_h!r} h",
        "ramp": f"{d.ramp_h!r} h",
        "recovery": {"shape": d.recovery.value, "over": f"{d.recovery_h!r} h"},
        "daily": f"{d.daily_h!r} h",
        "is_fixed": d.is_fixed,
    }
    fields["factor" if d.effect is Effect.USE else "depth"] = 1.0 - d.depth if d.effect is Effect.USE else d.depth
    if d.rebound is not None:
        fields["rebound"] = {
            "jam_factor": d.rebound.jam_factor,
            "jam": f"{d.rebound.jam_h!r} h",
            "surge_factor": d.rebound.surge_factor,
            "surge": f"{d.rebound.surge_h!r} h",
        }
    return fields


def _delivery(x: Delivery) -> Fields:
    return {
        "id": x.id,
        "name": {"zh": x.name_zh, "en": x.name_en},
        "node": x.node,
        "product": x.product,
        "quantity": x.quantity,
        "day": x.start_h / 24.0,
        "over": f"{x.over_h!r} h",
        "lead": f"{x.lead_h!r} h",
        "from": x.source or " ",
    }


def _notice(n: Notice) -> Fields:
    return {
        "event": n.event,
        "area": n.area,
        "level": _COLOURS[n.level],
        "day": n.published_h / 24.0,
        "onset_day": n.onset_h / 24.0,
        "lasts": f"{n.expires_h - n.onset_h!r} h",
        "headline": {"zh": n.headline_zh, "en": n.headline_en},
        "causes": n.causes,
    }


def _defect(r: ReportDefect) -> Fields:
    return {
        "kind": r.kind.value,
        "series": r.series,
        "day": r.start_h / 24.0,
        "hold": f"{r.hold_h!r} h",
        "size": r.size,
    }
