"""``lianjing message test``: what each channel answered, in words that say what to do."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from services.cli.message.command import command
from services.runtime.errors import InputError

CHANNELS = """允许主机: [localhost]
渠道:
  - {{编号: robot, 种类: dingtalk, 网址: "{0}"}}
  - {{编号: team, 种类: feishu, 网址: "{0}"}}
  - {{编号: voice, 种类: voice, 网址: "{0}/call"}}
"""
CONTACTS = """联系人:
  - 角色: chief
    名称: 链长
    英文名称: chief
    单位: 链长办
    人员:
      - 编号: zhang-san
        姓名: 张三
        电话: "+8613900000001"
        渠道: [{渠道: robot}, {渠道: team}]
"""
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, vendor: Any, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    config = tmp_path / "config"
    (config / "contacts").mkdir(parents=True)
    (config / "playbooks").mkdir()
    (config / "contacts" / "channels.yaml").write_text(CHANNELS.format(vendor.url), "utf-8")
    (config / "contacts" / "contacts.yaml").write_text(CONTACTS, "utf-8")
    secrets = {"robot": {"token": "t-o-k", "secret": "SEC-hush"}, "voice": {"secret": "voice-hush"}}
    for name, value in {
        "HOME": str(tmp_path),
        "CONFIG": str(config),
        "CHANNEL_SECRETS": json.dumps(secrets),
        "CHANNEL_CAFILE": str(certificate / "ca.pem"),
    }.items():
        monkeypatch.setenv(f"LIANJING_{name}", value)

    def started(*arguments: str) -> Result:
        return CliRunner().invoke(command, arguments)

    return started


def test_it_says_what_each_channel_answered(run: Run, vendor: Any) -> None:
    vendor.script = [(200, {"errcode": 310000, "errmsg": "sign not match"})]
    done = run("test", "--to", "zhang-san")
    assert done.exit_code == 1
    assert "robot: ✗ 被拒绝 refused (310000 sign not match)" in done.output
    assert "加签密钥" in done.output
    assert "team: ✗ 被拒绝 refused (no secret" in done.output
    assert len(vendor.requests) == 1
    assert "【测试】" in vendor.bodies[0]["markdown"]["text"]
    assert "hush" not in done.output


def test_one_channel_that_works(run: Run, vendor: Any) -> None:
    vendor.script = [(200, {"errcode": 0})]
    done = run("test", "--to", "zhang-san", "--channel", "robot", "--json")
    assert (done.exit_code, json.loads(done.output)[0]["outcome"]["verdict"]) == (0, "sent")
    vendor.script = [(200, {"accepted": True})]
    assert run("test", "--to", "zhang-san", "--channel", "voice").exit_code == 0
    assert vendor.bodies[1]["to"] == "+8613900000001"


def test_a_dead_host_ends_with_three(run: Run, vendor: Any) -> None:
    vendor.close()
    done = run("test", "--to", "zhang-san", "--channel", "robot")
    assert (done.exit_code, "连不上" in done.output) == (3, True)


def test_unknown_people_and_channels_are_named(run: Run) -> None:
    for arguments in (("--to", "nobody"), ("--to", "zhang-san", "--channel", "pigeon")):
        done = run("test", *arguments)
        assert isinstance(done.exception, InputError)
        assert "zhang-san" in str(done.exception) or "robot" in str(done.exception)
