"""``lianjing up``: everything on this machine, without containers."""

import json
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # these are slow to import: --help must not wait for them
    from pathlib import Path

    from services.cli.stack.layout import Layout
    from services.cli.stack.screen import Screen

_EXAMPLE = """启动全部组件 Start Kafka, PostgreSQL, Prometheus, Alertmanager and our services; Ctrl-C stops them.

    \b
    Example:  lianjing up
              lianjing up --demo --once       play the demo and end by itself
              lianjing up --only kafka,postgres
    """


@click.command(help=_EXAMPLE)
@click.option(
    "--demo", is_flag=True, help="在独立目录与数据库中演示 Play the demo in a home folder and database of its own."
)
@click.option("--once", is_flag=True, help="演示讲完即结束 End when the story is told (implies --demo).")
@click.option("--only", default="", help="只启动这些 Start only these, separated by commas.")
@click.option("--without", default="", help="不启动这些 Start all but these.")
@click.option("--free-ports", is_flag=True, help="改用空闲端口 Use free ports instead of the usual ones.")
@click.option(
    "--logs",
    type=click.Choice(["all", "warnings", "none"]),
    help="终端显示哪些日志 Which log lines to show (demo: none).",
)
@click.option(
    "--json", "as_json", is_flag=True, help="就绪时输出一行 JSON Print one JSON object when ready; words go to stderr."
)
def command(
    *, demo: bool, once: bool, only: str, without: str, free_ports: bool, logs: str | None, as_json: bool
) -> None:
    """Start everything; see the text given to click."""
    from services.cli.stack import addresses as places
    from services.cli.stack.layout import Layout
    from services.cli.stack.logbook import Shown
    from services.cli.stack.screen import Screen
    from services.cli.stack.session import Options, run_session

    demo = demo or once
    wanted = parts_wanted(only, without)
    settings = places.declared_settings()
    if demo:
        settings = settings.with_changes(home=settings.home / "demo")
    screen = Screen(to_stderr=as_json)
    settings.home.mkdir(parents=True, exist_ok=True)
    _clear_the_way(settings.home, screen)
    chosen = places.from_settings(settings)
    if free_ports or (demo and not chosen.is_all_free()):
        chosen = places.on_free_ports(chosen)
        screen.say("使用空闲端口", "using free ports")
    else:
        chosen.require_free(wanted=wanted)
    layout = Layout(settings, chosen)

    def on_ready() -> None:
        accounts = _demo_accounts(layout) if demo and "console" in wanted else {}
        screen.addresses({**addresses_of(layout), **sign_in_row(accounts)})
        if as_json:
            ready = {
                "home": str(layout.home),
                "addresses": addresses_of(layout),
                "settings": layout.public_settings(),
                "accounts": accounts,
            }
            click.echo(json.dumps(ready, ensure_ascii=False))
            sys.stdout.flush()

    shown = Shown(logs or ("none" if demo else "all"))
    sys.exit(run_session(layout, Options(wanted, demo, once, shown), screen, on_ready))


def parts_wanted(only: str, without: str) -> frozenset[str]:
    """Names of the parts to start. Raises BadParameter for an unknown name."""
    from services.cli.stack.layout import ALL_PARTS

    named = {word.strip() for word in f"{only},{without}".split(",") if word.strip()}
    unknown = sorted(named - set(ALL_PARTS))
    if unknown:
        raise click.BadParameter(
            f"没有这些组件 no such parts: {', '.join(unknown)}; 可选 known: {', '.join(ALL_PARTS)}"
        )
    chosen = {word.strip() for word in only.split(",") if word.strip()} or set(ALL_PARTS)
    return frozenset(chosen - {word.strip() for word in without.split(",")})


def addresses_of(layout: "Layout") -> dict[str, str]:
    """The addresses to open, by name; passwords hidden."""
    from services.runtime.settings import without_password

    settings = layout.settings
    found = {
        "工作台 console": f"http://{settings.console_host}:{settings.console_port}/",
        "Prometheus": settings.prometheus_url,
        "Alertmanager 预警": settings.alertmanager_url,
        "数据接入 intake": f"http://{settings.intake_host}:{settings.intake_port}/v1/",
        "文件投递 drop folder": str(settings.drop_folder or layout.home / "drop"),
        "Kafka": settings.kafka_bootstrap,
        "数据库 database": without_password(layout.database_url()),
        "日志 logs": str(layout.home / "logs"),
        "目录 home": str(layout.home),
    }
    return {name: address for name, address in found.items() if address}


def _demo_accounts(layout: "Layout") -> dict[str, str]:
    """Name and password of each account of the demo; none where the console is not there."""
    from services.cli.demo_account import make_demo_accounts, register_demo_provider

    settings = layout.settings.with_changes(database_url=layout.database_url())
    register_demo_provider(settings)
    return make_demo_accounts(settings, layout.secrets)


def sign_in_row(accounts: dict[str, str]) -> dict[str, str]:
    """Who to sign in as, for the table of addresses."""
    if not accounts:
        return {}
    (first, password), *others = accounts.items()
    also = f"；另有 also: {', '.join(name for name, _ in others)}，同一口令 same password" if others else ""
    return {"登录 sign in": f"{first} / {password}{also}"}


def _clear_the_way(home: "Path", screen: "Screen") -> None:
    from services.cli.stack.state import end_leftovers, read_state
    from services.runtime.errors import InputError

    state = read_state(home)
    if state is None:
        return
    if state.is_supervised:
        raise InputError(
            f"已在运行 already running (pid {state.pid}); 查看 see: lianjing status; 停止 stop: lianjing down"
        )
    ended = end_leftovers(state)
    if ended:
        screen.say(f"上次异常退出,已清理 {', '.join(ended)}", "ended what a killed supervisor had left behind")
