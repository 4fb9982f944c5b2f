"""The phases of a drill."""

from enum import StrEnum


class Phase(StrEnum):
    """Where the drill is."""

    PREPARING = "preparing"
    RUNNING = "running"
    CLOSING = "closing"
    OVER = "over"
