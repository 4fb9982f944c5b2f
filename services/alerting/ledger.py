"""All episodes of all lanes: assessments and commands in, steps out; rebuilt from the alert topic after a restart."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

from msgspec import structs

from schemas.alert import Alert
from schemas.assessment import Assessment
from schemas.chain import Series
from schemas.command import Command
from schemas.level import Level
from services.alerting.data_alarm import data_assessments
from services.alerting.episode import Episode, decide, recalled
from services.alerting.incident import Incidents
from services.alerting.mute import Mutes
from services.alerting.orders import episode_named, obey
from services.alerting.paging import Offices, paged, reminder
from services.alerting.policy import Policy
from services.runtime.errors import InputError

Key = tuple[str, str, str, str]
"""Lane, node, product, hazard."""


class Known(Protocol):
    """What is known of chains and their series."""

    def offices(self, chain: str, node: str) -> Offices:
        """Who answers for a node; nobody when it is not known."""
        ...

    def series(self, name: str) -> Series | None:
        """A series by its id, None when it is not known."""
        ...


class Nothing:
    """Known where there is no registry."""

    def offices(self, chain: str, node: str) -> Offices:
        """Nobody."""
        del chain, node
        return Offices()

    def series(self, name: str) -> Series | None:
        """None."""
        del name
        return None


class Ledger:
    """Episodes by key. Bounded by the number of places judged in open lanes."""

    def __init__(self, policy: Policy, known: Known | None = None) -> None:
        self._policy = policy
        self._known: Known = known or Nothing()
        self._episodes: dict[Key, Episode] = {}
        self._partitions: dict[Key, int] = {}
        self._incidents = Incidents(self._provider)
        self._obeyed: set[str] = set()
        self.mutes = Mutes()

    def recall(self, alert: Alert) -> None:
        """Take over a step read back from the alert topic; the one with the newest time and highest sequence counts."""
        if alert.command_id:
            self._obeyed.add(alert.command_id)
        key = _key(alert)
        known = self._episodes.get(key)
        if known is None or (alert.opened_at, alert.sequence) > (known.last.opened_at, known.last.sequence):
            if known is not None:
                self._incidents.forget([known.last])
            self._episodes[key] = recalled(alert)
            self._incidents.recall(alert)

    def hear(self, assessment: Assessment, partition: int, position: int) -> list[Alert]:
        """Decide about one assessment, of the place and of its data; the steps to publish."""
        found = self._hear(assessment, partition, position)
        for each in data_assessments(assessment, self._known.series):
            if each.level is not Level.NORMAL or _key(each) in self._episodes:
                found += self._hear(each, partition, position)
        return found

    def order(self, command: Command) -> list[Alert]:
        """Obey a person's command about an episode; the step it brings, none when it was obeyed before. Raises InputError."""
        if command.command_id in self._obeyed:
            return []
        name = episode_named(command)
        key = next((k for k, e in self._episodes.items() if e.last.episode == name), None)
        if key is None:
            raise InputError(f"{name}: 没有这个事件 there is no such episode")
        previous = self._episodes[key]
        ordered = obey(previous, command)
        self._obeyed.add(command.command_id)
        placed = self._incidents.place(previous.last, ordered.alert)
        self._episodes[key] = structs.replace(ordered.episode, last=placed)
        return [placed]

    def open_episodes(self) -> Iterator[Episode]:
        """Episodes that are not closed."""
        return (e for e in self._episodes.values() if e.is_open())

    def is_hidden(self, episode: Episode) -> bool:
        """True while a mute hides an episode."""
        return self.mutes.hiding(episode.last, episode.heard_at) is not None

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
        self._incidents.forget(e.last for e in dropped)
        self.mutes.drop_lane(lane)
        return [e for e in dropped if e.is_open()]

    def _hear(self, assessment: Assessment, partition: int, position: int) -> list[Alert]:
        key = _key(assessment)
        before = self._episodes.get(key)
        after, alert = decide(before, assessment, self._policy, position)
        if after is None:
            return []
        self._partitions[key] = partition
        previous = before.last if before is not None and before.last.episode == after.last.episode else None
        if alert is None:
            alert = self._reminder(after, assessment.as_of)
        if alert is None:
            self._episodes[key] = after
            return []
        placed = self._placed(previous, alert, assessment.as_of)
        self._episodes[key] = structs.replace(after, last=placed)
        return [placed]

    def _reminder(self, episode: Episode, at: datetime) -> Alert | None:
        """Nothing is repeated of what is closed, or to one who hears of an older state."""
        if not episode.is_open() or at < episode.heard_at:
            return None
        return reminder(episode.last, at, is_hidden=self.is_hidden(episode))

    def _placed(self, previous: Alert | None, alert: Alert, at: datetime) -> Alert:
        placed = self._incidents.place(previous, alert)
        hiding = self.mutes.hiding(placed, at)
        offices = self._known.offices(placed.chain, placed.node)
        return paged(previous, placed, offices, "" if hiding is None else hiding.id)

    def _provider(self, name: str) -> str:
        series = self._known.series(name)
        return series.provider if series is not None else ""


def _key(noun: Assessment | Alert) -> Key:
    return (noun.lane, noun.node, noun.product, noun.hazard.value)
