"""Which of many parts are worth telling: what the event hits and what saves most, what each worst-off place hangs on, and what else must not fail."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from services.risk.analysis.loss import Loss
from services.risk.analysis.part import Part
from services.risk.analysis.request import Hit
from services.risk.blueprint import Blueprint
from services.risk.state.network import HANDS_ON

_HITS, _OTHERS, _WORST = 8, 6, 5
_LEAST_CNY = 10_000.0
_DAYS = 30.0
_SAME = 0.5


class Keep(Struct, frozen=True):
    """A part, whether the event hits it, what is left of it (1 where not hit), what guaranteeing it saves within 30 d, and the least level (of
    capacity) that saves nine tenths of that. A part that is not hit saves what its loss would cost more now than at another time. ``helps`` are the
    nodes whose loss it spares, most first."""

    part: Part
    is_hit: bool
    left: float
    saves_cny: float
    level: float
    helps: tuple[str, ...] = ()


def told(
    blueprint: Blueprint, loss: Loss, kept: Sequence[tuple[Hit, Loss]], others: Sequence[tuple[Part, Loss]]
) -> list[Keep]:
    """Hit parts first, each with the loss that is left when it is kept; then others, each with what its loss would cost more now. A link beside
    a node that is told already says nothing new."""
    hits = [(_keep(blueprint, hit, loss.beyond(left)), left) for hit, left in kept]
    best = sorted(hits, key=lambda h: -h[0].saves_cny)
    must = [_helper(blueprint, loss, hits, node) for node in _worst(blueprint, loss)]
    chosen = list(dict.fromkeys([keep for keep in must if keep is not None] + [keep for keep, _ in best]))
    first = _apart(blueprint, [k for k in chosen if k.saves_cny >= _LEAST_CNY], {k for k in must if k})[:_HITS]
    first.sort(key=lambda k: -k.saves_cny)
    more = [Keep(p, False, 1.0, x.total, 1.0, _helped(blueprint, x)) for p, x in others if x.total >= _LEAST_CNY]
    rest = sorted(more, key=lambda k: -k.saves_cny)
    return first + _apart(blueprint, rest, set())[:_OTHERS]


def _keep(b: Blueprint, hit: Hit, saved: Loss) -> Keep:
    return Keep(hit.part, True, hit.factor, saved.total, 1.0, _helped(b, saved))


def _helped(b: Blueprint, saved: Loss) -> tuple[str, ...]:
    nodes, by_node = list(b.nodes), saved.users + saved.makers
    return tuple(nodes[n] for n in np.argsort(-by_node, kind="stable").tolist() if by_node[n] >= _LEAST_CNY)


def _worst(b: Blueprint, loss: Loss) -> list[int]:
    """Numbers of the nodes that lose the largest parts of their own month."""
    month = np.array([_DAYS * n.normal_throughput * n.value_cny_per_unit for n in b.nodes.values()])
    lost = loss.users + loss.makers
    part = np.divide(lost, month, out=np.zeros_like(lost), where=month > 0)
    return [n for n in np.argsort(-part, kind="stable").tolist() if lost[n] >= _LEAST_CNY][:_WORST]


def _helper(b: Blueprint, loss: Loss, hits: Sequence[tuple[Keep, Loss]], node: int) -> Keep | None:
    """The hit part that helps a node most, other than the node itself."""
    name = list(b.nodes)[node]
    found = [
        (float(loss.users[node] + loss.makers[node] - left.users[node] - left.makers[node]), keep)
        for keep, left in hits
        if keep.part.id != name
    ]
    saved, keep = max(found, key=lambda f: f[0], default=(0.0, None))
    return keep if saved >= _LEAST_CNY else None


def _apart(b: Blueprint, keeps: Sequence[Keep], must: set[Keep]) -> list[Keep]:
    """Without links that begin or end at a transit node that is told and saves about as much."""
    nodes = {k.part.node: k.saves_cny for k in keeps if not k.part.end}

    def is_same(keep: Keep) -> bool:
        ends = (e for e in (keep.part.node, keep.part.end) if e in nodes and b.nodes[e].kind in HANDS_ON)
        return bool(keep.part.end) and any(nodes[e] >= _SAME * keep.saves_cny for e in ends)

    return [k for k in keeps if k in must or not is_same(k)]
