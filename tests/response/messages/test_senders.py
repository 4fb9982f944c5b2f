"""Each sender against a server that verifies by the vendor's published rule and answers with each documented error."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.response.actions.dingtalk import DingTalk
from services.response.actions.feishu import Feishu
from services.response.actions.post import Post
from services.response.actions.webhook import Webhook
from services.response.actions.wecom import WeCom
from services.response.actions.wecom_app import WeComApp
from services.response.channel import ChannelKind
from services.response.notice import Channel, Letter, Outcome, Verdict
from services.runtime.clock import WallClock

MakeLetter = Callable[..., Letter]
TOKEN, SECRET = "t0ken-of-the-robot", "SEC-of-the-robot"
CLOCK = WallClock()


@pytest.fixture
def post(certificate: Path) -> Post:
    return Post((TOKEN, SECRET), cafile=str(certificate / "ca.pem"))


def one(channel: Channel, letter: Letter) -> Outcome:
    (outcome,) = channel.send([letter])
    return outcome


def dingtalk_rule(path: str, _headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """加签: timestamp in ms, not more than an hour off; base64(HMAC-SHA256(secret, timestamp + LF + secret)), URL-encoded once."""
    query = parse_qs(urlsplit(path).query, strict_parsing=True)
    stamp = query["timestamp"][0]
    right = base64.b64encode(hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()).decode()
    if query["access_token"] != [TOKEN]:
        return 200, {"errcode": 300005, "errmsg": "token is not exist"}
    if query["sign"] != [right] or abs(time.time() * 1000 - int(stamp)) > 3_600_000:
        return 200, {"errcode": 310000, "errmsg": "sign not match"}
    content = json.loads(body)
    is_right = content["msgtype"] == "markdown" and content["markdown"]["title"] and content["markdown"]["text"]
    return 200, {"errcode": 0, "errmsg": "ok"} if is_right else {"errcode": 40035, "errmsg": "缺少参数 json"}


def feishu_rule(path: str, _headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """签名校验: base64(HMAC-SHA256(key = timestamp + LF + secret, message = nothing)), timestamp in s, in the body."""
    content = json.loads(body)
    key = f"{content['timestamp']}\n{SECRET}".encode()
    right = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    if path != f"/open-apis/bot/v2/hook/{TOKEN}":
        return 200, {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}
    if content["sign"] != right or abs(time.time() - int(content["timestamp"])) > 3600:
        return 200, {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
    if len(body) > 20_000 or content["msg_type"] != "interactive":
        return 200, {"code": 9499, "msg": "Bad Request"}
    return 200, {"code": 0, "msg": "success", "data": {}, "StatusCode": 0, "StatusMessage": "success"}


def wecom_rule(path: str, _headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """The key in the address; at most 4096 bytes of markdown."""
    if parse_qs(urlsplit(path).query) != {"key": [TOKEN]} or urlsplit(path).path != "/cgi-bin/webhook/send":
        return 200, {"errcode": 93000, "errmsg": "invalid webhook url"}
    if len(json.loads(body)["markdown"]["content"].encode()) > 4096:
        return 200, {"errcode": 40058, "errmsg": "markdown.content exceed max length 4096"}
    return 200, {"errcode": 0, "errmsg": "ok"}


def webhook_rule(_path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any]]:
    """docs/messages.md: v1= hex HMAC-SHA256(secret, timestamp + . + body)."""
    stamp = headers["x-lianjing-timestamp"]
    right = "v1=" + hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if headers["x-lianjing-signature"] != right or abs(time.time() - int(stamp)) > 300:
        return 401, {"accepted": False, "reason": "signature"}
    return 202, {"accepted": True, "reference": "gw-1"}


def dingtalk(url: str, post: Post, secret: str = SECRET) -> Channel:
    return DingTalk(url, TOKEN, secret, post, CLOCK)


def feishu(url: str, post: Post, secret: str = SECRET) -> Channel:
    return Feishu(url, TOKEN, secret, post, CLOCK)


def wecom(url: str, post: Post, secret: str = SECRET) -> Channel:
    return WeCom(url, TOKEN if secret == SECRET else secret, post)


def webhook(url: str, post: Post, secret: str = SECRET) -> Channel:
    return Webhook(ChannelKind.WEBHOOK, url, secret, post, CLOCK)


ALL = [(dingtalk, dingtalk_rule), (feishu, feishu_rule), (wecom, wecom_rule), (webhook, webhook_rule)]


@pytest.mark.parametrize(("made", "rule"), ALL)
def test_the_vendor_accepts_the_signature(
    vendor: Any, post: Post, make_letter: MakeLetter, made: Any, rule: Any
) -> None:
    vendor.answer = rule
    assert one(made(vendor.url, post), make_letter()).verdict is Verdict.SENT
    assert one(made(vendor.url, post), make_letter(text_zh="【演练】" + "很长" * 9_000)).verdict is Verdict.SENT


@pytest.mark.parametrize(("made", "rule"), ALL)
def test_a_wrong_secret_is_refused_and_never_shown(
    vendor: Any, post: Post, make_letter: MakeLetter, made: Any, rule: Any
) -> None:
    vendor.answer = rule
    outcome = one(made(vendor.url, post, "a-wrong-secret"), make_letter())
    assert outcome.verdict is Verdict.REFUSED
    assert outcome.code in {"310000", "19021", "93000", "HTTP 401"}
    assert "a-wrong-secret" not in repr(outcome)
    assert TOKEN not in repr(outcome)


@pytest.mark.parametrize(
    ("made", "answer", "verdict", "rest_s"),
    [
        (dingtalk, {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, Verdict.LIMITED, 600),
        (dingtalk, {"errcode": 410100, "errmsg": "发送速度太快而限流"}, Verdict.LIMITED, 600),
        (dingtalk, {"errcode": 310000, "errmsg": "keywords not in content"}, Verdict.REFUSED, 60),
        (dingtalk, {"errcode": 400102, "errmsg": "机器人已停用"}, Verdict.REFUSED, 60),
        (dingtalk, {"errcode": 430104, "errmsg": "含有不合适的内容"}, Verdict.REFUSED, 0),
        (dingtalk, {"errcode": -1, "errmsg": "系统繁忙"}, Verdict.BUSY, 0),
        (dingtalk, {"errmsg": "ok"}, Verdict.REFUSED, 0),
        (feishu, {"code": 11232, "msg": "frequency limited psm"}, Verdict.LIMITED, 60),
        (feishu, {"code": 9499, "msg": "Bad Request"}, Verdict.REFUSED, 0),
        (feishu, {"code": 19021, "msg": "sign match fail"}, Verdict.REFUSED, 60),
        (feishu, {"code": 19022, "msg": "Ip Not Allowed"}, Verdict.REFUSED, 60),
        (feishu, {"code": 19024, "msg": "Key Words Not Found"}, Verdict.REFUSED, 60),
        (wecom, {"errcode": 45009, "errmsg": "api freq out of limit"}, Verdict.LIMITED, 60),
        (wecom, {"errcode": 93000, "errmsg": "invalid webhook url"}, Verdict.REFUSED, 60),
        (wecom, {"errcode": -1, "errmsg": "system busy"}, Verdict.BUSY, 0),
        (wecom, {"errcode": 40008, "errmsg": "invalid message type"}, Verdict.REFUSED, 0),
        (webhook, {"accepted": False, "reason": "number is blocked"}, Verdict.REFUSED, 0),
        (webhook, {}, Verdict.REFUSED, 0),
    ],
)
def test_an_error_inside_http_200_is_understood(
    vendor: Any, post: Post, make_letter: MakeLetter, made: Any, answer: dict[str, Any], verdict: Verdict, rest_s: float
) -> None:
    vendor.script = [(200, answer)]
    outcome = one(made(vendor.url, post), make_letter())
    assert (outcome.verdict, outcome.rest_s) == (verdict, rest_s)


@pytest.mark.parametrize(
    ("status", "verdict"), [(500, Verdict.BUSY), (503, Verdict.BUSY), (404, Verdict.REFUSED), (429, Verdict.LIMITED)]
)
def test_http_errors(vendor: Any, post: Post, make_letter: MakeLetter, status: int, verdict: Verdict) -> None:
    vendor.script = [(status, {})]
    vendor.headers = {"Retry-After": "90"}
    outcome = one(webhook(vendor.url, post), make_letter())
    assert outcome.verdict is verdict
    assert outcome.rest_s == (90.0 if status == 429 else 0.0)


def test_a_redirect_is_not_followed(open_vendor: Any, post: Post, make_letter: MakeLetter) -> None:
    front, inside = open_vendor(), open_vendor()
    front.script = [(307, {})]
    front.headers = {"Location": inside.url}
    assert one(webhook(front.url, post), make_letter()).verdict is Verdict.REFUSED
    assert inside.requests == []


def test_a_dead_host_and_a_false_certificate_are_unreachable(
    open_vendor: Any, make_letter: MakeLetter, post: Post
) -> None:
    gone, untrusted = open_vendor(), open_vendor()
    url = gone.url
    gone.close()
    assert one(webhook(url, post), make_letter()).verdict is Verdict.UNREACHABLE
    outcome = one(webhook(untrusted.url, Post(())), make_letter())
    assert outcome.verdict is Verdict.UNREACHABLE
    assert "CERTIFICATE_VERIFY_FAILED" in outcome.detail
    assert untrusted.requests == []
    assert outcome.rest_s > 0


class TestWeComApp:
    """The application keeps its token, renews a stale one once, and knows a member it cannot reach."""

    @pytest.fixture
    def app(self, vendor: Any, post: Post) -> WeComApp:
        return WeComApp(vendor.url, "corp", "1000002", SECRET, post, CLOCK)

    def test_token_then_message(self, vendor: Any, app: WeComApp, make_letter: MakeLetter) -> None:
        vendor.script = [
            (200, {"errcode": 0, "access_token": "A1", "expires_in": 7200}),
            (200, {"errcode": 0, "msgid": "m1"}),
        ]
        letter = make_letter(address="ZhangSan", is_repeat=True)
        assert one(app, letter) == Outcome(verdict=Verdict.SENT, reference="m1")
        paths = [urlsplit(path) for path, _, _ in vendor.requests]
        assert parse_qs(paths[0].query) == {"corpid": ["corp"], "corpsecret": [SECRET]}
        assert parse_qs(paths[1].query) == {"access_token": ["A1"]}
        body = vendor.bodies[0]
        assert (body["touser"], body["agentid"], body["enable_duplicate_check"]) == ("ZhangSan", 1000002, 1)
        assert len(body["markdown"]["content"].encode()) <= 2048
        vendor.script = [(200, {"errcode": 0, "msgid": "m2"})]
        assert one(app, make_letter(address="ZhangSan")).verdict is Verdict.SENT
        assert vendor.bodies[1]["markdown"] == body["markdown"], "a repeat is the same to the byte: the vendor drops it"
        assert len(vendor.requests) == 3

    def test_a_stale_token_is_renewed_once(self, vendor: Any, app: WeComApp, make_letter: MakeLetter) -> None:
        token = (200, {"errcode": 0, "access_token": "A1", "expires_in": 7200})
        vendor.script = [
            token,
            (200, {"errcode": 42001, "errmsg": "access_token expired"}),
            token,
            (200, {"errcode": 0}),
        ]
        assert one(app, make_letter()).verdict is Verdict.SENT
        stale = (200, {"errcode": 40014, "errmsg": "invalid access_token A1"})
        vendor.script = [stale, token, stale]
        outcome = one(app, make_letter())
        assert outcome.verdict is Verdict.REFUSED
        assert "A1" not in outcome.detail

    @pytest.mark.parametrize(
        "answer", [{"errcode": 81013, "errmsg": "user & party & tag all invalid"}, {"errcode": 0, "invaliduser": "x"}]
    )
    def test_a_member_out_of_reach(
        self, vendor: Any, app: WeComApp, make_letter: MakeLetter, answer: dict[str, Any]
    ) -> None:
        vendor.script = [(200, {"errcode": 0, "access_token": "A1", "expires_in": 7200}), (200, answer)]
        assert one(app, make_letter()).verdict is Verdict.REFUSED

    def test_a_wrong_secret(self, vendor: Any, app: WeComApp, make_letter: MakeLetter) -> None:
        vendor.script = [(200, {"errcode": 40001, "errmsg": f"invalid secret {SECRET}"})]
        outcome = one(app, make_letter())
        assert outcome.verdict is Verdict.REFUSED
        assert SECRET not in repr(outcome)


def test_a_voice_call_of_a_drill_opens_and_closes_with_it(vendor: Any, post: Post, make_letter: MakeLetter) -> None:
    vendor.answer = webhook_rule
    voice = Webhook(ChannelKind.VOICE, vendor.url, SECRET, post, CLOCK)
    assert one(voice, make_letter(text_zh="【演练】甲\n剩余：一天\n请办：核实")).verdict is Verdict.SENT
    said = vendor.bodies[0]["text"]
    assert said.startswith("演练，演练，演练。")
    assert said.endswith("以上是演练，演练，演练。")


def test_a_short_message_fits_and_keeps_the_link(vendor: Any, post: Post, make_letter: MakeLetter) -> None:
    vendor.answer = webhook_rule
    gateway = Webhook(ChannelKind.SMS, vendor.url, SECRET, post, CLOCK)
    link = "https://lianjing.example.org/m/" + "a" * 95
    assert one(gateway, make_letter(address="+8613800000000", link=link)).verdict is Verdict.SENT
    body = vendor.bodies[0]
    assert (body["kind"], body["to"]) == ("sms", "+8613800000000")
    assert len(body["text"]) <= 268
    for part in ("断供风险", "约 31 小时到最低库存", "01-10 15:00 前", link):
        assert part in body["text"]
