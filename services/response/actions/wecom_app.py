"""WeCom application message to one member.

By the vendor's page 发送应用消息 (https://developer.work.weixin.qq.com/document/path/90236): an access token of corporation and secret; markdown of
at most 2048 bytes; ``enable_duplicate_check`` drops the same message for up to four hours, so that a repeat after a crash reaches nobody twice;
30 a minute for one member; 81013 and ``invaliduser`` when the member is not within the application's reach.
"""

from collections.abc import Sequence
from urllib.parse import urlencode

import msgspec
from msgspec import structs

from services.response.actions.post import Answer, Post, code_in
from services.response.actions.wecom import read, wecom_markdown
from services.response.notice import Letter, Outcome, Verdict
from services.response.pace import Limit
from services.runtime.clock import Clock

_STALE = {"40014", "42001", "41001"}
_MOST_BYTES = 2048
_SAME_FOR_S = 14_400


class WeComApp:
    """One application of a corporation. The token is kept until it nears its end or is refused."""

    at_once = 1
    limits: tuple[Limit, ...] = (Limit(30, 60.0),)
    is_recorded = True

    def __init__(self, url: str, corporation: str, agent: str, secret: str, post: Post, clock: Clock) -> None:
        self._url, self._corporation, self._agent, self._secret = url, corporation, agent, secret
        self._post = post
        self._clock = clock
        self._token = ""
        self._token_ends = 0.0

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Send each to its member; a stale token is renewed once."""
        return [self._send(letter) for letter in letters]

    def _send(self, letter: Letter) -> Outcome:
        outcome = self._once(letter)
        if outcome.verdict is Verdict.REFUSED and outcome.code in _STALE:
            self._token = ""
            outcome = self._once(letter)
        return outcome

    def _once(self, letter: Letter) -> Outcome:
        refused = self._renew()
        if refused is not None:
            return refused
        same = structs.replace(letter, is_repeat=False)  # the same to the byte, or it would not be known as a repeat
        content = {
            "touser": letter.address,
            "msgtype": "markdown",
            "agentid": int(self._agent) if self._agent.isdigit() else self._agent,
            "markdown": {"content": wecom_markdown(same, _MOST_BYTES)},
            "enable_duplicate_check": 1,
            "duplicate_check_interval": _SAME_FOR_S,
        }
        url = f"{self._url}/cgi-bin/message/send?{urlencode({'access_token': self._token})}"
        outcome = self._post.send(url, msgspec.json.encode(content), _read)
        hidden = outcome.detail.replace(self._token, "***")
        return structs.replace(outcome, detail=hidden)

    def _renew(self) -> Outcome | None:
        """Get a token where there is none; None once there is one."""
        if self._token and self._clock.monotonic() < self._token_ends:
            return None
        got: Answer = {}

        def keep(answer: Answer) -> Outcome:
            got.update(answer)
            return read(answer)

        query = urlencode({"corpid": self._corporation, "corpsecret": self._secret})
        outcome = self._post.send(f"{self._url}/cgi-bin/gettoken?{query}", b"", keep, method="GET")
        token = str(got.get("access_token", ""))
        if outcome.verdict is not Verdict.SENT or not token:
            verdict = Verdict.REFUSED if outcome.verdict is Verdict.SENT else outcome.verdict
            return structs.replace(outcome, verdict=verdict, reference="")
        self._token = token
        self._token_ends = self._clock.monotonic() + max(60, (code_in(got, "expires_in") or 7200) - 300)
        return None


def _read(answer: Answer) -> Outcome:
    outcome = read(answer)
    missed = str(answer.get("invaliduser", "") or answer.get("unlicenseduser", ""))
    if outcome.verdict is Verdict.SENT and missed:
        return Outcome(verdict=Verdict.REFUSED, code="invaliduser", detail=missed)
    return outcome
