"""What if: an event on chosen parts of a chain; who breaks when, the key links to guarantee now, and the list of what must keep running."""

from msgspec import Struct

from services.risk.analysis.basis import Basis
from services.risk.analysis.breaks import Break, breaks_of
from services.risk.analysis.guarantee import Guarantee, guarantees
from services.risk.analysis.keep import course_of, event_world
from services.risk.analysis.kinds import Settings
from services.risk.analysis.lacks import questions_of
from services.risk.analysis.part import names
from services.risk.analysis.remedy_advice import Advice, advise
from services.risk.analysis.request import Hit, Request, days_of, hits_of, kind_of
from services.risk.analysis.scene import Scene
from services.risk.blueprint import Blueprint

_CLOSED = 0.05


class HitRow(Struct, frozen=True, kw_only=True):
    """A part that the event hits, the ``factor`` that is left (of use, for users), and where that number is from."""

    id: str
    is_node: bool
    name_zh: str
    name_en: str
    admin_code: str
    factor: float
    mark: str


class WhatIf(Struct, frozen=True, kw_only=True):
    """The answer, in the order in which it is read: who breaks when, what to guarantee, what must keep running. ``days`` None: by the priors of
    each kind of place. Losses are means within 30 d beyond what happens anyway; goods lost at several steps count at each."""

    basis: Basis
    title_zh: str
    title_en: str
    request: Request
    kind_zh: str
    kind_en: str
    days: float | None
    days_mark: str
    hits: list[HitRow]
    loss_cny: float
    users_cny: float
    breaks: list[Break]
    guarantees: list[Guarantee]
    remedy: Advice


def what_if(scene: Scene, basis: Basis, request: Request, settings: Settings) -> WhatIf:
    """Try an event on a scene. Raises InputError for a request that makes no sense."""
    b = scene.blueprint
    kind, hits = kind_of(request, settings), hits_of(b, request, settings)
    days = days_of(request, kind)
    before = scene.look_ahead(scene.world)
    after = scene.look_ahead(event_world(scene, hits, days))
    course = course_of(scene, hits, days)
    breaks = breaks_of(b, before, after, course.loss, scene.rules)
    closed = {h.part.node for h in hits if h.factor <= _CLOSED and not h.part.end}
    gone = [h.part for h in hits if h.factor < 1]
    title_zh, title_en = _title(b, request, settings, kind.name_zh, kind.name_en)
    return WhatIf(
        basis=basis,
        title_zh=title_zh,
        title_en=title_en,
        request=request,
        kind_zh=kind.name_zh,
        kind_en=kind.name_en,
        days=days,
        days_mark="days" if request.days else kind.days_mark,
        hits=[_hit_row(scene, hit) for hit in hits],
        loss_cny=round(max(course.loss.total, 0.0), -3),
        users_cny=round(max(float(course.loss.users.sum()), 0.0), -3),
        breaks=breaks,
        guarantees=guarantees(b, scene.world, course.keeps, breaks, kind, settings.norms),
        remedy=advise(b, questions_of(b, scene.world, course.anyway, course.found, gone, closed)),
    )


def _hit_row(scene: Scene, hit: Hit) -> HitRow:
    zh, en = names(scene.blueprint, hit.part)
    return HitRow(
        id=hit.part.id,
        is_node=not hit.part.end,
        name_zh=zh,
        name_en=en,
        admin_code=scene.blueprint.nodes[hit.part.node].admin_code,
        factor=hit.factor,
        mark=hit.mark,
    )


def _title(b: Blueprint, request: Request, settings: Settings, kind_zh: str, kind_en: str) -> tuple[str, str]:
    zh, en = [], []
    for text in request.area.split(","):
        name = settings.areas.get(text.strip(), (text.strip(), text.strip()))
        zh.append(f"{name[0]} {text}" if name[0] != text else text)
        en.append(f"{name[1]} {text}" if name[1] != text else text)
    for what in ("polygon", "circle", "owner", "trade", "corridor"):
        value = getattr(request, what)
        zh.append(value)
        en.append(value)
    for text in (*request.node.split(","), *request.link.split(",")):
        places = [b.nodes[name] for name in text.strip().split(":") if name in b.nodes]
        zh.append(" → ".join(place.name_zh for place in places))
        en.append(" → ".join(place.name_en for place in places))
    where_zh, where_en = "、".join(x for x in zh if x), ", ".join(x for x in en if x)
    return f"推演：{where_zh} {kind_zh}", f"What if: {kind_en}, {where_en}"
