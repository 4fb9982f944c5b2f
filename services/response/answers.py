"""Answers of the risk stage to a step's question: what they mean for the plan, in a few words. Pure."""

import math
from collections.abc import Mapping
from typing import Any

from schemas.answer import Answer
from services.response.course import Course, Words
from services.response.flow import advance
from services.response.playbook import Step, StepKind

_MOST_NAMED = 3


def take_answer(course: Course, step: Step, answer: Answer) -> None:
    """An answer came. One that comes after the patience ended changes nothing."""
    state = course.state(step.id)
    if state is None or state.outcome:
        return
    outcome, words = _meaning(step, answer)
    course.event(step.id, "answered", words, command=answer.command_id, outcome=outcome, problem=answer.problem)
    course.tell(step.id, step.roles, words)
    course.end_step(step.id, outcome)
    advance(course)


def _meaning(step: Step, answer: Answer) -> tuple[str, Words]:
    if answer.problem:
        return "unanswered", (
            f"{step.text_zh}：研判环节无法回答（{answer.problem}）",
            f"{step.text_en}: {answer.problem}",
        )
    if step.kind is StepKind.REMEDY:
        return _remedy(step, answer)
    return "done", (f"{step.text_zh}：{answer.headline_zh}", f"{step.text_en}: {answer.headline_en}")


def _remedy(step: Step, answer: Answer) -> tuple[str, Words]:
    """Who could help, as advice; ``found`` when there is a move or a reduction to advise."""
    plans = answer.body.get("plans") or [{}]
    plan = plans[0]
    moves = [_move(move) for move in plan.get("moves", [])[:_MOST_NAMED]]
    reduction = _number(max(plan.get("reduction") or [0.0]))
    if not moves and not reduction:
        return "none", (
            f"{step.text_zh}：{answer.headline_zh or '无可用补链方案'}",
            f"{step.text_en}: {answer.headline_en or 'nobody can help'}",
        )
    parts_zh, parts_en = [zh for zh, _ in moves], [en for _, en in moves]
    if reduction:
        unit = plan.get("unit", "t")
        parts_zh.append(f"建议压减 {reduction:,.0f} {unit}/d")
        parts_en.append(f"advised to cut {reduction:,.0f} {unit}/d")
    return "found", (f"{step.text_zh}：{'；'.join(parts_zh)}", f"{step.text_en}: {'; '.join(parts_en)}")


def _move(move: Mapping[str, Any]) -> Words:
    most, total = _number(move.get("most_per_day")), _number(move.get("total"))
    name = str(move.get("source_zh", ""))
    return (
        f"建议由{name}增供，每日最多 {most:,.0f}，合计 {total:,.0f}",
        f"advised: {name}, at most {most:,.0f} a day, {total:,.0f} in all",
    )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else 0.0
