"""Possible futures of a world: what is disturbed, planned and restless, as courses the engine runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from msgspec import Struct

from detectors.network.course import Courses, Target
from detectors.network.state import State
from detectors.network.uncertainty import Draws
from services.risk.blueprint import Blueprint
from services.risk.evidence import HOUR_US
from services.risk.state.disruption import Disturbed
from services.risk.state.estimate import Floats
from services.risk.state.network import ROOM
from services.risk.state.notices import Ending
from services.risk.state.priors import Planned, Priors, YearlyRest
from services.risk.state.world import World
from services.runtime.clock import from_us

LINK_IS_NEAR = 0.7
"""Part of a link's capacity that usual flow takes from which on a smaller capacity than known would be felt."""
_STATED_END_SPREAD = 0.15
_FADE = 4.0


class Futures(Struct, frozen=True):
    """``quiet`` (unrest and plans) is laid over every future; ``happenings`` are the courses of each disturbance by itself, in the world's order.
    ``slopes`` (S) are standard normal numbers for trends of stocks whose suppliers are not in the chain."""

    state: State
    quiet: Courses
    happenings: tuple[Courses, ...]
    slopes: Floats

    def first(self, count: int) -> "Futures":
        """The first futures only."""
        stock = self.state.stock[:count]
        return Futures(
            state=replace(self.state, stock=stock),
            quiet=_first(self.quiet, count),
            happenings=tuple(_first(h, count) for h in self.happenings),
            slopes=self.slopes[:count],
        )

    def courses(self, chosen: Sequence[int] | None = None) -> Courses:
        """Everything together, or with the chosen disturbances only."""
        happening = [c for number, c in enumerate(self.happenings) if chosen is None or number in chosen]
        return Courses.product([self.quiet, *happening])


class Teller:
    """Tells the futures of worlds of one chain. Draws are kept: the same numbers at every moment, so that outlooks change with the world alone."""

    def __init__(self, blueprint: Blueprint, priors: Priors, grid: Floats) -> None:
        self._b, self._priors, self._grid = blueprint, priors, grid
        self.draws = Draws(priors.scenarios, priors.seed)
        self._unrest: tuple[int, dict[tuple[Target, int], Floats]] | None = None

    def futures(self, world: World) -> Futures:
        """Futures of a world."""
        count = self.draws.count
        factors = dict(self._restless(world))
        for part, factor in self._planned(world).items():
            factors[part] = factors[part] * factor if part in factors else np.broadcast_to(factor, (count, len(factor)))
        return Futures(
            state=State(
                stock=self._stocks(world), transit=world.transit, profile=world.profile, expected=world.expected
            ),
            quiet=Courses.from_factors(count, self._grid, factors),
            happenings=tuple(self._happening(d) for d in world.disturbed),
            slopes=self.draws.normal("slope")[:, 0],
        )

    def _stocks(self, world: World) -> Floats:
        stock = np.tile(np.where(world.living.network.target > 0, world.stock.value, 0.0), (self.draws.count, 1))
        for account in np.flatnonzero(world.living.network.target > 0).tolist():
            node, product = self._b.places[account]
            drawn = self.draws.normal(f"stock {node} {product}")[:, 0]
            value = world.stock.value[account] + world.stock.spread[account] * drawn
            stock[:, account] = np.clip(
                value, 0.0, np.maximum(world.living.network.maximum[account], stock[0, account])
            )
        return stock

    def _restless(self, world: World) -> dict[tuple[Target, int], Floats]:
        """Unrest of demand, supply and capacity; the same for all worlds of a day."""
        if self._unrest is None or self._unrest[0] != world.lesson:
            self._unrest = (world.lesson, self._draw_unrest(world))
        return self._unrest[1]

    def _draw_unrest(self, world: World) -> dict[tuple[Target, int], Floats]:
        found: dict[tuple[Target, int], Floats] = {}
        steps = self._grid[:-1]
        network = world.living.network
        for account in np.flatnonzero((network.demand > 0) & (network.target > 0)).tolist():
            node, product = self._b.places[account]
            found[(Target.DEMAND, account)] = self.draws.path(
                f"use {node} {product}", self._priors.demand.unrest(), steps
            )
        for number, maker in enumerate(network.makers):
            node = self._b.places[maker.output][0]
            if self._b.nodes[node].kind in ("mine", "external_supply", "border_port"):
                found[(Target.MAKER, number)] = self.draws.path(f"made {node}", self._priors.supply.unrest(), steps)
        spread = self._priors.capacity_spread
        for node, index in world.living.node_index.items():
            if np.isfinite(network.node_capacity[index]) and spread > 0:
                level = self.draws.factor(f"capacity {node}", spread)
                found[(Target.NODE, index)] = np.repeat(level[:, None], len(steps), axis=1)
        return found | self._drawn_links(world)

    def _drawn_links(self, world: World) -> dict[tuple[Target, int], Floats]:
        """What links can bring is known roughly: a lasting draw each, never below what usual flow needs; one with room to spare keeps its own."""
        network, spread = world.living.network, self._priors.link_spread
        needs = world.living.rest.flow / np.maximum(network.capacity, 1e-12)
        near = (network.capacity > 0) & np.isfinite(network.capacity) & (needs > LINK_IS_NEAR)
        found: dict[tuple[Target, int], Floats] = {}
        for number in np.flatnonzero(near if spread > 0 else np.zeros_like(near)).tolist():
            link = self._b.links[number]
            drawn = self.draws.factor(f"link {link.source} {link.target} {link.product}", spread)
            level = np.maximum(drawn, ROOM * needs[number])
            found[(Target.LINK, number)] = np.repeat(level[:, None], len(self._grid) - 1, axis=1)
        return found

    def _happening(self, d: Disturbed) -> Courses:
        """The disturbance in each future."""
        happens = self.draws.uniform(f"{d.name} happens")[:, 0] < d.chance
        ends = d.starts_h + self._lasts(d)
        return Courses.of_one((d.target, d.index), d.starts_h, d.factor, ends, self._back(d, ends), happens, self._grid)

    def _lasts(self, d: Disturbed) -> Floats:
        """Hours it still lasts: in each future by the ending that holds there."""
        if d.told is not None:
            return np.maximum(d.told.lasts(self.draws.uniform(f"{d.name} lasts")[:, 0]) - d.starts_h, 0.0)
        found = self._lasts_by(d, Ending(d.ends_h, d.is_overdue, 1.0))
        if d.rivals:
            drawn, edge = self.draws.uniform(f"{d.name} whose")[:, 0], 0.0
            for rival in d.rivals:
                holds = (drawn >= edge) & (drawn < edge + rival.weight)
                found = np.where(holds, self._lasts_by(d, rival), found)
                edge += rival.weight
        return found

    def _lasts_by(self, d: Disturbed, ending: Ending) -> Floats:
        uniform = self.draws.uniform(f"{d.name} lasts")[:, 0]
        if ending.ends_h is not None and not ending.is_overdue:
            width = _STATED_END_SPREAD * self.draws.normal(f"{d.name} lasts")[:, 0]
            return np.asarray(np.maximum(ending.ends_h - d.starts_h, 0.0) * np.exp(width))
        left = self._priors.duration_of(d.kind).remaining(uniform, d.since_h)
        if ending.ends_h is not None:
            left = np.minimum(left, ending.ends_h * uniform / (1.0 - uniform))
        return np.asarray(0.3 * left) if d.is_easing else left

    def _back(self, d: Disturbed, ends: Floats) -> Floats:
        """Hours of the way back: of the whole outage a share from none to twice the usual one."""
        tail = self._priors.duration_of(d.kind).tail
        share = 2.0 * tail * self.draws.uniform(f"{d.name} back")[:, 0]
        return np.asarray(share * np.minimum(d.since_h + ends, 2000.0))

    def _planned(self, world: World) -> dict[tuple[Target, int], Floats]:
        """Factors (K) of the calendar where it differs from 1."""
        begin = self._grid[:-1]
        at = from_us(world.as_of_us)
        found: dict[tuple[Target, int], Floats] = {}
        for plan in self._priors.planned:
            inside = _inside(plan, at, begin)
            if not inside.any():
                continue
            for part, factor in self._parts_of(plan, world):
                found[part] = found.get(part, np.ones(len(begin))) * np.where(inside, factor, 1.0)
        for rest in self._priors.rests:
            strength = _strength(rest, at, begin)
            if strength.any():
                self._add_rest(rest, strength, world, found)
        return found

    def _parts_of(self, plan: Planned, world: World) -> list[tuple[tuple[Target, int], float]]:
        found: list[tuple[tuple[Target, int], float]] = []
        for node in self._b.nodes.values():
            if node.id not in plan.nodes and node.kind not in plan.kinds:
                continue
            if plan.factor != 1.0:
                found.append(((Target.NODE, world.living.node_index[node.id]), plan.factor))
            account = self._b.account[(node.id, node.product)]
            if plan.use_factor != 1.0 and world.living.network.demand[account] > 0:
                found.append(((Target.DEMAND, account), plan.use_factor))
        return found

    def _add_rest(
        self, rest: YearlyRest, strength: Floats, world: World, found: dict[tuple[Target, int], Floats]
    ) -> None:
        now = float(strength[0])
        for account, (node, product) in enumerate(self._b.places):
            depth = rest.use.get(product, 0.0)
            if depth and world.living.network.demand[account] > 0:
                factor = (1.0 - depth * strength) / (1.0 - depth * now)
                found[(Target.DEMAND, account)] = found.get((Target.DEMAND, account), np.ones(len(strength))) * factor
            maker = world.living.maker_of.get(account)
            depth = rest.output.get(self._b.nodes[node].kind, 0.0)
            if depth and maker is not None:
                part = (Target.MAKER, maker)
                found[part] = found.get(part, np.ones(len(strength))) * (1.0 - depth * strength)


def _first(courses: Courses, count: int) -> Courses:
    kept = min(count, courses.scenarios)
    return Courses(kept, {part: values[:, :kept] for part, values in courses.rows.items()})


def _inside(plan: Planned, at: datetime, begin: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    first, last = ((m - at).total_seconds() / 3600 for m in (plan.starts, plan.ends))
    return np.asarray((begin >= first) & (begin < last))


def _strength(rest: YearlyRest, at: datetime, begin: Floats) -> Floats:
    """How far the country rests at each step: 1 in the middle, rising and fading over four days."""
    local = at + timedelta(microseconds=8 * HOUR_US)
    strength = np.zeros(len(begin))
    for first in rest.first_days:
        start = datetime(first.year, first.month, first.day, tzinfo=local.tzinfo)
        offset = (local - start).total_seconds() / 86400 + begin / 24.0
        rises, fades = (offset + rest.days_before) / _FADE, (rest.days_after - offset) / _FADE
        strength = np.maximum(strength, np.clip(np.minimum(rises, fades), 0.0, 1.0))
    return strength
