"""The questions that may be asked, by the kind of their command, each with its arguments as text."""

from collections.abc import Mapping
from enum import StrEnum

from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLinks, Progress, key_links
from services.risk.analysis.kinds import Settings
from services.risk.analysis.remedy_advice import NodeAdvice, advice_for
from services.risk.analysis.request import parse_request
from services.risk.analysis.risk_points import RiskPoints, risk_points
from services.risk.analysis.scene import Scene
from services.risk.analysis.what_if import WhatIf, what_if
from services.runtime.errors import InputError

Result = WhatIf | KeyLinks | RiskPoints | NodeAdvice


class Question(StrEnum):
    """Kinds of commands that risk answers. Arguments: those of ``Request``; key links ``focus``, ``pairs``, ``background``; risk points ``pairs``,
    ``background``; remedy ``node``. Flags are ``yes`` or left out."""

    WHAT_IF = "risk.what_if"
    KEY_LINKS = "risk.key_links"
    RISK_POINTS = "risk.risk_points"
    REMEDY = "risk.remedy"


_ALLOWED = {
    Question.KEY_LINKS: {"focus", "pairs", "background"},
    Question.RISK_POINTS: {"pairs", "background"},
    Question.REMEDY: {"node"},
}


def answer(
    kind: str,
    arguments: Mapping[str, str],
    scene: Scene,
    basis: Basis,
    settings: Settings,
    progress: Progress | None = None,
) -> Result:
    """The result for a question. Raises InputError that says what was given and what would be right."""
    if kind not in list(Question):
        raise InputError(f"没有问题 {kind!r} / no question {kind!r}; one of {', '.join(Question)}")
    if kind == Question.WHAT_IF:
        return what_if(scene, basis, parse_request(arguments), settings)
    strange = sorted(set(arguments) - _ALLOWED[Question(kind)])
    if strange:
        right = ", ".join(sorted(_ALLOWED[Question(kind)]))
        raise InputError(f"{kind}: 没有参数 {', '.join(strange)} / no such argument; right is {right}")
    node = arguments.get("focus") or arguments.get("node") or ""
    if node and node not in scene.blueprint.nodes:
        raise InputError(f"没有节点 {node!r} / no node {node!r}; lianjing chain show nodes")
    with_pairs, with_background = (_flag(arguments, name) for name in ("pairs", "background"))
    if kind == Question.KEY_LINKS:
        return key_links(
            scene, basis, focus=node, with_pairs=with_pairs, with_background=with_background, progress=progress
        )
    if kind == Question.RISK_POINTS:
        return risk_points(scene, basis, with_pairs=with_pairs, with_background=with_background, progress=progress)
    if not node:
        raise InputError(f"{kind}: 缺少 node / node is missing")
    return advice_for(scene, basis, node)


def _flag(arguments: Mapping[str, str], name: str) -> bool:
    value = arguments.get(name, "")
    if value not in ("", "yes", "no"):
        raise InputError(f"{name} {value!r} 应为 yes 或 no / yes or no is right")
    return value == "yes"


def headline(result: Result) -> tuple[str, str]:
    """One line of a result in zh and en; says 已过时 and 非实时 where it is so."""
    zh, en = _what(result)
    mark_zh, mark_en = ("【已过时】", "[OUT OF DATE] ") if result.basis.is_stale else ("", "")
    if not result.basis.is_live:
        mark_zh, mark_en = "【非实时】", "[NOT LIVE] "
    return mark_zh + zh, mark_en + en


def _what(result: Result) -> tuple[str, str]:
    if isinstance(result, WhatIf):
        first = result.breaks[0] if result.breaks else None
        zh = f"最早 {first.name_zh}" if first else "30 天内无新增断供或胀库"
        en = f"first {first.name_en}" if first else "no further break within 30 d"
        return (
            f"{result.title_zh}：{len(result.breaks)} 处将断，{zh}；保障清单 {len(result.guarantees)} 项",
            f"{result.title_en}: {len(result.breaks)} places break, {en}; {len(result.guarantees)} to guarantee",
        )
    if isinstance(result, KeyLinks):
        first_link = result.links[0] if result.links else None
        return (
            f"关键环节：首位 {first_link.name_zh if first_link else '–'}",
            f"key links: first {first_link.name_en if first_link else '–'}",
        )
    if isinstance(result, RiskPoints):
        alone = sum("single" in p.reasons for p in result.points)
        return (
            f"断供断链风险点 {len(result.points)} 处，其中单点 {alone} 处",
            f"{len(result.points)} risk points, {alone} of them single points of failure",
        )
    return f"{result.node}：{result.advice.text_zh}", f"{result.node}: {result.advice.text_en}"
