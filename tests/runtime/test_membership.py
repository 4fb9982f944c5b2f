"""Whether a place that the broker keeps for a static member fits what the member wants now."""

from typing import Any

import pytest

from services.runtime.membership import is_fit

TOPICS = {"a": {0, 1}, "b": {0}}


def _member(slot: int, topics: list[str], **assigned: list[int]) -> dict[str, Any]:
    return {
        "group_instance_id": f"g-{slot}",
        "member_metadata": {"topics": topics},
        "member_assignment": {"assigned_partitions": [{"topic": t, "partitions": p} for t, p in assigned.items()]},
    }


def _unsettled(slot: int) -> dict[str, Any]:
    return {"group_instance_id": f"g-{slot}", "member_metadata": "", "member_assignment": ""}


@pytest.mark.parametrize(
    ("state", "members", "wanted"),
    [
        ("Dead", [], True),
        ("Empty", [], True),
        ("Stable", [_member(1, ["a"], a=[0, 1])], True),
        ("Stable", [_member(0, ["b", "a"], a=[0, 1], b=[0])], True),
        ("Stable", [_member(0, ["a", "b"], a=[1]), _member(1, ["a", "b"], a=[0], b=[0])], True),
        ("Stable", [_member(0, ["a", "b"]), _member(1, ["a", "b"], a=[0, 1], b=[0])], True),
        ("Stable", [_member(0, ["a"], a=[0, 1])], False),
        ("Stable", [_member(0, ["a"], a=[0, 1]), _member(1, ["a", "b"], b=[0])], False),
        ("Stable", [_member(0, ["a", "b", "c"], a=[0, 1], b=[0])], False),
        ("Stable", [_member(0, ["a", "b"], a=[0], b=[0])], False),
        ("Stable", [_member(0, ["a", "b"])], False),
        ("PreparingRebalance", [_unsettled(0), _unsettled(1)], False),
        ("CompletingRebalance", [_unsettled(0)], False),
        ("PreparingRebalance", [_unsettled(1)], True),
    ],
)
def test_a_place_fits_when_it_wanted_the_same_and_everything_is_read(
    state: str, members: list[dict[str, Any]], wanted: bool
) -> None:
    assert is_fit({"group_state": state, "members": members}, "g-0", TOPICS) is wanted
