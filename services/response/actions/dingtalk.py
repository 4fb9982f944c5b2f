"""DingTalk custom robot, signed (加签).

Signature, limit and form by the vendor's pages 自定义机器人接入 and 自定义机器人安全设置
(https://open.dingtalk.com/document/robots/custom-robot-access, …/robots/customize-robot-security-settings): HMAC-SHA256 with the secret over
``timestamp in ms \\n secret``, base64, URL-encoded once, valid for one hour; 20 messages a minute, beyond it ten minutes of rest.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec

from services.response.actions.post import Answer, Post, code_in
from services.response.notice import Letter, Outcome, Verdict
from services.response.pace import Limit
from services.response.presentation import cut, lines_of, markdown
from services.runtime.clock import Clock

_REST_S = 600.0
_FAULT_REST_S = 60.0
_BUSY = {-1, 404}
_LIMITED = {130101, 410100, 460101}
_FAULTS = {310000, 300005, 300001, 400013, 400101, 400102, 400106, 40001, 40014}
_MOST_BYTES = 5_000


class DingTalk:
    """One robot of one group."""

    at_once = 1
    limits: tuple[Limit, ...] = (Limit(20, 60.0),)
    is_recorded = True

    def __init__(self, url: str, token: str, secret: str, post: Post, clock: Clock) -> None:
        self._url, self._token, self._secret = url, token, secret
        self._post = post
        self._clock = clock

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Post each as markdown."""
        return [self._send(letter) for letter in letters]

    def _send(self, letter: Letter) -> Outcome:
        stamp = str(round(self._clock.now().timestamp() * 1000))
        query = urlencode({"access_token": self._token, "timestamp": stamp, "sign": signature(self._secret, stamp)})
        content = {
            "msgtype": "markdown",
            "markdown": {
                "title": cut(lines_of(letter.text_zh)[0], 120),
                "text": markdown(letter, gap="\n\n", most_bytes=_MOST_BYTES),
            },
        }
        return self._post.send(f"{self._url}/robot/send?{query}", msgspec.json.encode(content), _read)


def signature(secret: str, stamp_ms: str) -> str:
    """The signature before URL-encoding."""
    text = f"{stamp_ms}\n{secret}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


def _read(answer: Answer) -> Outcome:
    code, words = code_in(answer, "errcode"), str(answer.get("errmsg", ""))
    if code == 0:
        return Outcome(verdict=Verdict.SENT)
    said = "" if code is None else str(code)
    if code in _LIMITED:
        return Outcome(verdict=Verdict.LIMITED, code=said, detail=words, rest_s=_REST_S)
    if code in _BUSY:
        return Outcome(verdict=Verdict.BUSY, code=said, detail=words)
    return Outcome(verdict=Verdict.REFUSED, code=said, detail=words, rest_s=_FAULT_REST_S if code in _FAULTS else 0.0)
