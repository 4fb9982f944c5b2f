"""Warnings of the stream against the onsets of a table, and what is stored against what was sent."""

from datetime import UTC, date, datetime, timedelta

import pytest

from schemas.level import Level
from services.cli.skill import Skill, Step
from services.cli.stored import compared
from services.intake.history.loading import History, load_history
from services.runtime.errors import InputError

FIRST = date(2024, 6, 1)


def _table(days: int, onset: int) -> str:
    """One plant at 0.4 of its norm, below a quarter from day ``onset`` on."""
    rows = ["day,plant,stock kt,norm kt,need,share"]
    for n in range(days):
        day = (FIRST + timedelta(days=n)).strftime("%d.%m.%Y")
        rows.append(f"{day},A,{20 if n >= onset else 40},100,1000,50")
    return "\n".join(rows) + "\n"


@pytest.fixture
def history(mapping_text: str) -> History:
    return load_history(mapping_text, "m.yaml", _table(40, 30).encode(), "t.csv")


def _step(day: int, level: Level, episode: str = "e1", *, closing: bool = False) -> Step:
    """A step judged at publication: 18:00 in Shanghai plus six hours of the given day."""
    as_of = datetime(2024, 6, 1, 16, tzinfo=UTC) + timedelta(days=day)
    return Step("T_A", episode, level, closing, as_of)


def _lines(history: History, *steps: Step) -> list[tuple[int, int, int]]:
    results = Skill(history).of_stream(list(steps))
    return [(r.outcome.foretold, r.outcome.hits, r.outcome.warnings) for r in results]


def test_an_episode_is_one_warning_on_the_day_it_judged(history: History) -> None:
    each, standing, published = _lines(history, _step(29, Level.YELLOW), _step(33, Level.NORMAL, closing=True))
    assert each == standing == (1, 1, 1)
    assert published == (0, 0, 0)  # known on the day of the onset only


def test_blue_is_no_warning_until_it_worsens(history: History) -> None:
    steps = (_step(5, Level.BLUE), _step(20, Level.ORANGE), _step(33, Level.NORMAL, closing=True))
    each, _, _ = _lines(history, *steps)
    assert each == (1, 1, 1)


def test_a_long_episode_warns_again_only_where_every_day_counts(history: History) -> None:
    each, standing, _ = _lines(history, _step(2, Level.YELLOW), _step(36, Level.RED))
    assert each == (0, 0, 1)
    assert standing == (1, 1, 2)  # days 2 and 17


def test_an_eased_episode_warns_once(history: History) -> None:
    steps = (_step(1, Level.YELLOW), _step(3, Level.BLUE), _step(20, Level.YELLOW), _step(25, Level.BLUE, closing=True))
    each, standing, _ = _lines(history, *steps)
    assert each == (0, 0, 1)
    assert standing == (1, 1, 2)


def test_unknown_is_no_warning(history: History) -> None:
    assert _lines(history, _step(20, Level.UNKNOWN))[0] == (0, 0, 0)


def test_targets_apply_to_the_line_of_episodes(history: History) -> None:
    results = Skill(history).of_stream([_step(20, Level.YELLOW)])
    assert [r.is_target for r in results] == [True, False, False]
    figures = results[0].figures()
    assert (figures["recall"], figures["precision"], figures["median_lead_days"]) == (1, 1, 10)


def test_plain_rules_are_scored_beside(history: History) -> None:
    assert [r.outcome.onsets for r in Skill(history).of_rules()] == [1, 1, 1]


def test_a_mapping_without_scoring_cannot_be_scored(mapping_text: str, table_text: str) -> None:
    text = mapping_text.replace("scoring:\n  stock: stock\n  norm: norm\n", "")
    with pytest.raises(InputError, match="no scoring"):
        Skill(load_history(text, "m.yaml", table_text.encode(), "t.csv"))


def test_what_is_stored_is_compared_value_by_value() -> None:
    indicators = {"stock.A": "stock", "norm.A": "norm"}
    sent = {("stock.A", 1): 5.0, ("stock.A", 2): 0.0, ("norm.A", 1): 0.0}
    assert all(c.is_equal for c in compared(indicators, sent, dict(sent)))
    norm, stock = compared(indicators, sent, {("stock.A", 1): 5.1, ("stock.A", 3): 1.0, ("norm.A", 1): 0.0})
    assert norm.is_equal
    assert (norm.zeros_expected, norm.zeros_stored) == (1, 1)
    assert not stock.is_equal
    assert (stock.expected, stock.stored, stock.missing, stock.different, stock.surplus) == (2, 2, 1, 1, 1)
    assert (stock.zeros_expected, stock.zeros_stored) == (1, 0)
