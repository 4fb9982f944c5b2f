"""Building and running the console."""

import threading

import uvicorn
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles

from services.console.access.brake import Brake
from services.console.access.clerk import Clerk
from services.console.access.entrance import Entrance
from services.console.access.failure_log import StoredFailureLog
from services.console.access.keyring import Keyring
from services.console.access.passwords import Passwords
from services.console.access.store import Store
from services.console.actions.press import Press
from services.console.delivery import Carrier, client_of
from services.console.look import Outlook
from services.console.orders import Orders
from services.console.page import FOLDER, environment
from services.console.publisher import LateProducer
from services.console.reading.incident import Incident
from services.console.reading.lane import Pulse
from services.console.routes import ROUTERS
from services.console.routes.api import API_ROUTERS
from services.console.routes.failure import handle_failures
from services.console.routes.shield import Shield
from services.console.shared import Kept, Shared
from services.console.shelf import Shelf
from services.console.shell import Shell
from services.console.stream.store import Listener
from services.runtime.clock import WallClock
from services.runtime.errors import ConfigurationError, InvariantError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamProducer
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.settings import Settings

METRICS_PORT = 18106
API_PREFIX = "/api/v1"
OPEN = frozenset({"/login", "/login/oidc", "/login/oidc/back", "/language/{wanted}", "/alive", "/static"})
"""Paths that need no sign-in; a test holds every other to its guard."""
_log = logger("console")


def build(shell: Shell) -> FastAPI:
    """The pages over a shell: every router, the static files, the answers to errors, the shield before all."""
    app = FastAPI(
        title="链警 Lianjing",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.templates = environment()
    attend(app, shell)
    for router in ROUTERS:
        app.include_router(router, include_in_schema=False)
    for router in API_ROUTERS:
        app.include_router(router, prefix=API_PREFIX)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
    app.state.served = frozenset(path for path, _ in endpoints())
    handle_failures(app)
    app.add_middleware(Shield)
    return app


def attend(app: FastAPI, shell: Shell) -> None:
    """From here on the pages ask this shell. Nothing read through an earlier one is kept."""
    app.state.shell = shell
    app.state.pulses = Shared[Pulse]()
    app.state.incidents = Shared[Incident | None]()
    app.state.kept_incidents = Kept[Incident](shell.clock)
    app.state.listener = Listener(shell.settings.database_url)
    app.state.outlook = Outlook(shell.shelf, shell.clock, app.state.listener.stamp)


def endpoints() -> list[tuple[str, APIRoute]]:
    """Every endpoint with its path. Raises InvariantError for a route of another kind: no guard could be seen on it."""
    placed = [("", route) for router in ROUTERS for route in router.routes]
    placed += [(API_PREFIX, route) for router in API_ROUTERS for route in router.routes]
    found = [(prefix + route.path, route) for prefix, route in placed if isinstance(route, APIRoute)]
    if len(found) != len(placed):
        raise InvariantError("a router holds something else than endpoints; list its routers in ROUTERS instead")
    return found


def open_shell(settings: Settings, lifecycle: Lifecycle) -> Shell:
    """The real world behind the pages; neither database nor broker need be there yet. Raises ConfigurationError."""
    if not settings.database_url:
        raise ConfigurationError("LIANJING_DATABASE_URL 未设置 is not set: the console shows what is in the database")
    clock = WallClock()
    shelf = Shelf(settings.database_url)
    shelf.open()
    lifecycle.register("shelf", shelf.close)
    producer = LateProducer(
        lambda: KafkaStreamProducer(settings, client_id="console", linger_ms=0, delivery_timeout_ms=10_000)
    )
    lifecycle.register("producer", producer.close)
    store, passwords = Store(shelf, clock), Passwords()
    carrier = Carrier(client_of(settings.intake_host, settings.intake_port), settings.errand_secret, clock)
    lifecycle.register("carrier", carrier.close)
    press = Press(shelf, clock)
    lifecycle.register("press", press.close)
    return Shell(
        settings=settings,
        shelf=shelf,
        orders=Orders(producer, store, clock),
        entrance=Entrance(store, passwords, Brake(StoredFailureLog(shelf)), clock),
        store=store,
        carrier=carrier,
        press=press,
        clerk=Clerk(store, passwords, clock),
        keyring=Keyring(shelf, store, clock),
        clock=clock,
        meters=Meters(),
    )


def serve(app: FastAPI, settings: Settings, lifecycle: Lifecycle) -> None:
    """Answer HTTP until a stop is requested."""
    config = uvicorn.Config(
        app,
        host=settings.console_host,
        port=settings.console_port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        limit_concurrency=1000,
    )
    server = uvicorn.Server(config)

    def stop() -> None:
        while not lifecycle.wait(3600):
            pass
        server.should_exit = True

    threading.Thread(target=stop, name="stopper", daemon=True).start()
    _log.info("console is open", host=settings.console_host, port=settings.console_port)
    server.run()
    lifecycle.request_stop()


def main() -> None:
    """Run until SIGTERM."""
    with stage_process("console") as (settings, lifecycle):
        shell = open_shell(settings, lifecycle)
        exposure = Exposure(settings.metrics_host, settings.metrics_port or METRICS_PORT, shell.meters, lambda: True)
        exposure.start()
        lifecycle.register("exposure", exposure.close)
        serve(build(shell), settings, lifecycle)
