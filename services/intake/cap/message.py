"""A CAP message as values."""

from datetime import datetime

from msgspec import Struct


class Area(Struct, frozen=True, kw_only=True):
    """A stated area: words, codes, polygons of (latitude, longitude), circles of (latitude, longitude, km)."""

    description: str = ""
    codes: tuple[str, ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()
    circles: tuple[tuple[float, float, float], ...] = ()


class Info(Struct, frozen=True, kw_only=True):
    """One information block, in one language."""

    language: str
    event: str
    severity: str
    urgency: str = ""
    certainty: str = ""
    onset: datetime | None = None
    effective: datetime | None = None
    expires: datetime | None = None
    headline: str = ""
    codes: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    areas: tuple[Area, ...] = ()

    @property
    def is_english(self) -> bool:
        """True for an English block; CAP's default language is en-US."""
        return self.language.lower().startswith("en")


class Notice(Struct, frozen=True, kw_only=True):
    """An alert, update or cancellation. ``references`` are identifiers of earlier notices."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    kind: str
    scope: str
    references: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()
