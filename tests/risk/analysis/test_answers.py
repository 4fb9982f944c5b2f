"""Questions over the topics, on memory twins: command in, answer out, with its as-of."""

from concurrent.futures import Executor, Future
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from schemas.answer import Answer
from schemas.chain import Chain
from schemas.command import Command
from schemas.topic import ANSWER, COMMAND
from services.risk.analysis.ahead import BalanceSheet, Blockages, Flows, Remedy
from services.risk.analysis.kinds import Settings as Kinds
from services.risk.analysis.what_if import WhatIf
from services.risk.answers import Desk
from services.risk.app import App
from services.runtime.memory import MemoryConsumer
from services.runtime.metrics import Meters
from services.runtime.settings import Settings
from tests.risk.analysis.conftest import CONFIG, few_futures
from tests.risk.conftest import START, Line


class AtOnce(Executor):
    """Works when asked, in the same thread."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


class Asking:
    """A line of warning with a desk for questions."""

    def __init__(self, chain: Chain, kinds: Kinds, lane: str = "live") -> None:
        self.line = Line(chain, lane)
        self.kinds = kinds
        self.start()

    def start(self) -> None:
        """Start risk (again) with empty memory."""
        line, registry = self.line, self.line._registry()
        desk = Desk(
            MemoryConsumer(line.broker, "risk.answers"),
            line.producer,
            AtOnce(),
            lanes=registry.lanes,
            rules=few_futures(),
            kinds=self.kinds,
            clock=line.clock,
            meters=Meters(),
        )
        line.feeds = MemoryConsumer(line.broker, "risk")
        line.risk = App(
            Settings(config=CONFIG, chain=line.chain.id),
            consumer=line.feeds,
            producer=line.producer,
            registry=registry,
            clock=line.clock,
            meters=Meters(),
            answers=desk,
        )
        line.risk.open()

    def ask(self, question: str, lane: str = "live", **arguments: str) -> Answer:
        """Put a question and wait for the newest answer."""
        line = self.line
        number = len(line.broker.messages(COMMAND.name))
        command = Command(
            command_id=f"q{number}",
            lane=lane,
            kind=question,
            actor="test",
            reason="",
            issued_at=line.clock.now(),
            arguments=arguments,
        )
        line.producer.send(COMMAND.name, msgspec.json.encode(command), partition=0)
        for _ in range(3):
            line.risk.turn(0.0)
        return self.answers()[-1]

    def answers(self) -> list[Answer]:
        """Everything answered."""
        return [msgspec.json.decode(m.value or b"", type=Answer) for m in self.line.broker.messages(ANSWER.name)]


def _asking(ordos: Chain, kinds: Kinds) -> Asking:
    found = Asking(ordos, kinds)
    found.line.hours(0, 2)
    found.line.tick(found.line.clock.now())
    found.line.turn()
    return found


@pytest.fixture
def asking(ordos: Chain, kinds: Kinds) -> Asking:
    """Two quiet hours, then whatever the test lets happen."""
    return _asking(ordos, kinds)


@pytest.fixture(scope="module")
def asked(ordos: Chain, kinds: Kinds) -> Asking:
    """The same for tests that only ask."""
    return _asking(ordos, kinds)


@pytest.fixture(scope="module")
def old(ordos: Chain, kinds: Kinds) -> Asking:
    """The same three hours later, for tests that only ask."""
    found = _asking(ordos, kinds)
    found.line.clock.advance(timedelta(hours=3))
    return found


def test_a_question_is_answered_from_the_live_state(asked: Asking) -> None:
    found = asked.ask("risk.what_if", area="150627", kind="epidemic")
    assert not found.problem
    assert found.command_id == f"q{len(asked.answers()) - 1}"
    assert found.as_of is not None
    assert found.as_of == START + timedelta(hours=2)
    result = msgspec.convert(found.body, WhatIf)
    assert result.basis.is_live
    assert result.basis.told_stocks > 80
    assert result.breaks
    assert "已过时" not in found.headline_zh


def test_an_old_state_says_so(old: Asking) -> None:
    found = old.ask("risk.what_if", node="R_DQ", days="7")
    assert found.headline_zh.startswith("【已过时】")
    result = msgspec.convert(found.body, WhatIf)
    assert result.basis.is_stale
    assert "已过时" in result.basis.in_words()[0]


def test_live_stocks_count(asking: Asking) -> None:
    """With half the coal at the power plant it breaks sooner than by the book."""
    plain = msgspec.convert(asking.ask("risk.what_if", node="W_ZN", days="10").body, WhatIf)
    line = asking.line
    stock = next(s for s in line.chain.stocks if (s.node, s.product) == ("E_TKT", "steam_coal"))
    low = {"stock.E_TKT.steam_coal": 0.5 * stock.daily_use * stock.days_normal}
    line.hours(2, 4, lambda _: low)
    later = msgspec.convert(asking.ask("risk.what_if", node="W_ZN", days="10").body, WhatIf)

    def hours(found: WhatIf) -> float:
        return next((b.p50_h or 720.0 for b in found.breaks if b.node == "E_TKT" and b.product == "steam_coal"), 720.0)

    assert hours(later) < hours(plain) - 24


def test_a_wrong_question_is_refused_with_what_would_be_right(asked: Asking) -> None:
    found = asked.ask("risk.what_if", area="159999", kind="snow")
    assert found.as_of is None
    assert "150627" in found.problem
    assert "no question" in asked.ask("risk.weather").problem
    assert "live" in asked.ask("risk.what_if", lane="drill:nowhere", node="R_DQ").problem
    assert "node" in asked.ask("risk.remedy").problem


def test_a_lane_that_has_not_come_to_its_first_tick_is_not_guessed_at(ordos: Chain, kinds: Kinds) -> None:
    """A replay lane is judged at ticks alone: before the first one nothing is known, and nothing is computed from nothing."""
    asking = Asking(ordos, kinds, "replay:r1")
    asking.line.send(asking.line.quiet(), START)
    asking.line.turn()
    found = asking.ask("risk.what_if", lane="replay:r1", node="R_DQ", days="1")
    assert "replay:r1" in found.problem
    assert found.as_of is None


def test_a_remedy_is_advice_for_what_is_disturbed(asking: Asking) -> None:
    asking.line.hours(2, 6, lambda _: {"capacity_factor.B_GQM": 0.0})
    found = asking.ask("risk.remedy", node="D_CKG")
    assert not found.problem
    assert found.body["advice"]["state"] in ("covered", "partly")
    assert "建议" in found.headline_zh


def test_a_remedy_of_a_stock_is_a_plan_that_was_tried(asked: Asking) -> None:
    found = asked.ask("risk.remedy", node="C_XN", product="steam_coal", lost="H_BM")
    assert not found.problem
    result = msgspec.convert(found.body, Remedy)
    assert result.basis.is_live
    assert result.lost == ["H_BM"]
    [plan] = result.plans
    assert plan.is_needed
    assert plan.before.chance > plan.with_plan.chance
    assert plan.moves
    assert "H_BM" in found.headline_zh
    assert "建议" in found.headline_zh
    every = msgspec.convert(asked.ask("risk.remedy", node="C_XN").body, Remedy)
    assert "steam_coal" in {p.product for p in every.plans}
    assert not any(p.is_needed for p in every.plans)


def test_the_balance_of_the_live_state_closes_and_shows_what_a_cut_costs(asked: Asking) -> None:
    found = asked.ask("risk.balance", product="steam_coal")
    plain = msgspec.convert(found.body, BalanceSheet)
    assert plain.basis.is_live
    assert [(row.product, row.week) for row in plain.rows] == [("steam_coal", week) for week in (1, 2, 3, 4)]
    for row in plain.rows:
        assert row.supply + row.regrading - row.use == pytest.approx(row.stock_change + row.way_change, abs=1.0)
    cut = msgspec.convert(asked.ask("risk.balance", product="steam_coal", lost="R_DQ").body, BalanceSheet)
    assert cut.rows[1].stock < plain.rows[1].stock - 1e6
    assert all(row.supply > 0 for row in cut.rows)


def test_blockages_of_the_live_state_are_named(asked: Asking) -> None:
    assert msgspec.convert(asked.ask("risk.blockages").body, Blockages).rows == []
    found = asked.ask("risk.blockages", lost="R_DQ")
    result = msgspec.convert(found.body, Blockages)
    assert {"R_DQ"} <= {row.source for row in result.rows}
    assert all(row.where_zh and row.where_en for row in result.rows)
    assert "堵点" in found.headline_zh


def test_what_each_link_will_carry_is_its_usual_flow_until_something_fails(asked: Asking) -> None:
    plain = msgspec.convert(asked.ask("risk.flows").body, Flows)
    assert all(len(row.days) == 14 and min(row.days) >= 0 for row in plain.rows)
    usual = {(k.source, k.target, k.product): k.normal_flow for k in asked.line.chain.links if k.normal_flow > 0}
    into_port = ("R_DQ", "P_QHD", "steam_coal")
    days = {(row.source, row.target, row.product): row.days for row in plain.rows}
    assert set(usual) <= set(days)
    assert days[into_port] == pytest.approx([usual[into_port]] * 14, rel=0.1)
    found = asked.ask("risk.flows", lost="R_DQ")
    cut = {(r.source, r.target, r.product): r.days for r in msgspec.convert(found.body, Flows).rows}
    assert max(cut[into_port][:13]) == 0
    downstream = [k for k in usual if k[0] == "P_QHD" and k[2] == "steam_coal"]
    assert sum(cut[k][12] for k in downstream) < 0.6 * sum(days[k][12] for k in downstream)
    assert "流量预计" in found.headline_zh


@pytest.mark.parametrize("question", ["risk.remedy", "risk.balance", "risk.blockages", "risk.flows"])
def test_what_lies_ahead_of_an_old_state_says_that_it_is_old(old: Asking, question: str) -> None:
    words = {"node": "D_CST", "product": "steam_coal"} if question == "risk.remedy" else {}
    found = old.ask(question, **words)
    assert found.as_of == START + timedelta(hours=2)
    assert found.headline_zh.startswith("【已过时】")
    assert found.body["basis"]["is_stale"] is True


@pytest.mark.parametrize(
    ("question", "words", "said"),
    [
        ("risk.remedy", {"node": "R_DQ", "product": "steam_coal"}, "keeps no stock"),
        ("risk.remedy", {"node": "NOBODY"}, "NOBODY"),
        ("risk.balance", {"product": "gold"}, "steam_coal"),
        ("risk.balance", {"lost": "NOBODY"}, "NOBODY"),
        ("risk.blockages", {"product": "steam_coal"}, "right is lost"),
    ],
)
def test_a_wrong_question_about_what_lies_ahead_says_what_would_be_right(
    asked: Asking, question: str, words: dict[str, str], said: str
) -> None:
    found = asked.ask(question, **words)
    assert found.as_of is None
    assert said in found.problem


def test_answered_questions_are_not_answered_again_after_a_restart(asking: Asking) -> None:
    asking.ask("risk.what_if", node="R_DQ", days="1")
    asking.start()
    asking.line.hours(2, 3)
    assert len(asking.answers()) == 1


def test_commands_of_others_are_passed_over(asked: Asking) -> None:
    line, before = asked.line, asked.answers()
    other = Command(command_id="x", lane="live", kind="ingest.skip", actor="a", reason="r", issued_at=line.clock.now())
    line.producer.send(COMMAND.name, msgspec.json.encode(other), partition=0)
    line.producer.send(COMMAND.name, b"{", partition=0)
    line.risk.turn(0.0)
    assert asked.answers() == before
