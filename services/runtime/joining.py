"""A group is joined once, not again and again: mends how kafka-python 3.0 treats the answer to a join."""

from typing import Any


def keep_answers_to_joins(consumer: Any) -> None:
    """Let the answer to a join that comes between two polls be applied by the next poll.

    kafka-python 3.0 takes an answer up only if ``poll`` is waiting for it; one that comes while its caller works is thrown away and asked for anew
    (``join_group_async`` begins another join when the last is done). If the member leads the group, each such join has everybody's partitions
    distributed anew, which ends only when an answer happens to come during a poll.
    """
    coordinator = consumer._coordinator  # no public way; a test watches it
    if coordinator is None:
        return
    ask = coordinator._do_join_and_sync_async
    kept: list[tuple[Any, bytes]] = []

    async def ask_once() -> bytes:
        """The answer to the last join while it waits to be applied, else that of a new join. Raises what the join raises."""
        answers = [answer for generation, answer in kept if generation is coordinator._generation]
        kept.clear()
        if not (answers and coordinator.rebalance_in_progress()):
            answers = [await ask()]
            kept.append((coordinator._generation, answers[0]))
        return answers[0]

    coordinator._do_join_and_sync_async = ask_once
