"""``/admin/contacts``: who is told and who is on duty, as the operator's files say and people changed it; putting and ending entries."""

from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi import Form as Fields
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from msgspec import Struct
from pydantic import Field

from services.console.access.person import Person
from services.console.configured.store import contact_text
from services.console.deeds import contact
from services.console.deeds.order import Order
from services.console.errors import UnknownError, WrongError
from services.console.page import page
from services.console.reading.contact import Changed, changes_of
from services.console.reading.order_state import state_of
from services.console.reading.sheet import as_cell
from services.console.routes.form import Form
from services.console.routes.guard import Administering
from services.console.routes.ordering import new_nonce, sent_once
from services.console.shell import shell_of
from services.runtime.contact_files import LISTS, entries_of, key_of
from services.runtime.errors import ConfigurationError

router = APIRouter()
File = Literal["contacts", "roster", "channels"]
Key = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]
Text = Annotated[str, Field(max_length=4000)]


class Row(Struct, frozen=True):
    """An entry with what it is called, and the change it comes from; None: from the file."""

    key: str
    cells: list[str]
    changed: Changed | None


class Sheet(Struct, frozen=True):
    """A file as it counts; ``problem`` where it does not read."""

    file: str
    title: str
    columns: list[str]
    rows: list[Row]
    problem: str = ""


class Filled(Form):
    """The form of an entry; its fields are numbered as ``deeds.contact.FORMS`` lists them."""

    nonce: Annotated[str, Field(max_length=64)]
    key: Key = ""
    reason: Annotated[str, Field(max_length=500)] = ""
    f0: Text = ""
    f1: Text = ""
    f2: Text = ""
    f3: Text = ""
    f4: Text = ""
    f5: Text = ""
    f6: Text = ""

    def typed(self, file: str) -> dict[str, str]:
        """What was typed, by the names of the fields."""
        return {field.name: getattr(self, f"f{number}") for number, field in enumerate(contact.FORMS[file])}


class Ended(Form):
    """The form that ends an entry."""

    nonce: Annotated[str, Field(max_length=64)]
    key: Key
    reason: Annotated[str, Field(max_length=500)] = ""


@router.get("/admin/contacts")
def show(
    request: Request, person: Administering, done: Annotated[str, Query(max_length=100, pattern=r"^[^\x00]*$")] = ""
) -> HTMLResponse:
    """Contacts, roster and channels as they count; what came of an order."""
    del person
    order = state_of(shell_of(request).shelf, "live", done) if done else None
    return page(request, "admin_contacts.html", sheets=[_sheet(request, file) for file in LISTS], order=order, about="")


@router.get("/admin/contacts/{file}")
def edit(
    request: Request,
    person: Administering,
    file: File,
    key: Annotated[str, Query(max_length=300, pattern=r"^[^\x00]*$")] = "",
) -> HTMLResponse:
    """The form of an entry, or of a new one."""
    del person
    typed = contact.shown(file, _entry(request, file, key))
    return _form(request, file, key, typed)


@router.post("/admin/contacts/{file}")
def put(request: Request, person: Administering, file: File, form: Annotated[Filled, Fields()]) -> Response:
    """Put an entry: response judges it as it judges the files."""
    try:
        order = contact.put(file, form.key, form.typed(file), _entry(request, file, form.key), form.reason)
    except WrongError as error:
        return _form(request, file, form.key, form.typed(file), problem=(error.zh, error.en), reason=form.reason)
    return _given(request, person, order, form.nonce, form.key)


@router.post("/admin/contacts/{file}/end")
def end(request: Request, person: Administering, file: File, form: Annotated[Ended, Fields()]) -> Response:
    """End an entry."""
    _entry(request, file, form.key)
    return _given(request, person, contact.end(file, form.key, form.reason), form.nonce, form.key)


def _given(request: Request, person: Person, order: Order, nonce: str, key: str) -> Response:
    name = sent_once(request, person, "live", order, nonce, f"{order.arguments['file']}|{key}")
    return RedirectResponse(f"/admin/contacts?{urlencode({'done': name})}", 303)


def _entry(request: Request, file: str, key: str) -> dict[str, object]:
    """The entry of a name, an empty one without a name. Raises UnknownError."""
    if not key:
        return {}
    shell = shell_of(request)
    changes = [each.change for each in changes_of(shell.shelf)]
    found = entries_of(contact_text(shell.settings.config, file, changes), file)
    entry = next((each for each in found if key_of(file, each) == key), None)
    if entry is None:
        raise UnknownError("没有这一条，或已被更改", "there is no such entry, or it was changed")
    return entry


def _sheet(request: Request, file: str) -> Sheet:
    shell = shell_of(request)
    changed = changes_of(shell.shelf)
    title = LISTS[file][0]
    try:
        entries = entries_of(contact_text(shell.settings.config, file, [each.change for each in changed]), file)
    except ConfigurationError as error:
        return Sheet(file, title, [], [], str(error))
    columns = list(dict.fromkeys(name for entry in entries for name in entry))
    rows = [
        Row(
            key_of(file, entry),
            [as_cell(name, entry.get(name)) for name in columns],
            next((c for c in reversed(changed) if c.change.file == file and c.change.entry == entry), None),
        )
        for entry in entries
    ]
    return Sheet(file, title, columns, rows)


def _form(
    request: Request,
    file: str,
    key: str,
    typed: dict[str, str],
    *,
    problem: tuple[str, str] | None = None,
    reason: str = "",
) -> HTMLResponse:
    return page(
        request,
        "admin_contact.html",
        status=200 if problem is None else 422,
        file=file,
        title=LISTS[file][0],
        key=key,
        fields=contact.FORMS[file],
        typed=typed,
        problem=problem,
        reason=reason,
        nonce=new_nonce(),
    )
