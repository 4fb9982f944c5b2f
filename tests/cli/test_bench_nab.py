"""``lianjing bench nab``: the scorer against what the published definition says, and the command on a small corpus."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from services.cli.bench.nab import command
from services.cli.bench.nab_files import NabSeries, read_corpus
from services.cli.bench.nab_score import PROFILES, STANDARD, evaluate, ground

DAY_ROWS = 288


def series(rows: int, *windows: tuple[int, int], name: str = "made/one.csv") -> NabSeries:
    return NabSeries(name, ("",) * rows, np.arange(rows), np.zeros(rows), windows)


def alarms(rows: int, *at: int) -> dict[str, np.ndarray]:
    scores = np.zeros(rows)
    scores[list(at)] = 1.0
    return {"made/one.csv": scores}


def test_the_earliest_alarm_in_every_window_is_100_and_none_is_0() -> None:
    where = ground([series(1000, (300, 399), (600, 699))])
    for profile in PROFILES:
        assert evaluate(where, alarms(1000, 300, 600), profile, 0.5).score == pytest.approx(100)
        assert evaluate(where, alarms(1000), profile, 0.5).score == 0


def test_a_false_alarm_costs_its_weight_and_less_just_after_a_window() -> None:
    where = ground([series(1000, (300, 399))])
    perfect = evaluate(where, alarms(1000, 300), STANDARD, 0.5).raw
    far = evaluate(where, alarms(1000, 300, 900), STANDARD, 0.5)
    near = evaluate(where, alarms(1000, 300, 402), STANDARD, 0.5)
    assert perfect - far.raw == pytest.approx(0.11)
    assert 0 < perfect - near.raw < 0.02
    assert (far.false_rows, far.hits, far.windows) == (1, 1, 1)


def test_only_the_first_alarm_of_a_window_counts_and_late_is_worth_less() -> None:
    where = ground([series(1000, (300, 399))])
    early, late = (evaluate(where, alarms(1000, at), STANDARD, 0.5).raw for at in (310, 390))
    assert early > late > 0
    assert evaluate(where, alarms(1000, 310, 320, 390), STANDARD, 0.5).raw == pytest.approx(early)


def test_the_first_rows_do_not_count() -> None:
    where = ground([series(10_000, (2000, 2099))])
    assert evaluate(where, alarms(10_000, 0, 400, 749), STANDARD, 0.5).raw == -1
    assert evaluate(where, alarms(10_000, 750), STANDARD, 0.5).raw == pytest.approx(-1.11)


def test_the_best_threshold_is_found_among_whole_groups_of_equal_scores() -> None:
    scores = alarms(1000)["made/one.csv"]
    scores[[310, 500]], scores[800] = 0.9, 0.7
    best = evaluate(ground([series(1000, (300, 399))]), {"made/one.csv": scores}, STANDARD)
    assert (best.threshold, best.hits, best.false_rows) == (0.9, 1, 1)
    worth = evaluate(ground([series(1000, (300, 399))]), {"made/one.csv": scores}, STANDARD, 0.6)
    assert best.score > worth.score


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two groups of noise; one file has a lasting step inside a window."""
    rng = np.random.default_rng(3)
    windows = {}
    for name, step in (("quiet/a.csv", 0.0), ("steps/b.csv", 12.0)):
        values = 50 + rng.standard_normal(5 * DAY_ROWS)
        values[1000:] += step
        stamps = np.datetime64("2024-03-01T00:00:00") + 300 * np.arange(len(values)).astype("timedelta64[s]")
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True)
        rows = "\n".join(f"{str(t).replace('T', ' ')},{v}" for t, v in zip(stamps, values, strict=True))
        path.write_text("timestamp,value\n" + rows + "\n")
        first, last = (str(stamps[at]).replace("T", " ") + ".000000" for at in (950, 1090))
        windows[name] = [[first, last]] if step else []
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "combined_windows.json").write_text(json.dumps(windows))
    return tmp_path


def test_the_command_scores_every_row_and_writes_what_it_scored(corpus: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    done = CliRunner().invoke(command, ["--data", str(corpus), "--results", str(results), "--json"])
    assert done.exit_code == 0, done.output
    figures = json.loads(done.output)["figures"]
    assert figures["standard"] > 60
    assert figures["standard_fixed_threshold"] > 60
    with (results / "ensemble" / "steps" / "ensemble_b.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["timestamp", "value", "anomaly_score", "label"]
    assert len(rows) == 5 * DAY_ROWS
    assert all(0 <= float(row["anomaly_score"]) <= 1 for row in rows)
    assert max(rows, key=lambda row: float(row["anomaly_score"]))["label"] == "1"
    again = CliRunner().invoke(
        command, ["--data", str(corpus), "--results", str(results), "--of", "ensemble", "--json"]
    )
    scored = json.loads(again.output)["figures"]
    assert scored == {name: figures[name] for name in ("standard", "reward_low_fp", "reward_low_fn")}


def test_what_is_wrong_with_a_corpus_is_said(corpus: Path) -> None:
    from services.runtime.errors import InputError

    (corpus / "data" / "steps" / "b.csv").write_text("timestamp,value\n2024-03-01 00:00:00,1\n")
    with pytest.raises(InputError, match=r"b\.csv"):
        read_corpus(corpus)
    (corpus / "labels" / "combined_windows.json").unlink()
    with pytest.raises(InputError, match="combined_windows"):
        read_corpus(corpus)
