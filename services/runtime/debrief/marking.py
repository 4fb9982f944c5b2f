"""The marks of a drill on everything people may read. Pure."""

MARK_ZH = "【演练】"
MARK_EN = "EXERCISE "
_OPENING = "这是演练，这是演练。"
_CLOSING = "以上内容为演练，不是真实情况。演练。"


def marked(text_zh: str, text_en: str) -> tuple[str, str]:
    """Both texts with the mark in front, once.

    >>> marked("大秦线停运", "Daqin stands still")
    ('【演练】大秦线停运', 'EXERCISE Daqin stands still')
    """
    zh = text_zh if text_zh.startswith(MARK_ZH) else MARK_ZH + text_zh
    return zh, text_en if text_en.startswith(MARK_EN) else MARK_EN + text_en


def is_marked(text_zh: str, text_en: str) -> bool:
    """True when both texts say that they are of a drill."""
    return text_zh.startswith(MARK_ZH) and text_en.startswith(MARK_EN)


def script(text_zh: str, text_en: str, sender: str) -> tuple[str, str]:
    """A telephone script: it opens and closes with 演练, whatever its author wrote."""
    zh = f"{MARK_ZH}【电话脚本】{_OPENING}我是{sender}（扮演）。{text_zh} {_CLOSING}"
    en = f"{MARK_EN}[telephone script] This is an exercise. {sender} (played): {text_en} This was an exercise."
    return zh, en
