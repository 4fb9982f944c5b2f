"""The questions that may be asked, by the kind of their command, each with its arguments as text."""

from collections.abc import Mapping
from enum import StrEnum

from services.risk.analysis.ahead import (
    BalanceSheet,
    Blockages,
    Flows,
    Remedy,
    balance_of,
    blockages_of,
    flows_of,
    remedy_of,
)
from services.risk.analysis.basis import Basis
from services.risk.analysis.key_links import KeyLinks, Progress, key_links
from services.risk.analysis.kinds import Settings
from services.risk.analysis.request import parse_request
from services.risk.analysis.risk_points import RiskPoints, risk_points
from services.risk.analysis.scene import Scene
from services.risk.analysis.selection import listed
from services.risk.analysis.what_if import WhatIf, what_if
from services.runtime.errors import InputError

Result = WhatIf | KeyLinks | RiskPoints | Remedy | BalanceSheet | Blockages | Flows


class Question(StrEnum):
    """Kinds of commands that risk answers. Arguments: those of ``Request``; key links ``focus``, ``pairs``, ``background``; risk points ``pairs``,
    ``background``; remedy ``node``, ``product``; balance ``product`` (a list). The last two, blockages and flows take ``lost``, a list of nodes
    supposed to stand still for 14 days from now. Flags are ``yes`` or left out."""

    WHAT_IF = "risk.what_if"
    KEY_LINKS = "risk.key_links"
    RISK_POINTS = "risk.risk_points"
    REMEDY = "risk.remedy"
    BALANCE = "risk.balance"
    BLOCKAGES = "risk.blockages"
    FLOWS = "risk.flows"


_ALLOWED = {
    Question.KEY_LINKS: {"focus", "pairs", "background"},
    Question.RISK_POINTS: {"pairs", "background"},
    Question.REMEDY: {"node", "product", "lost"},
    Question.BALANCE: {"product", "lost"},
    Question.BLOCKAGES: {"lost"},
    Question.FLOWS: {"lost"},
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
    question = Question(kind)
    if question is Question.WHAT_IF:
        return what_if(scene, basis, parse_request(arguments), settings)
    strange = sorted(set(arguments) - _ALLOWED[question])
    if strange:
        right = ", ".join(sorted(_ALLOWED[question]))
        raise InputError(f"{kind}: 没有参数 {', '.join(strange)} / no such argument; right is {right}")
    if question in (Question.KEY_LINKS, Question.RISK_POINTS):
        return _ranked(question, arguments, scene, basis, progress)
    return _ahead(question, arguments, scene, basis)


def _ranked(
    question: Question, arguments: Mapping[str, str], scene: Scene, basis: Basis, progress: Progress | None
) -> KeyLinks | RiskPoints:
    with_pairs, with_background = (_flag(arguments, name) for name in ("pairs", "background"))
    if question is Question.RISK_POINTS:
        return risk_points(scene, basis, with_pairs=with_pairs, with_background=with_background, progress=progress)
    focus = _node(scene, arguments.get("focus", ""))
    return key_links(
        scene, basis, focus=focus, with_pairs=with_pairs, with_background=with_background, progress=progress
    )


def _ahead(
    question: Question, arguments: Mapping[str, str], scene: Scene, basis: Basis
) -> BalanceSheet | Blockages | Flows | Remedy:
    lost = [_node(scene, name) for name in listed(arguments.get("lost", ""))]
    product = arguments.get("product", "")
    if question is Question.BLOCKAGES:
        return blockages_of(scene.without(lost), basis, lost)
    if question is Question.FLOWS:
        return flows_of(scene.without(lost), basis, lost)
    if question is Question.BALANCE:
        return balance_of(scene.without(lost), basis, lost, listed(product))
    node = _node(scene, arguments.get("node", ""))
    if not node:
        raise InputError(f"{question}: 缺少 node / node is missing")
    return remedy_of(scene.without(lost), basis, lost, node, product)


def _node(scene: Scene, name: str) -> str:
    """The id of a node, empty for none. Raises InputError for one that is not in the chain."""
    if name and name not in scene.blueprint.nodes:
        raise InputError(f"没有节点 {name!r} / no node {name!r}; lianjing chain show nodes")
    return name


def _flag(arguments: Mapping[str, str], name: str) -> bool:
    value = arguments.get(name, "")
    if value not in ("", "yes", "no"):
        raise InputError(f"{name} {value!r} 应为 yes 或 no / yes or no is right")
    return value == "yes"
