"""A winter in which nothing happens must bring no alarm, and no break may be forecast at its end.

A break is forecast where it is at least as probable as not within 14 days, the longest horizon of a warning, or its median time lies within 30 days.
In winters 3 and 4 two plants stand idle throughout: that they may start again is no break.
"""

import pytest

from schemas.chain import Chain
from services.cli.backtest.skill.play import HORIZONS, Played, play
from services.cli.backtest.skill.recording import recording_of
from services.cli.backtest.skill.task import Task
from services.cli.backtest.skill.truth import facts_of
from services.risk.rules import RuleSet

ORANGE = 3
HORIZON_H = float(HORIZONS[-1])
FORTNIGHT = HORIZONS.index("336")


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_ninety_quiet_days_end_without_orange_red_or_a_forecast_break(loaded: tuple[Chain, RuleSet], seed: int) -> None:
    chain, rules = loaded
    task = Task("quiet-winter", seed, 1)
    played = play(task, chain, rules, recording_of(task, chain, None, None))
    assert played.until_h - played.from_h >= 90 * 24
    assert facts_of(task, chain, None, None).truth.breaks == []
    assert raised(played) == {}
    chance = played.forecasts.probability[-1, :, FORTNIGHT].tolist()
    assert [k for k, p in zip(played.ground.keys, chance, strict=True) if p >= 0.5] == []
    middle = played.forecasts.time[-1, :, 1].tolist()
    assert [k for k, hours in zip(played.ground.keys, middle, strict=True) if hours < HORIZON_H] == []


def raised(played: Played) -> dict[tuple[str, str, str], int]:
    """Issues at orange or red, by place."""
    often = (played.forecasts.height >= ORANGE).sum(axis=0)
    return {k: int(n) for k, n in zip(played.ground.keys, often.tolist(), strict=True) if n}
