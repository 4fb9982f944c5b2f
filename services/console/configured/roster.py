"""Who stands behind the roles that plans name, and which of them somebody may speak for: the operator's contacts and roster. Pure."""

from datetime import date

import msgspec
import yaml
from msgspec import Struct, field

from services.runtime.errors import ConfigurationError


class Contact(Struct, frozen=True):
    """A role: its name, and the office that answers where a place names none."""

    role: str = field(name="角色")
    name_zh: str = field(name="名称")
    name_en: str = field(name="英文名称")
    office: str = field(name="单位")


class Duty(Struct, frozen=True):
    """One line of the roster; ``role`` is the Chinese name or the id of the role."""

    role: str = field(name="角色")
    person: str = field(name="人员")
    deputy: str = field(name="代班", default="")
    shift: str = field(name="班次", default="")
    accounts: tuple[str, ...] | str = field(name="账号", default=())
    first: date | None = field(name="自", default=None)
    last: date | None = field(name="至", default=None)

    def logins(self) -> tuple[str, ...]:
        """Logins that may speak for the role."""
        return (self.accounts,) if isinstance(self.accounts, str) else self.accounts


class _ContactFile(Struct, frozen=True):
    contacts: tuple[Contact, ...] = field(name="联系人")


class _RosterFile(Struct, frozen=True):
    duties: tuple[Duty, ...] | None = field(name="值班", default=())


class Roster(Struct, frozen=True):
    """Contacts and duties. A role whose duties name no login may be spoken for by anybody with the right, as ``response`` holds it."""

    contacts: tuple[Contact, ...] = ()
    duties: tuple[Duty, ...] = ()

    def name(self, role: str) -> tuple[str, str]:
        """What a role is called."""
        return next(((c.name_zh, c.name_en) for c in self.contacts if c.role == role), (role, role))

    def logins(self, role: str) -> frozenset[str]:
        """Logins that the roster names for a role; none: anybody."""
        return frozenset(login for duty in self._of(role) for login in duty.logins())

    def may_speak(self, role: str, login: str) -> bool:
        """True when somebody may do the work of a role and decide for it."""
        named = self.logins(role)
        return not named or login in named

    def is_own(self, role: str, login: str, display: str) -> bool:
        """True where the roster names the person for the role, by login or by name."""
        return login in self.logins(role) or any(display in (d.person, d.deputy) for d in self._of(role))

    def _of(self, role: str) -> list[Duty]:
        names = {role, self.name(role)[0]}
        return [duty for duty in self.duties if duty.role in names]


def parse_roster(contacts: str, roster: str) -> Roster:
    """From the texts of both files; either may be empty. Raises ConfigurationError for one that does not read."""
    try:
        known, given = yaml.safe_load(contacts), yaml.safe_load(roster)
        return Roster(
            msgspec.convert(known, _ContactFile).contacts if known else (),
            (msgspec.convert(given, _RosterFile).duties or ()) if given else (),
        )
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise ConfigurationError(
            f"contacts: 不是可读的通讯录或值班表 no readable contacts or roster ({error})"
        ) from error
