"""``lianjing what-if`` by the front door: at rest in this process, and live over a real broker with somebody who answers."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec import structs

from schemas.answer import Answer
from schemas.command import Command
from schemas.topic import ANSWER, COMMAND
from services.cli.chain import command as chain_command
from services.cli.risk.hazard_message import words_of
from services.cli.risk.what_if import command
from services.risk.analysis.ahead import Blockages
from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLink, KeyLinks
from services.risk.analysis.part import Owner
from services.risk.outlook_sheet import Blockage
from services.runtime.errors import InputError
from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from services.cli.stack.kafka import Kafka

NOTICE = """<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
 <identifier>T1</identifier><sender>met@example.org</sender><sent>2026-01-10T08:00:00+08:00</sent>
 <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
 <info><language>zh-CN</language><category>Met</category><event>暴雪橙色预警</event><urgency>Expected</urgency><severity>Severe</severity>
 <certainty>Likely</certainty><onset>2026-01-10T20:00:00+08:00</onset><expires>2026-01-12T20:00:00+08:00</expires>
 <area><areaDesc>伊金霍洛旗</areaDesc><geocode><valueName>GB/T 2260</valueName><value>150627</value></geocode></area></info>
</alert>"""


def _run(what: Any, *arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(what, [str(a) for a in arguments], env={"LIANJING_CONFIG": "", **environment})


def test_at_rest_it_prints_in_order_and_writes_a_page(tmp_path: Path) -> None:
    result = _run(command, "--area", "150627", "--kind", "snow", "--at-rest", "--html", tmp_path / "page.html")
    assert result.exit_code == 0, result.output
    places = [result.stdout.index(w) for w in ("非实时", "一、谁", "二、现在要保", "三、保障清单", "补链", "不是指令")]
    assert places == sorted(places)
    assert "<!doctype html>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_wrong_county_says_which_would_be_right() -> None:
    result = _run(command, "--area", "159999", "--at-rest")
    assert isinstance(result.exception, InputError)
    assert "150627 伊金霍洛旗" in str(result.exception)


def test_a_hazard_message_becomes_words() -> None:
    assert words_of(NOTICE.encode()) == {"kind": "snow", "area": "150627", "days": "2.00"}
    with pytest.raises(InputError, match="区划"):
        words_of(
            NOTICE.replace("<geocode><valueName>GB/T 2260</valueName><value>150627</value></geocode>", "").encode()
        )


BLOCKAGE = Blockage(
    source="R_DQ",
    target="",
    product="steam_coal",
    unit="t",
    from_day=0,
    to_day=1,
    chance=1.0,
    load=None,
    held_up=250_000.0,
    growth=250_000.0,
    at=("S_DT",),
    where_zh="大秦铁路",
    where_en="Daqin railway",
    at_zh="大同",
)


def live_basis(basis: Basis) -> Basis:
    """The same as if the live lane had been asked, twenty minutes late."""
    return structs.replace(basis, lane="live", age_min=20.0, is_stale=True)


RANKED = KeyLink(
    rank=1,
    id="R_DQ",
    is_node=True,
    name_zh="大秦铁路",
    name_en="Daqin railway",
    loss_cny=2e9,
    users_cny=1e9,
    makers_cny=1e9,
    not_come_cny=3e9,
    focus_cny=None,
    focus_not_come_cny=None,
    survive_to_minimum_h=600.0,
    survive_to_zero_h=None,
    recover_p50_h=48.0,
    recover_p90_h=96.0,
    is_exposed=True,
    starves=["D_CST"],
    esri=0.2,
    owner=Owner(work_team="铁路运力专班"),
)


@pytest.fixture
def answering(broker: "Kafka", basis: Basis) -> Any:
    """Somebody who answers every question with a ranking, one about blockages with one of them, or refuses it when it is for ``X``."""
    settings = Settings(kafka_bootstrap=broker.bootstrap)
    ranking = KeyLinks(basis=basis, focus="", links=[RANKED])
    blocked = Blockages(basis=live_basis(basis), lost=["R_DQ"], rows=[BLOCKAGE])
    stop = threading.Event()

    def work() -> None:
        consumer = KafkaStreamConsumer(settings, client_id="test-answering")
        producer = KafkaStreamProducer(settings, client_id="test-answering")
        consumer.assign([(COMMAND.name, 0)])
        while not stop.is_set():
            for message in consumer.poll(0.1):
                asked = msgspec.json.decode(message.value or b"", type=Command)
                if not asked.kind.startswith("risk."):
                    continue
                problem = "没有节点 'X'" if asked.arguments.get("focus") == "X" else ""
                found = Answer(
                    command_id=asked.command_id,
                    lane=asked.lane,
                    kind=asked.kind,
                    as_of=datetime(2026, 1, 10, tzinfo=UTC),
                    body={} if problem else msgspec.to_builtins(blocked if "blockages" in asked.kind else ranking),
                    problem=problem,
                )
                producer.send(ANSWER.name, msgspec.json.encode(found), partition=0)
                producer.flush(5.0)
        consumer.close()
        producer.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield broker
    stop.set()
    thread.join()


def test_a_live_question_travels_as_a_command_and_its_answer_is_shown(answering: "Kafka") -> None:
    live = {"LIANJING_KAFKA_BOOTSTRAP": answering.bootstrap}
    result = _run(chain_command, "key-links", "--json", **live)
    assert result.exit_code == 0, result.output
    assert msgspec.json.decode(result.stdout, type=KeyLinks).links == [RANKED]
    refused = _run(chain_command, "key-links", "--for", "X", **live)
    assert isinstance(refused.exception, InputError)
    assert "没有节点" in str(refused.exception)


def test_what_lies_ahead_is_asked_of_the_running_stack_unless_told_otherwise(answering: "Kafka") -> None:
    result = _run(chain_command, "blockages", "--lost", "R_DQ", LIANJING_KAFKA_BOOTSTRAP=answering.bootstrap)
    assert result.exit_code == 1, result.output
    for words in ("已过时", "live", "大秦铁路", "250,000 t", "停 still", "R_DQ"):
        assert words in result.stdout
