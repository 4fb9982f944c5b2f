"""A record that was not accepted: kept whole, so that its provider can read, correct and resend it."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Reason(StrEnum):
    """Why a record was rejected. The code is stable; texts in zh and en stand in REASON_TEXT."""

    MALFORMED = "malformed"
    MISSING_FIELD = "missing_field"
    UNKNOWN_FIELD = "unknown_field"
    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    BAD_TIME = "bad_time"
    TIME_WITHOUT_OFFSET = "time_without_offset"
    TOO_FAR_PAST = "too_far_past"
    TOO_FAR_FUTURE = "too_far_future"
    ISSUED_BEFORE_OBSERVED = "issued_before_observed"
    UNKNOWN_SERIES = "unknown_series"
    FOREIGN_SERIES = "foreign_series"
    UNKNOWN_UNIT = "unknown_unit"
    IMPLAUSIBLE = "implausible"
    DECIMAL_SLIP = "decimal_slip"
    DUPLICATE = "duplicate"
    CONFLICTING_DUPLICATE = "conflicting_duplicate"
    BAD_ENCODING = "bad_encoding"
    TRUNCATED = "truncated"
    TOO_LARGE = "too_large"
    UNSAFE = "unsafe"
    BAD_LANE = "bad_lane"
    LANE_CLOSED = "lane_closed"
    UNKNOWN_REFERENCE = "unknown_reference"
    BAD_QUALITY = "bad_quality"
    BAD_COLUMNS = "bad_columns"
    SKIPPED = "skipped"
    STORAGE_REFUSED = "storage_refused"
    NOT_OBEYED = "not_obeyed"


REASON_TEXT: dict[Reason, tuple[str, str]] = {
    Reason.MALFORMED: ("无法解析", "cannot be parsed"),
    Reason.MISSING_FIELD: ("缺少字段", "a field is missing"),
    Reason.UNKNOWN_FIELD: ("多余字段", "a field is unknown"),
    Reason.WRONG_TYPE: ("类型不符", "a field has the wrong type"),
    Reason.NOT_FINITE: ("数值不是有限数", "the value is not a finite number"),
    Reason.BAD_TIME: ("时间无法识别", "the time cannot be read"),
    Reason.TIME_WITHOUT_OFFSET: ("时间缺少时区", "the time has no UTC offset"),
    Reason.TOO_FAR_PAST: ("时间过早", "the time is too far in the past"),
    Reason.TOO_FAR_FUTURE: ("时间在未来", "the time is too far in the future"),
    Reason.ISSUED_BEFORE_OBSERVED: ("发布时间早于观测时间", "issued before it was observed"),
    Reason.UNKNOWN_SERIES: ("序列不存在", "the series is not in the catalogue"),
    Reason.FOREIGN_SERIES: ("无权报送该序列", "the series belongs to another provider"),
    Reason.UNKNOWN_UNIT: ("单位无法换算", "the unit cannot be converted"),
    Reason.IMPLAUSIBLE: ("超出合理范围", "the value is outside its plausible range"),
    Reason.DECIMAL_SLIP: ("疑似小数点错位或单位错误", "the value looks like a decimal slip or a wrong unit"),
    Reason.DUPLICATE: ("重复", "given twice in one batch"),
    Reason.CONFLICTING_DUPLICATE: ("同一标识数值不同", "the same identity was stored with another value"),
    Reason.BAD_ENCODING: ("编码无法识别", "the encoding is neither UTF-8 nor GB18030"),
    Reason.TRUNCATED: ("内容不完整", "the content ends too early"),
    Reason.TOO_LARGE: ("内容过大", "the content is too large"),
    Reason.UNSAFE: ("含有不安全内容", "the content is unsafe"),
    Reason.BAD_LANE: ("通道不存在或无权使用", "the lane does not exist or is not the provider's"),
    Reason.LANE_CLOSED: ("通道已关闭", "the lane is closed"),
    Reason.UNKNOWN_REFERENCE: ("引用的预警不存在", "the referenced warning is unknown"),
    Reason.BAD_QUALITY: ("质量码无法识别", "the quality word is unknown"),
    Reason.BAD_COLUMNS: ("各列长度不一", "the columns differ in length"),
    Reason.SKIPPED: ("值班员跳过", "skipped by an officer"),
    Reason.STORAGE_REFUSED: ("数据库拒绝", "the database refused it"),
    Reason.NOT_OBEYED: ("命令未生效", "the command does not count"),
}


class Rejection(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rejected record (or a whole message or file that could not be opened).

    ``rejection_id`` is computed from origin and content, so that a replay changes nothing. ``origin`` says where it came from: ``http``,
    ``file:<name>#<sheet>!<line>:<column>``, ``mqtt:<topic>``, ``cap``, ``topic:<topic>/<partition>/<offset>#<row>``, ``command:<id>``.
    ``raw`` is the record as received (at most 64 KiB, cut beyond). ``resent_as`` names the record that replaced it.
    """

    rejection_id: str
    lane: str
    source: str
    reason: Reason
    field: str
    given: str
    wanted: str
    origin: str
    raw: bytes
    known_at: datetime
    record_id: str | None = None
    v: int = 1
