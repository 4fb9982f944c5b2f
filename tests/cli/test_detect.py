"""``lianjing detect`` by the front door, on small files."""

import csv
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from services.cli.detect.command import command
from services.runtime.errors import InputError

_BEGIN = datetime(2026, 9, 1)  # noqa: DTZ001  # as it stands in an analyst's file
Rows = Sequence[list[Any]]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a CSV file and gives its path."""

    def written(heading: Sequence[str], rows: Rows, encoding: str = "utf-8") -> Path:
        path = tmp_path / "given.csv"
        with path.open("w", newline="", encoding=encoding) as file:
            csv.writer(file).writerows([heading, *rows])
        return path

    return written


def _told(*arguments: object) -> dict[str, Any]:
    done = CliRunner().invoke(command, [*map(str, arguments), "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _noise(rows: int = 400, level: float = 100.0, seed: int = 1) -> np.ndarray:
    return level * (1 + 0.02 * np.random.default_rng(seed).standard_normal(rows))


def _hours(rows: int) -> list[str]:
    return [f"{_BEGIN + timedelta(hours=i):%Y-%m-%d %H:%M}" for i in range(rows)]


def _wide(**series: np.ndarray) -> tuple[list[str], Rows]:
    rows = len(next(iter(series.values())))
    return ["时间", *series], [[t, *cells] for t, *cells in zip(_hours(rows), *series.values(), strict=True)]


def test_a_shift_of_six_sigma_is_found_and_explained_and_quiet_series_say_nothing(write: Write) -> None:
    shifted = _noise(seed=2)
    shifted[300:] += 12.0
    told = _told(write(*_wide(温度=shifted, 平静=_noise(seed=3), 也平静=_noise(seed=4))))
    by_name = {s["series"]: s for s in told["series"]}
    assert not by_name["平静"]["alarms"]
    assert not by_name["也平静"]["alarms"]
    (alarm,) = by_name["温度"]["alarms"]
    begin = datetime.fromisoformat(alarm["time"])
    assert begin.utcoffset() == timedelta(hours=8)
    assert timedelta(0) <= begin.replace(tzinfo=None) - (_BEGIN + timedelta(hours=300)) <= timedelta(hours=12)
    assert alarm["strongest"]["expected"] == pytest.approx(100, abs=4)
    assert alarm["contributed"]
    assert "温度" in alarm["sentence_zh"]
    assert "expected" in alarm["sentence_en"]
    assert told["defects"] == 0
    (pool,) = told["pools"]
    assert (pool["series"], pool["cadence_s"]) == (3, 3600)
    assert 0 < pool["effective_rows"] <= pool["rows"] <= told["rows"]


def test_a_switch_of_unit_is_a_defect_with_its_factor_and_no_alarm(write: Write) -> None:
    stock = _noise(level=4.0)
    stock[250:330] *= 10_000
    told = _told(write(*_wide(港口库存=stock)))
    (series,) = told["series"]
    assert series["kind"] == "stock"
    assert not series["alarms"]
    (defect,) = series["defects"]
    assert (defect["kind"], defect["factor"]) == ("unit_switch", 1e-4)
    assert defect["since"].startswith(f"{_BEGIN + timedelta(hours=250):%Y-%m-%dT%H}")
    assert "除以 10,000" in defect["sentence_zh"]


def test_what_cannot_be_read_is_listed_by_line_and_nothing_else_is_lost(write: Write) -> None:
    values = [f"{v:.3f}" for v in _noise(120)]
    rows: list[list[Any]] = [["井口", t.replace("-", "/"), v] for t, v in zip(_hours(120), values, strict=True)]
    rows[10][2], rows[20][1], rows[30][2], rows[40][2] = "十二", "昨天", "inf", ""
    rows[50], rows[60] = rows[60], rows[50]
    rows.insert(71, list(rows[70]))
    told = _told(write(["指标名称", "数据时间", "数值"], rows, "gbk"))
    cells = [(c["line"], c["column"], c["given"]) for c in told["unreadable"]["cells"]]
    assert cells == [(12, "数值", "十二"), (22, "数据时间", "昨天"), (32, "数值", "inf")]
    assert all(c["wanted_zh"] and c["wanted_en"] for c in told["unreadable"]["cells"])
    assert (told["shape"], told["blank"], told["rows"]) == ("long", 1, 121 - 4)
    assert told["disordered"] > 0
    assert [d["kind"] for d in told["series"][0]["defects"]] == ["duplicate"]


def test_nan_gaps_and_a_series_that_ends_survive_and_silence_is_told(write: Write) -> None:
    heading, rows = _wide(甲=_noise(seed=5), 乙=_noise(seed=6))
    for row in rows[200:260]:
        row[1] = "NaN"
    for row in rows[340:]:
        row[2] = ""
    told = _told(write(heading, rows))
    first, second = told["series"]
    assert [(d["kind"], d["standing"]) for d in first["defects"]] == [("silence", "over")]
    assert first["defects"][0]["evidence"] == pytest.approx(60, abs=1)
    assert [(d["kind"], d["until"]) for d in second["defects"]] == [("silence", None)]
    assert not first["alarms"]


def test_the_folder_holds_every_row_and_a_page_with_pictures(write: Write, tmp_path: Path) -> None:
    shifted = _noise(seed=2)
    shifted[300:] += 12.0
    out = tmp_path / "found"
    _told(write(*_wide(**{"<b>温度</b>": shifted})), "--out", out, "--detectors", "robust_level,ewma")
    with (out / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    votes = [line for line in lines if line["detector"] == "vote"]
    assert len(votes) == 400
    assert {line["detector"] for line in lines} == {"vote", "robust_level", "ewma"}
    assert any(line["is_alarm"] == "1" for line in votes)
    alarmed = next(line["line"] for line in votes if line["is_alarm"] == "1")
    assert any(line["contributed"] == "1" and line["line"] == alarmed for line in lines)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 1
    assert "<b>温度</b>" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert (out / "defects.csv").exists()
    assert (out / "unreadable.csv").exists()


def test_series_are_chosen_and_averaged_and_the_table_names_them(write: Write) -> None:
    path = write(*_wide(库存甲=_noise(), 价格=_noise(seed=9)))
    told = _told(path, "--series", "库存*", "--cadence", "1d", "--kind", "库存*=rate")
    (series,) = told["series"]
    assert (series["series"], series["kind"], series["cadence_s"]) == ("库存甲", "rate", 86_400.0)
    assert series["rows"] == 17
    shown = CliRunner().invoke(command, [str(path), "--detectors", "robust_level"])
    assert "库存甲" in shown.stdout
    assert "Nothing unusual" in shown.stdout


@pytest.mark.parametrize(
    "moment",
    [
        "2026-09-01T08:00:00+08:00",
        "2026/9/1 8:00",
        "2026年9月1日 8时",
        "1788220800",
        "2026-09-01T00:00:00Z",
        "1/9/2026 8:00",
    ],
)
def test_a_moment_is_the_same_however_it_is_written(write: Write, moment: str) -> None:
    day_first = [f"{day}/9/2026 8:00" for day in (13, 14)]
    later = (
        day_first if moment.count("/") and moment.endswith("2026 8:00") else ["2026-09-13 08:00", "2026-09-14 08:00"]
    )
    told = _told(
        write(
            ["time", "a"],
            [[moment, 1.0], *([t, 1.0] for t in later), *([f"2026-10-{d:02} 08:00", 1.5] for d in range(1, 15))],
        )
    )
    assert told["rows"] == 17
    assert told["unreadable"]["count"] == 0


@pytest.mark.parametrize(
    ("heading", "rows", "arguments", "said"),
    [
        (["a", "b"], [[1, 2]], [], ["时间列", "time column"]),
        (["time", "a"], [], [], ["没有数据行", "no rows"]),
        (["time", "备注"], [["2026-09-01", "好"]], [], ["没有一列是数", "no column of numbers"]),
        (["time", "a"], [["03/04/2026", 1], ["05/04/2026", 2]], [], ["--time-format", "cannot be told apart"]),
        (["time", "a"], [["2026-09-01", 1]], ["--series", "x*"], ["没有这个序列", "no such series"]),
        (["time", "a"], [["2026-09-01", 1]], ["--zone", "Mars"], ["没有这个时区", "no such zone"]),
        (["time", "a"], [["2026-09-01", 1]], ["--detectors", "magic"], ["没有这个检测器", "robust_level"]),
        (["time", "a"], [["2026-09-01", 1]], ["--kind", "a=zzz"], ["应为", "is right"]),
        (["time", "a"], [["2026-09-01", 1]], ["--cadence", "soon"], ["应如", "is right"]),
        (["time", "a"], [["2026-09-01", 1]], ["--time-column", "t"], ["t", "no"]),
    ],
)  # fmt: skip
def test_wrong_use_says_what_was_given_and_what_would_be_right(
    write: Write, heading: list[str], rows: Rows, arguments: list[str], said: list[str]
) -> None:
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(command, [str(write(heading, rows)), *arguments], catch_exceptions=False)
    assert all(words in str(caught.value) for words in said)


def test_one_row_is_no_reason_to_fail(write: Write) -> None:
    told = _told(write(["time", "a"], [["2026-09-01", 1]]))
    assert told["alarms"] == told["defects"] == 0
