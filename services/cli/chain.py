"""``lianjing chain``: import, validate and show chains."""

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.cli import chain_remedy, chain_sheets
from services.cli.risk.ranking import key_links, risk_points

if TYPE_CHECKING:
    from rich.console import Console

    from schemas.chain import Chain
    from services.runtime.chain import Problem
    from services.runtime.settings import Settings

_FOUND_SOMETHING = 1
_LISTS = ("nodes", "links", "stocks", "series", "offers")


@click.group()
def command() -> None:
    """链条配置：校验、导入、查看。 Validate, import and show chains.

    \b
    Example:  lianjing chain validate            check the configured chain
              lianjing chain show node P_QHD     one node with its neighbours
    """


for _command in (key_links, risk_points, chain_remedy.command, chain_sheets.balance, chain_sheets.blockages):
    command.add_command(_command)


@command.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def validate(folder: Path | None, as_json: bool) -> None:
    """校验文件夹中的链，列出全部问题。 Check the chain of FOLDER (default: the configured one) and list every problem.

    \b
    Example:  lianjing chain validate deploy/config/chains/ordos
    Exit codes: 0 right (warnings may be listed), 1 problems found.
    """
    from services.runtime.chain import inspect_chain

    chain, problems = inspect_chain(folder or _configured_folder())
    if as_json:
        _print_json({"ok": chain is not None, "version": chain.version if chain else None, "problems": problems})
    else:
        _print_problems(problems)
        _print_verdict(chain, problems)
    if chain is None:
        sys.exit(_FOUND_SOMETHING)


@command.command(name="import")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--allow-older", is_flag=True, help="允许导入比现行更早的版本。 Import although an own later version is stored."
)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def import_(folder: Path | None, allow_older: bool, as_json: bool) -> None:
    """校验并发布到主题 lianjing.chain。 Check the chain of FOLDER (default: the configured one) and publish it.

    \b
    Example:  lianjing chain import deploy/config/chains/ordos
    Exit codes: 0 published or unchanged, 1 problems found or older than the stored one, 3 the broker is away.
    """
    from services.runtime.chain import inspect_chain
    from services.runtime.chain.publication import Standing
    from services.runtime.settings import Settings

    chain, problems = inspect_chain(folder or _configured_folder())
    if chain is None:
        _print_problems(problems)
        _print_verdict(None, problems)
        sys.exit(_FOUND_SOMETHING)
    stored, how, offset = _publish(Settings.from_environment(), chain, allow_older=allow_older)
    if as_json:
        report = {"chain": chain.id, "version": chain.version, "standing": how, "offset": offset}
        _print_json(report | {"stored_version": stored.version if stored else None})
    else:
        click.echo(_import_sentence(chain, stored, how, is_published=offset is not None))
    if how is Standing.OLDER and offset is None:
        sys.exit(_FOUND_SOMETHING)


@command.command()
@click.argument("what", type=click.Choice([*_LISTS, "node"]), required=False)
@click.argument("node", required=False)
@click.option(
    "--folder", type=click.Path(path_type=Path), help="从此文件夹读取。 Read this folder, not the configured one."
)
@click.option("--stored", is_flag=True, help="读取消息主题中的现行版本。 Show what is stored on the topic.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def show(what: str | None, node: str | None, folder: Path | None, stored: bool, as_json: bool) -> None:
    """查看链：概要、节点、链路、库存、序列、配套企业或单个节点。 Show a chain: summary, nodes, links, stocks, series, offers or one node.

    \b
    Example:  lianjing chain show stocks
              lianjing chain show node P_QHD --json
    """
    from services.runtime.chain.neighbourhood import neighbourhood

    chain = _chosen_chain(folder, is_stored=stored)
    if what == "node":
        if node is None:
            raise click.UsageError("请给出节点编号 name a node: lianjing chain show node P_QHD")
        view = neighbourhood(chain, node)
        _show(view, as_json, lambda screen: _views().print_node(screen, view))
    elif what is None:
        _show(chain, as_json, lambda screen: _views().print_summary(screen, chain))
    else:
        rows = [row for row in getattr(chain, what) if node in {None, getattr(row, "id", None), *_ends(row)}]
        _show(rows, as_json, lambda screen: getattr(_views(), f"print_{what}")(screen, rows))


def _ends(row: object) -> set[str]:
    return {getattr(row, name, "") for name in ("node", "source", "target")} | set(getattr(row, "targets", ()))


def _views() -> Any:
    from services.cli import chain_view

    return chain_view


def _show(value: object, as_json: bool, draw: "Callable[[Console], None]") -> None:
    if as_json:
        _print_json(value)
        return
    from rich.console import Console

    draw(Console(width=None if sys.stdout.isatty() else 180))


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def _configured_folder() -> Path:
    from services.runtime.chain import chain_folder
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    try:
        return chain_folder(settings.config, settings.chain)
    except FileNotFoundError:
        raise click.UsageError(
            f"没有名为 {settings.chain} 的链配置 no chain is shipped as {settings.chain!r}"
        ) from None


def _chosen_chain(folder: Path | None, *, is_stored: bool) -> "Chain":
    from services.runtime.chain import load_chain
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    if not is_stored:
        return load_chain(folder or _configured_folder())
    settings = Settings.from_environment()
    chains = _stored(settings)
    if settings.chain not in chains:
        known = ", ".join(sorted(chains)) or "–"
        raise InputError(
            f"主题中没有链 {settings.chain!r}，现有：{known} / no chain {settings.chain!r} is stored; stored: {known}"
        )
    return chains[settings.chain]


def _stored(settings: "Settings") -> "dict[str, Chain]":
    from rich.console import Console

    from services.runtime.chain.publication import stored_chains
    from services.runtime.kafka import KafkaStreamConsumer

    with Console(stderr=True).status("读取现行链 reading the stored chain …"):
        return stored_chains(KafkaStreamConsumer(settings, client_id="lianjing-chain"))


def _publish(settings: "Settings", chain: "Chain", *, allow_older: bool) -> "tuple[Chain | None, str, int | None]":
    """The stored chain before, how the given one stands to it, and the offset it was published at (None when it was not)."""
    from rich.console import Console

    from services.runtime.chain.publication import Standing, publish_chain, standing
    from services.runtime.kafka import KafkaStreamProducer

    stored = _stored(settings).get(chain.id)
    how = standing(stored, chain)
    if how is Standing.SAME or (how is Standing.OLDER and not allow_older):
        return stored, how, None
    with Console(stderr=True).status("发布 publishing …"):
        producer = KafkaStreamProducer(settings, client_id="lianjing-chain")
        try:
            return stored, how, publish_chain(producer, chain)
        finally:
            producer.close()


def _import_sentence(chain: "Chain", stored: "Chain | None", how: str, *, is_published: bool) -> str:
    name = f"{chain.id} {chain.version}"
    before = f"{stored.version}（{stored.valid_from.date()}）" if stored else "–"
    if how == "same":
        return f"链 {name} 与现行版本相同，未重复发布。 Chain {name} is already stored."
    if how == "older" and not is_published:
        return (
            f"链 {name}（{chain.valid_from.date()}）早于现行版本 {before}，未导入；确需导入请加 --allow-older。\n"
            f"Chain {name} is older than the stored {before}: not imported; add --allow-older to import it all the same."
        )
    note = f"，早于原现行版本 {before} older than the stored" if how == "older" else f"，此前 before: {before}"
    return f"已导入链 imported chain {name}{note}。"


def _print_problems(problems: "Iterable[Problem]") -> None:
    from services.runtime.chain.problem import in_order

    words = {"error": "错误 error  ", "warning": "提醒 warning"}
    for problem in in_order(problems):
        click.echo(f"{words[problem.severity]}  {problem.sentence()}")


def _print_verdict(chain: "Chain | None", problems: "list[Problem]") -> None:
    warnings = sum(problem.severity == "warning" for problem in problems)
    if chain is None:
        click.echo(
            f"不可用：{len(problems) - warnings} 个错误。 {len(problems) - warnings} errors, {warnings} warnings."
        )
        return
    click.echo(
        f"可用 right: {chain.name_zh} {chain.id} {chain.version}，节点 nodes {len(chain.nodes)}，链路 links {len(chain.links)}，"
        f"库存 stocks {len(chain.stocks)}，序列 series {len(chain.series)}，配套企业 offers {len(chain.offers)}；提醒 warnings {warnings}"
    )
