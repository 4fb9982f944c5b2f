"""The thread that reads what officers enter, hands it to the desk, and tells open events again each day."""

import threading

import msgspec

from schemas.command import Command
from schemas.feed import Feed, FeedMessage
from schemas.report import TELEPHONE, report_series
from schemas.topic import COMMAND, FEED_TOPICS, partition_of
from services.intake.catalogue import Catalogue
from services.intake.desk import Desk
from services.intake.feeds.topics import load_newest
from services.intake.packer import Packer
from services.intake.telephone.book import EventBook
from services.intake.telephone.judgement import KINDS, judge
from services.runtime.clock import Clock, from_us
from services.runtime.errors import InputError, UnreachableError
from services.runtime.lifecycle import Lifecycle
from services.runtime.logs import logger
from services.runtime.reading import content
from services.runtime.streams import Consumer, Message

GROUP = "intake"
RETELL_EVERY_S = 86_400.0
_KEPT = 50_000
_log = logger("telephone")
_command = msgspec.json.Decoder(Command)
_feed = msgspec.json.Decoder(FeedMessage)


class TelephoneReader:
    """Reads commands in the group of intake. The offset moves only after every row and rejection of it is acknowledged; what is read again after a
    kill has the same identity. ``turn`` does one round; tests call it, ``start`` repeats it in a thread."""

    def __init__(self, consumer: Consumer, desk: Desk, packer: Packer, clock: Clock, lifecycle: Lifecycle) -> None:
        self._consumer, self._desk, self._packer = consumer, desk, packer
        self._clock, self._lifecycle = clock, lifecycle
        self.book = EventBook()
        self._waiting: list[Message] = []
        self._told_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name="telephone", daemon=True)

    def open(self) -> None:
        """Join the group. Raises UnreachableError."""
        self._consumer.subscribe([COMMAND.name])

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; the lifecycle must be stopping."""
        if self._thread.is_alive():
            self._thread.join(15)
        self._consumer.close()

    def turn(self, timeout_s: float = 0.1) -> int:
        """Read, judge, publish, commit; return how many reports were taken. Raises UnreachableError; nothing is lost then."""
        if self._clock.monotonic() - self._told_at >= RETELL_EVERY_S:
            self._tell_again()
        if not self._waiting:
            self._waiting = self._consumer.poll(timeout_s)
        count, offset = 0, None
        while self._waiting:
            count += self._take(self._waiting[0])
            offset = self._waiting.pop(0).offset + 1
        if offset is not None:
            self._consumer.commit({(COMMAND.name, 0): offset})
        return count

    def _take(self, message: Message) -> bool:
        """Publish what one message reports; False when it is no report, or was taken before."""
        command = content(_command, message)
        if command is None or command.kind not in KINDS or self.book.has_taken(command.command_id):
            return False
        arrived_at = from_us(message.appended_ms * 1000) if message.appended_ms else command.issued_at
        entry = judge(command, self._desk.catalogue(), self.book, arrived_at, message.offset)
        outcome = self._desk.handle(self._desk.judge(None, TELEPHONE, arrived_at), [entry.item])
        if entry.word is not None and outcome.accepted:
            self.book.take(entry.word)
        self.book.note(command.command_id)
        result = "accepted" if outcome.accepted else "rejected"
        _log.info("report taken", command=command.command_id, kind=command.kind, lane=command.lane, outcome=result)
        return True

    def _tell_again(self) -> None:
        """The newest words of open events once more, under the same identity: the topic forgets after two weeks, a closure may last longer."""
        for future in [self._packer.submit(rows) for rows in self.book.open_rows()]:
            try:
                future.result()
            except InputError as error:
                _log.warning("an event of a chain that is gone is not told again", why=str(error))
        self._told_at = self._clock.monotonic()

    def _run(self) -> None:
        while not self._lifecycle.is_stopping():
            try:
                self.turn()
            except UnreachableError as error:
                _log.warning("reports wait for the broker", why=str(error))
                self._lifecycle.wait(0.5)


def load_events(consumer: Consumer, book: EventBook, catalogue: Catalogue) -> None:
    """Rebuild the book from the hazard feed. Raises UnreachableError."""
    topic = FEED_TOPICS[Feed.HAZARD].name
    partitions = sorted({(topic, partition_of(report_series(c).group)) for c in catalogue.chains.values()})

    def take(message: Message) -> None:
        feed = content(_feed, message)
        if feed is not None and feed.is_readable():
            book.remember(feed)

    if partitions:
        load_newest(consumer, partitions, _KEPT, take)
