"""What every message begins with, so that nobody takes a drill for real or the real thing for a drill. Pure."""

from schemas.lane import LaneKind, kind_of

DRILL = ("【演练】", "EXERCISE ")
REAL = ("【实警·非演练】", "REAL, NOT AN EXERCISE ")
REPLAY = ("【回放】", "REPLAY ")
TEST = ("【测试】", "TEST ")
DOUBT = ("（此条可能已发过）", "(this may have been sent before)")


def marked(text_zh: str, text_en: str, lane: str, *, is_drilled: bool) -> tuple[str, str]:
    """Both texts with their mark in front, once. ``is_drilled``: the reader is on the roster of a drill that runs or ended less than 24 h ago.

    >>> marked("【系统研判·红色】甲", "A", "live", is_drilled=True)[0]
    '【实警·非演练】【系统研判·红色】甲'
    """
    kind = kind_of(lane)
    if kind is LaneKind.LIVE and not is_drilled:
        return text_zh, text_en
    mark_zh, mark_en = {LaneKind.LIVE: REAL, LaneKind.DRILL: DRILL, LaneKind.REPLAY: REPLAY}[kind]
    return (
        text_zh if text_zh.startswith(mark_zh) else mark_zh + text_zh,
        text_en if text_en.startswith(mark_en) else mark_en + text_en,
    )
