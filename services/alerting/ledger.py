"""All episodes of all lanes: assessments in, steps out; rebuilt from the alert topic after a restart."""

from collections.abc import Iterator

from schemas.alert import Alert
from schemas.assessment import Assessment
from services.alerting.episode import Episode, Policy, decide, recalled

Key = tuple[str, str, str, str]
"""Lane, node, product, hazard."""


class Ledger:
    """Episodes by key. Bounded by the number of places judged in open lanes."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._episodes: dict[Key, Episode] = {}
        self._partitions: dict[Key, int] = {}

    def recall(self, alert: Alert) -> None:
        """Take over a step read back from the alert topic; the one with the newest time and highest sequence counts."""
        key = (alert.lane, alert.node, alert.product, alert.hazard.value)
        known = self._episodes.get(key)
        if known is None or (alert.opened_at, alert.sequence) > (known.last.opened_at, known.last.sequence):
            self._episodes[key] = recalled(alert)

    def hear(self, assessment: Assessment, partition: int, position: int) -> Alert | None:
        """Decide about one assessment; the step to publish, if any."""
        key = (assessment.lane, assessment.node, assessment.product, assessment.hazard.value)
        episode, alert = decide(self._episodes.get(key), assessment, self._policy, position)
        if episode is not None:
            self._episodes[key] = episode
            self._partitions[key] = partition
        return alert

    def open_episodes(self) -> Iterator[Episode]:
        """Episodes that are not closed."""
        return (e for e in self._episodes.values() if e.is_open())

    def safe_position(self, partition: int, processed: int) -> int:
        """Offset from which a restart must read this partition again to know what no step tells: the earliest such, else ``processed``."""
        begins = [
            e.reread_from
            for key, e in self._episodes.items()
            if e.reread_from is not None and self._partitions.get(key) == partition
        ]
        return min([*begins, processed])

    def drop_lane(self, lane: str) -> list[Episode]:
        """Forget a closed lane; return what was open in it."""
        keys = [k for k in self._episodes if k[0] == lane]
        dropped = [self._episodes.pop(k) for k in keys]
        return [e for e in dropped if e.is_open()]
