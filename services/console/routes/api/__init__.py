"""The same answers for programs, under ``/api/v1``: JSON, the same rights, a bearer key or the browser's session."""

from fastapi import APIRouter

from services.console.routes.api import (
    accounts,
    audit,
    chart,
    commands,
    drills,
    incidents,
    lanes,
    papers,
    person,
    provider,
    reports,
    tokens,
)

API_ROUTERS: tuple[APIRouter, ...] = (
    person.router,
    lanes.router,
    chart.router,
    incidents.router,
    commands.router,
    reports.router,
    tokens.router,
    accounts.router,
    audit.router,
    drills.router,
    papers.router,
    provider.router,
)
"""All parts of the interface for programs."""
