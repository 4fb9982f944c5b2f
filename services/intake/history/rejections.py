"""Defects of a table as rejections: the same file gives the same ids."""

import hashlib

from schemas.rejection import Rejection
from services.intake.history.mapping import Mapping
from services.intake.history.reading import Defect, Reading
from services.runtime.clock import from_us


def rejections_of(mapping: Mapping, reading: Reading, file_name: str, lane: str) -> list[Rejection]:
    """One rejection per defect. A row without a readable date counts as known when the table begins."""
    start = min((o.known_us for o in reading.observations), default=0)
    return [_rejection(mapping, defect, file_name, lane, start) for defect in reading.defects]


def _rejection(mapping: Mapping, defect: Defect, file_name: str, lane: str, start_us: int) -> Rejection:
    origin = f"file:{file_name}#{defect.line}:{defect.column}"
    content = "\x1f".join((lane, origin, defect.reason.value, defect.raw))
    identifier = hashlib.sha256(content.encode()).hexdigest()[:24]
    return Rejection(
        rejection_id=identifier,
        lane=lane,
        source=mapping.provider,
        reason=defect.reason,
        field=defect.column,
        given=defect.given,
        wanted=defect.wanted,
        origin=origin,
        raw=defect.raw.encode()[:65536],
        known_at=from_us(defect.known_us or start_us),
        record_id=f"rej-{identifier}",
    )
