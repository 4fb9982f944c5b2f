"""Which warning foretold which event."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from detectors.skill.events import Episode, Event

MOST_LEAD_H = 336.0


class Fate(StrEnum):
    """What became of an episode.

    HIT: it stood when an event began, which it matched. LATE: it opened while the condition of an event already held. FALSE: it closed without
    an event, or none came within 14 days. OPEN: it stood at the end of the record, less than 14 days old: undecided, counted nowhere.
    """

    HIT = "hit"
    LATE = "late"
    FALSE = "false"
    OPEN = "open"


@dataclass(frozen=True)
class Matching:
    """``episode_of`` gives for each event the number of its episode, -1 for a miss; ``lead_h`` event minus opening, NaN for a miss."""

    episode_of: npt.NDArray[np.int64]
    lead_h: npt.NDArray[np.float64]
    fates: tuple[Fate, ...]


def match(
    events: Sequence[Event], episodes: Sequence[Episode], until_h: float, most_lead_h: float = MOST_LEAD_H
) -> Matching:
    """Match events and episodes of the same account; the record ends at ``until_h``.

    A hit: the episode opened before the event, at most ``most_lead_h`` before, and was open at it. An episode matches at most one event. Where
    episodes of an account overlap, the event takes the one that ends first, which makes the most matches (earliest deadline first).
    Raises ValueError when ``until_h`` is not finite or lies before an event or an opening.
    """
    latest = max([e.hour for e in events] + [e.opened for e in episodes], default=-math.inf)
    if not math.isfinite(until_h) or latest > until_h:
        raise ValueError(
            f"the record ends at {until_h}, the last event or opening is at {latest}; a later end is right"
        )
    numbers: dict[int, list[int]] = defaultdict(list)
    for number, episode in enumerate(episodes):
        numbers[episode.account].append(number)
    taken: dict[int, int] = {}
    for which in sorted(range(len(events)), key=lambda i: events[i].hour):
        event = events[which]
        fitting = [n for n in numbers[event.account] if n not in taken and _foretells(episodes[n], event, most_lead_h)]
        if fitting:
            best = min(
                fitting, key=lambda n: (min(episodes[n].closed, episodes[n].opened + most_lead_h), episodes[n].opened)
            )
            taken[best] = which
    episode_of = np.full(len(events), -1, dtype=np.int64)
    lead = np.full(len(events), np.nan)
    for number, which in taken.items():
        episode_of[which] = number
        lead[which] = events[which].hour - episodes[number].opened
    of_account: dict[int, list[Event]] = defaultdict(list)
    for event in events:
        of_account[event.account].append(event)
    fates = tuple(
        Fate.HIT if n in taken else _fate(e, of_account[e.account], until_h, most_lead_h)
        for n, e in enumerate(episodes)
    )
    return Matching(episode_of, lead, fates)


def _foretells(episode: Episode, event: Event, most_lead_h: float) -> bool:
    return episode.is_open_at(event.hour) and event.hour - episode.opened <= most_lead_h


def _fate(episode: Episode, events: Sequence[Event], until_h: float, most_lead_h: float) -> Fate:
    """Fate of an episode that matched nothing."""
    if any(e.hour <= episode.opened < e.hour + e.lasted_h for e in events):
        return Fate.LATE
    is_standing = episode.closed > until_h
    return Fate.OPEN if is_standing and until_h - episode.opened < most_lead_h else Fate.FALSE
