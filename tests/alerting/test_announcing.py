"""What people approved goes to other systems by itself: in the order of its chain, once for each identifier, live and official only."""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import psycopg
import pytest

from schemas.alert import Alert
from schemas.topic import ALERT
from services.alerting.announcing.app import Announcer, open_announcer
from services.alerting.announcing.delivery import FolderOutlet, WebhookOutlet
from services.alerting.cap.chain import Status, chain_of
from services.alerting.cap.document import NAMESPACE
from services.alerting.store import project as keep
from services.runtime.clock import ManualClock
from services.runtime.errors import ConfigurationError, UnreachableError
from services.runtime.memory import MemoryBroker, MemoryConsumer
from services.runtime.metrics import Meters
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Message

from .test_cap import OFFICE, YARD, lived

SECRET = "a shared secret"


class Box:
    """An outlet that can be away."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.fails = 0

    def send(self, identifier: str, document: bytes) -> None:
        """Take it, or be away."""
        if self.fails:
            self.fails -= 1
            raise UnreachableError("away")
        self.taken.append((identifier, document))

    def told(self) -> list[tuple[str, ...]]:
        """Type, status and scope of what came."""
        found = [ET.fromstring(document) for _, document in self.taken]
        return [tuple(str(e.findtext(f"{{{NAMESPACE}}}{n}")) for n in ("msgType", "status", "scope")) for e in found]


def announcer(box: Any, steps: Sequence[Alert], later: timedelta = timedelta(0)) -> Announcer:
    """At the time of the last step."""
    clock = ManualClock(steps[-1].known_at + later)
    return Announcer([box], OFFICE, lambda document: document, lambda _chain, _node: YARD, clock, Meters())


def as_messages(steps: Sequence[Alert]) -> list[Message]:
    return [Message(ALERT.name, 0, n, None, msgspec.json.encode(step)) for n, step in enumerate(steps)]


def recent(steps: Sequence[Alert]) -> list[Alert]:
    """The steps within hours of each other, so that none has expired at the last."""
    end = steps[-1].known_at
    return [msgspec.structs.replace(s, as_of=end, known_at=end, acted_at=end if s.acted_at else None) for s in steps]


@pytest.fixture
def connection(migrated_database: Any) -> Iterator[Any]:
    """A database with tables."""
    with psycopg.connect(migrated_database.url) as made:
        yield made
        made.rollback()


def test_the_chain_goes_out_as_it_is_approved_updated_and_cancelled(connection: Any) -> None:
    steps, box = recent(lived()), Box()
    for step in steps:
        announcer(box, steps).project(connection, as_messages([step]))
        keep(connection, as_messages([step]))
    official = [m for m in chain_of(steps) if m.status is Status.ACTUAL]
    assert [name for name, _ in box.taken] == [m.identifier for m in official]
    assert box.told()[0] == ("Alert", "Actual", "Restricted")
    assert box.told()[-1] == ("Cancel", "Actual", "Restricted")
    assert len(box.taken) >= 2


def test_in_one_batch_away_and_killed_it_is_the_same_chain(connection: Any) -> None:
    steps, once, again = recent(lived()), Box(), Box()
    announcer(once, steps).project(connection, as_messages(steps))
    again.fails = 2
    for _ in range(2):
        with pytest.raises(UnreachableError):
            announcer(again, steps).project(connection, as_messages(steps))
    announcer(again, steps).project(connection, as_messages(steps))
    assert again.taken == once.taken


def test_it_waits_for_the_steps_before(connection: Any) -> None:
    steps, box = recent(lived()), Box()
    with pytest.raises(UnreachableError, match="not in the table yet"):
        announcer(box, steps).project(connection, as_messages(steps[-1:]))
    announcer(box, steps, timedelta(hours=2)).project(connection, as_messages(steps[-1:]))
    assert box.taken == []


@pytest.mark.parametrize("lane", ["drill:x", "replay:x"])
def test_no_drill_and_no_replay_leaves(connection: Any, lane: str) -> None:
    steps, box = recent(lived(lane)), Box()
    announcer(box, steps).project(connection, as_messages(steps))
    assert box.taken == []


def test_no_draft_and_nothing_that_expired_leaves(connection: Any) -> None:
    drafts, box = recent(lived(approvers=())), Box()
    announcer(box, drafts).project(connection, as_messages(drafts))
    steps = recent(lived())
    announcer(box, steps, timedelta(hours=25)).project(connection, as_messages(steps))
    assert box.taken == []


def test_a_folder_holds_each_message_once(tmp_path: Path, connection: Any) -> None:
    steps = recent(lived())
    for _ in range(2):
        announcer(FolderOutlet(tmp_path / "cap"), steps).project(connection, as_messages(steps))
    names = {f"{m.identifier}.cap.xml" for m in chain_of(steps) if m.status is Status.ACTUAL}
    assert {file.name for file in (tmp_path / "cap").iterdir()} == names
    (tmp_path / "file").touch()
    with pytest.raises(UnreachableError):
        FolderOutlet(tmp_path / "file").send("x", b"x")


def test_a_webhook_can_check_who_sent_it() -> None:
    heard: list[tuple[str, bool]] = []
    codes = [200, 503]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name http.server calls
            body = self.rfile.read(int(self.headers["Content-Length"]))
            signed = self.headers["X-Lianjing-Timestamp"].encode() + b"." + body
            mark = "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
            heard.append((self.headers["X-Lianjing-Id"], mark == self.headers["X-Lianjing-Signature"]))
            self.send_response(codes.pop(0))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
            del format, args

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    outlet = WebhookOutlet(f"http://127.0.0.1:{server.server_address[1]}/", SECRET, ManualClock(OPENED))
    outlet.send("ep-1", b"<alert/>")
    with pytest.raises(UnreachableError, match="503"):
        outlet.send("ep-2", b"<alert/>")
    server.shutdown()
    server.server_close()
    with pytest.raises(UnreachableError, match="does not answer"):
        outlet.send("ep-3", b"<alert/>")
    assert heard == [("ep-1", True), ("ep-2", True)]


OPENED = lived()[0].opened_at


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({"cap_url": "http://cap.example"}, "https"),
        ({"cap_url": "https://cap.example"}, "LIANJING_CAP_SECRET"),
        ({"cap_folder": Path("x"), "cap_key": Path("y")}, "both or neither"),
    ],
)
def test_settings_that_do_not_fit_are_named(given: dict[str, Any], wanted: str) -> None:
    registry = Registry(MemoryConsumer(MemoryBroker({})))
    with pytest.raises(ConfigurationError, match=wanted):
        open_announcer(Settings(**given), registry, ManualClock(OPENED), Meters())


def test_nothing_is_sent_where_nothing_is_set() -> None:
    registry = Registry(MemoryConsumer(MemoryBroker({})))
    assert open_announcer(Settings(), registry, ManualClock(OPENED), Meters()) is None
