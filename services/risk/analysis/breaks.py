"""Who breaks when: places that break, or break sooner, by what is supposed to happen."""

import math
from zoneinfo import ZoneInfo

import numpy as np
from msgspec import Struct

from detectors.network.outlook import HORIZONS_H, Recalibration, Times, times_of
from detectors.network.uncertainty import Floats
from schemas.assessment import Hazard
from schemas.level import Level
from services.risk.analysis.loss import Loss
from services.risk.blueprint import Blueprint
from services.risk.judgement import Subject, by_horizon, facts_of, subjects_of
from services.risk.prospect import Prospect
from services.risk.rules import RuleSet
from services.risk.state.network import is_bridge
from services.runtime.chain.vocabulary import PRODUCT_ZH
from services.runtime.clock import from_us

_LEAST_CHANCE = 0.1
_MORE = 0.05
_SERVED = 0.98
_SOONER_H = 12.0
_CHINA = ZoneInfo("Asia/Shanghai")
_TOLD_H = (24, 72, 168, 336, 720)


class Break(Struct, frozen=True, kw_only=True):
    """A place and a hazard (断供 starved, 胀库 blocked) with hours to the break, None later than 30 d; ``anyway_p50_h`` without the event; chances by
    horizon in hours; ``loss_cny`` what its node loses more than anyway within 30 d; ``level`` the colour that the rules give to what
    is ahead with the event."""

    node: str
    product: str
    hazard: str
    name_zh: str
    name_en: str
    p10_h: float | None
    p50_h: float | None
    p90_h: float | None
    anyway_p50_h: float | None
    chance: dict[str, float]
    loss_cny: float
    lead_department: str
    level: Level = Level.UNKNOWN


class _Outlook(Struct, frozen=True):
    hours: dict[Hazard, Floats]
    chances: dict[Hazard, Times]


def _outlook(b: Blueprint, prospect: Prospect, recalibration: Recalibration) -> _Outlook:
    """A prospect without the shortages of a rebound: a place without stock that asks for more than usual and gets the usual is not short."""
    hours = dict(prospect.hours)
    hours[Hazard.STARVED] = _without_rebound(b, prospect)
    return _Outlook(hours, {h: times_of(x, recalibration) for h, x in hours.items()})


def _without_rebound(b: Blueprint, prospect: Prospect) -> Floats:
    found, hours = prospect.trajectories, prospect.hours[Hazard.STARVED].copy()
    marks = np.concatenate([[0.0], found.marks])
    made = np.diff(found.made, axis=1, prepend=0.0)
    least = _SERVED * found.made_at_rest * np.diff(marks)[:, None]
    for number, maker in enumerate(prospect.world.living.network.makers):
        for item in maker.inputs:
            stock = b.stocks.get(item.account)
            if stock is not None and not is_bridge(stock):
                continue
            within = np.minimum(np.searchsorted(marks, hours[:, item.account]) - 1, len(found.marks) - 1)
            at = np.arange(len(hours)), np.maximum(within, 0)
            is_served = made[at[0], at[1], number] >= least[at[1], number]
            hours[is_served, item.account] = np.inf
    return np.asarray(hours)


def breaks_of(blueprint: Blueprint, before: Prospect, after: Prospect, loss: Loss, rules: RuleSet) -> list[Break]:
    """Places whose chance of a break rises, or whose break comes sooner; the soonest first."""
    b, found = blueprint, []
    old, new = _outlook(b, before, rules.recalibration), _outlook(b, after, rules.recalibration)
    number = {node: i for i, node in enumerate(b.nodes)}
    for subject in subjects_of(b):
        account, hazard = subject.account, subject.hazard
        hours, usual = new.hours[hazard][:, account], old.hours[hazard][:, account]
        chance, anyway = (p.chances[hazard].probability[:, account] for p in (new, old))
        if float(chance.max()) < _LEAST_CHANCE or not _is_worse(hours, usual, chance, anyway):
            continue
        node, product = b.places[account]
        product_zh = PRODUCT_ZH.get(product, product)
        what_zh, what_en = ("胀库", "overflow") if hazard is Hazard.BLOCKED else ("断供", "shortage")
        p10, p50, p90 = (_quantile(hours, q) for q in (0.1, 0.5, 0.9))
        found.append(
            Break(
                node=node,
                product=product,
                hazard=hazard.value,
                name_zh=f"{b.nodes[node].name_zh} {product_zh}{what_zh}",
                name_en=f"{b.nodes[node].name_en}: {product.replace('_', ' ')} {what_en}",
                p10_h=p10,
                p50_h=p50,
                p90_h=p90,
                anyway_p50_h=_quantile(usual, 0.5),
                chance={
                    str(int(h)): round(float(c), 3) for h, c in zip(HORIZONS_H, chance, strict=True) if h in _TOLD_H
                },
                loss_cny=round(max(0.0, float(loss.users[number[node]] + loss.makers[number[node]])), -3),
                lead_department=b.nodes[node].lead_department,
                level=_level(b, after, subject, hours, chance, rules),
            )
        )
    return sorted(found, key=lambda x: (_or_late(x.p50_h), _or_late(x.p10_h), -x.loss_cny))


def _level(b: Blueprint, after: Prospect, subject: Subject, hours: Floats, chance: Floats, rules: RuleSet) -> Level:
    stock = b.stocks.get(subject.account)
    facts = facts_of(
        b,
        after,
        subject,
        _or_late(_quantile(hours, 0.5)),
        by_horizon(chance),
        minimum=stock.daily_use * stock.days_min if stock is not None else 0.0,
        on=from_us(after.world.as_of_us).astimezone(_CHINA).date(),
    )
    return rules.judge(facts)[0]


def _is_worse(hours: Floats, usual: Floats, chance: Floats, anyway: Floats) -> bool:
    middle, before = _or_late(_quantile(hours, 0.5)), _or_late(_quantile(usual, 0.5))
    is_sooner = middle < before - _SOONER_H if math.isfinite(before) else math.isfinite(middle)
    return is_sooner or bool((chance - anyway).max() >= _MORE)


def _quantile(hours: Floats, q: float) -> float | None:
    value = float(np.sort(hours)[int(np.ceil(q * len(hours))) - 1])
    return round(value, 1) if math.isfinite(value) else None


def _or_late(hours: float | None) -> float:
    return math.inf if hours is None else hours
