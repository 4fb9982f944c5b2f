"""Which lane a page shows without a wish: never an empty board while something is told elsewhere, and never another than live for programs."""

from datetime import UTC, datetime

import pytest

from services.console.reading.lane import LaneView, chosen

NOW = datetime(2026, 2, 12, tzinfo=UTC)


def lane(name: str, *, is_open: bool = True, is_bare: bool = False) -> LaneView:
    return LaneView(
        name=name, kind=name.partition(":")[0], chain="ordos", now=NOW, rate=1, opened_at=NOW,
        closed_at=None if is_open else NOW, is_bare=is_bare,
    )  # fmt: skip


LIVE, BARE = lane("live"), lane("live", is_bare=True)
STORY, DRILL, OVER = lane("replay:story"), lane("drill:b"), lane("replay:old", is_open=False)


@pytest.mark.parametrize(
    ("found", "wanted", "page", "program"),
    [
        ([LIVE, STORY], None, LIVE, LIVE),
        ([BARE, STORY, DRILL], None, STORY, BARE),
        ([BARE, OVER], None, BARE, BARE),
        ([BARE, STORY], "live", BARE, BARE),
        ([STORY, OVER], None, STORY, STORY),
        ([LIVE], "drill:b", None, None),
        ([], None, None, None),
    ],
)
def test_a_page_passes_over_a_live_lane_in_which_nothing_was_judged(
    found: list[LaneView], wanted: str | None, page: LaneView | None, program: LaneView | None
) -> None:
    assert chosen(found, wanted, is_page=True) == page
    assert chosen(found, wanted) == program
