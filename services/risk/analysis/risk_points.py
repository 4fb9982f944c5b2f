"""The inventory of risk points 断供断链风险点: parts whose loss empties somebody before they are back, or leaves somebody without any way."""

from collections.abc import Sequence

from msgspec import Struct

from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLink, KeyLinks, Pair, Progress, key_links
from services.risk.analysis.lacks import questions_of
from services.risk.analysis.part import Part, parts_in_use
from services.risk.analysis.remedy_advice import Advice, advise
from services.risk.analysis.scene import Scene, lost

MOST_REMEDIES = 60


class RiskPoint(Struct, frozen=True, kw_only=True):
    """A part that is at risk of breaking others, why, and what could be done. ``reasons``: ``single`` somebody has no other way, ``exposed`` users
    are at their minimum before it is back, ``users_lose`` final users lose within 30 d. Coordinates are approximate ±20 km: ``is_illustrative``; a
    link has those of both ends. ``remedy`` is None beyond the first 60, which lose most."""

    link: KeyLink
    reasons: list[str]
    lat: float
    lon: float
    end_lat: float | None
    end_lon: float | None
    admin_code: str
    is_illustrative: bool
    remedy: Advice | None


class RiskPoints(Struct, frozen=True, kw_only=True):
    """The inventory, worst first."""

    basis: Basis
    points: list[RiskPoint]
    pairs: list[Pair] = []


def risk_points(
    scene: Scene,
    basis: Basis,
    *,
    with_pairs: bool = False,
    with_background: bool = False,
    progress: Progress | None = None,
) -> RiskPoints:
    """Find the risk points of a scene."""
    ranking = key_links(scene, basis, with_pairs=with_pairs, with_background=with_background, progress=progress)
    return inventory_of(scene, ranking)


def inventory_of(scene: Scene, ranking: KeyLinks) -> RiskPoints:
    """The risk points of a ranking of the same scene."""
    parts = {p.id: p for p in parts_in_use(scene.blueprint, with_background=True)}
    chosen = [(k, reasons_of(k)) for k in ranking.links if reasons_of(k)]
    remedies = _remedies(scene, [parts[k.id] for k, _ in chosen[:MOST_REMEDIES]])
    points = [
        _point(scene, k, reasons, remedies[i] if i < len(remedies) else None) for i, (k, reasons) in enumerate(chosen)
    ]
    return RiskPoints(basis=ranking.basis, points=points, pairs=ranking.pairs)


def reasons_of(link: KeyLink) -> list[str]:
    """Why a part is a risk point; empty when it is none."""
    reasons = []
    if link.starves:
        reasons.append("single")
    if link.is_exposed:
        reasons.append("exposed")
    if link.users_cny > 0:
        reasons.append("users_lose")
    return reasons


def _remedies(scene: Scene, parts: Sequence[Part]) -> list[Advice]:
    world = scene.with_more([lost(p) for p in parts])
    first = len(scene.world.disturbed)
    futures = scene.futures(world)
    standing = list(range(first))
    runs = scene.each(futures, [standing, *([*standing, first + n] for n in range(len(parts)))])
    anyway = next(runs)
    return [
        advise(scene.blueprint, questions_of(scene.blueprint, world, anyway, run, [part]))
        for part, run in zip(parts, runs, strict=True)
    ]


def _point(scene: Scene, link: KeyLink, reasons: list[str], remedy: Advice | None) -> RiskPoint:
    ends = [scene.blueprint.nodes[name] for name in link.id.split(":")[:2] if name in scene.blueprint.nodes]
    start, end = ends[0], ends[1] if len(ends) > 1 else None
    return RiskPoint(
        link=link,
        reasons=reasons,
        lat=start.lat,
        lon=start.lon,
        end_lat=end.lat if end else None,
        end_lon=end.lon if end else None,
        admin_code=start.admin_code,
        is_illustrative=start.is_illustrative,
        remedy=remedy,
    )
