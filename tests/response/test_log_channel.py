"""The log channel writes each letter once, whatever killed it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.response.actions.log_channel import LogChannel
from services.response.notice import SENT, Letter, Verdict
from services.runtime.errors import UnreachableError


def notice(name: str) -> Letter:
    return Letter(
        notification_id=name, lane="live", level="red", recipient="值班员", address="", text_zh="【系统研判】甲\n请办：核实",
        text_en="A\nDo: verify", created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip


def opened(file: Path, max_bytes: int = 10_000) -> LogChannel:
    channel = LogChannel(file, max_bytes)
    channel.open()
    return channel


def ids(file: Path) -> list[str]:
    return [line.removeprefix("── ") for line in file.read_text("utf-8").splitlines() if line.startswith("── ")]


def test_a_notice_stands_there_once_after_a_restart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "logs" / "n.log"
    opened(file).send([notice("a"), notice("b")])
    assert opened(file).send([notice("b"), notice("c")]) == [SENT, SENT]
    assert ids(file) == ["a", "b", "c"]
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 3
    assert all("请办" in line for line in out)


def test_a_torn_block_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "n.log"
    opened(file).send([notice("a"), notice("b")])
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    opened(file).send([notice("a"), notice("b")])
    assert ids(file)[-1] == "b"
    assert ids(file).count("a") == 1


def test_the_file_is_rotated(tmp_path: Path) -> None:
    file = tmp_path / "n.log"
    channel = opened(file, max_bytes=300)
    for number in range(8):
        channel.send([notice(f"n{number}")])
    files = sorted(p.name for p in tmp_path.iterdir())
    assert files[:2] == ["n.log", "n.log.1"]
    assert len(files) <= 6


def test_a_kill_after_the_file_moved_repeats_nothing(tmp_path: Path) -> None:
    file = tmp_path / "n.log"
    opened(file, max_bytes=300).send([notice(f"n{number}") for number in range(5)])
    opened(file, max_bytes=300).send([notice("later")])
    assert ids(file) == ["later"]
    opened(file, max_bytes=10_000).send([notice("n4"), notice("later")])
    assert ids(file) == ["later"]


def test_a_folder_that_cannot_be_written_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file, not a folder")
    with pytest.raises(UnreachableError):
        LogChannel(tmp_path / "logs" / "n.log").open()


def test_a_file_that_cannot_be_written_is_an_outcome(tmp_path: Path) -> None:
    channel = opened(tmp_path / "n.log")
    (tmp_path / "n.log").mkdir()
    assert [o.verdict for o in channel.send([notice("a"), notice("b")])] == [Verdict.UNREACHABLE] * 2
