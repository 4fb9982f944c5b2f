"""The same answers for programs, under ``/api/v1``: JSON, the same rights, a bearer key or the browser's session."""

from fastapi import APIRouter

from services.console.routes.api import person

API_ROUTERS: tuple[APIRouter, ...] = (person.router,)
"""All parts of the interface for programs."""
