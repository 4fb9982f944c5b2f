"""The packer: many doors hand it small parcels; it packs them into few messages and answers when the broker acknowledged.

Two threads: one packs and sends, one waits for acknowledgements, so that sending never waits for the broker.
"""

import queue
import threading
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from itertools import count

from msgspec import Struct

from services.intake.publisher import PartlyPublishedError, Publisher, Sent
from services.intake.rows import Rows, joined
from services.runtime.clock import Clock
from services.runtime.errors import LianjingError, UnreachableError
from services.runtime.logs import logger
from services.runtime.streams import Delivery

_log = logger("packer")
_PACK_ROWS = 2000


class _Parcel(Struct, frozen=True):
    """Rows or other messages (``begin`` sends them) with the future that its sender waits for."""

    rows: Rows | None
    begin: Callable[[], list[Delivery]] | None
    answer: "Future[list[str]]"
    taken_at: float


class _Shipment(Struct, frozen=True):
    """What was sent and waits for the broker: packets of some parcels of rows, or deliveries of one parcel."""

    parcels: list[_Parcel]
    sent: list[Sent]
    deliveries: list[Delivery]


class Packer:
    """Packs rows of many parcels within ``linger_s`` (or 2,000 rows) and answers each parcel by itself.

    With more than ``most_rows`` unacknowledged, ``submit`` raises UnreachableError: the caller tells its client to come again.
    """

    def __init__(
        self,
        publisher: Publisher,
        clock: Clock,
        *,
        linger_s: float = 0.01,
        timeout_s: float = 10.0,
        most_rows: int = 200_000,
    ) -> None:
        self._publisher = publisher
        self._clock = clock
        self._linger_s = linger_s
        self._timeout_s = timeout_s
        self._most_rows = most_rows
        self._inbox: queue.Queue[_Parcel | None] = queue.Queue()
        self._shipped: queue.Queue[_Shipment | None] = queue.Queue(maxsize=1000)
        self._open: dict[int, tuple[float, int]] = {}
        self._open_rows = 0
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._pack, name="packer", daemon=True),
            threading.Thread(target=self._answer, name="acknowledger", daemon=True),
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Send what is in the inbox, wait for the answers (at most the time-out), end."""
        self._inbox.put(None)
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._timeout_s + 5)

    def submit(self, rows: Rows) -> "Future[list[str]]":
        """Hand over rows. The future gives their record ids, or PartlyPublishedError, or InputError for an unknown series."""
        return self._take(rows, None, len(rows))

    def submit_messages(self, begin: Callable[[], list[Delivery]]) -> "Future[list[str]]":
        """Hand over other messages: ``begin`` sends them. The future gives an empty list once all are acknowledged, or UnreachableError."""
        return self._take(None, begin, 1)

    def oldest_s(self) -> float:
        """Age in seconds of the oldest parcel without an answer; 0 when there is none."""
        with self._lock:
            first = next(iter(self._open.values()), None)
        return self._clock.monotonic() - first[0] if first else 0.0

    def _take(self, rows: Rows | None, begin: Callable[[], list[Delivery]] | None, size: int) -> "Future[list[str]]":
        answer: Future[list[str]] = Future()
        parcel = _Parcel(rows, begin, answer, self._clock.monotonic())
        number = next(self._numbers)
        with self._lock:
            if self._open_rows and self._open_rows + size > self._most_rows:
                raise UnreachableError(f"{self._open_rows} rows wait for the broker; at most {self._most_rows} may")
            self._open[number] = (parcel.taken_at, size)
            self._open_rows += size
        answer.add_done_callback(partial(self._forget, number))
        self._inbox.put(parcel)
        return answer

    def _forget(self, number: int, _answer: "Future[list[str]]") -> None:
        with self._lock:
            _, size = self._open.pop(number)
            self._open_rows -= size

    def _pack(self) -> None:
        is_open = True
        while is_open:
            parcel = self._inbox.get()
            if parcel is None:
                break
            parcels, is_open = self._gather(parcel)
            try:
                shipments = self._ship(parcels)
            except Exception as error:  # noqa: BLE001  # the outermost loop of this thread: nobody may wait forever
                _give_up(parcels, error)
                continue
            for shipment in shipments:
                self._shipped.put(shipment)
        self._shipped.put(None)

    def _gather(self, first: _Parcel) -> tuple[list[_Parcel], bool]:
        parcels, gathered = [first], _size(first)
        deadline = self._clock.monotonic() + self._linger_s
        while gathered < _PACK_ROWS:
            wait = deadline - self._clock.monotonic()
            try:
                parcel = self._inbox.get(timeout=wait) if wait > 0 else self._inbox.get_nowait()
            except queue.Empty:
                return parcels, True
            if parcel is None:
                return parcels, False
            parcels.append(parcel)
            gathered += _size(parcel)
        return parcels, True

    def _ship(self, parcels: Sequence[_Parcel]) -> list[_Shipment]:
        shipments: list[_Shipment] = []
        together: dict[tuple[str, str], list[_Parcel]] = defaultdict(list)
        for parcel in parcels:
            if parcel.rows is not None:
                together[(parcel.rows.lane, parcel.rows.source)].append(parcel)
            else:
                shipments += self._begin(parcel)
        for group in together.values():
            shipments += self._send(group)
        return shipments

    def _begin(self, parcel: _Parcel) -> list[_Shipment]:
        begin = parcel.begin
        try:
            return [_Shipment([parcel], [], begin() if begin else [])]
        except LianjingError as error:
            parcel.answer.set_exception(error)
            return []

    def _send(self, parcels: list[_Parcel]) -> list[_Shipment]:
        try:
            sent = self._publisher.send(joined([p.rows for p in parcels if p.rows is not None]))
        except LianjingError as error:
            if len(parcels) > 1:
                return [s for p in parcels for s in self._send([p])]
            parcels[0].answer.set_exception(error)
            return []
        return [_Shipment(parcels, sent, [])]

    def _answer(self) -> None:
        while True:
            shipment = self._shipped.get()
            if shipment is None:
                return
            try:
                self._settle(shipment)
            except Exception as error:  # noqa: BLE001  # the outermost loop of this thread: nobody may wait forever
                _give_up(shipment.parcels, error)

    def _settle(self, shipment: _Shipment) -> None:
        if not shipment.sent:
            self._settle_messages(shipment)
            return
        total = sum(_size(p) for p in shipment.parcels)
        why: str | None = None
        ids: list[str | None]
        try:
            ids = list(self._publisher.await_ids(shipment.sent, total))
        except PartlyPublishedError as error:
            ids, why = error.ids, str(error)
        start = 0
        for parcel in shipment.parcels:
            own = ids[start : start + _size(parcel)]
            start += _size(parcel)
            certain = [i for i in own if i is not None]
            if len(certain) == len(own):
                parcel.answer.set_result(certain)
            else:
                parcel.answer.set_exception(PartlyPublishedError(why or "not acknowledged", own))

    def _settle_messages(self, shipment: _Shipment) -> None:
        (parcel,) = shipment.parcels
        try:
            for delivery in shipment.deliveries:
                delivery.offset(self._timeout_s)
        except UnreachableError as error:
            parcel.answer.set_exception(error)
        else:
            parcel.answer.set_result([])


def _give_up(parcels: Sequence[_Parcel], error: Exception) -> None:
    _log.error("parcels were given up", error=repr(error))
    for parcel in parcels:
        if not parcel.answer.done():
            parcel.answer.set_exception(error)


def _size(parcel: _Parcel) -> int:
    return len(parcel.rows) if parcel.rows is not None else 1
