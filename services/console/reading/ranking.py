"""Key links and risk points as risk last answered, in the words of somebody who has to say what to protect first. Pure but for the reading."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from schemas.chain import Chain
from services.console.reading.answer import Answered, answer_of, newest_answers
from services.console.reading.lane import LaneView
from services.console.shelf import Shelf
from services.console.wording import duration, money

_REASONS = {
    "single": ("有人没有别的路", "somebody has no other way"),
    "exposed": ("恢复之前就有用户到下限", "users are at their minimum before it is back"),
    "users_lose": ("30 天内用户受损", "users lose within 30 d"),
}


class Line(Struct, frozen=True, kw_only=True):
    """One part of the chain: what its loss means, in a sentence, and what could be done. ``nodes`` are those to show on the map."""

    rank: int
    id: str
    is_node: bool
    nodes: tuple[str, ...]
    name_zh: str
    name_en: str
    loss_cny: float
    users_cny: float
    to_minimum_h: float | None
    recover_p50_h: float
    recover_p90_h: float
    is_exposed: bool
    starves: tuple[str, ...]
    owner: str
    why_zh: str = ""
    why_en: str = ""
    advice_zh: str = ""
    advice_en: str = ""

    @property
    def sentence(self) -> tuple[str, str]:
        """Who is hit first, how long it is away, what that costs."""
        back_zh, back_en = duration(self.recover_p50_h)
        loss_zh, loss_en = money(self.loss_cny)
        if self.to_minimum_h is None:
            return (
                f"丢了它，一般 {back_zh}恢复，其间没有用户到下限；30 天损失约 {loss_zh}",
                f"lost, it is usually back in {back_en}, before any user is at its minimum; about {loss_en} in 30 d",
            )
        first_zh, first_en = duration(self.to_minimum_h)
        if not self.is_exposed:
            return (
                f"丢了它，一般 {back_zh}恢复，{first_zh}后才有用户到下限；30 天损失约 {loss_zh}",
                f"lost, it is usually back in {back_en}; the first user is at its minimum in {first_en}; about {loss_en} in 30 d",
            )
        return (
            f"丢了它，{first_zh}后第一个用户到下限，而一般要 {back_zh}才恢复；30 天损失约 {loss_zh}",
            f"lost, the first user is at its minimum in {first_en}, while it is usually back in {back_en}; about {loss_en} in 30 d",
        )


class Ranking(Struct, frozen=True, kw_only=True):
    """One answer: its lines, worst first, and pairs that are worse together."""

    answer: Answered
    is_stale: bool
    focus: str
    lines: tuple[Line, ...]
    pairs: tuple[dict[str, Any], ...]


def newest(shelf: Shelf, lane: LaneView, chain: Chain, kind: str) -> Ranking | None:
    """The last answer of a kind, None where nobody asked yet. Raises UnreachableError."""
    found = newest_answers(shelf, lane.name, kind, 1)
    return shaped(found[0], lane, chain) if found else None


def asked(shelf: Shelf, lane: LaneView, chain: Chain, command: str) -> Ranking | None:
    """The answer to a command, None while it is awaited. Raises UnreachableError."""
    found = answer_of(shelf, lane.name, command)
    return shaped(found, lane, chain) if found is not None else None


def shaped(answer: Answered, lane: LaneView, chain: Chain) -> Ranking:
    """An answer as the page shows it; one with a problem has no lines."""
    body: Mapping[str, Any] = answer.body if not answer.problem else {}
    names = {n.id: n.name_zh for n in chain.nodes}
    lines = [_line(p["link"], names, p) for p in body.get("points", [])]
    lines += [_line(link, names, {}) for link in body.get("links", [])]
    return Ranking(
        answer=answer,
        is_stale=answer.is_stale(lane.now),
        focus=str(body.get("focus", "")),
        lines=tuple(lines),
        pairs=tuple(body.get("pairs", [])),
    )


def _line(link: Mapping[str, Any], names: Mapping[str, str], point: Mapping[str, Any]) -> Line:
    reasons = [_REASONS[r] for r in point.get("reasons", []) if r in _REASONS]
    advice = point.get("remedy") or {}
    owner = link.get("owner") or {}
    return Line(
        rank=int(link["rank"]),
        id=str(link["id"]),
        is_node=bool(link["is_node"]),
        nodes=tuple(str(link["id"]).split(":")[:2]),
        name_zh=link["name_zh"],
        name_en=link["name_en"],
        loss_cny=float(link["loss_cny"]),
        users_cny=float(link["users_cny"]),
        to_minimum_h=link["survive_to_minimum_h"],
        recover_p50_h=float(link["recover_p50_h"]),
        recover_p90_h=float(link["recover_p90_h"]),
        is_exposed=bool(link["is_exposed"]),
        starves=tuple(names.get(n, n) for n in link["starves"]),
        owner=str(owner.get("lead_department") or owner.get("work_team") or ""),
        why_zh="；".join(zh for zh, _ in reasons),
        why_en="; ".join(en for _, en in reasons),
        advice_zh=str(advice.get("text_zh", "")),
        advice_en=str(advice.get("text_en", "")),
    )
