"""WeCom group robot.

By the vendor's pages 群机器人配置说明 (https://developer.work.weixin.qq.com/document/path/91770) and 全局错误码 (…/path/90455): the key in the
address is the credential, there is no signature; markdown of at most 4096 bytes; 20 messages a minute. Codes: 45009 (rate), 93000 (no such
robot), -1 (busy).
"""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from services.response.actions.post import Answer, Post, code_in
from services.response.notice import Letter, Outcome, Verdict
from services.response.pace import Limit
from services.response.presentation import markdown

_LIMITED = {45009: 60.0, 45033: 10.0, 45047: 60.0}
_BUSY = {-1, 6000}
_FAULTS = {93000, 93004, 93008, 93017, 40001, 40013, 40014, 40056, 42001, 60020, 301002}
_MOST_BYTES = 4096


class WeCom:
    """One robot of one group."""

    at_once = 1
    limits: tuple[Limit, ...] = (Limit(20, 60.0),)
    is_recorded = True

    def __init__(self, url: str, key: str, post: Post) -> None:
        self._url, self._key = url, key
        self._post = post

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Post each as markdown."""
        return [self._send(letter) for letter in letters]

    def _send(self, letter: Letter) -> Outcome:
        content = {"msgtype": "markdown", "markdown": {"content": wecom_markdown(letter, _MOST_BYTES)}}
        url = f"{self._url}/cgi-bin/webhook/send?{urlencode({'key': self._key})}"
        return self._post.send(url, msgspec.json.encode(content), read)


def wecom_markdown(letter: Letter, most_bytes: int) -> str:
    """Markdown as WeCom knows it: grave headlines in its warning colour."""
    is_grave = letter.level in ("red", "orange")
    paint = (lambda text: f'<font color="warning">{text}</font>') if is_grave else str
    return markdown(letter, gap="\n", most_bytes=most_bytes, colour=paint)


def read(answer: Answer) -> Outcome:
    """What WeCom's answer means, of robots and applications alike."""
    code, words = code_in(answer, "errcode"), str(answer.get("errmsg", ""))
    if code == 0:
        return Outcome(verdict=Verdict.SENT, reference=str(answer.get("msgid", "")))
    said = "" if code is None else str(code)
    if code in _LIMITED:
        return Outcome(verdict=Verdict.LIMITED, code=said, detail=words, rest_s=_LIMITED[code])
    if code in _BUSY:
        return Outcome(verdict=Verdict.BUSY, code=said, detail=words)
    return Outcome(verdict=Verdict.REFUSED, code=said, detail=words, rest_s=60.0 if code in _FAULTS else 0.0)
