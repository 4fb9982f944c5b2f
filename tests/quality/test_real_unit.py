"""The unit change in the table of Indian plants: per cent of norm was a fraction until June 2024."""

from pathlib import Path

from services.cli.bench.quality.run import unit_change
from services.cli.bench.quality.tables import read_tables


def test_it_is_found_on_its_first_day_at_every_plant(real_tables: Path) -> None:
    tracks, _ = read_tables(real_tables, seed=1)
    notes: list[str] = []
    assert unit_change(tracks, notes) == 1.0
    assert "2024-06-07" in notes[0], notes
