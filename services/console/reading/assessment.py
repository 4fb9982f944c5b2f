"""What is expected of places, as last judged."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from schemas.assessment import Assessment
from schemas.level import Level
from services.console.shelf import Shelf

_COLUMNS = ", ".join(name for name in Assessment.__struct_fields__ if name != "v")
_NEWEST = f"""
SELECT DISTINCT ON (node, product, hazard) {_COLUMNS} FROM assessment WHERE lane = %s AND node = ANY(%s)
ORDER BY node, product, hazard, as_of DESC, known_at DESC, chain_version DESC, rules_version DESC
"""  # noqa: S608  # names of ours
_LIGHT = {
    "causes": "'[]'::jsonb AS causes",
    "inputs": "'[]'::jsonb AS inputs",
    **{name: f"'' AS {name}" for name in ("reason_zh", "reason_en", "smallest_change_zh", "smallest_change_en")},
}
_OF_CHAIN = f"""
SELECT {", ".join(_LIGHT.get(name, name) for name in Assessment.__struct_fields__ if name != "v")} FROM assessment_newest(%s) WHERE chain = %s
"""  # noqa: S608  # names of ours
OLD = timedelta(hours=7)
"""Beyond this age an assessment says nothing of now: every place is judged anew at least every six hours."""


def newest(shelf: Shelf, lane: str, nodes: Collection[str]) -> list[Assessment]:
    """The last assessment of every product and hazard of some places."""
    return [_assessment(row) for row in shelf.rows(_NEWEST, (lane, sorted(set(nodes))))]


def newest_of_chain(shelf: Shelf, lane: str, chain: str) -> list[Assessment]:
    """The last assessment of everything judged in a chain, without its causes, inputs and words."""
    return [_assessment(row) for row in shelf.rows(_OF_CHAIN, (lane, chain))]


def of(found: Collection[Assessment], node: str, product: str, hazard: str) -> Assessment | None:
    """The one of a place, product and hazard."""
    return next((a for a in found if (a.node, a.product, a.hazard.value) == (node, product, hazard)), None)


def level_now(found: Assessment | None, now: datetime) -> Level:
    """The level to show now: 情况不明 for none and for one that is too old."""
    return Level.UNKNOWN if found is None or now - found.as_of > OLD else found.level


def _assessment(row: Mapping[str, Any]) -> Assessment:
    return msgspec.convert(row, Assessment, strict=False)
