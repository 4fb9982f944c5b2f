"""Which reported events want a new word, and at which place that is said: the first one down the chain that is judged. Pure."""

from collections import deque
from collections.abc import Collection, Sequence

from detectors.network.course import Target
from schemas.assessment import InputState
from schemas.report import report_series_id
from services.risk.analysis.part import link_part, names, node_part
from services.risk.blueprint import Blueprint
from services.risk.state.disruption import Disturbed
from services.risk.state.told import Told
from services.runtime.chain.area import covers

Wanted = dict[int, tuple[InputState, ...]]
"""By account: reported events of which a new word is wanted, as inputs that are trusted no more."""


def wanted(blueprint: Blueprint, disturbed: Sequence[Disturbed], judged: Collection[int]) -> Wanted:
    """Each event once, at one of the ``judged`` accounts; one that reaches none of them is said nowhere."""
    found: Wanted = {}
    said: set[str] = set()
    for d in disturbed:
        if d.told is None or not d.told.is_due or d.told.report.event in said:
            continue
        account = _nearest(blueprint, d.node, judged)
        if account is not None:
            said.add(d.told.report.event)
            found[account] = (*found.get(account, ()), _input(blueprint, d, d.told))
    return found


def _nearest(b: Blueprint, node: str, judged: Collection[int]) -> int | None:
    """The judged account nearest to a node, down the chain, else up."""
    down = _search(b, node, judged, is_down=True)
    return down if down is not None else _search(b, node, judged, is_down=False)


def _search(b: Blueprint, node: str, judged: Collection[int], *, is_down: bool) -> int | None:
    waiting, seen = deque([node]), {node}
    while waiting:
        here = waiting.popleft()
        own = [i for i, place in enumerate(b.places) if place[0] == here and i in judged]
        if own:
            return own[0]
        for link in b.links:
            start, end = (link.source, link.target) if is_down else (link.target, link.source)
            if start == here and end not in seen:
                seen.add(end)
                waiting.append(end)
    return None


def _input(b: Blueprint, d: Disturbed, told: Told) -> InputState:
    zh, en = _place(b, d, told)
    words_zh, words_en = told.in_words()
    by = f"（{told.report.source} {told.report.caller}）", f" ({told.report.source}, {told.report.caller})"
    return InputState(
        series=report_series_id(b.chain.id),
        observed_at=told.report.told_at,
        value=told.report.left,
        age_hours=round(told.age_h, 2),
        trust=0.0,
        told_zh=f"{zh}{words_zh}{by[0]}",
        told_en=f"{en}: {words_en}{by[1]}",
    )


def _place(b: Blueprint, d: Disturbed, told: Told) -> tuple[str, str]:
    if told.report.target == "area":
        count = sum(covers(told.report.place, n.admin_code) for n in b.nodes.values() if n.admin_code)
        return f"地区 {told.report.place}（{count} 个节点）", f"area {told.report.place} ({count} nodes)"
    return names(b, link_part(b, d.index) if d.target is Target.LINK else node_part(b, d.node))
