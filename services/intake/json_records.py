"""JSON as providers send it: one record, an array, columns, or one record per line. Pure: bytes → candidates and findings."""

import json
import re
from datetime import datetime
from typing import Any

import msgspec

from schemas.record import Record, RecordColumns
from schemas.rejection import Reason
from services.intake.candidate import Candidate, Finding, finding

Items = list[Candidate | Finding]

_one = msgspec.json.Decoder(Record)
_many = msgspec.json.Decoder(list[Record])
_columns = msgspec.json.Decoder(RecordColumns)
_raws = msgspec.json.Decoder(list[msgspec.Raw])
_detail = msgspec.json.Encoder()
_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?:required|unknown) field `(?P<name>[^`]*)`")
_NOT_FINITE = re.compile(rb"(?<![A-Za-z0-9_\"])(?:-?Infinity|NaN|-?inf|nan)(?![A-Za-z0-9_\"])")
_COLUMNAR = re.compile(rb'"series"\s*:\s*\[')
_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_WANTED: dict[Reason, str] = {
    Reason.MALFORMED: "合法的 JSON（RFC 8259） / valid JSON (RFC 8259)",
    Reason.TRUNCATED: "完整的 JSON / the whole JSON text",
    Reason.BAD_ENCODING: "UTF-8 编码 / UTF-8",
    Reason.NOT_FINITE: "有限数；无数据则不报 / a finite number; send nothing when there is no data",
    Reason.BAD_TIME: "如 2026-11-22T18:00:00+08:00（RFC 3339） / such as 2026-11-22T18:00:00+08:00 (RFC 3339)",
    Reason.BAD_COLUMNS: "各列等长 / columns of equal length",
}


def read_json(body: bytes, origin: str) -> Items:
    """Read a body of one record, an array of records or columns. Never raises: what cannot be read is a finding."""
    start = body.lstrip()[:1]
    if start == b"[":
        return _read_array(body, origin)
    if _COLUMNAR.search(body):
        return _read_columns(body, origin)
    return read_record(body, origin)


def read_lines(body: bytes, origin: str) -> Items:
    """Read one JSON record per line (NDJSON); blank lines count but say nothing."""
    items: Items = []
    for number, line in enumerate(body.split(b"\n"), start=1):
        if line.strip():
            items += read_record(line, f"{origin}:{number}")
    return items


def read_record(raw: bytes, origin: str) -> Items:
    """Read exactly one record."""
    try:
        return [_candidate(_one.decode(raw), origin, raw)]
    except _ERRORS as error:
        return [_diagnosed(error, raw, origin)]


def _read_array(body: bytes, origin: str) -> Items:
    try:
        raws = _raws.decode(body)
    except _ERRORS as error:
        return [_diagnosed(error, body, origin)]
    if not raws:
        return [finding(Reason.MISSING_FIELD, "", "[]", "至少一条记录 / at least one record", origin=origin, raw=body)]
    items: Items = []
    for index, raw in enumerate(raws):
        items += read_record(bytes(raw), f"{origin}#{index}")
    return items


def _read_columns(body: bytes, origin: str) -> Items:
    try:
        columns = _columns.decode(body)
    except _ERRORS as error:
        return _columns_one_by_one(body, origin, error)
    count = len(columns.series)
    lengths = {"observed_at": len(columns.observed_at), "value": len(columns.value)}
    for name in ("unit", "issued_at", "quality", "key"):
        column = getattr(columns, name)
        if isinstance(column, list):
            lengths[name] = len(column)
    uneven = [name for name, length in lengths.items() if length != count]
    if uneven or count == 0:
        given = ", ".join(f"{n} {lengths[n]}" for n in uneven) + f", series {count}"
        wanted = _WANTED[Reason.BAD_COLUMNS]
        return [finding(Reason.BAD_COLUMNS, uneven[0] if uneven else "series", given, wanted, origin=origin, raw=body)]
    return [_row(columns, index, origin) for index in range(count)]


def _row(columns: RecordColumns, index: int, origin: str) -> Candidate:
    return Candidate(
        series=columns.series[index],
        observed_at=columns.observed_at[index],
        value=columns.value[index],
        unit=_at(columns.unit, index),
        issued_at=_at(columns.issued_at, index),
        quality=columns.quality[index] if columns.quality else "good",
        key=columns.key[index] if columns.key else None,
        lane=columns.lane,
        origin=f"{origin}#{index}",
    )


def _at(column: Any, index: int) -> Any:
    return column[index] if isinstance(column, list) else column


def _columns_one_by_one(body: bytes, origin: str, error: Exception) -> Items:
    """Columns of which some cells are wrong: every row is read as a record of its own, so that the good ones pass."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return [_diagnosed(error, body, origin)]
    if not isinstance(whole, dict) or not isinstance(whole.get("series"), list):
        return [_diagnosed(error, body, origin)]
    lists = {k: v for k, v in whole.items() if isinstance(v, list)}
    if len({len(v) for v in lists.values()}) != 1:
        given = ", ".join(f"{k} {len(v)}" for k, v in lists.items())
        return [finding(Reason.BAD_COLUMNS, "series", given, _WANTED[Reason.BAD_COLUMNS], origin=origin, raw=body)]
    single = {k: v for k, v in whole.items() if not isinstance(v, list)}
    count = len(lists["series"])
    if count == 0:
        return [_diagnosed(error, body, origin)]
    items: Items = []
    for index in range(count):
        record = single | {k: v[index] for k, v in lists.items()}
        items += read_record(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace"), f"{origin}#{index}")
    return items


def _candidate(record: Record, origin: str, raw: bytes) -> Candidate:
    return Candidate(
        series=record.series,
        observed_at=record.observed_at,
        value=record.value,
        unit=record.unit,
        issued_at=record.issued_at,
        quality=record.quality,
        key=record.key,
        detail=_detail.encode(record.detail).decode() if record.detail is not None else None,
        lane=record.lane,
        origin=origin,
        raw=raw,
    )


def _diagnosed(error: Exception, raw: bytes, origin: str) -> Finding:
    reason, path = _reason_of(error, raw)
    given = _given(raw, path) if path else raw[:80].decode("utf-8", "replace")
    wanted = _WANTED.get(reason, "")
    if reason in (Reason.WRONG_TYPE, Reason.MISSING_FIELD, Reason.UNKNOWN_FIELD):
        wanted = _shape_wanted(reason, path, error)
    return finding(reason, path, given, wanted, origin=origin, raw=raw)


def _reason_of(error: Exception, raw: bytes) -> tuple[Reason, str]:
    text = str(error)
    if isinstance(error, UnicodeDecodeError):
        return Reason.BAD_ENCODING, ""
    if not isinstance(error, msgspec.ValidationError):
        return _reason_of_syntax(text, raw), "value" if _NOT_FINITE.search(raw) else ""
    named, at = _NAMED.search(text), _PATH.search(text)
    path = at["path"] if at else ""
    if named:
        reason = Reason.MISSING_FIELD if "required" in text else Reason.UNKNOWN_FIELD
        return reason, f"{path}.{named['name']}".lstrip(".")
    if "datetime" in text:
        return Reason.BAD_TIME, path
    if "out of range" in text:
        return Reason.NOT_FINITE, path
    return Reason.WRONG_TYPE, path


def _reason_of_syntax(text: str, raw: bytes) -> Reason:
    if "truncated" in text:
        return Reason.TRUNCATED
    if "utf-8" in text.lower() or "surrogate" in text or not _is_utf8(raw):
        return Reason.BAD_ENCODING
    return Reason.NOT_FINITE if _NOT_FINITE.search(raw) else Reason.MALFORMED


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _given(raw: bytes, path: str) -> str:
    try:
        value = json.loads(raw)
        for step in re.findall(r"[^.\[\]]+", path):
            value = value[int(step)] if isinstance(value, list) else value[step]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return json.dumps(value, ensure_ascii=False)


def _shape_wanted(reason: Reason, path: str, error: Exception) -> str:
    if reason is Reason.MISSING_FIELD:
        return f"必须给出 {path} / {path} must be given"
    if reason is Reason.UNKNOWN_FIELD:
        known = ", ".join(f.name for f in msgspec.structs.fields(Record))
        return f"可用字段：{known} / fields: {known}"
    expected = str(error).split(" - at ")[0]
    return f"类型须与说明一致 / {expected}"


def moment_of(text: str) -> datetime | None:
    """An RFC 3339 time, None when it is not one.

    >>> moment_of("2026-11-22T18:00:00+08:00").isoformat()
    '2026-11-22T18:00:00+08:00'
    """
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        return None
