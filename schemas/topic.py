"""Every topic in one list: name, partitions, how long it is kept, what it carries."""

import zlib
from enum import StrEnum

from msgspec import Struct

from schemas.alert import Alert
from schemas.answer import Answer
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.command import Command
from schemas.drill import DrillEvent
from schemas.feed import Feed, FeedMessage
from schemas.lane import Lane
from schemas.outcome import Outcome
from schemas.provider import Provider, Receipt
from schemas.rejection import Rejection
from schemas.run import Run
from schemas.score import ScoreMessage
from schemas.snapshot import Snapshot
from schemas.tick import Tick

FEED_PARTITIONS = 12
_DAY_MS = 86_400_000
_ROLL_MS = 600_000


class Cleanup(StrEnum):
    """How a topic forgets: by age, or by keeping the newest message of each key."""

    DELETE = "delete"
    COMPACT = "compact"


class Topic(Struct, frozen=True, kw_only=True):
    """A topic as code. ``migrate`` applies it, ``doctor`` finds drift. One that ``is_rewritten`` all the time forgets what was replaced soon."""

    name: str
    partitions: int
    carries: type
    key: str
    cleanup: Cleanup = Cleanup.DELETE
    retention_ms: int = 14 * _DAY_MS
    is_rewritten: bool = False

    def settings(self) -> dict[str, str]:
        """Broker settings of the topic, as strings; record timestamps are the broker's, event time stands in the payload."""
        common = {
            "message.timestamp.type": "LogAppendTime",
            "cleanup.policy": self.cleanup.value,
            "max.message.bytes": "4194304",
        }
        if self.cleanup is Cleanup.DELETE:
            common["retention.ms"] = str(self.retention_ms)
        if self.is_rewritten:
            common |= {"segment.ms": str(_ROLL_MS), "max.compaction.lag.ms": str(2 * _ROLL_MS)}
        return common


FEED_TOPICS: dict[Feed, Topic] = {
    feed: Topic(name=f"lianjing.feed.{feed.value}", partitions=FEED_PARTITIONS, carries=FeedMessage, key="group")
    for feed in Feed
}
PRICE = FEED_TOPICS[Feed.PRICE]
REJECTED = Topic(name="lianjing.rejected", partitions=3, carries=Rejection, key="source")
CLOCK = Topic(name="lianjing.clock", partitions=1, carries=Tick, key="lane")
SCORE = Topic(name="lianjing.score", partitions=FEED_PARTITIONS, carries=ScoreMessage, key="group")
SNAPSHOT = Topic(
    name="lianjing.snapshot",
    partitions=FEED_PARTITIONS,
    carries=Snapshot,
    key="detector, topic, partition, turn, chunk",
    cleanup=Cleanup.COMPACT,
    is_rewritten=True,
)
ASSESSMENT = Topic(name="lianjing.assessment", partitions=FEED_PARTITIONS, carries=Assessment, key="node")
ALERT = Topic(name="lianjing.alert", partitions=3, carries=Alert, key="node")
OUTCOME = Topic(name="lianjing.outcome", partitions=1, carries=Outcome, key="outcome", retention_ms=1100 * _DAY_MS)
RUN = Topic(name="lianjing.run", partitions=3, carries=Run, key="run_id")
COMMAND = Topic(name="lianjing.command", partitions=1, carries=Command, key="command_id")
ANSWER = Topic(name="lianjing.answer", partitions=1, carries=Answer, key="command_id")
CHAIN = Topic(name="lianjing.chain", partitions=1, carries=Chain, key="chain id", cleanup=Cleanup.COMPACT)
PROVIDER = Topic(name="lianjing.provider", partitions=1, carries=Provider, key="provider", cleanup=Cleanup.COMPACT)
LANE = Topic(name="lianjing.lane", partitions=1, carries=Lane, key="lane", cleanup=Cleanup.COMPACT)
DRILL_EVENT = Topic(
    name="lianjing.drill.event", partitions=1, carries=DrillEvent, key="drill and sequence", cleanup=Cleanup.COMPACT
)
RECEIPT = Topic(name="lianjing.receipt", partitions=1, carries=Receipt, key="source and idempotency key")

ALL_TOPICS: tuple[Topic, ...] = (
    *FEED_TOPICS.values(),
    REJECTED,
    CLOCK,
    SCORE,
    SNAPSHOT,
    ASSESSMENT,
    ALERT,
    OUTCOME,
    RUN,
    COMMAND,
    ANSWER,
    CHAIN,
    PROVIDER,
    LANE,
    DRILL_EVENT,
    RECEIPT,
)


def partition_of(group: str, partitions: int = FEED_PARTITIONS) -> int:
    """Partition of a group: CRC-32 of its UTF-8 bytes modulo the count. Ours, so that no client library can change it.

    >>> partition_of("P_QHD") == partition_of("P_QHD") < 12
    True
    """
    return zlib.crc32(group.encode()) % partitions
