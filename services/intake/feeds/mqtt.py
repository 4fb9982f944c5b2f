"""The MQTT door: topics ``lianjing/<provider>/<feed>/…``, QoS 1, acknowledged by hand once the Kafka broker has every record.

The MQTT broker lets each user publish only under its own provider's name (an ACL; see docs/providers.md), so the topic says who sends.
"""

import queue
import threading
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from msgspec import Struct
from paho.mqtt.enums import CallbackAPIVersion

from schemas.feed import Feed
from schemas.provider import Provider, Receipt
from schemas.rejection import Reason
from services.intake.candidate import finding
from services.intake.desk import Desk, Underway
from services.intake.json_records import Items, read_json
from services.intake.receipts import RENEWED, OtherBodyError, digest_of_body
from services.runtime.errors import ConfigurationError, UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger

_TOPIC = "lianjing/+/+/#"
_AT_ONCE = 500
_GATHER_S = 0.01
_RETRY_S = 2.0
_log = logger("mqtt")


class Arrived(Struct, frozen=True):
    """A message as it came; ``is_repeat`` is the broker's word that it sent it before."""

    topic: str
    payload: bytes
    mid: int
    qos: int
    is_repeat: bool


class MqttDoor:
    """Takes messages in batches, publishes them, acknowledges them.

    Killed before the acknowledgement it gets them again, and they keep their identity.
    """

    def __init__(self, url: str, slot: int, desk: Desk, lifecycle: Lifecycle) -> None:
        self._desk = desk
        self._lifecycle = lifecycle
        self._inbox: queue.Queue[Arrived] = queue.Queue()
        self._address = urlsplit(url)
        if self._address.scheme not in ("mqtt", "mqtts") or not self._address.hostname:
            raise ConfigurationError(
                f"LIANJING_MQTT_URL: {self._address.scheme}://… 应为 mqtt(s)://user:password@host:port"
            )
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"lianjing-intake-{slot}",
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=True,
        )
        self._client.reconnect_delay_set(1, 5)
        if self._address.username:
            self._client.username_pw_set(unquote(self._address.username), unquote(self._address.password or ""))
        if self._address.scheme == "mqtts":
            self._client.tls_set()
        self._client.on_connect = self._connected
        self._client.on_message = self._arrived
        self._thread = threading.Thread(target=self._run, name="mqtt-door", daemon=True)

    def start(self) -> None:
        """Connect (again and again until it succeeds) and begin."""
        host = self._address.hostname or ""
        self._client.connect_async(host, self._address.port or (8883 if self._address.scheme == "mqtts" else 1883))
        self._client.loop_start()
        self._thread.start()

    def close(self) -> None:
        """Finish the batch at hand and disconnect; the session stays with the MQTT broker. The lifecycle must be stopping."""
        if self._thread.is_alive():
            self._thread.join(30)
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(
        self, client: paho.Client, _data: object, flags: paho.ConnectFlags, reason: object, _properties: object
    ) -> None:
        if getattr(reason, "is_failure", False):
            _log.error("the MQTT broker refused", why=str(reason))
            return
        _log.info("connected to the MQTT broker", session_present=flags.session_present)
        client.subscribe(_TOPIC, qos=1)

    def _arrived(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._inbox.put(Arrived(message.topic, bytes(message.payload), message.mid, message.qos, message.dup))

    def _run(self) -> None:
        while not self._lifecycle.is_stopping():
            batch = self._gather()
            if not batch:
                continue
            receipts = [self._receipt(m) for m in batch]  # once: a retry repeats them, so its rows keep their identity
            while not self._lifecycle.is_stopping():
                try:
                    self._take(batch, receipts)
                except UnreachableError as error:
                    _log.warning("messages wait for the broker", count=len(batch), why=str(error))
                    self._lifecycle.wait(_RETRY_S)
                    continue
                for message in batch:
                    self._client.ack(message.mid, message.qos)
                break

    def _gather(self) -> list[Arrived]:
        batch: list[Arrived] = []
        wait_s = 0.2
        while len(batch) < _AT_ONCE:
            try:
                batch.append(self._inbox.get(timeout=wait_s))
            except queue.Empty:
                break
            wait_s = _GATHER_S
        return batch

    def _take(self, batch: Sequence[Arrived], receipts: list[Receipt]) -> None:
        self._desk.note_receipts(receipts).result()
        for receipt in receipts:
            self._desk.receipts.confirm(receipt)
        underway: list[Underway] = []
        for message, receipt in zip(batch, receipts, strict=True):
            provider = self._desk.catalogue().providers.get(receipt.source)
            judge = self._desk.judge(provider, receipt.source, receipt.known_at)
            underway.append(self._desk.begin(judge, self._items(message, provider)))
        for each in underway:
            outcome = self._desk.finish(each)
            word = "accepted" if not outcome.rejected else "partly" if outcome.accepted else "rejected"
            self._desk.meters.counter("lianjing_intake_requests_total", "mqtt", word).inc()

    def _receipt(self, message: Arrived) -> Receipt:
        source = message.topic.split("/")[1][:80]
        digest = digest_of_body(message.topic.encode(), message.payload)
        key, now = f"{RENEWED}{message.mid}:{digest.hex()}", self._desk.clock.now()
        if message.is_repeat:
            try:
                return self._desk.receipts.arrive(source, key, digest, now)[0]
            except OtherBodyError:
                pass
        return self._desk.receipts.renew(source, key, digest, now)

    def _items(self, message: Arrived, provider: Provider | None) -> Items:
        origin = f"mqtt:{message.topic[:200]}"
        _, name, feed = message.topic.split("/")[:3]
        most = self._desk.limits.message_bytes
        if provider is None:
            wanted = (
                "已登记单位的编号 lianjing/<单位>/<feed> / the id of a registered provider: lianjing/<provider>/<feed>"
            )
            return [finding(Reason.FOREIGN_SERIES, "topic", name, wanted, origin=origin, raw=message.payload)]
        if feed not in set(Feed):
            wanted = f"{'、'.join(Feed)} / one of {', '.join(Feed)}"
            return [finding(Reason.WRONG_TYPE, "topic", feed, wanted, origin=origin, raw=message.payload)]
        if len(message.payload) > most:
            wanted = f"至多 {most} 字节 / at most {most} bytes"
            given = str(len(message.payload))
            return [finding(Reason.TOO_LARGE, "", given, wanted, origin=origin, raw=message.payload)]
        return read_json(message.payload, origin)
