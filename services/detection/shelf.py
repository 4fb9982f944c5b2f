"""The state of a partition as tables, and put back from them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.detection.held import Held
from services.detection.judges import Judges
from services.detection.slot_book import SlotBook
from services.detection.snapshot import FINDINGS, LANES, POOLS, SERIES, Arrays, Rows
from services.runtime.streams import Partition

Names = list[tuple[str, str]]
State = dict[str, NDArray[Any]]
_OF_SLOTS = ("pool", "first_us", "count", "known_us")


def tables_of(slots: SlotBook, judges: Judges, state: Arrays, partition: Partition) -> dict[str, Rows]:
    """Tables of a partition. ``state``: that of the judges by slot."""
    found: dict[str, tuple[Names, list[State]]] = {kind: ([], []) for kind in (SERIES, POOLS, LANES, FINDINGS)}
    for held in slots.of(partition):
        if not held.names:
            continue
        at = np.array(held.slots, np.int64)
        by_series, by_pool, of_lane = held.snapshot()
        by_slot = {f"judges.{name}": array[at] for name, array in state.items()}
        by_slot |= {f"slots.{name}": getattr(slots, name)[at] for name in _OF_SLOTS}
        _add(found[SERIES], [(held.lane, s) for s in held.names], {**by_slot, **by_series})
        _add(found[POOLS], [(held.lane, name) for name in held.pools], by_pool)
        _add(found[LANES], [(held.lane, "")], of_lane)
        if judges.reporting is not None:
            numbers, findings = judges.reporting.findings(held.slots)
            _add(found[FINDINGS], [(held.lane, held.names[n]) for n in numbers], findings)
    return {kind: _joined(names, parts) for kind, (names, parts) in found.items() if names}


def put_back(slots: SlotBook, judges: Judges, partition: Partition, tables: Mapping[str, Rows]) -> None:
    """Take over the tables of a partition of which nothing is held. Raises ValueError when they were made with other settings."""
    series = tables.get(SERIES, Rows([], {}))
    rows_of = {kind: _by_lane(table) for kind, table in tables.items()}
    whole: State = {}
    places: list[NDArray[np.int64]] = []
    for lane, rows in rows_of.get(SERIES, {}).items():
        held = slots.held(partition, lane)
        for row in rows.tolist():
            slots.enter(held, series.names[row][1])
        at = np.array(held.slots, np.int64)
        if len(at) != len(rows):
            raise ValueError(f"a snapshot of {len(rows)} series of {lane} was given; {len(at)} of them are watched")
        for name in _OF_SLOTS:
            getattr(slots, name)[at] = series.arrays[f"slots.{name}"][rows]
        _put_back_lane(held, lane, tables, rows_of)
        places.append(at)
    if not places:
        return
    whole = judges.snapshot()
    every, rows = np.concatenate(places), np.concatenate(list(rows_of[SERIES].values()))
    for name, array in whole.items():
        array[every] = series.arrays[f"judges.{name}"][rows].view(array.dtype)
    judges.restore(whole)
    if judges.reporting is not None and FINDINGS in tables:
        table = tables[FINDINGS]
        of = [slots.held(partition, lane).codes[s] for lane, s in table.names]
        judges.reporting.remember(of, table.arrays)


def _put_back_lane(
    held: Held, lane: str, tables: Mapping[str, Rows], rows_of: Mapping[str, Mapping[str, NDArray[np.int64]]]
) -> None:
    state: State = dict(held.snapshot()[1])
    for kind in (SERIES, POOLS, LANES):
        rows = rows_of.get(kind, {}).get(lane)
        if rows is not None:
            state |= {name: array[rows] for name, array in tables[kind].arrays.items()}
    pools = rows_of.get(POOLS, {}).get(lane, np.zeros(0, np.int64)).tolist()
    held.restore([tables[POOLS].names[row][1] for row in pools], state)


def _add(
    table: tuple[Names, list[State]], names: Sequence[tuple[str, str]], arrays: Mapping[str, NDArray[Any]]
) -> None:
    if names:
        table[0].extend(names)
        table[1].append(dict(arrays))


def _joined(names: Names, parts: Sequence[State]) -> Rows:
    return Rows(names, {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _by_lane(table: Rows) -> dict[str, NDArray[np.int64]]:
    rows: dict[str, list[int]] = {}
    for row, (lane, _) in enumerate(table.names):
        rows.setdefault(lane, []).append(row)
    return {lane: np.array(of, np.int64) for lane, of in rows.items()}
