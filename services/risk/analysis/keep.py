"""Which parts to guarantee now: kept running each in turn while the event runs, on the same futures; and how little of each would do."""

from collections.abc import Sequence

from msgspec import Struct, structs

from detectors.network.course import Target
from detectors.network.trajectories import Trajectories
from services.risk.analysis.keep_choice import Keep, told
from services.risk.analysis.loss import Loss, loss_of
from services.risk.analysis.part import Part, parts_in_use
from services.risk.analysis.request import Hit
from services.risk.analysis.scene import Case, Scene, lost
from services.risk.state.disruption import Disturbed
from services.risk.state.world import World

_LEVELS = (0.25, 0.5, 0.75)
_ENOUGH = 0.9
_MOST_LINKS = 30
_UNSTATED_DAYS = 7.0


class Course(Struct, frozen=True):
    """What comes of the event: losses beyond what happens anyway, the two runs they come from, and what to keep."""

    loss: Loss
    anyway: Trajectories
    found: Trajectories
    keeps: list[Keep]


class _Table:
    """Disturbances of many cases by number, so that all are told in one world."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.rows: list[Disturbed] = []
        self.standing: Case = range(len(scene.world.disturbed))

    def add(self, disturbed: Disturbed) -> int:
        self.rows.append(disturbed)
        return len(self.standing) + len(self.rows) - 1

    def world(self) -> World:
        return self._scene.with_more(self.rows)


def course_of(scene: Scene, hits: Sequence[Hit], days: float | None) -> Course:
    """Try the event, then each hit part kept at full, then each other part lost on top."""
    table = _Table(scene)
    event = [table.add(_of(hit, days)) for hit in hits]
    kept = _worth_keeping(scene, hits)
    others = _others(scene, hits)
    also = [table.add(lost(part, days=days or _UNSTATED_DAYS)) for part in others]
    standing = list(table.standing)
    cases: list[Case] = [standing, [*standing, *event]]
    cases += [[*standing, *(e for n, e in enumerate(event) if n != number)] for number in kept]
    cases += [[*standing, more] for more in also]
    cases += [[*standing, *event, more] for more in also]
    world = table.world()
    runs = scene.each(scene.futures(world), cases)
    anyway, found = next(runs), next(runs)
    base = loss_of(scene.blueprint, world, anyway)
    loss = loss_of(scene.blueprint, world, found).beyond(base)
    losses = [loss_of(scene.blueprint, world, run).beyond(base) for run in runs]
    alone, both = losses[len(kept) : -len(also)], losses[-len(also) :]
    worth = told(
        scene.blueprint,
        loss,
        [(hits[n], x) for n, x in zip(kept, losses, strict=False)],
        [(p, y.beyond(x).beyond(loss)) for p, x, y in zip(others, alone, both, strict=True)],
    )
    return Course(loss, anyway, found, _with_levels(scene, hits, days, worth, loss.total))


def event_world(scene: Scene, hits: Sequence[Hit], days: float | None) -> World:
    """The world with the event."""
    return scene.with_more([_of(hit, days) for hit in hits])


def _of(hit: Hit, days: float | None) -> Disturbed:
    return lost(hit.part, factor=hit.factor, days=days, cause="event")


def _worth_keeping(scene: Scene, hits: Sequence[Hit]) -> list[int]:
    """Hit places, and the links that carry most; users are not kept from using."""
    places = [n for n, h in enumerate(hits) if h.part.target is Target.NODE and h.factor < 1]
    links = [n for n, h in enumerate(hits) if h.part.target is Target.LINK and h.factor < 1]
    links.sort(key=lambda n: -_value(scene, hits[n].part))
    return places + links[:_MOST_LINKS]


def _others(scene: Scene, hits: Sequence[Hit]) -> list[Part]:
    """Parts that the event leaves alone: all places, and the links that carry most."""
    gone = {h.part.id for h in hits}
    parts = [p for p in parts_in_use(scene.blueprint) if p.id not in gone]
    links = sorted((p for p in parts if p.end), key=lambda p: -_value(scene, p))[:_MOST_LINKS]
    return [p for p in parts if not p.end] + links


def _value(scene: Scene, part: Part) -> float:
    flow = float(scene.world.living.rest.flow[part.index])
    return flow * scene.blueprint.nodes[part.node].value_cny_per_unit


def _with_levels(
    scene: Scene, hits: Sequence[Hit], days: float | None, keeps: Sequence[Keep], total: float
) -> list[Keep]:
    """The least level of each part that saves nine tenths of what full work saves."""
    table = _Table(scene)
    event = [table.add(_of(hit, days)) for hit in hits]
    standing = list(table.standing)
    of_part = {hit.part: number for number, hit in zip(event, hits, strict=True)}
    tries = [(n, level) for n, keep in enumerate(keeps) for level in _LEVELS if not keep.is_hit or level > keep.left]
    cases: list[Case] = [standing]
    for n, level in tries:
        keep = keeps[n]
        at_level = lost(keep.part, factor=level, days=days or (None if keep.is_hit else _UNSTATED_DAYS))
        more = table.add(_of(Hit(keep.part, level, ""), days) if keep.is_hit else at_level)
        cases.append([*standing, *(e for e in event if e != of_part.get(keep.part)), more])
    world = table.world()
    runs = scene.each(scene.futures(world), cases)
    base = loss_of(scene.blueprint, world, next(runs)).total
    levels = dict.fromkeys(range(len(keeps)), 1.0)
    for (n, level), run in zip(tries, runs, strict=True):
        keep = keeps[n]
        here = loss_of(scene.blueprint, world, run).total - base
        missing = here - (total - keep.saves_cny if keep.is_hit else total)
        if missing <= (1 - _ENOUGH) * keep.saves_cny:
            levels[n] = min(levels[n], level)
    return [structs.replace(k, level=levels[n]) for n, k in enumerate(keeps)]
