"""The ledger of outcomes: verdicts by rule from observations, breaks nobody warned of, late data, and a person's last word."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs

from schemas.alert import Alert, Ending
from schemas.assessment import Hazard
from schemas.chain import Chain
from schemas.command import Command
from schemas.level import Level
from schemas.outcome import Outcome, Verdict
from services.alerting.bookkeeping.book import Page, news
from services.alerting.policy import Policy
from services.cli.alert.outcomes import skill
from services.runtime.chain.generated import generate_chain

from .conftest import Desk, at, ordered, reading

DAY = 24.0
CHAIN: Chain = generate_chain(24, 1)
STOCK = next(s for s in CHAIN.stocks if s.role == "input")
SERIES = next(s.id for s in CHAIN.series if (s.indicator, s.node, s.product) == ("stock", STOCK.node, STOCK.product))
LEAST = STOCK.daily_use * STOCK.days_min
Rows = list[tuple[datetime, float, datetime]]


def rows(days: str, first: int = 0) -> Rows:
    """Observations at each day: ``g`` good, ``b`` below the minimum, a blank for none."""
    values = {"g": 2 * LEAST, "b": 0.5 * LEAST}
    return [(at(DAY * d), values[c], at(DAY * d + 8)) for d, c in enumerate(days, first) if c in values]


def page(observed: Rows, alerts: list[Alert], known: list[Outcome] | None = None, *commands: Command) -> Page:
    return Page(
        lane="live",
        chain=CHAIN,
        observed={SERIES: observed},
        alerts=alerts,
        known={o.outcome: o for o in known or []},
        confirmations=commands,
    )


def warned(first_day: float, last_day: float, *, act: bool = False, wrong: bool = False) -> list[Alert]:
    """A yellow warning of the stock from one day to another."""
    desk = Desk(Policy(least_hold=timedelta(hours=6), most_hold=timedelta(hours=6), person_from=None))
    place: dict[str, Any] = {"node": STOCK.node, "product": STOCK.product}
    told = {"hours_to_minimum_p50": 40.0, "probability": {"72": 0.7}}
    (opened,) = desk.hear(Level.YELLOW, DAY * first_day, inputs=[reading(DAY * first_day, 40.0)], **place, **told)
    if act:
        desk.steps += desk.ledger.order(ordered("alert.act", episode=opened.episode))
    if wrong:
        desk.hear(Level.NORMAL, DAY * last_day, inputs=[reading(DAY * first_day, 400.0)], **place)
    else:
        desk.live(Level.NORMAL, DAY * last_day - 6, DAY * last_day, **place)
    return [a for a in desk.steps if a.hazard is Hazard.STARVED]


@pytest.mark.parametrize(
    ("days", "alerts", "verdict", "lead"),
    [
        ("gggggbbbgg", warned(2, 9), Verdict.OCCURRED, 72.0),
        ("gggggggggg", warned(2, 9), Verdict.FALSE, None),
        ("gggggggggg", warned(2, 9, act=True), Verdict.AVERTED, None),
        ("ggg       ", warned(2, 9), Verdict.UNDECIDABLE, None),
        ("gbbbbbbbgg", warned(3, 9), Verdict.OCCURRED, -48.0),
        ("gggggggggg", warned(2, 9, wrong=True), Verdict.FALSE, None),
        ("gggggbgggg", warned(2, 9), Verdict.FALSE, None),
    ],
    ids=["occurred", "false", "averted", "unseen", "too late", "withdrawn", "a single low reading is no break"],
)
def test_every_closed_episode_gets_a_verdict(
    days: str, alerts: list[Alert], verdict: Verdict, lead: float | None
) -> None:
    (entry,) = news(page(rows(days), alerts))
    assert (entry.verdict, entry.lead_hours) == (verdict, lead)
    assert entry.episode == alerts[0].episode
    assert entry.reason_zh


def test_an_averted_break_keeps_what_was_done_and_what_was_foretold_beside_it() -> None:
    (entry,) = news(page(rows("gggggggggg"), warned(2, 9, act=True)))
    assert entry.actions == ["值班员甲：已电话核实"]
    assert (entry.foretold_hours, entry.foretold_probability) == (40.0, {"72": 0.7})


def test_a_withdrawn_warning_says_why() -> None:
    alerts = warned(2, 9, wrong=True)
    assert alerts[-1].ending is Ending.RETRACTED
    (entry,) = news(page(rows("gggggggggg"), alerts))
    assert "已更正" in entry.reason_zh


def test_a_break_nobody_warned_of_enters_by_itself() -> None:
    (entry,) = news(page(rows("ggbbbggggg"), []))
    assert (entry.verdict, entry.event_at, entry.episode) == (Verdict.MISSED, at(2 * DAY), "")


def test_a_break_under_an_open_warning_is_not_missed() -> None:
    still_open = warned(1, 9)[:1]
    assert news(page(rows("ggbbbggggg"), still_open)) == []


def test_a_break_before_anybody_looked_is_not_claimed() -> None:
    assert news(page(rows("bbbbggggg"), [])) == []


def test_the_same_tables_say_nothing_new() -> None:
    first = news(page(rows("ggbbbggggg"), warned(6, 9)))
    assert [o.verdict for o in first] == [Verdict.FALSE, Verdict.MISSED]
    assert news(page(rows("ggbbbggggg"), warned(6, 9), first)) == []


def test_late_data_make_a_new_revision_and_the_old_one_stays_known_at_its_time() -> None:
    (before,) = news(page(rows("gggggggggg"), warned(2, 9)))
    late = [(when, value, at(400) if value < LEAST else known) for when, value, known in rows("gggggbbbgg")]
    (after,) = news(page(late, warned(2, 9), [before]))
    assert (before.verdict, after.verdict) == (Verdict.FALSE, Verdict.OCCURRED)
    assert (after.outcome, after.revision) == (before.outcome, 2)
    assert after.known_at == at(400) > before.known_at


def test_a_missed_break_that_corrected_data_no_longer_show_is_taken_back() -> None:
    (missed,) = news(page(rows("ggbbbggggg"), []))
    (taken_back,) = news(page(rows("gggggggggg"), [], [missed]))
    assert (taken_back.verdict, taken_back.revision) == (Verdict.UNDECIDABLE, 2)
    assert "没有断链" in taken_back.reason_zh


def test_a_persons_verdict_is_the_last_word() -> None:
    (entry,) = news(page(rows("gggggggggg"), warned(2, 9)))
    order = ordered("outcome.confirm", 9, outcome=entry.outcome, verdict="averted")
    (confirmed,) = news(page(rows("gggggggggg"), warned(2, 9), [entry], order))
    assert (confirmed.verdict, confirmed.confirmed_by, confirmed.command_id) == (Verdict.AVERTED, "值班员甲", "c9")
    assert news(page(rows("gggggbbbgg"), warned(2, 9), [confirmed])) == []


@pytest.mark.parametrize(
    "arguments",
    [{"outcome": "out-nothing", "verdict": "false"}, {"verdict": "false"}, {"outcome": "x", "verdict": "maybe"}],
)
def test_a_verdict_about_nothing_changes_nothing(arguments: dict[str, Any]) -> None:
    assert news(page(rows("gggggggggg"), [], [], ordered("outcome.confirm", **arguments))) == []


def test_averted_breaks_are_neither_hits_nor_false_alarms() -> None:
    (base,) = news(page(rows("gggggbbbgg"), warned(2, 9)))
    entries = [structs.replace(base, verdict=v, lead_hours=lead) for v, lead in (
        (Verdict.OCCURRED, 72.0), (Verdict.OCCURRED, -1.0), (Verdict.MISSED, None), (Verdict.FALSE, None),
        (Verdict.AVERTED, None), (Verdict.UNDECIDABLE, None),
    )]  # fmt: skip
    told = skill(entries)
    assert (told["hits"], told["misses"], told["false_alarms"], told["averted"]) == (1, 2, 1, 1)
    assert told["pod"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["far"] == 0.5
