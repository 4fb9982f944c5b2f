"""``/admin/contacts``: who is told and who is on duty, as the operator's files say."""

from pathlib import Path
from typing import Any

import yaml
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from services.console.page import page
from services.console.reading.sheet import Sheet, sheets_of
from services.console.routes.guard import Administering
from services.console.shell import shell_of
from services.runtime.assets import asset_path

router = APIRouter()


@router.get("/admin/contacts")
def show(request: Request, person: Administering) -> HTMLResponse:
    """The files of the folder ``contacts`` as tables. They are edited as files and take effect when response starts anew."""
    del person
    folder = (shell_of(request).settings.config or asset_path("deploy/config")) / "contacts"
    sheets = [sheet for path in sorted(folder.glob("*.yaml")) for sheet in _read(path)]
    return page(request, "admin_contacts.html", sheets=sheets)


def _read(path: Path) -> list[Sheet]:
    try:
        tree: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        tree = None
    return sheets_of(path.name, tree)
