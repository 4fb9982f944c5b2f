"""``lianjing chain`` by the front door: exit codes, words, JSON; import on the real broker."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from schemas.chain import Chain
from services.cli.chain import command
from services.runtime.chain import load_chain
from services.runtime.chain.publication import Standing, publish_chain, standing, stored_chains
from services.runtime.memory import MemoryBroker, MemoryConsumer, MemoryProducer

if TYPE_CHECKING:
    from services.cli.stack.kafka import Kafka


def _run(*arguments: object, **environment: str) -> Result:
    return CliRunner().invoke(command, [str(a) for a in arguments], env={"LIANJING_CONFIG": "", **environment})


def _json(result: Result) -> Any:
    return msgspec.json.decode(result.stdout)


def test_the_shipped_chain_is_right() -> None:
    result = _run("validate")
    assert result.exit_code == 0, result.output
    assert "可用 right" in result.output
    assert "提醒 warning" in result.output


def test_faults_are_listed_and_the_exit_code_is_one(small: Any) -> None:
    small.swap("nodes.csv", "800,t/d", "nan,t/d")
    small.swap("links.csv", "M_B,R_1", "M_Q,R_1")
    result = _run("validate", small.folder)
    assert result.exit_code == 1
    assert "nodes.csv:2 [capacity]" in result.output
    assert "links.csv:3 [from]" in result.output
    report = _json(_run("validate", small.folder, "--json"))
    assert report["ok"] is False
    assert {"file", "line", "column", "given", "fix_zh", "fix_en"} <= set(report["problems"][0])


def test_show_lists_and_one_node(small: Any) -> None:
    for what in ("nodes", "links", "stocks", "series"):
        assert _run("show", what, "--folder", small.folder).exit_code == 0
        assert _json(_run("show", what, "--folder", small.folder, "--json"))
    assert "小链" in _run("show", "--folder", small.folder).output
    assert "甲醇厂" in _run("show", "node", "C_M", "--folder", small.folder).output
    assert len(_json(_run("show", "links", "D_C", "--folder", small.folder, "--json"))) == 2
    view = _json(_run("show", "node", "C_M", "--folder", small.folder, "--json"))
    assert {link["source"] for link in view["suppliers"]} == {"R_1", "X_G"}
    whole = CliRunner().invoke(command, ["show", "--folder", str(small.folder), "--json"])
    assert msgspec.json.decode(whole.stdout, type=Chain) == load_chain(small.folder)


def test_wrong_use(small: Any) -> None:
    assert _run("show", "node", "--folder", small.folder).exit_code == 2
    assert _run("show", "everything").exit_code == 2
    assert _run("validate", LIANJING_CHAIN="nowhere").exit_code == 2


def test_the_operators_folder_is_used(small: Any, tmp_path: Path) -> None:
    (tmp_path / "chains").mkdir()
    small.folder.rename(tmp_path / "chains" / "mine")
    result = _run("validate", LIANJING_CONFIG=str(tmp_path), LIANJING_CHAIN="mine")
    assert result.exit_code == 0
    assert "小链" in result.output


def test_standing(small: Any) -> None:
    chain = load_chain(small.folder)
    later = msgspec.structs.replace(chain, version="x", valid_from=chain.valid_from + timedelta(days=1))
    same_day = msgspec.structs.replace(chain, version="y")
    assert standing(None, chain) is Standing.FIRST
    assert standing(chain, chain) is Standing.SAME
    assert standing(chain, later) is Standing.NEWER
    assert standing(chain, same_day) is Standing.NEWER
    assert standing(later, chain) is Standing.OLDER


def test_a_published_chain_is_read_back(small: Any) -> None:
    broker, chain = MemoryBroker(), load_chain(small.folder)
    publish_chain(MemoryProducer(broker), chain)
    assert stored_chains(MemoryConsumer(broker)) == {"small": chain}


@pytest.mark.integration
def test_import_says_first_same_newer_and_older(broker: "Kafka", small: Any) -> None:
    small.swap("chain.csv", "small,小链", "import-test,小链")
    where = {"LIANJING_KAFKA_BOOTSTRAP": broker.bootstrap, "LIANJING_CHAIN": "import-test"}

    def imported(*options: str) -> tuple[int, str, int | None]:
        result = _run("import", small.folder, "--json", *options, **where)
        report = _json(result)
        return result.exit_code, report["standing"], report["offset"]

    code, how, _ = imported()
    assert (code, how) == (0, "first")
    assert imported() == (0, "same", None)
    small.swap("chain.csv", "2026-01-01T00:00:00+08:00", "2026-02-01T00:00:00+08:00")
    code, how, _ = imported()
    assert (code, how) == (0, "newer")
    small.swap("chain.csv", "2026-02-01T00:00:00+08:00", "2026-01-01T00:00:00+08:00")
    assert imported() == (1, "older", None)
    assert "older than the stored" in _run("import", small.folder, **where).output
    code, how, offset = imported("--allow-older")
    assert (code, how) == (0, "older")
    assert offset is not None
    shown = _run("show", "--stored", "--json", **where)
    assert msgspec.json.decode(shown.stdout, type=Chain) == load_chain(small.folder)


@pytest.mark.integration
def test_a_spoilt_chain_is_not_imported(broker: "Kafka", small: Any) -> None:
    small.swap("links.csv", "6,0.6,", "6,0.5,")
    result = _run("import", small.folder, LIANJING_KAFKA_BOOTSTRAP=broker.bootstrap)
    assert result.exit_code == 1
    assert "links.csv:3" in result.output
