"""Commands of people, sorted by what they are about: an episode, or a mute. Pure."""

import msgspec

from schemas.alert import Alert
from schemas.alert_command import AlertCommand, Mute, Unmute
from schemas.command import Command
from services.alerting.ledger import Ledger
from services.alerting.mute import problem_of
from services.alerting.orders import is_about_episode
from services.runtime.errors import InputError

_MUTES = (AlertCommand.MUTE.value, AlertCommand.UNMUTE.value)


def concerns_alerting(command: Command) -> bool:
    """True for the commands that ``obey`` knows."""
    return is_about_episode(command) or command.kind in _MUTES


class Commands:
    """Obeys commands on a ledger. ``recall`` takes over those of the days before: mutes stand, what concerns episodes stands in their steps."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def recall(self, command: Command) -> None:
        """Take over a mute that was ordered before; one that is wrong was refused then."""
        if command.kind in _MUTES:
            try:
                self._mute(command)
            except InputError:
                return

    def obey(self, command: Command) -> list[Alert] | None:
        """Steps that a command brings, None when it is not for alerting. Raises InputError when it makes no sense."""
        if is_about_episode(command):
            return self._ledger.order(command)
        if command.kind in _MUTES:
            self._mute(command)
            return []
        return None

    def _mute(self, command: Command) -> None:
        try:
            if command.kind == AlertCommand.UNMUTE.value:
                self._ledger.mutes.end(command.issued_at, msgspec.convert(command.arguments, Unmute, strict=False))
                return
            mute = msgspec.convert(command.arguments, Mute, strict=False)
        except msgspec.ValidationError as error:
            raise InputError(f"{command.kind} {command.arguments}: {error}") from error
        problem = problem_of(mute, command.issued_at)
        if problem:
            raise InputError(problem)
        self._ledger.mutes.take(
            command.command_id, command.lane, command.actor, command.reason, command.issued_at, mute
        )
