"""What is answered to a question asked by a command."""

from datetime import datetime
from typing import Any

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to the command ``command_id`` of the same ``kind`` (``risk.what_if``, ``risk.key_links``, ``risk.risk_points``, ``risk.remedy``,
    ``risk.balance``, ``risk.blockages``, ``risk.flows``; by the master of drills ``drill.files``, ``drill.start``, ``drill.abandon``,
    ``drill.mark``).

    Identity: lane, command_id; the first one counts. ``as_of`` is the lane time the result holds for, None when there is none; ``body`` is the
    result, shaped by its kind (docs/what-if.md); ``problem`` says what was wrong with the question or the state, and is empty otherwise.
    """

    command_id: str
    lane: str
    kind: str
    as_of: datetime | None
    body: dict[str, Any] = {}
    headline_zh: str = ""
    headline_en: str = ""
    problem: str = ""
    v: int = 1
