"""docs/providers.md: every command of it is executed, against a running intake."""

import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schemas.rejection import Reason

CLONE = Path(__file__).resolve().parents[2]
PAGE = (CLONE / "docs" / "providers.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
DAY = datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=1)


def test_every_reason_is_explained() -> None:
    assert [r.value for r in Reason if f"`{r.value}`" not in PAGE] == []


def redated(command: str) -> str:
    """The page's dates moved to days that are not in the future."""
    for back in range(3):
        day, other = DAY - timedelta(days=back), 22 - back
        command = command.replace(f"2026-11-{other}", day.isoformat())
        command = command.replace(f"2026年11月{other}日", f"{day.year}年{day.month}月{day.day}日")
    return command


@pytest.mark.integration
def test_every_command_of_the_page(front: Any, tmp_path: Path, eventually: Any) -> None:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LIANJING_HOME": str(tmp_path / "home"),
        "LIANJING_KAFKA_BOOTSTRAP": front.topics.settings.kafka_bootstrap,
        "LIANJING_INTAKE": front.intake.url,
    }

    def run(command: str) -> str:
        done = subprocess.run(
            ["sh", "-c", redated(command)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    outputs: list[str] = []
    for command in COMMANDS:
        if command.startswith("export"):
            continue
        outputs.append(run(command))
        if command.startswith("lianjing provider add"):
            environment["LIANJING_KEY"] = outputs[0].strip().splitlines()[-1]
            eventually(lambda: '"series"' in run(COMMANDS[2]), "the key known to intake")
        elif outputs[-1].startswith("{"):
            _remember(json.loads(outputs[-1]), environment)
    replies = [json.loads(o) for o in outputs if o.startswith('{"accepted"')]
    assert [(r["accepted"], r["rejected"]) for r in replies] == [(1, 0), (2, 0), (2, 0), (2, 0), (0, 1), (1, 0)]
    assert replies[4]["rejections"][0]["reason"] == "decimal_slip"
    rehearsed = next(json.loads(o) for o in outputs if '"is_dry_run":true' in o)
    assert (rehearsed["accepted"], rehearsed["rejected"]) == (2, 0)
    assert "可用 accepted: 2" in "".join(outputs)
    assert set(front.topics.rows()) == {i for r in replies for i in r["ids"] if not i.startswith("rej-")}


def _remember(reply: dict[str, Any], environment: dict[str, str]) -> None:
    for record_id in reply.get("ids", ()):
        environment["REJECTED_ID" if record_id.startswith("rej-") else "RECORD_ID"] = record_id
