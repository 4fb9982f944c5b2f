"""Key links 关键环节: every node and link lost in turn on the same futures, ranked by expected loss; the worst pairs too."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from msgspec import Struct, structs

from services.risk.analysis.basis import Basis
from services.risk.analysis.endurance import Patience
from services.risk.analysis.loss import Loss, loss_of
from services.risk.analysis.part import Owner, Part, names, owner_of, parts_in_use
from services.risk.analysis.scene import Scene, lost
from services.risk.analysis.single_point import Ways
from services.risk.analysis.systemic import index_of_nodes
from services.runtime.clock import from_us

PAIRS_OF = 12
_PAIRS_TOLD = 15

Progress = Callable[[int, int], None]
"""Called with how many cases are done, of how many."""


class KeyLink(Struct, frozen=True, kw_only=True):
    """One part and what its loss means. Money is the mean over the futures within 30 d, beyond what happens anyway: ``users_cny`` is what final
    users do not get, ``makers_cny`` what is not made, ``not_come_cny`` goods that users do not get or take from stock. ``starves`` are the nodes that
    have no other way. ``focus_cny`` and ``focus_not_come_cny`` are the same for the node asked for alone. Hours as in ``Endurance``; ``esri`` for
    nodes."""

    rank: int
    id: str
    is_node: bool
    name_zh: str
    name_en: str
    loss_cny: float
    users_cny: float
    makers_cny: float
    not_come_cny: float
    focus_cny: float | None
    focus_not_come_cny: float | None
    survive_to_minimum_h: float | None
    survive_to_zero_h: float | None
    recover_p50_h: float
    recover_p90_h: float
    is_exposed: bool
    starves: list[str]
    esri: float | None
    owner: Owner


class Pair(Struct, frozen=True):
    """Two parts lost together: their loss, and what it is more than the sum of both alone."""

    first: str
    second: str
    name_zh: str
    name_en: str
    loss_cny: float
    more_than_sum_cny: float


class KeyLinks(Struct, frozen=True, kw_only=True):
    """The ranking. ``focus`` is the node it was asked for, empty for all."""

    basis: Basis
    focus: str
    links: list[KeyLink]
    pairs: list[Pair] = []


def key_links(
    scene: Scene,
    basis: Basis,
    *,
    focus: str = "",
    with_pairs: bool = False,
    with_background: bool = False,
    progress: Progress | None = None,
) -> KeyLinks:
    """Rank all parts, background sources only if wanted. With ``focus`` by what that node loses, then by its time to survive, then by what
    does not come to it. Raises KeyError for an unknown node.
    """
    b = scene.blueprint
    place = list(b.nodes).index(b.nodes[focus].id) if focus else -1
    parts = [p for p in parts_in_use(b, with_background=with_background) if p.node != focus or p.end]
    pairs = 0 if not with_pairs else PAIRS_OF * (PAIRS_OF - 1) // 2
    tell = _counted(progress, 2 * len(parts) + pairs)
    found = _losses(scene, [[p] for p in parts], tell)
    patience, ways = Patience(b, scene.world, scene.rules.priors, focus), Ways(b, from_us(scene.world.as_of_us).date())
    indices = index_of_nodes(b)
    ranked: list[KeyLink] = []
    for part, loss in zip(parts, found, strict=True):
        ranked.append(_key_link(scene, part, loss, place, patience, ways, indices))
        tell()
    order = sorted(range(len(parts)), key=lambda i: _weight(ranked[i], is_focus=bool(focus)))
    links = [_ranked(ranked[i], rank) for rank, i in enumerate(order, 1)]
    worst = [(parts[i], found[i]) for i in order[:PAIRS_OF]]
    return KeyLinks(basis=basis, focus=focus, links=links, pairs=_pairs(scene, worst, tell) if with_pairs else [])


def _losses(scene: Scene, cases: Sequence[Sequence[Part]], tell: Callable[[], None]) -> list[Loss]:
    """The loss of each case beyond what happens anyway."""
    parts = list(dict.fromkeys(p for case in cases for p in case))
    world = scene.with_more([lost(p) for p in parts])
    standing = range(len(scene.world.disturbed))
    number = {p: len(standing) + i for i, p in enumerate(parts)}
    futures = scene.futures(world)
    anyway = loss_of(scene.blueprint, world, next(scene.each(futures, [standing])))
    found = []
    for run in scene.each(futures, [[*standing, *(number[p] for p in case)] for case in cases]):
        found.append(loss_of(scene.blueprint, world, run).beyond(anyway))
        tell()
    return found


def _key_link(
    scene: Scene, part: Part, loss: Loss, place: int, patience: Patience, ways: Ways, indices: dict[str, float]
) -> KeyLink:
    zh, en = names(scene.blueprint, part)
    endurance = patience.of(part)
    own = float(loss.users[place] + loss.makers[place]) if place >= 0 else None
    return KeyLink(
        rank=0,
        id=part.id,
        is_node=not part.end,
        name_zh=zh,
        name_en=en,
        loss_cny=_money(loss.total),
        users_cny=_money(loss.users.sum()),
        makers_cny=_money(loss.makers.sum()),
        not_come_cny=_money(loss.not_come.sum()),
        focus_cny=None if own is None else _money(own),
        focus_not_come_cny=_money(loss.not_come[place]) if place >= 0 else None,
        survive_to_minimum_h=endurance.to_minimum_h,
        survive_to_zero_h=endurance.to_zero_h,
        recover_p50_h=endurance.recover_p50_h,
        recover_p90_h=endurance.recover_p90_h,
        is_exposed=endurance.is_exposed,
        starves=ways.starved_without(part),
        esri=None if part.end else indices[part.node],
        owner=owner_of(scene.blueprint, part),
    )


def _weight(link: KeyLink, *, is_focus: bool) -> tuple[float, ...]:
    hours = link.survive_to_minimum_h if link.survive_to_minimum_h is not None else np.inf
    if is_focus:
        return (-(link.focus_cny or 0.0), float(hours), -(link.focus_not_come_cny or 0.0), -link.loss_cny)
    return (-link.loss_cny, float(hours), 0.0, 0.0)


def _ranked(link: KeyLink, rank: int) -> KeyLink:
    return structs.replace(link, rank=rank)


def _pairs(scene: Scene, worst: list[tuple[Part, Loss]], tell: Callable[[], None]) -> list[Pair]:
    """The worst pairs of the worst parts; a link and its own end are one loss, not two."""
    chosen = [(x, y) for x, y in combinations(worst, 2) if not _are_one(x[0], y[0])]
    found = _losses(scene, [[x[0], y[0]] for x, y in chosen], tell)
    told = []
    for (x, y), loss in zip(chosen, found, strict=True):
        (zh1, en1), (zh2, en2) = names(scene.blueprint, x[0]), names(scene.blueprint, y[0])
        more = loss.total - x[1].total - y[1].total
        told.append(Pair(x[0].id, y[0].id, f"{zh1} + {zh2}", f"{en1} + {en2}", _money(loss.total), _money(more)))
    return sorted(told, key=lambda p: -p.more_than_sum_cny)[:_PAIRS_TOLD]


def _are_one(x: Part, y: Part) -> bool:
    return bool({x.node, x.end} & {y.node, y.end} - {""}) and bool(x.end) != bool(y.end)


def _money(value: float) -> float:
    """CNY, not below 0 but for differences of sums; to the thousand, for no more is known."""
    return round(float(value), -3) + 0.0


def _counted(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def tell() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, total), total)

    return tell
