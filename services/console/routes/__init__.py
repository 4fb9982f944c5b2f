"""The pages, one file each. A page is served once its router stands in ``ROUTERS``."""

from fastapi import APIRouter

from services.console.routes import (
    account,
    admin,
    audit,
    incident,
    node,
    orders,
    overview,
    run,
    sign_in,
    stream,
    task,
    what_if,
)

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    account.router,
    overview.router,
    stream.router,
    incident.router,
    node.router,
    orders.router,
    run.router,
    task.router,
    what_if.router,
    *admin.ROUTERS,
    audit.router,
)
"""All pages, in the order in which their paths are tried."""
