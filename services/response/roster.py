"""Who is on duty for a role at a moment, and who may decide for it. Values only; times of shifts are Beijing time."""

from datetime import date, datetime, timedelta, timezone

from msgspec import Struct

_BEIJING = timezone(timedelta(hours=8))


class Duty(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person for a role. ``begins`` and ``ends`` are minutes of the day; a shift may pass midnight, equal ones mean the whole day. ``accounts``:
    logins that may decide for the role."""

    role: str
    person: str
    deputy: str = ""
    accounts: tuple[str, ...] = ()
    begins: int = 0
    ends: int = 0
    first: date | None = None
    last: date | None = None

    def is_on(self, at: datetime) -> bool:
        """True when the shift covers a moment. A night belongs to the day it began on."""
        local = at.astimezone(_BEIJING)
        minute, day = local.hour * 60 + local.minute, local.date()
        if self.begins < self.ends:
            is_within = self.begins <= minute < self.ends
        else:
            is_within = self.begins == self.ends or minute >= self.begins or minute < self.ends
            if self.begins != self.ends and minute < self.ends:
                day -= timedelta(days=1)
        return is_within and (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


class Roster(Struct, frozen=True):
    """All duties; dated ones go before standing ones, then the order of the file."""

    duties: tuple[Duty, ...] = ()

    def on_duty(self, role: str, at: datetime) -> Duty | None:
        """Who is on duty for a role, None when the roster names nobody."""
        found = [duty for duty in self.duties if duty.role == role and duty.is_on(at)]
        return next((duty for duty in found if duty.first or duty.last), found[0] if found else None)

    def may_decide(self, role: str, actor: str) -> bool:
        """True when an account may decide for a role: one the roster names, or anybody where it names none."""
        named = {account for duty in self.duties if duty.role == role for account in duty.accounts}
        return not named or actor in named
