"""堵点: links and places that work at 95 % or more of what they can while goods pile up behind them, now and ahead.

Usable capacity is the configured one times what disturbances leave of it. Behind a link stands what its sender holds; behind a place what it holds
and what waits on the links into it; where a sender passes goods on without a yard, what stands further up. Held up is what stands there above
the usual stock. A place that stands still is full as soon as goods wait for it.
"""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from detectors.network.course import Target
from detectors.network.uncertainty import Floats
from services.risk.blueprint import Blueprint
from services.risk.foresight import DAY_H, Foresight

WINDOWS_D = ((0, 1), (1, 3), (3, 7), (7, 14))
"""First and last day of each window; the first is now."""
FULL = 0.95
_GROWS = 0.02  # of a day's usual flow, per day
_STANDS = 0.01
_LIKELY = 0.5
_FURTHEST = 6


class Blockage(Struct, frozen=True, kw_only=True):
    """A link (``target`` and ``product`` named) or a place (``target`` empty) blocked in a window of ``WINDOWS_D``.

    ``chance`` is the share of futures in which it is full and goods pile up behind it; the rest are means over these: ``load`` the part of its
    usable capacity in use (None: it stands still), ``held_up`` what stands behind at the end of the window, ``growth`` of it per day. ``at`` are the
    places where it stands, most first, ``at_zh`` the name of the first.
    """

    source: str
    target: str
    product: str
    unit: str
    from_day: int
    to_day: int
    chance: float
    load: float | None
    held_up: float
    growth: float
    at: tuple[str, ...]
    where_zh: str
    where_en: str
    at_zh: str


def blockages(blueprint: Blueprint, foresight: Foresight) -> list[Blockage]:
    """All that are more likely than not, window by window, the most held up first."""
    watch = _Watch(blueprint, foresight)
    found = [*watch.links(), *watch.places()]
    return sorted(found, key=lambda x: (x.from_day, -x.held_up, x.source, x.target))


class _Watch:
    def __init__(self, b: Blueprint, foresight: Foresight) -> None:
        self._b, self._foresight = b, foresight
        self._living = foresight.prospect.world.living
        self._sent, self._stock, self._waiting = foresight.sent(), foresight.stock(), foresight.waiting()

    def links(self) -> Iterator[Blockage]:
        """Links in use."""
        network, flow = self._living.network, self._living.rest.flow
        for number, link in enumerate(self._b.links):
            if flow[number] <= 0 or not np.isfinite(network.capacity[number]):
                continue
            usable = network.capacity[number] * DAY_H * self._foresight.factor(Target.LINK, number)
            source = self._b.structure.links[number].source
            yield from self._blocked(
                (link.source, link.target, link.product),
                self._sent[:, :, number],
                usable,
                [source],
                float(flow[number]),
            )

    def places(self) -> Iterator[Blockage]:
        """Places that hand on, with a limit on all of it together."""
        network, flow = self._living.network, self._living.rest.flow
        for node, index in self._living.node_index.items():
            if not np.isfinite(network.node_capacity[index]):
                continue
            out = np.flatnonzero(network.node[network.source] == index)
            held = np.unique(network.source[out]).tolist()
            usable = network.node_capacity[index] * DAY_H * self._foresight.factor(Target.NODE, index)
            usual = float(flow[out].sum())
            if usual > 0:
                product = self._b.nodes[node].product
                yield from self._blocked((node, "", product), self._sent[:, :, out].sum(axis=2), usable, held, usual)

    def _blocked(
        self, name: tuple[str, str, str], sent: Floats, usable: Floats, held: list[int], usual: float
    ) -> Iterator[Blockage]:
        parts = self._behind(held)
        behind = sum(parts.values(), np.zeros(self._stock.shape[:2]))
        (source, target, product), nodes = name, self._b.nodes
        for first, last in WINDOWS_D:
            flow, room = sent[:, first:last].sum(axis=1), usable[:, first:last].sum(axis=1)
            stands = room <= _STANDS * usual * DAY_H * (last - first)
            load = np.divide(flow, room, out=np.ones_like(flow), where=~stands)
            growth = (behind[:, last] - behind[:, first]) / (last - first)
            is_full = (load >= FULL) & (growth >= _GROWS * usual * DAY_H)
            if is_full.mean() <= _LIKELY:
                continue
            held_up = {node: float(amounts[is_full, last].mean()) for node, amounts in parts.items()}
            at = tuple(node for node in sorted(held_up, key=lambda n: -held_up[n]) if held_up[node] > 0)
            moving = is_full & ~stands
            yield Blockage(
                source=source,
                target=target,
                product=product,
                unit=self._b.nodes[source].unit.removesuffix("/d"),
                from_day=first,
                to_day=last,
                chance=float(is_full.mean()),
                load=float(load[moving].mean()) if moving.any() else None,
                held_up=sum(held_up.values()),
                growth=float(growth[is_full].mean()),
                at=at,
                where_zh=" → ".join(nodes[n].name_zh for n in (source, target) if n),
                where_en=" → ".join(nodes[n].name_en for n in (source, target) if n),
                at_zh=nodes[at[0]].name_zh if at else "",
            )

    def _behind(self, held: list[int]) -> dict[str, Floats]:
        """What stands above the usual by node (S, DAYS + 1): in yards, and waiting at the end of links into places on the way up to these."""
        found: dict[str, Floats] = {}
        reached, front = set(held), list(held)
        for _ in range(_FURTHEST):
            following: list[int] = []
            for account in front:
                node = self._b.places[account][0]
                found[node] = found.get(node, 0.0) + self._above(account)
                if self._living.network.target[account] > 0:
                    continue
                following += self._feeders(account)
            front = [a for a in dict.fromkeys(following) if a not in reached]
            reached |= set(front)
        return found

    def _feeders(self, account: int) -> list[int]:
        links = self._b.structure.in_links[account]
        found = [self._b.structure.links[k].source for k in links if self._living.rest.flow[k] > 0]
        arriving = self._b.arrival_of.get(account)
        return found if arriving is None else [*found, arriving]

    def _above(self, account: int) -> Floats:
        """Stock above the usual, and what waits at the end of the links in."""
        links = self._b.structure.in_links[account]
        above = np.maximum(self._stock[:, :, account] - self._living.network.target[account], 0.0)
        return np.asarray(above + self._waiting[:, :, links].sum(axis=2))
