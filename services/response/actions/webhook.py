"""Signed webhook; gateways of short messages and of voice are webhooks with a stated contract (docs/messages.md).

Signature: header ``X-Lianjing-Signature: v1=`` + hex of HMAC-SHA256 with the shared secret over ``X-Lianjing-Timestamp`` (s) + ``.`` + body. The
receiver refuses a timestamp more than 300 s off and takes an ``X-Lianjing-Id`` once: a repeat after a crash carries the same one.
"""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from services.response.actions.post import Answer, Post
from services.response.channel import ChannelKind
from services.response.notice import Letter, Outcome, Verdict
from services.response.pace import Limit
from services.response.presentation import plain, sms, speech
from services.runtime.clock import Clock

FRESH_S = 300
_FORM = {ChannelKind.SMS: sms, ChannelKind.VOICE: speech, ChannelKind.WEBHOOK: plain}


class Webhook:
    """One gateway."""

    at_once = 1
    limits: tuple[Limit, ...] = ()
    is_recorded = True

    def __init__(self, kind: ChannelKind, url: str, secret: str, post: Post, clock: Clock) -> None:
        self._kind = kind
        self._url, self._secret = url, secret
        self._post = post
        self._clock = clock

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Post each."""
        return [self._send(letter) for letter in letters]

    def _send(self, letter: Letter) -> Outcome:
        body = msgspec.json.encode(
            {
                "id": letter.notification_id,
                "kind": self._kind.value,
                "to": letter.address,
                "recipient": letter.recipient,
                "lane": letter.lane,
                "level": letter.level,
                "text": _FORM[self._kind](msgspec.structs.replace(letter, is_repeat=False)),
                "link": letter.link,
            }
        )
        stamp = str(int(self._clock.now().timestamp()))
        headers = {
            "X-Lianjing-Timestamp": stamp,
            "X-Lianjing-Signature": signature(self._secret, stamp, body),
            "X-Lianjing-Id": letter.notification_id,
        }
        return self._post.send(self._url, body, _read, headers)


def signature(secret: str, stamp_s: str, body: bytes) -> str:
    """The value of the signature's header, in both directions."""
    return "v1=" + hmac.new(secret.encode(), stamp_s.encode() + b"." + body, hashlib.sha256).hexdigest()


def _read(answer: Answer) -> Outcome:
    """``{"accepted": true}``; anything else is a refusal, with its reason."""
    if answer.get("accepted") is True:
        return Outcome(verdict=Verdict.SENT, reference=str(answer.get("reference", ""))[:80])
    return Outcome(verdict=Verdict.REFUSED, code="not accepted", detail=str(answer.get("reason", "")))
