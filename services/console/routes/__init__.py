"""The pages, one file each. A page is served once its router stands in ``ROUTERS``."""

from fastapi import APIRouter

from services.console.routes import account, sign_in

ROUTERS: tuple[APIRouter, ...] = (sign_in.router, account.router)
"""All pages, in the order in which their paths are tried."""
