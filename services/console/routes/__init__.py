"""The pages, one file each. A page is served once its router stands in ``ROUTERS``."""

from fastapi import APIRouter

from services.console.routes import (
    account,
    admin,
    audit,
    chain_map,
    cockpit,
    drills,
    incident,
    links,
    node,
    oidc,
    orders,
    overview,
    provider,
    report,
    reports_in,
    run,
    sign_in,
    stream,
    task,
    wall,
    what_if,
)

ROUTERS: tuple[APIRouter, ...] = (
    sign_in.router,
    oidc.router,
    account.router,
    overview.router,
    chain_map.router,
    wall.router,
    stream.router,
    incident.router,
    node.router,
    orders.router,
    run.router,
    task.router,
    what_if.router,
    *admin.ROUTERS,
    audit.router,
    report.router,
    reports_in.router,
    links.router,
    drills.router,
    cockpit.router,
    provider.router,
)
"""All pages, in the order in which their paths are tried."""
