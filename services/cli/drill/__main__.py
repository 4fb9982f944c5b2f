"""``python -m services.cli.drill``: the master of drills as a part of the stack."""

from services.cli.drill.building import CLIENT, tools
from services.cli.drill.hall import DrillHall
from services.cli.drill.master import Master
from services.runtime.clock import WallClock
from services.runtime.errors import UnreachableError
from services.runtime.exposure import Exposure
from services.runtime.kafka import KafkaStreamConsumer
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.process import stage_process
from services.runtime.settings import Settings

METRICS_PORT = 18107
_log = logger("drill")


def serve(settings: Settings, lifecycle: Lifecycle, ready: list[bool]) -> None:
    """Hear and conduct until a stop is requested; then the drill that goes on is ended. Raises UnreachableError when the
    broker is away at the beginning."""
    listener = KafkaStreamConsumer(settings, client_id=f"{CLIENT}-master")
    try:
        with tools(settings) as found:
            master = Master(DrillHall(found), listener, found.producer, WallClock())
            master.open()
            ready[0] = True
            while not lifecycle.is_stopping() or master.is_conducting:
                if lifecycle.is_stopping():
                    master.end()
                try:
                    master.turn()
                except UnreachableError as error:
                    _log.warning("the master of drills waits for the broker", why=str(error))
                    lifecycle.wait(0.5)
    finally:
        ready[0] = False
        listener.close()


def main() -> None:
    """Run until SIGTERM; an outage is waited out."""
    with stage_process("drill") as (settings, lifecycle):
        ready = [False]
        port = settings.metrics_port or METRICS_PORT
        exposure = Exposure(settings.metrics_host, port, Meters(), lambda: ready[0])
        exposure.start()
        lifecycle.register("exposure", exposure.close)
        while not lifecycle.is_stopping():
            try:
                serve(settings, lifecycle, ready)
            except UnreachableError as error:
                _log.warning("the master of drills waits for the broker", why=str(error))
                lifecycle.wait(1.0)


if __name__ == "__main__":
    main()
