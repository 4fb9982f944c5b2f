"""``/api/v1/provider``: a provider's own series and rejections. To send records, programs use intake's interface (docs/providers.md)."""

from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel

from services.console.page import lane_of
from services.console.reading.provider import own_series, rejections
from services.console.routes.guard import Providing
from services.console.routes.provider import provider_of
from services.console.shell import shell_of

router = APIRouter(tags=["provider"])
Provider = Providing


class Series(BaseModel):
    """A series and the last of it; ``pace``: never, silent, late or on_time; ``value`` null: nothing ever came."""

    series: str
    name_zh: str
    name_en: str
    unit: str
    cadence_h: float
    pace: str
    observed_at: datetime | None
    value: float | None


class Rejection(BaseModel):
    """A record sent back: where it stood, why, and what would be right. ``resent_as`` null: it waits."""

    rejection_id: str
    reason: str
    field: str
    given: str
    wanted: str
    origin: str
    known_at: datetime
    resent_as: str | None


@router.get("/provider/series")
def series(request: Request, person: Provider) -> list[Series]:
    """One's own series, those that need care first."""
    lane = lane_of(request)
    if lane is None:
        return []
    return [
        Series(
            **{name: getattr(each, name) for name in Series.model_fields if name != "pace"},
            pace=each.pace(lane.now).value,
        )
        for each in own_series(shell_of(request).shelf, provider_of(person), lane.name, lane.now)
    ]


@router.get("/provider/rejections")
def sent_back(request: Request, person: Provider) -> list[Rejection]:
    """One's own newest rejections."""
    found = rejections(shell_of(request).shelf, provider_of(person), all_of_them=True)
    return [Rejection(**{name: getattr(each, name) for name in Rejection.model_fields}) for each in found]
