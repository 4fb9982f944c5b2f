"""Silence and doubt as alarms of their own kind: the same episodes, opened on the data of a place instead of its goods. Pure."""

from collections.abc import Callable

from msgspec import structs

from schemas.assessment import Assessment, Hazard, InputState
from schemas.chain import Series
from schemas.level import Level

_ALARM = Level.YELLOW

Catalogue = Callable[[str], Series | None]
"""The series of an id, None for one that is not known."""


def data_assessments(assessment: Assessment, catalogue: Catalogue) -> list[Assessment]:
    """What an assessment says of the data it rests on, in the shape of assessments: is anything silent, is anything contradicted.

    A series that never reported is no silence but a gap of the set-up: the place stays 情况不明, and nobody is called at night for it.
    """
    return [_silence(assessment, catalogue), _doubt(assessment, catalogue)]


def _silence(assessment: Assessment, catalogue: Catalogue) -> Assessment:
    inputs = [structs.replace(i, trust=0.0 if _is_silent(i) else 1.0, is_contradicted=False) for i in assessment.inputs]
    return _restated(
        assessment,
        Hazard.SILENT,
        inputs,
        _silence_in_words([i for i in inputs if i.trust <= 0], catalogue),
        _right(inputs, catalogue, "数据恢复报送", "reported again"),
    )


def _silence_in_words(silent: list[InputState], catalogue: Catalogue) -> tuple[str, str]:
    """What is silent, reported events of which a new word is wanted before all."""
    events, series = [i for i in silent if i.told_zh], [i for i in silent if not i.told_zh]
    found = [
        (f"接报待更新，请回电核实并登记：{i.told_zh}", f"call back and enter an update: {i.told_en}") for i in events
    ]
    if series:
        names_zh, names_en = _names(series, catalogue)
        hours = max(i.age_hours or 0.0 for i in series)
        found.append((f"数据静默 {hours:.0f} 小时：{names_zh}", f"silent for {hours:.0f} h: {names_en}"))
    return "；".join(zh for zh, _ in found), "; ".join(en for _, en in found)


def _doubt(assessment: Assessment, catalogue: Catalogue) -> Assessment:
    inputs = [
        structs.replace(i, trust=0.0 if i.is_contradicted else 1.0, is_contradicted=False) for i in assessment.inputs
    ]
    doubted = [i for i in inputs if i.trust <= 0]
    names_zh, names_en = _names(doubted, catalogue)
    return _restated(
        assessment,
        Hazard.DISTRUSTED,
        inputs,
        (f"数据不可信，与其他报数矛盾：{names_zh}", f"not to be trusted, contradicted by other reports: {names_en}"),
        _right(inputs, catalogue, "数据与其他报数相符", "in agreement with other reports again"),
    )


def _restated(
    assessment: Assessment, hazard: Hazard, inputs: list[InputState], wrong: tuple[str, str], right: tuple[str, str]
) -> Assessment:
    is_wrong = any(i.trust <= 0 for i in inputs)
    words = wrong if is_wrong else right
    return Assessment(
        lane=assessment.lane,
        chain=assessment.chain,
        node=assessment.node,
        product=assessment.product,
        hazard=hazard,
        as_of=assessment.as_of,
        known_at=assessment.known_at,
        level=_ALARM if is_wrong else Level.NORMAL,
        chain_version=assessment.chain_version,
        rules_version=assessment.rules_version,
        confidence=1.0,
        inputs=inputs,
        reason_zh=words[0],
        reason_en=words[1],
    )


def _right(inputs: list[InputState], catalogue: Catalogue, zh: str, en: str) -> tuple[str, str]:
    names_zh, names_en = _names(inputs, catalogue)
    return f"{zh}：{names_zh}", f"{en}: {names_en}"


def _is_silent(given: InputState) -> bool:
    return given.observed_at is not None and given.trust <= 0 and not given.is_contradicted


def _names(inputs: list[InputState], catalogue: Catalogue) -> tuple[str, str]:
    known = [(i, catalogue(i.series)) for i in inputs]
    zh = "、".join(s.name_zh or s.id if s else i.series for i, s in known)
    return zh, ", ".join(s.name_en or s.id if s else i.series for i, s in known)
