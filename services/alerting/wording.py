"""The words of a step: headline and reason in Chinese and English. Pure."""

from schemas.alert import AlertState, Ending
from schemas.assessment import Assessment, InputState
from schemas.lane import LaneKind, kind_of
from schemas.level import LEVEL_ZH, Level

MARK = {LaneKind.LIVE: ("", ""), LaneKind.DRILL: ("【演练】", "EXERCISE "), LaneKind.REPLAY: ("【回放】", "REPLAY ")}
_ENDED = {
    Ending.EASED: ("解除", "closed"),
    Ending.PERSON: ("解除", "closed"),
    Ending.RETRACTED: ("撤回", "withdrawn"),
}


def headline(assessment: Assessment, state: AlertState, level: Level, ending: Ending | None) -> tuple[str, str]:
    """The colour or the end, and the first sentence of the reason; marked in a drill or replay."""
    zh, en = assessment.reason_zh.split("。")[0], assessment.reason_en.split(". ")[0]
    return marked(assessment.lane, _word(state, level, ending), (zh, en))


def marked(lane: str, word: tuple[str, str], sentence: tuple[str, str]) -> tuple[str, str]:
    """A headline of a lane: mark, word, sentence.

    >>> marked("drill:a", ("橙色", "orange"), ("甲港", "Port"))
    ('【演练】【橙色】甲港', 'EXERCISE [orange] Port')
    """
    mark_zh, mark_en = MARK[kind_of(lane)]
    return f"{mark_zh}【{word[0]}】{sentence[0]}", f"{mark_en}[{word[1]}] {sentence[1]}"


def reason(assessment: Assessment) -> tuple[str, str]:
    """Why, and the smallest change that would avoid it."""
    return (
        "。".join(t for t in (assessment.reason_zh, assessment.smallest_change_zh) if t),
        ". ".join(t for t in (assessment.reason_en, assessment.smallest_change_en) if t),
    )


def retraction(before: InputState, after: InputState) -> tuple[str, str]:
    """Why a warning is withdrawn: the reading it rested on is another one now."""
    zh = f"撤回理由：预警所依据的 {before.series} {_amount(before.value)} 已更正为 {_amount(after.value)}"
    en = f"withdrawn: {before.series} {_amount(before.value)}, which the warning rested on, is corrected to {_amount(after.value)}"
    if after.is_contradicted and before.value == after.value:
        zh = f"撤回理由：预警所依据的 {before.series} {_amount(before.value)} 与其他报数矛盾，不再采信"
        en = f"withdrawn: {before.series} {_amount(before.value)}, which the warning rested on, is contradicted and no longer believed"
    return zh, en


def _amount(value: float | None) -> str:
    """A reading for people: thousands apart, no exponent.

    >>> _amount(1240830.0), _amount(0.85)
    ('1,240,830', '0.85')
    """
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:g}"


def _word(state: AlertState, level: Level, ending: Ending | None) -> tuple[str, str]:
    if state is AlertState.CLOSED and ending is not None:
        return _ENDED[ending]
    if level is Level.NORMAL:
        return "观察中", "under observation"
    return LEVEL_ZH[level], level.value
