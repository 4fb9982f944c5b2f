"""All routes of intake in one list."""

from collections.abc import Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from services.intake.filing import Filing
from services.intake.publisher import Publisher
from services.intake.routes.door import Door
from services.intake.routes.files import Files
from services.intake.routes.records import Records
from services.intake.routes.refusal import Refusal, refused
from services.intake.routes.rejections import Rejections
from services.intake.routes.series import SeriesList
from services.intake.store import Store


def web_application(
    *, filing: Filing, publisher: Publisher, store: Store, is_ready: Callable[[], bool], errand_secret: str = ""
) -> Starlette:
    """The HTTP door as an ASGI application; with an ``errand_secret`` the console may come for providers."""
    desk = filing.desk
    door = Door(desk, errand_secret)
    files = Files(door, filing)
    records = Records(door, store, publisher)
    rejections = Rejections(door, store)
    series = SeriesList(door)

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok\n" if is_ready() else "starting\n", 200 if is_ready() else 503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(desk.meters.registry), media_type=CONTENT_TYPE_LATEST)

    routes = [
        Route("/v1/records", records.post, methods=["POST"]),
        Route("/v1/records/{record_id}", records.get),
        Route("/v1/rejections", rejections.get),
        Route("/v1/rejections/{record_id}/resend", rejections.resend, methods=["POST"]),
        Route("/v1/files", files.post, methods=["POST"]),
        Route("/v1/cap", files.post_cap, methods=["POST"]),
        Route("/v1/series", series.get),
        Route("/healthz", healthz),
        Route("/metrics", metrics),
    ]
    return Starlette(routes=routes, exception_handlers={Refusal: refused})
