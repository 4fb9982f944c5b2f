"""``lianjing bench tep`` on a small plant stored like the Tennessee Eastman files."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from services.cli.bench import command

ROWS, FAULT_AT, VARIABLES = 300, 160, 6
SEEABLE = [n for n in range(1, 22) if n not in (3, 9, 15)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six sensors on two causes; every fault but 3, 9 and 15 puts one sensor off."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(2, VARIABLES))
    made = tmp_path_factory.mktemp("tep")

    def run(rows: int) -> np.ndarray:
        return np.asarray(50 + rng.normal(size=(rows, 2)) @ mixing + 0.3 * rng.normal(size=(rows, VARIABLES)))

    np.savetxt(made / "d00.dat", run(500).T)
    np.savetxt(made / "d00_te.dat", run(ROWS))
    for fault in range(1, 22):
        rows = run(ROWS)
        if fault in SEEABLE:
            rows[FAULT_AT:, fault % VARIABLES] += 3.0
        np.savetxt(made / f"d{fault:02d}_te.dat", rows)
    return made


def bench(*arguments: object) -> Result:
    return CliRunner().invoke(command, ["tep", *map(str, arguments)])


def test_it_reports_detection_and_both_rates_of_false_alarms(folder: Path, tmp_path: Path) -> None:
    plot, strips = tmp_path / "alpha.svg", tmp_path / "strips.svg"
    done = bench("--data", folder, "--json", "--plot", plot, "--strips", strips)
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    figures = report["figures"]
    assert report["name"] == "tep"
    assert figures["mean_fdr"] > 0.95
    assert figures["far"] <= 0.02
    assert figures["far_prefault"] <= 0.015
    assert figures["fdr_03"] < 0.05
    assert any(
        note.startswith("fault 4: detection 1.000, first alarm 0 min") and "X(5)" in note for note in report["notes"]
    )
    assert any(note.startswith("alpha 0.0001: ") for note in report["notes"])
    for picture in (plot, strips):
        assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_a_missing_file_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "d00_te.dat").write_bytes((folder / "d00_te.dat").read_bytes())
    done = bench("--data", tmp_path)
    assert done.exit_code != 0
    assert "d00.dat" in str(done.exception)
