"""GET /v1/series: what a provider may send, with units."""

from starlette.requests import Request
from starlette.responses import Response

from services.intake.catalogue import is_listed
from services.intake.routes.door import Door
from services.intake.routes.refusal import answer


class SeriesList:
    """The provider's own part of the catalogue."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def get(self, request: Request) -> Response:
        """Own series: id, names, unit, cadence, plausible range."""
        provider = await self._door.provider(request)
        own = [
            {
                "series": s.id,
                "name_zh": s.name_zh,
                "name_en": s.name_en,
                "unit": s.unit,
                "cadence_h": s.cadence_h,
                "plausible_low": s.plausible_low,
                "plausible_high": s.plausible_high,
            }
            for s in self._door.desk.catalogue().series.values()
            if is_listed(s.id, provider.series)
        ]
        return answer(200, {"provider": provider.provider, "lanes": provider.lanes, "series": own})
