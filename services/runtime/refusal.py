"""A command that does not count, as a rejection: whoever gave it sees on his page what would have been right. Pure."""

import hashlib

import msgspec

from schemas.command import Command
from schemas.rejection import Reason, Rejection

SOURCE = "command"
"""Source of such rejections: nobody's feed, so that no provider is asked to mend them."""
_GIVEN_LIMIT = 500


def refusal_of(command: Command, why: str) -> Rejection:
    """The rejection of a command; the same command refused again gives the same one. ``why`` says what was given and what would be right."""
    origin = f"command:{command.command_id}"
    return Rejection(
        rejection_id=hashlib.sha256(f"{SOURCE}\x1f{origin}".encode()).hexdigest()[:24],
        lane=command.lane,
        source=SOURCE,
        reason=Reason.NOT_OBEYED,
        field=command.kind,
        given=msgspec.json.encode(command.arguments).decode()[:_GIVEN_LIMIT],
        wanted=why,
        origin=origin,
        raw=msgspec.json.encode(command),
        known_at=command.issued_at,
    )
