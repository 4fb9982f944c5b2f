"""What every stage's process begins and ends with: settings, logs, stop signals, and closing what was opened."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import configure_logs
from services.runtime.settings import Settings


@contextmanager
def stage_process(name: str, *, hears_signals: bool = True) -> Iterator[tuple[Settings, Lifecycle]]:
    """Settings from the environment and a lifecycle; on leaving, whatever happened, a stop is requested and everything is closed.

    ``hears_signals`` is False where a framework handles SIGTERM and SIGINT itself. Raises ConfigurationError for senseless settings.
    """
    settings = Settings.from_environment()
    configure_logs(name, settings.log_format, settings.log_level)
    lifecycle = Lifecycle()
    if hears_signals:
        lifecycle.stop_on_signals()
    try:
        yield settings, lifecycle
    finally:
        lifecycle.request_stop()
        lifecycle.close()
