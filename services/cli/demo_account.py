"""Accounts of the demo: one for each kind of person, with one password made for this home folder."""

from datetime import UTC, datetime
from pathlib import Path

from msgspec import structs

from schemas.provider import Provider
from services.cli.console_desk import Desk, console_desk
from services.cli.provider_shelf import ProviderShelf
from services.cli.stack.roles import secret
from services.console.access.account import Account
from services.console.access.person import Role
from services.runtime.settings import Settings

_PEOPLE: dict[str, tuple[str, tuple[Role, ...], str]] = {
    "duty": ("值班员（演示）", (Role.DUTY,), ""),
    "manager": ("应急管理（演示）", (Role.MANAGER,), ""),
    "drill": ("演练组织（演示）", (Role.DRILL,), ""),
    "provider": ("港口报送（演示）", (Role.PROVIDER,), "port-hebei"),
    "admin": ("管理员（演示）", (Role.ADMINISTRATOR,), ""),
}
ACTOR = "demo"


def make_demo_accounts(settings: Settings, secrets: Path) -> dict[str, str]:
    """Make or refresh them; returns name and password of each, the duty officer first. Raises UnreachableError."""
    password = secret(secrets, "demo_password")
    with console_desk(settings) as desk:
        for name in _PEOPLE:
            _ensure(desk, name, password)
    return dict.fromkeys(_PEOPLE, password)


def _ensure(desk: Desk, name: str, password: str) -> None:
    display, roles, provider = _PEOPLE[name]
    now = datetime.now(UTC)
    wanted = Account(
        name=name, display=display, roles=frozenset(roles), provider=provider, created_at=now, changed_at=now
    )
    known = desk.store.account(name)
    if known is None:
        desk.clerk.add(ACTOR, wanted, password)
    elif (known.roles, known.is_disabled) != (wanted.roles, False):
        desk.clerk.change(ACTOR, structs.replace(wanted, revision=known.revision))


def register_demo_provider(settings: Settings) -> None:
    """Register the provider of the demo's account, without a key: its person comes by the console only. Raises UnreachableError."""
    name = _PEOPLE["provider"][2]
    with ProviderShelf(settings) as shelf:
        if name in shelf.registry.providers:
            return
        own = sorted(series.id for series in shelf.registry.series.values() if series.provider == name)
        stated = Provider(provider=name, name_zh="河北港口（演示）", name_en="Hebei ports (demo)", series=own)
        shelf.publish(stated, "add", "演示登记 registered for the demo")
