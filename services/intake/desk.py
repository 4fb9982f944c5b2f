"""The desk: every door brings its items here; they are judged, published, and the door is told what became of each."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial

from msgspec import Struct

from schemas.command import Command
from schemas.lane import kind_of
from schemas.provider import Provider, Receipt
from schemas.rejection import REASON_TEXT, Rejection
from services.intake.candidate import Candidate, Finding
from services.intake.catalogue import Catalogue
from services.intake.checks import Judge
from services.intake.limits import Limits
from services.intake.packer import Packer
from services.intake.publisher import PartlyPublishedError, Publisher
from services.intake.receipts import ReceiptBook
from services.intake.rejected import RejectionLedger
from services.intake.rows import Rows
from services.intake.validation import Judgement, judge_batch
from services.runtime.clock import Clock, from_us
from services.runtime.errors import LianjingError, UnreachableError
from services.runtime.metrics import Meters


class Told(Struct, frozen=True, kw_only=True):
    """One rejection as its provider is told it; ``index`` counts the records of the request from 0."""

    index: int
    id: str
    reason: str
    reason_zh: str
    reason_en: str
    field: str
    given: str
    wanted: str
    origin: str


class Outcome(Struct, frozen=True, kw_only=True):
    """What became of a request: the record id of each record in order (``rej-…`` for a rejected one), and the rejections."""

    accepted: int
    rejected: int
    ids: list[str]
    rejections: list[Told]
    known_at: datetime


class NotAcknowledgedError(UnreachableError):
    """The broker did not acknowledge everything. ``ids`` holds what is certain, None for what is not. Sending again is harmless."""

    def __init__(self, why: str, ids: list[str | None]) -> None:
        super().__init__(why)
        self.ids = ids


class Underway(Struct, frozen=True):
    """A judged batch on its way to the broker."""

    judge: Judge
    judgement: Judgement
    rejections: list[Rejection]
    rejected: "Future[list[str]] | None"
    published: "dict[str, Future[list[str]]]"

    def futures(self) -> "list[Future[list[str]]]":
        """Everything to wait for."""
        return [*self.published.values(), *([self.rejected] if self.rejected else [])]


class Desk:
    """Judges and publishes. ``handle`` blocks and is for threads, ``handle_soon`` is for the event loop."""

    def __init__(
        self,
        *,
        packer: Packer,
        publisher: Publisher,
        catalogue: Callable[[], Catalogue],
        limits: Limits,
        clock: Clock,
        meters: Meters,
        receipts: ReceiptBook | None = None,
        ledger: RejectionLedger | None = None,
    ) -> None:
        self._packer = packer
        self._publisher = publisher
        self._catalogue = catalogue
        self.limits = limits
        self.clock = clock
        self.meters = meters
        self.receipts = receipts or ReceiptBook()
        self.ledger = ledger or RejectionLedger()

    def catalogue(self) -> Catalogue:
        """The catalogue of now."""
        return self._catalogue()

    def judge(self, provider: Provider | None, source: str, arrived_at: datetime | None = None) -> Judge:
        """A judge for records of this provider (None: the operator), arriving now unless stated."""
        return Judge(
            catalogue=self._catalogue(),
            limits=self.limits,
            source=source,
            arrived_at=arrived_at or self.clock.now(),
            provider=provider,
        )

    def note_receipts(self, receipts: list[Receipt]) -> "Future[list[str]]":
        """Publish receipts; the data may follow once the future is done."""
        return self._packer.submit_messages(partial(self._publisher.begin_receipt, receipts))

    def announce(self, command: Command) -> "Future[list[str]]":
        """Publish a person's command."""
        return self._packer.submit_messages(partial(self._publisher.begin_command, command))

    def begin(self, judge: Judge, items: Sequence[Candidate | Finding]) -> Underway:
        """Judge a batch and hand it to the packer. Raises UnreachableError when too much waits for the broker."""
        judgement = judge_batch(judge, items)
        rejections = [f.rejection(judge.source, judge.known_at(f.lane)) for f in judgement.findings]
        rejected = None
        if rejections:
            rejected = self._packer.submit_messages(partial(self._publisher.begin_reject, rejections))
        published = {lane: self._packer.submit(rows) for lane, rows in judgement.rows.items()}
        return Underway(judge, judgement, rejections, rejected, published)

    def finish(self, underway: Underway) -> Outcome:
        """The outcome once all futures are done (it waits for them). Raises NotAcknowledgedError."""
        ids_of_lane: dict[str, list[str | None]] = {}
        why = ""
        for lane, future in underway.published.items():
            try:
                ids_of_lane[lane] = list(future.result())
            except PartlyPublishedError as error:
                ids_of_lane[lane], why = error.ids, str(error)
            except LianjingError as error:
                ids_of_lane[lane], why = [None] * len(underway.judgement.rows[lane]), str(error)
        if underway.rejected is not None:
            try:
                underway.rejected.result()
            except LianjingError as error:
                why = str(error)
        ids = _ids_in_order(underway, ids_of_lane)
        if why:
            raise NotAcknowledgedError(why, ids)
        self._count(underway)
        return _outcome(underway, [i for i in ids if i is not None])

    def handle(self, judge: Judge, items: Sequence[Candidate | Finding]) -> Outcome:
        """Judge, publish, wait. Raises UnreachableError (NotAcknowledgedError where something was sent)."""
        return self.finish(self.begin(judge, items))

    async def handle_soon(self, judge: Judge, items: Sequence[Candidate | Finding]) -> Outcome:
        """The same without blocking the event loop; a large batch is judged in a thread."""
        if len(items) > 200:
            underway = await asyncio.to_thread(self.begin, judge, items)
        else:
            underway = self.begin(judge, items)
        await asyncio.gather(*map(asyncio.wrap_future, underway.futures()), return_exceptions=True)
        return self.finish(underway)

    def _count(self, underway: Underway) -> None:
        for rejection in underway.rejections:
            self.ledger.enter(rejection)
            self.meters.counter("lianjing_rejections_total", rejection.reason.value).inc()
        if underway.rejections:
            self.meters.counter("lianjing_intake_records_total", "any", "rejected").inc(len(underway.rejections))
        for rows in underway.judgement.rows.values():
            self._count_rows(rows, underway.judge.catalogue)

    def _count_rows(self, rows: Rows, catalogue: Catalogue) -> None:
        counts: dict[str, int] = {}
        latest: dict[str, int] = {}
        for name, observed_us in zip(rows.series, rows.observed_us, strict=True):
            feed = catalogue.series[name].feed.value
            counts[feed] = counts.get(feed, 0) + 1
            latest[feed] = max(latest.get(feed, observed_us), observed_us)
        kind = kind_of(rows.lane).value
        for feed, count in counts.items():
            self.meters.counter("lianjing_intake_records_total", feed, "accepted").inc(count)
            delay_s = (rows.known_us[-1] - latest[feed]) / 1e6
            self.meters.gauge("lianjing_feed_delay_seconds", kind, feed).set(delay_s)
            self.meters.gauge("lianjing_feed_last_observed_timestamp_seconds", kind, feed).set(
                from_us(latest[feed]).timestamp()
            )


def _ids_in_order(underway: Underway, ids_of_lane: dict[str, list[str | None]]) -> list[str | None]:
    rejected = iter(underway.rejections)
    return [
        next(rejected).record_id if isinstance(place, Finding) else ids_of_lane[place[0]][place[1]]
        for place in underway.judgement.places
    ]


def _outcome(underway: Underway, ids: list[str]) -> Outcome:
    told = []
    rejected = iter(underway.rejections)
    for index, place in enumerate(underway.judgement.places):
        if isinstance(place, Finding):
            told.append(told_of(index, next(rejected)))
    return Outcome(
        accepted=len(ids) - len(told),
        rejected=len(told),
        ids=ids,
        rejections=told,
        known_at=underway.judge.arrived_at,
    )


def told_of(index: int, rejection: Rejection) -> Told:
    """A rejection in the words for its provider."""
    zh, en = REASON_TEXT[rejection.reason]
    return Told(
        index=index,
        id=rejection.record_id or rejection.rejection_id,
        reason=rejection.reason.value,
        reason_zh=zh,
        reason_en=en,
        field=rejection.field,
        given=rejection.given,
        wanted=rejection.wanted,
        origin=rejection.origin,
    )
