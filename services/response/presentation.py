"""How a letter looks in each channel: the same words, cut to the channel's length, the most needed kept longest. Pure.

A text is lines: first the headline (what, where), then ``label：words``. What a tired reader needs stands first and bold: how long it lasts, and
by when he should do what. How sure it is, why, and which plan come after.
"""

import html
import re
from collections.abc import Callable

from msgspec import Struct

from services.response.marks import DOUBT, DRILL
from services.response.notice import Letter

LEFT, DO = "剩余", "请办"
_ORDER = (LEFT, DO, "把握", "库存", "原因", "预案")
_DROPPED_FIRST = ("预案", "库存", "原因", "把握")
_DUE = re.compile(r"(.+)（([^（）]+) 前）", re.DOTALL)
_MARKUP = str.maketrans("\\`*[]<>#|~", "＼‘＊［］〈〉＃｜～")
_URL = re.compile(r"https?://\S+")
_SIGNS = re.compile(r"[【】·（）：]")
_CUT = "…"
LINK_ZH = "确认收到"
LINK_EN = "acknowledge"


class Line(Struct, frozen=True):
    """One line of a message; ``label`` is empty where it has none."""

    label: str
    words: str

    @property
    def is_urgent(self) -> bool:
        """True for what the reader needs within five seconds."""
        return self.label.startswith((LEFT, DO))

    def __str__(self) -> str:
        """As people write it."""
        return f"{self.label}：{self.words}" if self.label else self.words


def lines_of(text: str) -> tuple[str, list[Line]]:
    """Headline and the other lines."""
    head, *rest = text.splitlines() or [""]
    found = []
    for row in rest:
        label, mark, words = row.partition("：")
        found.append(Line(label, words) if mark and len(label) <= 4 else Line("", row))
    return head, [line for line in found if line.label or line.words]


def arranged(lines: list[Line]) -> list[Line]:
    """In the order in which they are needed; the time left is cut to its first clause, a deadline stands before what is due.

    >>> [str(line) for line in arranged([Line("剩余", "约 31 小时到最低库存，约 3 天用尽"), Line("请办", "核实（01-10 14:00 前）")])]
    ['剩余：约 31 小时到最低库存', '请办（01-10 14:00 前）：核实', '库存：约 3 天用尽']
    """
    found = [part for line in lines for part in _parts(line)]
    place = {label: number for number, label in enumerate(_ORDER)}
    return sorted(found, key=lambda line: place.get(line.label.split("（")[0], len(_ORDER)))


def _parts(line: Line) -> list[Line]:
    if line.label == LEFT:
        first, *rest = re.split("[，；]", line.words, maxsplit=1)
        return [Line(LEFT, first), *(Line("库存", words) for words in rest)]
    due = _DUE.fullmatch(line.words) if line.label == DO else None
    return [line if due is None else Line(f"{DO}（{due[2]} 前）", due[1])]


def markdown(letter: Letter, *, gap: str, most_bytes: int, colour: Callable[[str], str] = str) -> str:
    """Markdown of a robot. ``gap`` parts lines, ``colour`` paints the headline; English stands in one line below."""
    head, lines = lines_of(letter.text_zh)
    english = letter.text_en.splitlines()[0] if letter.text_en else ""
    lines = arranged(lines)
    first = f"**{colour(_plain(head))}**"
    doubt = f"_{DOUBT[0]}_" if letter.is_repeat else ""
    link = f"**[▶ {LINK_ZH}]({letter.link})**" if letter.link else ""

    def drawn(kept: list[Line], with_english: bool) -> str:
        shown = [first, doubt, *(_markdown_line(line) for line in kept), link, _plain(english) if with_english else ""]
        return gap.join(part for part in shown if part)

    return _fitted(lines, drawn, most_bytes)


def plain(letter: Letter, *, most_bytes: int = 1_000_000) -> str:
    """Plain text with the whole English below, which goes first when it is too long."""
    head, lines = lines_of(letter.text_zh)
    lines = arranged(lines)
    link = f"{LINK_ZH} {LINK_EN}：{letter.link}" if letter.link else ""
    doubt = " ".join(DOUBT) if letter.is_repeat else ""

    def drawn(kept: list[Line], with_english: bool) -> str:
        shown = [head, doubt, *map(str, kept), link]
        return "\n".join(part for part in shown if part) + ("\n\n" + letter.text_en if with_english else "")

    return _fitted(lines, drawn, most_bytes)


def sms(letter: Letter, most: int = 268) -> str:
    """A short message: what, where, time left, do what by when, link. ``most`` characters; 268 are four parts of 67."""
    head, lines = lines_of(letter.text_zh)
    chosen = [str(line) for line in arranged(lines) if line.is_urgent]
    link = f"。{LINK_ZH} {letter.link}" if letter.link else ""
    doubt = DOUBT[0] if letter.is_repeat else ""
    body = "。".join((head + doubt, *chosen))
    room = most - len(link)
    return (body if len(body) <= room else body[: room - 1] + _CUT) + link


def speech(letter: Letter) -> str:
    """What a voice gateway reads out: short sentences, no signs; a drill opens and closes with 演练."""
    head, lines = lines_of(letter.text_zh)
    said = [str(line) for line in arranged(lines) if line.is_urgent]
    words = [re.sub(r"[，]+", "，", _SIGNS.sub("，", _URL.sub("", part))).strip("，") for part in (head, *said)]
    script = "这里是链警。" + "。".join(words) + "。再说一遍。" + "。".join(words) + "。接听人确认请按1。"
    is_drill = letter.text_zh.startswith(DRILL[0])
    return f"演练，演练，演练。{script}以上是演练，演练，演练。" if is_drill else script


def page(letter: Letter) -> str:
    """A whole HTML page for a mail, readable at 390 px, without any outside resource."""
    head, rows = html_parts(letter.text_zh)
    link = (
        f'<p style="margin:20px 0"><a href="{html.escape(letter.link, quote=True)}" style="display:block;text-align:center;'
        f'background:#1a4f8b;color:#fff;padding:14px;border-radius:6px;text-decoration:none;font-size:18px">'
        f"{LINK_ZH} {LINK_EN.capitalize()}</a></p>"
        if letter.link
        else ""
    )
    doubt = f'<p style="color:#666">{html.escape(" ".join(DOUBT))}</p>' if letter.is_repeat else ""
    english = "<br>".join(html.escape(row) for row in letter.text_en.splitlines())
    bar = {"red": "#c00000", "orange": "#d96b00", "yellow": "#b38f00", "blue": "#1a6fc4"}.get(letter.level, "#555")
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"></head>'
        '<body style="margin:0;padding:16px;font:17px/1.55 sans-serif;color:#111;background:#fff;max-width:40em">'
        f'<div style="border-left:8px solid {bar};padding:2px 0 2px 12px;font-size:20px;font-weight:700;line-height:1.4">'
        f"{head}</div>{doubt}{rows}{link}"
        f'<p style="margin-top:20px;padding-top:10px;border-top:1px solid #ccc;color:#555;font-size:14px">{english}</p>'
        "</body></html>"
    )


def html_parts(text: str) -> tuple[str, str]:
    """Headline and the other lines of a Chinese text as HTML."""
    head, lines = lines_of(text)
    return html.escape(head), "".join(_html_line(line) for line in arranged(lines))


def _html_line(line: Line) -> str:
    words = html.escape(line.words)
    if line.is_urgent:
        inner = f'<div style="color:#555;font-size:14px">{line.label}</div><div style="font-size:19px;font-weight:700">{words}</div>'
        return f'<div style="margin:12px 0">{inner}</div>'
    label = f'<span style="color:#555">{line.label}：</span>' if line.label else ""
    return f'<p style="margin:8px 0;font-size:15px">{label}{words}</p>'


def _markdown_line(line: Line) -> str:
    words = _plain(line.words)
    shown = f"{line.label}：{words}" if line.label else words
    return f"**{shown}**" if line.is_urgent else shown


def _plain(text: str) -> str:
    """Text that every vendor's markdown leaves alone: they escape differently or not at all, so signs of markup become their wide twins."""
    return text.translate(_MARKUP)


def _fitted(lines: list[Line], drawn: Callable[[list[Line], bool], str], most_bytes: int) -> str:
    """Drop English, then plan, cause and certainty until it fits; at last cut."""
    kept = list(lines)
    text = drawn(kept, True)
    if len(text.encode()) <= most_bytes:
        return text
    text = drawn(kept, False)
    for label in _DROPPED_FIRST:
        if len(text.encode()) <= most_bytes:
            return text
        kept = [line for line in kept if line.label != label]
        text = drawn(kept, False)
    return cut(text, most_bytes)


def cut(text: str, most_bytes: int) -> str:
    """At most so many bytes of UTF-8, whole characters, an ellipsis where something is missing.

    >>> cut("煤炭供应", 10)
    '煤炭…'
    """
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    return raw[: most_bytes - len(_CUT.encode())].decode(errors="ignore") + _CUT
