"""``lianjing provider trust`` on the real database, in both modes."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from services.cli.main import lianjing
from services.runtime.errors import InputError

LANE = "replay:p"
_IRREGULAR = (
    "UPDATE observation SET value = 100 + hashint8(extract(epoch FROM observed_at)::bigint + series_id) % 1000 / 100.0"
)
AT = ["--at", "2026-02-15T00:00:00+00:00", "--lane", LANE]


def _trust(*arguments: str) -> Any:
    done = CliRunner().invoke(lianjing, ["provider", "trust", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(autouse=True)
def address(migrated_database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANJING_DATABASE_URL", migrated_database.url)


def test_half_a_month_without_reports_costs_a_provider_its_trust(connection: Any, open_lane: Any, fill: Any) -> None:
    fill(open_lane(LANE, "2026-02-15Z"), "2026-01-15Z", "2026-02-14 23:00Z")
    connection.execute(_IRREGULAR)  # a day that repeats another would be a stale copy
    (whole,) = json.loads(_trust("p", *AT, "--json").stdout)
    connection.execute("DELETE FROM observation WHERE observed_at > '2026-01-30Z'")
    (half,) = json.loads(_trust(*AT, "--json").stdout)
    assert (whole["provider"], whole["series"]) == ("p", 5)
    assert whole["rows"] > 5 * 29 * 24
    assert not [r for r in whole["reasons"] if r["name"] == "gaps"]
    assert half["reasons"][0]["name"] == "gaps"
    assert half["trust"] < whole["trust"] - 0.2
    said = _trust(*AT).output
    assert "缺报" in said
    assert "reports missing" in said


def test_nothing_delivered_is_unknown_and_not_full_trust(connection: Any, open_lane: Any) -> None:
    del connection
    open_lane(LANE, "2026-02-15Z")
    done = _trust("p", *AT)
    assert "信任度未知" in done.output


def test_a_provider_that_does_not_exist_is_refused(connection: Any) -> None:
    del connection
    with pytest.raises(InputError, match="nobody-here"):
        _trust("nobody-here")
