"""What is left in the folder: scores, defects and unreadable cells as CSV, and everything as one JSON object."""

import csv
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from detectors.series.quality.kinds import Kind
from detectors.series.quality.ledger import Finding
from detectors.series.quality.wording import NAMES, correction
from services.cli.detect.account import Account, Alarm, Moment
from services.cli.detect.judging import Judged
from services.cli.detect.natures import NATURE_WORDS
from services.cli.detect.table import Table
from services.cli.detect.words import alarm_sentences, defect_sentences, stamp

SCORES = (
    "time", "series", "value", "detector", "p_value", "expected", "low", "high", "is_alarm", "contributed", "used_value", "defect", "line",
)  # fmt: skip
VOTE = "vote"
_CONTRIBUTES = 0.1


def write_scores(path: Path, table: Table, judged: Judged) -> None:
    """One line per row and detector, then one of the vote; a row that was not judged has only the last, and ``defect`` says why."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(SCORES)
        for row in range(len(table)):
            writer.writerows(_lines(table, judged, row))


def write_defects(path: Path, table: Table, accounts: Sequence[Account]) -> None:
    """One line per defect."""
    names = (
        "series",
        "kind",
        "since",
        "until",
        "found",
        "standing",
        "evidence",
        "factor",
        "correction_zh",
        "correction_en",
        "sentence_zh",
        "sentence_en",
    )
    rows = [[a.name, *_defect_cells(f, a.name, table)] for a in accounts for f in a.defects]
    _write(path, names, rows)


def write_unreadable(path: Path, table: Table) -> None:
    """One line per cell or row that could not be read."""
    rows = [[u.line, u.column, u.given, u.wanted_zh, u.wanted_en] for u in table.unreadable]
    _write(path, ("line", "column", "given", "wanted_zh", "wanted_en"), rows)


def as_json(table: Table, judged: Judged, accounts: Sequence[Account]) -> dict[str, Any]:
    """All that is told, for programs."""
    return {
        "file": table.name,
        "zone": str(table.zone),
        "shape": "long" if table.is_long else "wide",
        "rows": len(table),
        "alpha": judged.alpha,
        "detectors": list(judged.names),
        "pools": [_pool(judged, k) for k in range(len(judged.pools))],
        "alarms": sum(len(a.alarms) for a in accounts),
        "defects": sum(len(a.defects) for a in accounts),
        "blank": table.blank,
        "disordered": table.disordered,
        "columns_without_numbers": list(table.left_out),
        "unreadable": {"count": len(table.unreadable), "cells": [_unreadable(u) for u in table.unreadable]},
        "series": [_series(a, table) for a in accounts],
    }


def _pool(judged: Judged, k: int) -> dict[str, Any]:
    """What the p-values of the vote stand on."""
    first, pool = judged.pool_of.index(k), judged.pools[k]
    return {
        "kind": judged.natures[first].name.lower(),
        "cadence_s": judged.cadence_us[first] / 1e6,
        "series": judged.pool_of.count(k),
        "rows": pool.rows,
        "effective_rows": round(pool.effective, 1),
    }


def _lines(table: Table, judged: Judged, row: int) -> Iterable[list[object]]:
    head = [
        stamp(int(table.times_us[row]), table.zone),
        table.series[int(table.slots[row])],
        _number(table.values[row]),
    ]
    kind = Kind(int(judged.defect[row]))
    tail = [_number(judged.used[row]), "" if kind is Kind.NONE else kind.name.lower(), int(table.lines[row])]
    if math.isfinite(judged.p[row]):
        for d, name in enumerate(judged.names):
            band = [_number(a[row, d]) for a in (judged.expected, judged.low, judged.high)]
            is_part = int(judged.share[row, d] >= _CONTRIBUTES)
            yield [*head, name, _number(judged.p_value[row, d]), *band, "", is_part, *tail]
    best = int(np.argmax(judged.share[row]))
    band = [_number(a[row, best]) for a in (judged.expected, judged.low, judged.high)]
    yield [*head, VOTE, _number(judged.p[row]), *band, int(judged.is_alarm[row]), "", *tail]


def _defect_cells(f: Finding, name: str, table: Table) -> list[object]:
    until = "" if f.until_us is None else stamp(f.until_us, table.zone)
    told = [f.kind.name.lower(), stamp(f.since_us, table.zone), until, stamp(f.found_us, table.zone), f.standing.value]
    return [*told, _number(f.evidence), _number(f.factor), *correction(f), *defect_sentences(name, f, table.zone)]


def _series(account: Account, table: Table) -> dict[str, Any]:
    return {
        "series": account.name,
        "kind": NATURE_WORDS[account.nature][1],
        "cadence_s": account.cadence_us / 1e6,
        "rows": account.rows,
        "judged": account.judged,
        "least_p": None if account.strongest is None else account.strongest.p,
        "strongest_moments": [_moment(m, table) for m in account.moments],
        "alarms": [_alarm(a, account.name, table) for a in account.alarms],
        "defects": [_defect(f, account.name, table) for f in account.defects],
    }


def _alarm(alarm: Alarm, name: str, table: Table) -> dict[str, Any]:
    zh, en = alarm_sentences(name, alarm, table.zone)
    return {
        **_moment(alarm.begin, table),
        "until": None if alarm.until_us is None else stamp(alarm.until_us, table.zone),
        "rows": alarm.rows,
        "strongest": _moment(alarm.strongest, table),
        "sentence_zh": zh,
        "sentence_en": en,
    }


def _moment(moment: Moment, table: Table) -> dict[str, Any]:
    numbers = {n: _plain(getattr(moment, n)) for n in ("value", "expected", "low", "high")}
    return {
        "time": stamp(moment.time_us, table.zone), "line": moment.line, **numbers, "p_value": moment.p,
        "contributed": list(moment.contributed),
    }  # fmt: skip


def _defect(f: Finding, name: str, table: Table) -> dict[str, Any]:
    zh, en = defect_sentences(name, f, table.zone)
    return {
        "kind": f.kind.name.lower(),
        "kind_zh": NAMES[f.kind][0],
        "since": stamp(f.since_us, table.zone),
        "until": None if f.until_us is None else stamp(f.until_us, table.zone),
        "standing": f.standing.value,
        "evidence": _plain(f.evidence),
        "factor": _plain(f.factor),
        "sentence_zh": zh,
        "sentence_en": en,
    }


def _unreadable(u: Any) -> dict[str, Any]:
    return {"line": u.line, "column": u.column, "given": u.given, "wanted_zh": u.wanted_zh, "wanted_en": u.wanted_en}


def _write(path: Path, names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
