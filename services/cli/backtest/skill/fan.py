"""What was forecast of one place and what came of it: fans of stock at several hours of issue, levels, chances, and the truth beside them."""

from datetime import datetime

import numpy as np
from msgspec import Struct

from schemas.chain import Chain
from services.cli.backtest.skill.ground import BLOCKED, Floats, Key
from services.cli.backtest.skill.play import HORIZONS, STOCK_AHEAD, Played
from services.cli.backtest.skill.truth import Facts
from services.intake.scenario.scenario import Scenario
from services.runtime.errors import InputError

_WARNING = 2
_SHOWN = ("72", "168", "336")


class Fan(Struct, frozen=True):
    """A forecast of stock issued at ``hour``: from ``stock`` as published to P10 (``low``) and P90 (``high``) over STOCK_AHEAD, and the height of its
    level."""

    hour: float
    stock: float
    low: tuple[float, ...]
    high: tuple[float, ...]
    height: int


class Tale(Struct, frozen=True, kw_only=True):
    """One place in one play. Hours count from ``start`` of the scenario; ``happenings`` are hour and name of what begins in it. ``limit`` is the
    minimum, or the maximum when blocked; ``height`` of the level at each hour of ``issued`` (-1 unknown), ``chance`` by hours ahead. ``warned_h`` is
    when an episode first reached yellow, ``broke_h`` when it truly broke, ``nearest`` and ``nearest_h`` the closest that the true stock came to its
    limit (stock over limit; under 1 is past a minimum).
    """

    scenario: str
    seed: int
    key: Key
    title: tuple[str, str]
    happenings: tuple[tuple[float, str], ...]
    unit: str
    start: datetime
    limit: float
    hours: Floats
    stock: Floats
    issued: Floats
    height: tuple[int, ...]
    chance: dict[str, Floats]
    fans: tuple[Fan, ...]
    warned_h: float | None
    broke_h: float | None
    nearest: float
    nearest_h: float

    @property
    def highest(self) -> int:
        """Height of the highest level; -1 when always unknown."""
        return max(self.height, default=-1)

    def most(self, horizon: str) -> float:
        """Largest probability of a break within this horizon that was ever given; NaN when none was."""
        given = self.chance[horizon]
        return float(np.nanmax(given)) if np.isfinite(given).any() else float("nan")


def tale_of(played: Played, facts: Facts, chain: Chain, scenario: Scenario, key: Key, *, count: int = 7) -> Tale:
    """The tale of one account of a play of a scenario, with ``count`` fans. Raises InputError where no stock of such a place is judged."""
    node = next((n for n in chain.nodes if n.id == key[0]), None)
    held = next((s for s in chain.stocks if (s.node, s.product) == key[:2]), None)
    if node is None or held is None or key not in played.ground.keys or key[:2] not in facts.places:
        raise InputError(f"{'/'.join(key)}: 链条里没有这个有库存的账户 no such place with a stock in the chain")
    account, given = played.ground.keys.index(key), played.forecasts
    during = (facts.hours >= played.from_h) & (facts.hours <= played.until_h)
    hours, stock = facts.hours[during], facts.stock[during, facts.places[key[:2]]]
    limit = float(played.ground.limit[account])
    worst = int(np.argmax(stock) if key[2] == BLOCKED else np.argmin(stock))
    warned = [s.hour for s in played.steps.get(key, []) if s.is_warning]
    broke = [v.event.hour for v in facts.truth.breaks if (v.event.node, v.event.product, v.event.kind.value) == key]
    broke = [hour for hour in broke if hour > played.from_h]
    chance = {h: given.probability[:, account, HORIZONS.index(h)] for h in _SHOWN}
    return Tale(
        scenario=played.task.scenario,
        seed=played.task.seed,
        key=key,
        title=(node.name_zh, node.name_en),
        happenings=tuple((d.start_h, f"{d.name_zh} {d.name_en}") for d in scenario.disruptions),
        unit=held.unit,
        start=played.start,
        limit=limit,
        hours=hours,
        stock=stock,
        issued=given.issued,
        height=tuple(given.height[:, account].tolist()),
        chance=chance,
        fans=_fans(played, account, warned[0] if warned else None, count),
        warned_h=warned[0] if warned else None,
        broke_h=float(broke[0]) if broke else None,
        nearest=float(stock[worst]) / limit if limit > 0 else float("inf"),
        nearest_h=float(hours[worst]),
    )


def _fans(played: Played, account: int, warned_h: float | None, count: int) -> tuple[Fan, ...]:
    """Fans evenly spaced over the play, one of them at the warning."""
    given = played.forecasts
    known = np.flatnonzero(np.isfinite(given.low[:, account]).all(axis=1) & np.isfinite(given.observed[:, account]))
    if not len(known):
        return ()
    step = -(-len(known) // count)
    anchor = 0 if warned_h is None else int(np.argmin(np.abs(given.issued[known] - warned_h)))
    places = np.arange(anchor % step, len(known), step)
    return tuple(
        Fan(
            float(given.issued[i]),
            float(given.observed[i, account]),
            tuple(given.low[i, account].tolist()),
            tuple(given.high[i, account].tolist()),
            int(given.height[i, account]),
        )
        for i in known[places].tolist()
    )


def lines_of(tale: Tale) -> list[str]:
    """The tale in words, 中文 first."""
    zh, en = tale.title
    past = tale.nearest > 1 if tale.key[2] == BLOCKED else tale.nearest < 1
    limit_zh, limit_en = ("上限", "maximum") if tale.key[2] == BLOCKED else ("最低库存", "minimum")
    chances = ", ".join(f"P({h} h) {tale.most(h):.2f}" for h in tale.chance)
    if tale.broke_h is not None:
        fate = f"实际断链 broke at D{tale.broke_h / 24:.1f}"
    else:
        fate = "短暂越限 past its limit for a while" if past else "未断链，险情 did not break, a near miss"
    warned = f"D{tale.warned_h / 24:.1f}" if tale.warned_h is not None else "无 none"
    lead = "" if tale.warned_h is None or tale.broke_h is None else f", 提前 lead {tale.broke_h - tale.warned_h:.0f} h"
    return [
        f"{zh} {en} · {tale.key[1]} · {tale.scenario}@{tale.seed}: {fate}",
        f"  最接近{limit_zh} closest to its {limit_en}: {tale.nearest:.2f} 倍 times, D{tale.nearest_h / 24:.1f}",
        f"  最高概率 highest chance of a break: {chances}; 最高级别 highest level: {LEVELS[tale.highest + 1]}",
        f"  黄色及以上 first yellow or above: {warned}{lead}",
    ]


def figures_of(tale: Tale) -> dict[str, object]:
    """The same as plain objects."""
    return {
        "scenario": tale.scenario,
        "seed": tale.seed,
        "node": tale.key[0],
        "product": tale.key[1],
        "hazard": tale.key[2],
        "nearest_times_limit": round(tale.nearest, 4),
        "nearest_h": tale.nearest_h,
        "warned_h": tale.warned_h,
        "broke_h": tale.broke_h,
        "highest_level": LEVELS[tale.highest + 1].split()[-1],
        "highest_chance": {h: None if np.isnan(tale.most(h)) else round(tale.most(h), 4) for h in tale.chance},
    }


LEVELS = ("情况不明 unknown", "正常 normal", "蓝 blue", "黄 yellow", "橙 orange", "红 red")
"""Words of heights -1 to 4."""

__all__ = ["LEVELS", "STOCK_AHEAD", "Fan", "Tale", "lines_of", "tale_of"]
