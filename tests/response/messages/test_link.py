"""Links to acknowledge by: a GET never acts, a POST acts once, forged and expired ones are refused, the topic away is said."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.command import Command
from schemas.topic import COMMAND
from services.response.actions.webhook import signature
from services.response.link import LASTS, Claim, LinkError, Links, key_of, make_token, read_token
from services.response.routes.desk import Desk
from services.response.routes.page import Standing
from services.response.routes.web import Door, web_application
from services.runtime.clock import ManualClock
from services.runtime.memory import MemoryBroker, MemoryProducer
from services.runtime.metrics import Meters

NOW = datetime(2026, 1, 10, 4, 0, tzinfo=UTC)
KEY = key_of("a long enough secret")


class Scene:
    """The door with a broker in memory, a clock to move and a shelf to fill."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self.clock = ManualClock(NOW)
        self.meters = Meters()
        self.standing: Standing | None = Standing(text_zh="【系统研判·红色】<b>甲</b>\n请办：核实", text_en="A")
        desk = Desk(self, MemoryProducer(self.broker), self.clock)
        application = web_application(desk, KEY, {"zhang-san": "张三"}, {"sms": "gateway-secret"}, self.meters)
        self.door = Door(application, "127.0.0.1", 0)
        self.door.start()
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.door.port}", trust_env=False)

    def look(self, notification_id: str) -> Standing | None:
        assert notification_id == "note-1"
        return self.standing

    def path(self, person: str = "zhang-san") -> str:
        return Links("", KEY).link("note-1", "live", person, self.clock.now())

    @property
    def commands(self) -> list[Command]:
        return [msgspec.json.decode(m.value or b"", type=Command) for m in self.broker.messages(COMMAND.name)]

    def count(self, outcome: str) -> float:
        return self.meters.registry.get_sample_value("lianjing_links_total", {"outcome": outcome}) or 0.0


@pytest.fixture
def scene() -> Iterator[Scene]:
    made = Scene()
    yield made
    made.client.close()
    made.door.close()


def test_a_get_shows_and_never_acts(scene: Scene) -> None:
    for method in ("GET", "HEAD", "GET"):
        answer = scene.client.request(method, scene.path())
        assert answer.status_code == 200
    page = scene.client.get(scene.path())
    assert "确认收到" in page.text
    assert "&lt;b&gt;甲" in page.text
    assert "张三" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    assert scene.commands == []
    assert scene.client.put(scene.path()).status_code == 405


def test_a_post_acts_once(scene: Scene) -> None:
    path = scene.path()
    for _ in range(3):
        answer = scene.client.post(path, data={"confirm": "1"})
        assert answer.status_code == 200
        assert "张三" in answer.text
    assert "此前已确认" in answer.text
    (command,) = scene.commands
    assert (command.kind, command.actor, command.lane) == ("message.acknowledge", "zhang-san", "live")
    assert command.arguments == {"notification": "note-1", "person": "zhang-san", "name": "张三"}
    again = Links("", KEY).link("note-1", "live", "zhang-san", NOW + timedelta(hours=1))
    assert again != path
    assert scene.client.post(again, data={"confirm": "1"}).status_code == 200
    assert len(scene.commands) == 1
    assert scene.count("repeated") == 3


def test_an_acknowledged_message_asks_nobody_again(scene: Scene) -> None:
    scene.standing = Standing(text_zh="甲", text_en="A", acknowledged_by="李四", acknowledged_at="01-10 12:01")
    assert "李四" in scene.client.post(scene.path(), data={"confirm": "1"}).text
    assert "<form" not in scene.client.get(scene.path()).text
    assert scene.commands == []


def test_in_a_group_the_reader_gives_his_name(scene: Scene) -> None:
    path = scene.path("@duty-dingtalk")
    assert scene.client.post(path, data={"confirm": "1"}).status_code == 422
    assert scene.client.post(path, data={"confirm": "1", "name": " \x00\n "}).status_code == 422
    assert scene.client.post(path, data={"name": "王五"}).status_code == 422
    assert scene.commands == []
    assert scene.client.post(path, data={"confirm": "1", "name": "王\x00五" + "长" * 90}).status_code == 200
    (command,) = scene.commands
    assert command.actor == "@duty-dingtalk"
    assert command.arguments["name"] == ("王五" + "长" * 90)[:40]


def test_forged_and_expired_links_are_refused(scene: Scene) -> None:
    path = scene.path()
    other = Links("", key_of("another long secret")).link("note-1", "live", "zhang-san", NOW)
    for forged in (other, path[:-2], path + "A", path.replace("/m/", "/m/A"), "/m/x", "/m/a.b.c", "/m/" + "a" * 5_000):
        assert scene.client.post(forged, data={"confirm": "1"}).status_code == 403
    scene.clock.advance(LASTS + timedelta(seconds=1))
    answer = scene.client.post(path, data={"confirm": "1"})
    assert answer.status_code == 410
    assert "已过期" in answer.text
    assert scene.commands == []
    assert scene.count("expired") == 1
    assert scene.count("forged") == 7


def test_with_the_broker_away_it_says_so_and_may_be_tried_again(scene: Scene) -> None:
    scene.broker.is_away = True
    answer = scene.client.post(scene.path(), data={"confirm": "1"})
    assert answer.status_code == 503
    assert "暂时无法记录" in answer.text
    scene.broker.is_away = False
    assert scene.client.post(scene.path(), data={"confirm": "1"}).status_code == 200
    assert len(scene.commands) == 1


def test_with_the_database_away_it_still_acknowledges(scene: Scene) -> None:
    scene.standing = None
    assert "仍可确认" in scene.client.get(scene.path()).text
    assert scene.client.post(scene.path(), data={"confirm": "1"}).status_code == 200
    assert len(scene.commands) == 1


def receipt(scene: Scene, body: bytes, *, channel: str = "sms", secret: str = "gateway-secret", late_s: int = 0) -> int:
    stamp = str(int(scene.clock.now().timestamp()) - late_s)
    headers = {"X-Lianjing-Timestamp": stamp, "X-Lianjing-Signature": signature(secret, stamp, body)}
    return scene.client.post(f"/v1/receipts/{channel}", content=body, headers=headers).status_code


def test_receipts_of_gateways(scene: Scene) -> None:
    body = b'{"id": "note-1", "event": "delivered"}'
    assert [receipt(scene, body), receipt(scene, body)] == [202, 202]
    assert receipt(scene, body, secret="wrong") == 401
    assert receipt(scene, body, channel="other") == 401
    assert receipt(scene, body, late_s=301) == 401
    assert receipt(scene, b'{"id": "note-1", "event": "eaten"}') == 400
    assert receipt(scene, b"{") == 400
    assert scene.client.post("/v1/receipts/sms", content=body).status_code == 401
    (command,) = scene.commands
    assert command.kind == "message.receipt"
    assert (command.arguments["notification"], command.arguments["event"]) == ("note-1", "delivered")


@given(st.integers(0, 200), st.integers(1, 255))
def test_any_change_of_a_token_is_noticed(place: int, flip: int) -> None:
    claim = Claim(notification_id="note-0123456789abcdef", lane="live", person="zhang-san", expires_at=NOW + LASTS)
    token = make_token(KEY, claim)
    assert read_token(KEY, token, NOW) == claim
    raw = bytearray(token.encode())
    raw[place % len(raw)] = (raw[place % len(raw)] + flip) % 256
    changed = raw.decode("latin-1")
    try:
        found = read_token(KEY, changed, NOW)
    except LinkError:
        return
    assert found == claim, "only the unused bits of base64's last sign may differ"
