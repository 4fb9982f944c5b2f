"""Contacts and channels: the example of the handbook is right, faults are named by line, nothing is sent to a host that is not listed."""

import re
from pathlib import Path

import pytest

from services.response.actions.outfit import Missing, open_links, open_specs, read_secrets
from services.response.channel import ChannelKind, ChannelSpec
from services.response.contact_sheet import parse_channels, parse_contacts
from services.response.contacts import Contact
from services.response.notice import Verdict
from services.response.sheet import Problem
from services.runtime.clock import WallClock
from services.runtime.errors import ConfigurationError
from services.runtime.settings import Settings

HANDBOOK = (Path(__file__).resolve().parents[3] / "docs" / "messages.md").read_text("utf-8")
CHANNELS, CONTACTS = re.findall(r"```yaml\n(.*?)```", HANDBOOK, flags=re.DOTALL)[:2]


def read(
    channels: str = CHANNELS, contacts: str = CONTACTS
) -> tuple[dict[str, ChannelSpec], dict[str, Contact], list[Problem]]:
    problems: list[Problem] = []
    specs = parse_channels("channels.yaml", channels, problems)
    return specs, parse_contacts("contacts.yaml", contacts, problems, specs), problems


def test_the_example_of_the_handbook() -> None:
    specs, contacts, problems = read()
    assert [p.sentence() for p in problems] == []
    assert {spec.kind for spec in specs.values()} == set(ChannelKind)
    chief = contacts["chain_chief"]
    assert [person.id for person in chief.people] == ["zhang-san", "li-si"]
    assert chief.is_called
    assert chief.channels == ("log", "person")


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("https://sms.example.gov.cn/v1/send", "https://evil.example.org/send", "允许主机"),
        ("https://sms.example.gov.cn/v1/send", "http://sms.example.gov.cn/send", "https://主机"),
        ("https://sms.example.gov.cn/v1/send", "https://u:p@sms.example.gov.cn/send", "不含口令"),
        ("https://sms.example.gov.cn/v1/send", "file:///etc/passwd", "https://主机"),
        ("https://sms.example.gov.cn/v1/send", "https://sms.example.gov.cn@evil.example.org/", "不含口令"),
        ("种类: dingtalk", "种类: pigeon", "dingtalk"),
        ("编号: duty-feishu", "编号: duty-dingtalk", "另一个编号"),
        ("用途: 演练", "用途: 玩", "演练"),
    ],
)
def test_a_faulty_channel_is_named(old: str, new: str, wanted: str) -> None:
    assert old in CHANNELS
    problems = read(channels=CHANNELS.replace(old, new, 1))[2]
    assert any(wanted in problem.sentence() for problem in problems)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("渠道: duty-dingtalk", "渠道: duty-pigeon", "duty-dingtalk"),
        ('        电话: "+8613900000001"\n', "", "叫应的每个人都要有电话"),
        ("编号: li-si", "编号: zhang-san", "每人一项"),
        (", 地址: zhangsan@example.gov.cn", "", "需要此人的地址"),
        ('电话: "+8613900000001"', "电话: 打给我", "电话号码"),
    ],
)
def test_a_faulty_contact_is_named(old: str, new: str, wanted: str) -> None:
    assert old in CONTACTS
    problems = read(contacts=CONTACTS.replace(old, new, 1))[2]
    assert any(wanted in problem.sentence() for problem in problems)


def test_a_channel_without_its_secret_refuses_and_the_rest_works(tmp_path: Path) -> None:
    specs = read()[0]
    settings = Settings(home=tmp_path, channel_secrets='{"duty-wecom": {"key": "k-e-y"}}')
    opened = open_specs(settings, specs, WallClock())
    assert not isinstance(opened["duty-wecom"], Missing)
    (outcome,) = opened["duty-dingtalk"].send([None])  # type: ignore[list-item]  # it looks at none
    assert outcome.verdict is Verdict.REFUSED
    assert "duty-dingtalk.token" in outcome.detail


def test_secrets_and_links_are_checked_and_never_shown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_secrets(Settings(channel_secrets='{"a": "my-secret"'))
    assert "my-secret" not in str(caught.value)
    assert open_links(Settings()) is None
    for settings in (
        Settings(public_url="https://x.example", link_secret="short"),
        Settings(public_url="http://x.example", link_secret="long enough for anybody"),
    ):
        with pytest.raises(ConfigurationError):
            open_links(settings)
    shown = Settings(channel_secrets="hush", link_secret="hush", channel_proxy="http://u:hush@p:1").described()
    assert "hush" not in repr(shown)
