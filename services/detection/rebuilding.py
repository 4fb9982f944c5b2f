"""Taking a partition over: its state comes from reading its newest messages again, never from another process's memory."""

from collections.abc import Callable

from services.detection.scoring import Scorer, Told
from services.runtime.errors import UnreachableError
from services.runtime.logs import logger
from services.runtime.streams import Consumer, Partition

_log = logger("detection")
_BATCH = 500


def rebuild(
    scorer: Scorer,
    consumer: Consumer,
    partition: Partition,
    end: int,
    *,
    window: int,
    republish: int,
    now: Callable[[], float],
    timeout_s: float = 60.0,
) -> list[Told]:
    """Give ``scorer`` the state of ``partition`` just before offset ``end``; return the scores of the last ``republish`` messages.

    They are published again under the same identity, because a committed offset may have run ahead of what was published. With a window that
    reaches back to the first message, or over the last values of each series, the state equals that of a worker that never stopped.
    ``consumer`` is one without a group; its assignment is changed. ``now`` is a monotonic clock in seconds.

    Raises UnreachableError when the broker does not give the messages in time; the partition then has no state.
    """
    scorer.forget(partition)
    if end == 0:
        scorer.positions[partition] = 0
        return []
    consumer.assign([partition])
    first = consumer.beginning_offsets([partition])[partition]
    start = max(first, end - window)
    if start > 0:
        _log.info("state begins in mid-stream", topic=partition[0], partition=partition[1], start=start, end=end)
    consumer.seek(partition, start)
    again: list[Told] = []
    deadline = now() + timeout_s
    while consumer.position(partition) < end:
        if now() > deadline:
            scorer.forget(partition)
            raise UnreachableError(f"{partition} could not be read again up to {end} within {timeout_s:g} s")
        messages = [m for m in consumer.poll(0.2, most=_BATCH) if m.offset < end]
        again += [told for told in scorer.score(messages) if told.message.offset >= end - republish]
    scorer.positions[partition] = end
    return again
