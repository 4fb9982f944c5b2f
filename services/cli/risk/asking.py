"""Putting a question: live, by a command and its answer on the topics; or at rest, in this process from the configured chain."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

if TYPE_CHECKING:
    from schemas.answer import Answer
    from services.risk.analysis.kinds import Settings as Kinds
    from services.runtime.settings import Settings

_PATIENCE_S = 120.0
Result = TypeVar("Result")

Options = Callable[[Callable[..., Any]], Callable[..., Any]]


def where_to_ask(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options ``--at-rest``, ``--lane`` and ``--json`` of every question."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON."),
        click.option(
            "--lane", default="live", show_default=True, help="向哪条线提问。 Which lane's state: live, drill:…"
        ),
        click.option(
            "--at-rest",
            is_flag=True,
            help="不连运行中的系统，按配置的常态库存计算（非实时）。 Without a running stack: the configured normal stocks.",
        ),
    ):
        command = option(command)
    return command


def ask(kind: str, arguments: Mapping[str, str], shape: type[Result], *, lane: str, at_rest: bool) -> Result:
    """The answer. Raises InputError for a question that makes no sense, UnreachableError when nobody answers."""
    given = {name: text for name, text in arguments.items() if text}
    return _at_rest(kind, given, shape) if at_rest else _live(kind, given, shape, lane)


def kinds_of(settings: "Settings") -> "Kinds":
    """The operator's kinds of events. Raises ConfigurationError."""
    from services.risk.analysis.kinds import parse_kinds
    from services.runtime.assets import asset_path

    folder = (settings.config or asset_path("deploy/config")) / "what-if"
    return parse_kinds((folder / "kinds.yaml").read_text(encoding="utf-8"), "what-if/kinds.yaml")


def _at_rest(kind: str, arguments: Mapping[str, str], shape: type[Result]) -> Result:
    from rich.console import Console
    from rich.progress import Progress

    from services.risk.analysis.answering import answer
    from services.risk.analysis.basis import basis_of
    from services.risk.analysis.scene import scene_at_rest
    from services.risk.app import read_rules
    from services.risk.blueprint import Blueprint
    from services.runtime.assets import asset_path
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.clock import WallClock, to_us
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    rules = read_rules(settings.config or asset_path("deploy/config"))
    now = WallClock().now()
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("推演 computing", total=None)
        blueprint = Blueprint(load_chain(chain_folder(settings.config, settings.chain)))
        scene = scene_at_rest(blueprint, rules, to_us(now))
        basis = basis_of(blueprint, scene.world, rules.version, "", now)
        found = answer(
            kind,
            arguments,
            scene,
            basis,
            kinds_of(settings),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    if not isinstance(found, shape):
        raise TypeError(f"{kind} gave a {type(found).__name__}")
    return found


def _live(kind: str, arguments: Mapping[str, str], shape: type[Result], lane: str) -> Result:
    from rich.console import Console

    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    with Console(stderr=True).status("等待研判环节应答 waiting for risk to answer …"):
        found = _await(Settings.from_environment(), kind, dict(arguments), lane)
    if found.problem:
        raise InputError(found.problem)
    return msgspec.convert(found.body, shape)


def _await(settings: "Settings", kind: str, arguments: dict[str, str], lane: str) -> "Answer":
    from schemas.answer import Answer
    from schemas.topic import ANSWER
    from services.cli.archive.audit import note
    from services.runtime.errors import UnreachableError
    from services.runtime.kafka import KafkaStreamConsumer

    consumer = KafkaStreamConsumer(settings, client_id="lianjing-ask")
    try:
        partition = (ANSWER.name, 0)
        consumer.assign([partition])
        consumer.seek(partition, consumer.end_offsets([partition])[partition])
        command = note(settings, kind, arguments, "", lane=lane)
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            for message in consumer.poll(0.2):
                found = msgspec.json.decode(message.value or b"", type=Answer)
                if found.command_id == command.command_id:
                    return found
    finally:
        consumer.close()
    raise UnreachableError(
        f"研判环节 {_PATIENCE_S:g} 秒内没有应答；请看 lianjing status，或加 --at-rest 按常态库存计算 / risk did not answer within "
        f"{_PATIENCE_S:g} s; see lianjing status, or add --at-rest"
    )
