"""The same count once more per root cause: one crisis that breaks ten places is one event here."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from detectors.skill.events import Episode, Event
from detectors.skill.matching import Fate, Matching


def by_cause(
    events: Sequence[Event], episodes: Sequence[Episode], matching: Matching
) -> tuple[list[Event], list[Episode], Matching]:
    """Events of the same causes become one, at the hour of the first; episodes that named the same cause and overlap become one.

    An event without known cause, and an episode that named none, stand for themselves. A root cause was foretold when an episode that matched
    any of its events opened before the first of them; the lead runs from the earliest such opening to that first event. Fates of joined episodes:
    a hit if any was one, else late, else false, else open. Accounts in the result are numbers of groups, not those that went in.
    """
    crises = _crises(events)
    alarms = _alarms(episodes)
    alarm_of = {number: a for a, members in enumerate(alarms) for number in members}
    first_events: list[Event] = []
    episode_of = np.full(len(crises), -1, dtype=np.int64)
    lead = np.full(len(crises), np.nan)
    for c, members in enumerate(crises):
        first = min((events[i] for i in members), key=lambda e: e.hour)
        first_events.append(first)
        matched = [int(matching.episode_of[i]) for i in members if matching.episode_of[i] >= 0]
        before = [n for n in matched if episodes[n].opened < first.hour]
        if before:
            earliest = min(before, key=lambda n: episodes[n].opened)
            episode_of[c], lead[c] = alarm_of[earliest], first.hour - episodes[earliest].opened
    joined = [
        Episode(
            account=a,
            opened=min(episodes[n].opened for n in members),
            closed=max(episodes[n].closed for n in members),
            cause=episodes[members[0]].cause,
        )
        for a, members in enumerate(alarms)
    ]
    fates = tuple(_joint_fate([matching.fates[n] for n in members]) for members in alarms)
    return first_events, joined, Matching(episode_of, lead, fates)


def _crises(events: Sequence[Event]) -> list[list[int]]:
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for number, event in enumerate(events):
        groups[("cause", *sorted(event.causes)) if event.causes else ("alone", number)].append(number)
    return list(groups.values())


def _alarms(episodes: Sequence[Episode]) -> list[list[int]]:
    groups: list[list[int]] = []
    standing: dict[str, tuple[int, float]] = {}
    for number in sorted(range(len(episodes)), key=lambda n: episodes[n].opened):
        each = episodes[number]
        group, until = standing.get(each.cause, (-1, -np.inf))
        if each.cause and group >= 0 and each.opened <= until:
            groups[group].append(number)
        else:
            groups.append([number])
            group, until = len(groups) - 1, -np.inf
        if each.cause:
            standing[each.cause] = (group, max(until, each.closed))
    return groups


def _joint_fate(fates: Sequence[Fate]) -> Fate:
    return next(f for f in (Fate.HIT, Fate.LATE, Fate.FALSE, Fate.OPEN) if f in fates)
