"""Steps in, official messages out: a keeper's projection that sends. The offset moves once everything of a batch was handed over."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row

from schemas.alert import Alert
from schemas.chain import Node
from schemas.lane import LIVE
from services.alerting.announcing.delivery import FolderOutlet, Outlet, WebhookOutlet
from services.alerting.announcing.news import is_whole, may_matter, news
from services.alerting.cap.document import cap_document
from services.alerting.cap.publication import Publication, parse_publication
from services.alerting.cap.signature import signed
from services.runtime.assets import config_text
from services.runtime.clock import Clock
from services.runtime.errors import ConfigurationError, UnreachableError
from services.runtime.logs import logger
from services.runtime.metrics import Meters
from services.runtime.reading import contents
from services.runtime.registry import Registry
from services.runtime.settings import Settings
from services.runtime.streams import Message

GROUP = "alerting.announcer"
_LOCAL = ("127.0.0.1", "::1", "localhost")
_WAITS_FOR_TABLE = timedelta(hours=1)
_BEFORE = "SELECT * FROM alert WHERE lane = %s AND episode = %s AND sequence < %s ORDER BY sequence"
_decoder = msgspec.json.Decoder(Alert)
_log = logger("announcer")


class Announcer:
    """``project`` hands a keeper's messages over. ``node_of`` may raise UnreachableError while a chain is not known yet."""

    def __init__(
        self,
        outlets: Sequence[Outlet],
        publication: Publication,
        seal: Callable[[bytes], bytes],
        node_of: Callable[[str, str], Node],
        clock: Clock,
        meters: Meters,
    ) -> None:
        self._outlets = outlets
        self._publication = publication
        self._seal = seal
        self._node_of = node_of
        self._clock = clock
        self._meters = meters

    def project(self, connection: Connection[Any], messages: Sequence[Message]) -> None:
        """Send what the steps among some messages bring. Raises UnreachableError, psycopg errors: then all of it is sent again later."""
        heard = [step for step in contents(_decoder, messages) if step.lane == LIVE]
        for step in heard:
            if may_matter(step):
                self._announce([*_before(connection, step, heard), step])

    def _announce(self, steps: Sequence[Alert]) -> None:
        step = steps[-1]
        if not is_whole(steps):
            if self._clock.now() - step.known_at < _WAITS_FOR_TABLE:
                raise UnreachableError(f"steps before {step.episode}/{step.sequence} are not in the table yet")
            _log.error("an official chain cannot be told: steps are missing", episode=step.episode, step=step.sequence)
            self._meters.counter("lianjing_cap_messages_total", "lost").inc()
            return
        for message in news(steps, self._clock.now()):
            node = self._node_of(message.alert.chain, message.alert.node)
            document = self._seal(cap_document(message, node, self._publication))
            self._send(message.identifier, document)
            _log.info("announced", message=message.identifier, type=message.type.value, scope=message.scope.value)

    def _send(self, identifier: str, document: bytes) -> None:
        try:
            for outlet in self._outlets:
                outlet.send(identifier, document)
        except UnreachableError:
            self._meters.counter("lianjing_cap_messages_total", "failed").inc()
            self._meters.gauge("lianjing_part_up", "cap").set(0)
            raise
        self._meters.counter("lianjing_cap_messages_total", "sent").inc()
        self._meters.gauge("lianjing_part_up", "cap").set(1)


def _before(connection: Connection[Any], step: Alert, heard: Sequence[Alert]) -> list[Alert]:
    """Earlier steps of the episode, from the table and from what was just heard."""
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_BEFORE, (step.lane, step.episode, step.sequence)).fetchall()
    found = {alert.sequence: alert for alert in (msgspec.convert(row, Alert) for row in rows)}
    found |= {s.sequence: s for s in heard if s.episode == step.episode and s.sequence < step.sequence}
    return [found[number] for number in sorted(found)]


def open_announcer(settings: Settings, registry: Registry, clock: Clock, meters: Meters) -> Announcer | None:
    """The announcer of the settings; None where neither folder nor address is set. Raises ConfigurationError for what does not fit together."""
    if settings.cap_folder is None and not settings.cap_url:
        return None
    outlets: list[Outlet] = []
    if settings.cap_folder is not None:
        outlets.append(FolderOutlet(settings.cap_folder))
    if settings.cap_url:
        if urlsplit(settings.cap_url).scheme != "https" and urlsplit(settings.cap_url).hostname not in _LOCAL:
            raise ConfigurationError(
                f"LIANJING_CAP_URL: {settings.cap_url!r} 应以 https:// 开头 should begin with https://"
            )
        if not settings.cap_secret:
            raise ConfigurationError(
                "LIANJING_CAP_SECRET 未设置：推送 CAP 须与接收方共用一个密钥 is not set: the receiver checks the sender by a shared secret"
            )
        outlets.append(WebhookOutlet(settings.cap_url, settings.cap_secret, clock, settings.channel_cafile))
    own = settings.config
    if own is not None and not (own / "alerting" / "publication.yaml").exists():
        own = None
    text, name = config_text(own, "alerting/publication.yaml")

    def node_of(chain: str, node: str) -> Node:
        known = registry.chains.get(chain)
        found = next((n for n in known.nodes if n.id == node), None) if known is not None else None
        if found is None:
            raise UnreachableError(f"{chain}/{node} is not registered yet")
        return found

    return Announcer(outlets, parse_publication(text, name), _sealing(settings), node_of, clock, meters)


def _sealing(settings: Settings) -> Callable[[bytes], bytes]:
    """Signs with the office's key; without one messages go unsigned, which the log of the start says."""
    key, certificate = settings.cap_key, settings.cap_certificate
    if (key is None) != (certificate is None):
        raise ConfigurationError("LIANJING_CAP_KEY 与 LIANJING_CAP_CERTIFICATE 须一起给出 both or neither is right")
    if key is None or certificate is None:
        _log.warning("CAP goes unsigned: no key is set")
        return lambda document: document
    pems = _read(key), _read(certificate)
    return lambda document: signed(document, *pems)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file}: 无法读取 cannot be read ({error.strerror})") from error
