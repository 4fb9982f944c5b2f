"""Everything that carries messages, opened and started together: notifier, caller, the commands about messages, and the door for links."""

from collections.abc import Callable

from msgspec import Struct

from schemas.topic import COMMAND
from services.response.actions.caller import Caller
from services.response.actions.notifier import Notifier, Plan
from services.response.actions.outfit import open_channels, open_links, read_secrets
from services.response.actions.receipts import project
from services.response.channel import GATEWAYS
from services.response.contacts import ContactBook
from services.response.delivery import Delivery
from services.response.routes.desk import DatabaseShelf, Desk
from services.response.routes.web import Door, web_application
from services.response.store import load_channels
from services.runtime.assets import asset_path
from services.runtime.clock import Clock
from services.runtime.keeper import Keeper, keep_in_background, keeper_of
from services.runtime.lifecycle import Lifecycle
from services.runtime.metrics import Meters
from services.runtime.settings import Settings
from services.runtime.streams import Producer

GROUP = "response.message"


class Messaging(Struct, frozen=True, kw_only=True):
    """What runs beside the playbooks. ``wake`` says that there is something to send."""

    notifier: Delivery
    caller: Delivery
    keeper: Keeper
    door: Door | None
    wake: Callable[[], None]

    def start(self, lifecycle: Lifecycle) -> None:
        """Start every thread; a stop waits for them."""
        if self.door is not None:
            self.door.start()
            lifecycle.register("door", self.door.close)
        lifecycle.register("messages", keep_in_background(self.keeper, lifecycle))
        self.notifier.start(lifecycle)
        self.caller.start(lifecycle)


def open_messaging(
    settings: Settings, contacts: ContactBook, producer: Producer, clock: Clock, meters: Meters
) -> Messaging:
    """Read the channels and open them. Raises ConfigurationError, UnreachableError."""
    specs = load_channels(settings.config or asset_path("deploy/config"))
    links = open_links(settings)
    channels = open_channels(settings, specs, clock)
    plan = Plan(contacts=contacts, specs=specs, channels=channels, links=links, roster=contacts.on_duty)
    notifier = Notifier(plan, clock, meters)
    sending = Delivery(settings.database_url, notifier)
    door = None
    if links is not None:
        desk = Desk(DatabaseShelf(settings.database_url), producer, clock)
        secrets = {name: words.get("secret", "") for name, words in read_secrets(settings).items()}
        gateways = {name: secrets.get(name, "") for name, spec in specs.items() if spec.kind in GATEWAYS}
        door = Door(
            web_application(desk, links.key, contacts.names, gateways, meters), settings.link_host, settings.link_port
        )
    return Messaging(
        notifier=sending,
        caller=Delivery(settings.database_url, Caller(contacts, specs, clock, meters, contacts.on_duty)),
        keeper=keeper_of(settings, "response", GROUP, [COMMAND.name], project),
        door=door,
        wake=sending.wake,
    )
