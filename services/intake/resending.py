"""The audited command that names the record which replaced a rejected one."""

import hashlib
from datetime import datetime

from schemas.command import Command
from schemas.rejection import Rejection


def resend_command(rejection: Rejection, record_id: str, actor: str, now: datetime) -> Command:
    """``rejection.resend``; the same again gives the same command id."""
    mark = f"{rejection.rejection_id}\x1f{record_id}".encode()
    return Command(
        command_id=hashlib.sha256(mark).hexdigest()[:24],
        lane=rejection.lane,
        kind="rejection.resend",
        actor=actor,
        reason="更正后重报 corrected and resent",
        issued_at=now,
        arguments={"rejection_id": rejection.rejection_id, "record_id": record_id},
    )
