"""The same answers for programs, under ``/api/v1``: JSON, the same rights, a bearer key or the browser's session."""

from fastapi import APIRouter

from services.console.routes.api import accounts, audit, chart, commands, incidents, lanes, person, tokens

API_ROUTERS: tuple[APIRouter, ...] = (
    person.router,
    lanes.router,
    chart.router,
    incidents.router,
    commands.router,
    tokens.router,
    accounts.router,
    audit.router,
)
"""All parts of the interface for programs."""
