"""Feishu custom bot, signed (签名校验).

By the vendor's page 自定义机器人使用指南 (https://open.feishu.cn/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN): the key of the HMAC-SHA256 is
``timestamp in s \\n secret``, the message is empty; base64; timestamp and sign stand in the body; 100 messages a minute and 5 a second, a body of
at most 20 KB; codes 9499 (bad request), 11232 (rate), 19021 (signature or time), 19022 (address), 19024 (keyword).
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from services.response.actions.post import Answer, Post, code_in
from services.response.notice import Letter, Outcome, Verdict
from services.response.pace import Limit
from services.response.presentation import LINK_EN, LINK_ZH, cut, lines_of, markdown
from services.runtime.clock import Clock

_LIMITED = {11232: 60.0, 9496: 60.0, 99991400: 60.0}
_FAULTS = {19001, 19002, 19021, 19022, 19024}
_MOST_BYTES = 12_000
_PAINT = {"red": "red", "orange": "orange", "yellow": "yellow", "blue": "blue"}


class Feishu:
    """One bot of one group."""

    at_once = 1
    limits: tuple[Limit, ...] = (Limit(100, 60.0), Limit(5, 1.0))
    is_recorded = True

    def __init__(self, url: str, token: str, secret: str, post: Post, clock: Clock) -> None:
        self._url, self._token, self._secret = url, token, secret
        self._post = post
        self._clock = clock

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Post each as a card: the headline in the colour of the level, a button for the link."""
        return [self._send(letter) for letter in letters]

    def _send(self, letter: Letter) -> Outcome:
        stamp = str(int(self._clock.now().timestamp()))
        content = {
            "timestamp": stamp,
            "sign": signature(self._secret, stamp),
            "msg_type": "interactive",
            "card": _card(letter),
        }
        return self._post.send(f"{self._url}/open-apis/bot/v2/hook/{self._token}", msgspec.json.encode(content), _read)


def signature(secret: str, stamp_s: str) -> str:
    """The signature of the body."""
    return base64.b64encode(hmac.new(f"{stamp_s}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def _card(letter: Letter) -> dict[str, object]:
    head, *rest = letter.text_zh.splitlines()
    body = msgspec.structs.replace(letter, text_zh="\n".join(("", *rest)), link="")
    text = markdown(body, gap="\n", most_bytes=_MOST_BYTES).removeprefix("****").lstrip()
    elements: list[dict[str, object]] = [{"tag": "div", "text": {"tag": "lark_md", "content": text}}]
    if letter.link:
        button = {
            "tag": "button",
            "text": {"tag": "plain_text", "content": f"{LINK_ZH} {LINK_EN}"},
            "type": "primary",
            "url": letter.link,
        }
        elements.append({"tag": "action", "actions": [button]})
    title = {"tag": "plain_text", "content": cut(lines_of(head)[0], 300)}
    return {"header": {"title": title, "template": _PAINT.get(letter.level, "grey")}, "elements": elements}


def _read(answer: Answer) -> Outcome:
    code = code_in(answer, "code")
    if code is None:
        code = code_in(answer, "StatusCode")
    words = str(answer.get("msg") or answer.get("StatusMessage") or "")
    if code == 0:
        return Outcome(verdict=Verdict.SENT)
    said = "" if code is None else str(code)
    if code in _LIMITED:
        return Outcome(verdict=Verdict.LIMITED, code=said, detail=words, rest_s=_LIMITED[code])
    return Outcome(verdict=Verdict.REFUSED, code=said, detail=words, rest_s=60.0 if code in _FAULTS else 0.0)
