"""Fuzz targets: for each parser a function of bytes that must never raise. Used by the scripts beside this file and by the tests."""

import importlib
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from schemas.chain import Series
from schemas.feed import Feed
from schemas.lane import Lane
from services.intake.candidate import Candidate, Finding
from services.intake.cap.ledger import CapLedger
from services.intake.cap.meaning import Words
from services.intake.cap.records import CapReader
from services.intake.catalogue import catalogue_of
from services.intake.checks import Judge
from services.intake.document import read_table
from services.intake.json_records import Items, read_json, read_lines
from services.intake.limits import Limits
from services.intake.table.mapping import Mapping, WideColumn
from services.intake.validation import judge_batch

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SERIES = Series(
    id="stock.P_QHD.steam_coal",
    feed=Feed.LOGISTICS,
    group="P_QHD",
    name_zh="秦皇岛港动力煤库存",
    name_en="Qinhuangdao stock",
    indicator="stock",
    unit="t",
    cadence_h=24,
    lateness_h=48,
    silence_h=36,
    plausible_low=0,
    plausible_high=1.1e7,
    provider="port",
    node="P_QHD",
    product="steam_coal",
)
HAZARD = msgspec.structs.replace(
    SERIES, id="hazard.snow.150627", feed=Feed.HAZARD, unit="level", plausible_high=4, node="", product=""
)
_KNOWN = {s.id: s for s in (SERIES, HAZARD)}
_LIVE = Lane(name="live", chain="ordos", opened_at=NOW, origin=NOW, wall_origin=NOW)
_JUDGE = Judge(catalogue=catalogue_of(_KNOWN, {"live": _LIVE}, {}), limits=Limits(), source="fuzz", arrived_at=NOW)
_MAPPING = Mapping(
    name="fuzz",
    entities={"秦皇岛港": "P_QHD"},
    wide=[WideColumn(headings=["库存"], series="stock.{node}.steam_coal")],
    fill_down=True,
)


def _judged(items: Items) -> None:
    assert items or items == []
    assert all(isinstance(i, Candidate | Finding) for i in items)
    judged = judge_batch(_JUDGE, items)
    assert len(judged.places) == len(items), "nothing vanishes"
    for rows in judged.rows.values():
        assert rows.lengths() == {len(rows)}
    for found in judged.findings:
        msgspec.json.encode(found.rejection("fuzz", NOW))


def json_records(data: bytes) -> None:
    """One record, an array, columns."""
    _judged(read_json(data, "http"))


def json_lines(data: bytes) -> None:
    """NDJSON."""
    _judged(read_lines(data, "http"))


def csv(data: bytes) -> None:
    """CSV."""
    _judged(read_table("a.csv", data, _MAPPING, _KNOWN))


def excel(data: bytes) -> None:
    """Excel."""
    _judged(read_table("a.xlsx", data, _MAPPING, _KNOWN))


def cap(data: bytes) -> None:
    """CAP 1.2."""
    reader = CapReader(Words(events={"snow": ["暴雪"]}), CapLedger())
    _judged(reader.read(data, "cap", _KNOWN))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "json": json_records,
    "lines": json_lines,
    "csv": csv,
    "excel": excel,
    "cap": cap,
}


def run(target: Callable[[bytes], None], seeds: list[bytes]) -> None:
    """Fuzz with atheris when it is installed (endless, coverage-guided), else mutate the seeds 20,000 times."""
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        _mutate(target, seeds, int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
        return
    atheris.instrument_all()
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()


def _mutate(target: Callable[[bytes], None], seeds: list[bytes], count: int) -> None:
    import random

    source = random.Random(20261122)
    for number in range(count):
        data = bytearray(source.choice(seeds))
        for _ in range(source.randint(1, 8)):
            at = source.randrange(len(data) + 1)
            data[at : at + source.choice((0, 0, 1, 4))] = source.randbytes(source.randint(0, 4))
        try:
            target(bytes(data))
        except BaseException:
            print(f"input {number}: {bytes(data)!r}")
            raise
    print(f"{target.__name__}: {count} inputs, seed 20261122, no crash")
