"""What the pages need of the world, given in at the start."""

from dataclasses import dataclass, field

from fastapi import Request

from services.console.access.clerk import Clerk
from services.console.access.entrance import Entrance
from services.console.access.keyring import Keyring
from services.console.access.oidc import Visits
from services.console.access.store import Store
from services.console.actions.press import Press
from services.console.delivery import Carrier
from services.console.orders import Orders
from services.console.shelf import Shelf
from services.runtime.clock import Clock
from services.runtime.metrics import Meters
from services.runtime.settings import Settings


@dataclass(frozen=True)
class Shell:
    """``shelf`` reads tables, ``orders`` sends commands, ``entrance`` lets people in, ``clerk`` keeps accounts, ``keyring`` the keys of programs,
    ``store`` all of it and the audit log; ``press`` makes papers, ``carrier`` brings to intake what people of a provider enter."""

    settings: Settings
    shelf: Shelf
    orders: Orders
    entrance: Entrance
    store: Store
    carrier: Carrier
    press: Press
    clerk: Clerk
    keyring: Keyring
    clock: Clock
    meters: Meters
    visits: Visits = field(default_factory=Visits)


def shell_of(request: Request) -> Shell:
    """The shell of the application that serves this request."""
    shell = request.app.state.shell
    assert isinstance(shell, Shell)  # app.build has put it there
    return shell
