"""Who is to blame: what is disturbed now, weighed by what each part of it costs a place, in words."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
from msgspec import Struct

from detectors.network.causes import Share, Verdict, blame
from detectors.network.course import Courses, Target
from detectors.network.uncertainty import Floats
from schemas.assessment import Cause, Hazard
from services.risk.analysis.part import link_part, names, node_part
from services.risk.blueprint import Blueprint
from services.risk.paths import path_between
from services.risk.prospect import Prospect, Seer
from services.risk.state.disruption import Disturbed

FUTURES = 8
_TOLD = 3
_LEAST_SHARE = 0.02
_SURE = 0.5
_MATERIAL = 0.05


class Blame(Struct):
    """Finds the causes of one prospect, weighing at most ``most`` disturbances. The runs it needs are made once, when first asked, for all
    places together."""

    blueprint: Blueprint
    seer: Seer
    prospect: Prospect
    most: int
    runs: dict[frozenset[int], dict[Hazard, Floats]] = {}

    def causes(self, account: int, hazard: Hazard) -> list[Cause]:
        """At most three causes, largest share first; where nothing is disturbed, that it is low by itself is left to the words of its state."""
        chosen = self._suspects()
        if not chosen:
            return []
        verdict = blame(len(chosen), self._cost(account, hazard, chosen))
        told = [(self.prospect.world.disturbed[chosen[s.number]], s) for s in verdict.shares if s.share >= _LEAST_SHARE]
        node = self.blueprint.places[account][0]
        linked = [(d, s) for d, s in told if path_between(self.blueprint, d.node, node)]
        return [self._cause(account, d, s, verdict) for d, s in linked[:_TOLD]]

    def _suspects(self) -> list[int]:
        """The disturbances that matter most, the same for all places so that their runs are shared; the others go on in every comparison."""
        told = self.prospect.world.disturbed
        sure = [i for i, d in enumerate(told) if d.chance >= _SURE and abs(1.0 - d.factor) >= _MATERIAL]
        return sorted(sure, key=lambda i: (-abs(1.0 - told[i].factor), i))[: self.most]

    def _cost(self, account: int, hazard: Hazard, chosen: list[int]) -> Callable[[frozenset[int]], Floats]:
        """What a set of the chosen disturbances costs the place in each future: hours broken before the horizon. The others go on happening."""
        if not self.runs:
            self._run_all(chosen)

        def cost(numbers: frozenset[int]) -> Floats:
            hours = self.runs[numbers][hazard]
            return np.asarray(np.maximum(0.0, 1.0 - hours[:, account] / self.seer.horizon_h))

        return cost

    def _run_all(self, chosen: list[int]) -> None:
        """The hours to the break by hazard with each set of the chosen disturbances, in one run of the engine."""
        world, few = self.prospect.world, self.prospect.futures.first(FUTURES)
        others = set(range(len(world.disturbed))) - set(chosen)
        sets = [frozenset(c) for size in range(len(chosen) + 1) for c in combinations(range(len(chosen)), size)]
        courses = [few.courses(sorted(others | {chosen[n] for n in numbers})) for numbers in sets]
        count = few.quiet.scenarios
        state = replace(few.state, stock=np.tile(few.state.stock, (len(sets), 1)))
        found = self.seer.run(world, state, Courses.beside(courses, self.seer.steps))
        hours = {Hazard.STARVED: self.seer.starved(world, found), Hazard.BLOCKED: found.to_maximum}
        for number, numbers in enumerate(sets):
            of = slice(number * count, (number + 1) * count)
            self.runs[numbers] = {hazard: hours[hazard][of] for hazard in hours}

    def _cause(self, account: int, d: Disturbed, share: Share, verdict: Verdict) -> Cause:
        b = self.blueprint
        path = path_between(b, d.node, b.places[account][0])
        names_zh = " → ".join(b.nodes[n].name_zh for n in path)
        names_en = " → ".join(b.nodes[n].name_en for n in path)
        what_zh, what_en = in_words(b, d)
        role_zh, role_en = _role(share)
        how_zh, how_en = ("沙普利份额", "Shapley share") if verdict.is_shapley else ("逐一移除份额", "remove-one share")
        range_text = f"{share.share:.0%} ({share.low:.0%}-{share.high:.0%})"
        return Cause(
            node=d.node,
            path=path,
            text_zh=f"{what_zh}(传导: {names_zh}；{how_zh} {range_text}{role_zh})",
            text_en=f"{what_en} (path: {names_en}; {how_en} {range_text}{role_en})",
            share=round(share.share, 3),
        )


def _role(share: Share) -> tuple[str, str]:
    zh, en = "", ""
    if share.is_necessary:
        zh, en = "，必要", ", necessary"
    if share.is_sufficient:
        zh, en = zh + "，充分", en + ", sufficient"
    return zh, en


def in_words(b: Blueprint, d: Disturbed) -> tuple[str, str]:
    """What is disturbed."""
    if d.told is not None:
        return _told_in_words(b, d, *d.told.in_words())
    node = b.nodes[d.node]
    until_zh, until_en = _until(d)
    if d.chance < 1.0:
        return f"{node.name_zh}可能受预警影响{until_zh}", f"{node.name_en} may be hit by what is warned of{until_en}"
    since_zh, since_en = f"已 {d.since_h / 24:.1f} 天", f"for {d.since_h / 24:.1f} d"
    if d.target is Target.DEMAND:
        return (
            f"{node.name_zh}用量为正常的 {d.factor:.0%}，{since_zh}",
            f"use at {node.name_en} is {d.factor:.0%} of normal {since_en}",
        )
    return (
        f"{node.name_zh}能力剩 {d.factor:.0%}，{since_zh}{until_zh}",
        f"{node.name_en} works at {d.factor:.0%} of capacity {since_en}{until_en}",
    )


def _told_in_words(b: Blueprint, d: Disturbed, told_zh: str, told_en: str) -> tuple[str, str]:
    part = link_part(b, d.index) if d.target is Target.LINK else node_part(b, d.node)
    name_zh, name_en = names(b, part)
    return f"{name_zh}能力剩 {d.factor:.0%}：{told_zh}", f"{name_en} has {d.factor:.0%} of its capacity: {told_en}"


def _until(d: Disturbed) -> tuple[str, str]:
    if d.ends_h is None:
        return "", ""
    if d.is_overdue:
        return "，已过通告的恢复时间", ", past the announced time of recovery"
    return f"，通告约 {d.ends_h / 24:.1f} 天后结束", f", announced to end in {d.ends_h / 24:.1f} d"
