"""Entry point of the ``lianjing`` command."""

import importlib
import os
import sys
from collections.abc import Mapping

import click

from services.runtime.errors import InputError, LianjingError, UnreachableError
from services.runtime.settings import default_home

WRONG_USE = 2
UNREACHABLE = 3

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("services.cli.up:command", "启动全部组件 Start everything on this machine."),
    "down": ("services.cli.down:command", "停止 Stop what `up` started."),
    "status": ("services.cli.status:command", "运行状态 What runs, and how it is."),
    "doctor": ("services.cli.doctor:command", "体检 Check every part and say what to do."),
    "chain": ("services.cli.chain:command", "链条配置 Import, validate and show chains."),
    "feed": ("services.cli.feed:command", "数据接入 Send, replay and look into feeds."),
    "provider": ("services.cli.provider:command", "报送单位 Add, rotate and revoke data providers."),
    "alert": ("services.cli.alert:command", "预警 Look at alerts, acknowledge, close, approve, mute."),
    "scenario": ("services.cli.scenario:command", "情景 List, play and generate scenarios."),
    "drill": ("services.cli.drill.command:command", "演练 Rehearse a crisis through the same stream; reports."),
    "user": ("services.cli.user:command", "工作台用户 Accounts of the console."),
    "audit": ("services.cli.audit_log:command", "审计 Read and verify the console's audit log."),
    "message": ("services.cli.message.command:command", "消息与叫应 Test channels, see what waits, record answers."),
    "migrate": ("services.cli.migrate:command", "建表 Apply topics and tables."),
    "rebuild": ("services.cli.rebuild:command", "重建投影表 Rebuild a table from its topic."),
    "backup": ("services.cli.backup:command", "备份 Back up database, offsets and configuration."),
    "restore": ("services.cli.restore:command", "恢复 Restore a backup into an empty stack."),
    "schemas": ("services.cli.schemas:command", "数据格式 Export and show the shapes of every noun and topic."),
    "detect": (
        "services.cli.detect.command:command",
        "异常检测 Judge the series of a CSV file: what is unusual, what is wrong.",
    ),
    "report": (
        "services.cli.report:command",
        "值班与链长报告 Handover sheet, brief, weekly and monthly reports.",
    ),
    "dashboards": ("services.cli.dashboards.command:command", "看板 Build, check and publish the Grafana boards."),
    "what-if": ("services.cli.risk.what_if:command", "推演 Who breaks when, and what must keep running, if …"),
    "playbook": ("services.cli.playbook:command", "应急预案 Check, try, run and decide about emergency plans."),
    "task": ("services.cli.task:command", "任务 Work and questions that plans put to people."),
    "backtest": ("services.cli.backtest:command", "回测 Score warnings against what truly broke."),
    "bench": ("services.cli.bench:command", "基准 Measure speed, side by side."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when used, so that ``--help`` is quick."""

    def __init__(self, *args: object, commands_at: Mapping[str, tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed through as click gave them
        self._commands_at = commands_at

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        del ctx
        return list(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        del ctx
        if cmd_name not in self._commands_at:
            return None
        module, attribute = self._commands_at[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}:{attribute} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self._commands_at.items()])


@click.command(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lianjing", prog_name="lianjing")
def lianjing() -> None:
    """链警 Lianjing: early warning of chain breaks in coal and coal-chemical supply chains.

    \b
    Example:  lianjing up            start everything here
              lianjing doctor        say what is missing and what to do
    Exit codes: 0 done, 1 the check found something, 2 wrong use, 3 a part is unreachable.
    """


def main() -> None:
    """Run the command line; our errors become one clear line and the right exit code."""
    _prefer_running_demo()
    try:
        lianjing()
    except UnreachableError as error:
        sys.exit(_complain(error, UNREACHABLE))
    except InputError as error:
        sys.exit(_complain(error, WRONG_USE))
    except LianjingError as error:
        sys.exit(_complain(error, 1))


def _prefer_running_demo() -> None:
    """Without LIANJING_HOME and without a stack in the default home, commands speak to the demo if that was started."""
    home = default_home(os.environ)
    is_start = len(sys.argv) > 1 and sys.argv[1] == "up"
    if "LIANJING_HOME" in os.environ or is_start or (home / "run" / "settings.json").exists():
        return
    if (home / "demo" / "run" / "settings.json").exists():
        os.environ["LIANJING_HOME"] = str(home / "demo")


def _complain(error: LianjingError, code: int) -> int:
    click.echo(f"错误 Error: {error}", err=True)
    return code
