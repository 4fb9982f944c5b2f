"""The pages, one file each. A page is served once its router stands in ``ROUTERS``."""

from fastapi import APIRouter

from services.console.routes import account, overview, sign_in, stream

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    account.router,
    overview.router,
    stream.router,
)
"""All pages, in the order in which their paths are tried."""
