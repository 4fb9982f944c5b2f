"""A world on which many cases are tried, all on the same futures."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from msgspec import structs

from detectors.network.course import Courses
from detectors.network.state import State
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from services.risk.analysis.part import Part, node_part
from services.risk.blueprint import Blueprint
from services.risk.evidence import Evidence
from services.risk.prospect import Prospect, Seer
from services.risk.rules import RuleSet
from services.risk.state.disruption import Disturbed
from services.risk.state.futures import Futures
from services.risk.state.world import Watchtower, World

FUTURES = 8
STILL_DAYS = 14.0
_TOGETHER = 256

Case = Sequence[int]
"""Numbers of the disturbances that happen in a case."""


class Scene:
    """One world to try cases on, taken as it was seen: nothing is read from evidence any more."""

    def __init__(self, blueprint: Blueprint, world: World, rules: RuleSet) -> None:
        self.blueprint, self.world, self.rules = blueprint, world, rules
        self.seer = Seer(blueprint, Evidence(), rules)

    def without(self, nodes: Sequence[str], days: float = STILL_DAYS) -> "Scene":
        """The same with nodes that stand still for so many days from now. Raises KeyError for an unknown node."""
        # Named otherwise than cases are, so that a case of the same node on top draws for itself.
        still = [structs.replace(lost(node_part(self.blueprint, n), days=days), name=f"supposed {n}") for n in nodes]
        return Scene(self.blueprint, self.with_more(still), self.rules) if still else self

    def look_ahead(self, world: World) -> Prospect:
        """The prospect of a world of this scene."""
        return self.seer.look_ahead(world)

    def with_more(self, more: Sequence[Disturbed]) -> World:
        """The world with further disturbances, behind those it has."""
        return structs.replace(self.world, disturbed=(*self.world.disturbed, *more))

    def futures(self, world: World, count: int = FUTURES) -> Futures:
        """The first futures of a world of this scene, not run."""
        return self.seer.futures(world).first(count)

    def each(self, futures: Futures, cases: Sequence[Case]) -> Iterator[Trajectories]:
        """What comes of each case, in order; a few hundred futures are run together."""
        count = futures.quiet.scenarios
        together = max(1, _TOGETHER // count)
        for first in range(0, len(cases), together):
            some = cases[first : first + together]
            state = _tiled(futures.state, len(some), count)
            courses = Courses.beside([_together(futures, case) for case in some], self.seer.steps)
            found = self.seer.run(self.world, state, courses)
            for number in range(len(some)):
                yield _cut(found, slice(number * count, (number + 1) * count))


def scene_at_rest(blueprint: Blueprint, rules: RuleSet, as_of_us: int) -> Scene:
    """A scene of the configured normal stocks, exactly, with nothing disturbed; only the calendar is that of the moment."""
    world = Watchtower(blueprint, Evidence(), rules.priors).see(as_of_us)
    stock = structs.replace(world.stock, spread=np.zeros_like(world.stock.spread))
    return Scene(blueprint, structs.replace(world, stock=stock), rules)


def lost(part: Part, *, factor: float = 0.0, days: float | None = None, cause: str = "") -> Disturbed:
    """A part that works at ``factor``: for so many days, else for as long as the priors of its kind say. Parts of one ``cause`` share their chance
    draws, and a part alone has always the same, so that cases differ by the part and nothing else.
    """
    return Disturbed(
        name=f"what-if {cause or part.id}",
        target=part.target,
        index=part.index,
        node=part.node,
        kind=part.kind,
        factor=factor,
        since_h=0.0,
        ends_h=None if days is None else 24.0 * days,
        why="what-if",
    )


def _together(futures: Futures, case: Case) -> Courses:
    """The quiet course with the disturbances of a case; as ``Futures.courses``, without a copy per disturbance."""
    rows = dict(futures.quiet.rows)
    for number in case:
        for part, row in futures.happenings[number].rows.items():
            rows[part] = rows[part] * row if part in rows else row
    return Courses(futures.quiet.scenarios, rows)


def _tiled(state: State, times: int, count: int) -> State:
    def each(values: Floats | None) -> Floats | None:
        return (
            np.tile(values, (times, 1))
            if values is not None and values.shape[0] == count and values.ndim == 2
            else values
        )

    stock, transit = each(state.stock), each(state.transit)
    assert stock is not None  # a state always has both
    assert transit is not None
    return State(stock, transit, each(state.held), each(state.expected), state.profile)


def _cut(found: Trajectories, of: slice) -> Trajectories:
    """Some scenarios of a run."""
    return replace(
        found,
        to_minimum=found.to_minimum[of],
        to_zero=found.to_zero[of],
        to_maximum=found.to_maximum[of],
        to_short=found.to_short[of],
        stock=found.stock[of],
        unserved=found.unserved[of],
        made=found.made[of],
    )
