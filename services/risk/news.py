"""Whether a world went as was foreseen, so that its prospect still holds."""

import numpy as np

from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US
from services.risk.prospect import Prospect
from services.risk.state.disruption import Disturbed
from services.risk.state.world import World

_FACTOR = 0.03
_OLDEST_H = 6.0
_STOCK = 0.01
_SPREADS = 1.0


def has_moved(last: Prospect, now: World, blueprint: Blueprint) -> bool:
    """True when anything is disturbed or in doubt otherwise than before, a stock is not where it stood within its spread, a new day was learnt, or
    the prospect is six hours old."""
    before = last.world
    if now.lesson != before.lesson or (now.as_of_us - before.as_of_us) > _OLDEST_H * HOUR_US:
        return True
    if [(name, d.observed_us) for name, d in now.doubts.items()] != [
        (n, d.observed_us) for n, d in before.doubts.items()
    ]:
        return True
    if [(d.name, d.chance) for d in now.disturbed] != [(d.name, d.chance) for d in before.disturbed]:
        return True
    if [_word(d) for d in now.disturbed] != [_word(d) for d in before.disturbed]:
        return True
    pairs = zip(now.disturbed, before.disturbed, strict=True)
    if any(abs(a.factor - b.factor) > _FACTOR or (a.ends_h is None) != (b.ends_h is None) for a, b in pairs):
        return True
    stocks = np.array(sorted(blueprint.stocks), dtype=np.int64)
    off = np.abs(now.stock.value - before.stock.value)[stocks]
    allowed = np.maximum(_SPREADS * before.stock.spread, _STOCK * last.world.living.network.target)[stocks]
    return bool((off > allowed).any())


def _word(d: Disturbed) -> tuple[str, bool, bool] | None:
    """The newest word of an officer, and whether a new one is wanted."""
    return None if d.told is None else (d.told.report.command, d.told.is_due, d.told.is_overdue)
