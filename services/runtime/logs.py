"""Logs: a fixed sentence plus fields, to standard error; never a secret, never an f-string."""

import logging
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_SECRET = ("password", "secret", "token", "api_key", "authorization")


def configure_logs(stage: str, log_format: str = "console", level: str = "info") -> None:
    """Set up logging of this process. ``log_format`` is console or json; third-party loggers speak at warning and above."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    logging.basicConfig(
        stream=sys.stderr, level=max(number, logging.WARNING), format="%(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)  # it warns of every decision that takes 0.1 s
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            hide_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    structlog.contextvars.bind_contextvars(stage=stage)


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace the value of every field whose name says that it is a secret.

    >>> hide_secrets(None, "info", {"event": "login", "api_key": "k"})
    {'event': 'login', 'api_key': '***'}
    """
    for name in event:
        if any(word in name.lower() for word in _SECRET):
            event[name] = "***"
    return event


def logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger bound to a component's name."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(component=name)
    return bound
