"""``lianjing feed replay``, ``replay-check`` and ``score``: real history through the whole stream."""

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.runtime.errors import ConfigurationError, InputError

if TYPE_CHECKING:
    from services.intake.history.loading import History
    from services.runtime.settings import Settings

_MOST_DEFECTIVE = 0.02


def load(settings: "Settings", mapping: str, file: Path) -> "History":
    """Mapping (a path, or the name of a shipped one) and table from disk. Raises InputError, ConfigurationError."""
    from services.intake.history.loading import load_history

    path = _mapping_path(settings, mapping)
    try:
        return load_history(path.read_text(encoding="utf-8"), str(path), file.read_bytes(), file.name)
    except OSError as error:
        raise InputError(f"{error.filename}: 无法读取 / cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}:1: 不是 UTF-8 / the mapping is not UTF-8") from error


def _mapping_path(settings: "Settings", mapping: str) -> Path:
    from services.runtime.assets import asset_path

    given = Path(mapping)
    if given.is_file():
        return given
    folders = [settings.config / "history"] if settings.config else []
    folders.append(asset_path("deploy/config/history"))
    for folder in folders:
        named = folder / f"{mapping}.yaml"
        if named.is_file():
            return named
    known = ", ".join(sorted(p.stem for folder in folders if folder.is_dir() for p in folder.glob("*.yaml")))
    raise InputError(
        f"映射 {mapping!r} 不存在，随附：{known} / no mapping {mapping!r}; shipped: {known}; or give a path"
    )


def _speed(ctx: click.Context, parameter: click.Parameter, value: str) -> float | None:
    del ctx, parameter
    if value == "max":
        return None
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed <= 100_000:
        raise click.BadParameter(f"{value!r}: 应为 max 或 0 至 100000 的数 / should be max or a number in (0, 100000]")
    return speed


_MAPPING = click.argument("mapping")
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_LANE = click.option("--lane", default=None, help="通道 Lane, replay:<id>; default: the mapping's own.")
_JSON = click.option("--json", "as_json", is_flag=True, help="机器可读 One JSON object on stdout.")


@click.command("replay")
@_MAPPING
@_FILE
@_LANE
@click.option("--speed", default="max", callback=_speed, help="倍速 Lane seconds per second, or max (default).")
@click.option("--dry-run", is_flag=True, help="只读不发 Read and report only; nothing is sent.")
@click.option(
    "--check", is_flag=True, help="发完核对 Afterwards compare what is stored with the file (exit 1 on mismatch)."
)
@click.option("--wait", "wait_s", default=300.0, help="核对最长等待秒数 Longest wait for the store, seconds.")
@_JSON
def replay(
    mapping: str,
    file: Path,
    lane: str | None,
    speed: float | None,
    dry_run: bool,
    check: bool,
    wait_s: float,
    as_json: bool,
) -> None:
    """历史回放 Replay a table as feeds, through the whole stream.

    \b
    Example:  lianjing feed replay india_plant_stock ../shared/data/real/india_daily_plant_coal_stock_dev.csv
              lianjing feed replay my_mapping.yaml my_table.csv --lane replay:mine --speed 86400
    """
    from services.cli.history_report import print_replay, replay_figures
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    history = load(settings, mapping, file)
    name = _lane_of(history, lane)
    seconds = 0.0 if dry_run else _send(settings, history, name, speed, is_quiet=as_json)
    figures = replay_figures(history, name, seconds)
    if not as_json:
        print_replay(figures)
    is_sound = figures["defective_share"] <= _MOST_DEFECTIVE
    if check and not dry_run:
        is_sound &= _check(settings, history, name, wait_s, figures, is_quiet=as_json)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    sys.exit(0 if is_sound else 1)


@click.command("replay-check")
@_MAPPING
@_FILE
@_LANE
@click.option("--wait", "wait_s", default=60.0, help="最长等待秒数 Longest wait for the store, seconds.")
@_JSON
def replay_check(mapping: str, file: Path, lane: str | None, wait_s: float, as_json: bool) -> None:
    """回放核对 Compare what the database holds with the non-blank cells of the file; exit 1 on mismatch.

    \b
    Example:  lianjing feed replay-check india_plant_stock ../shared/data/real/india_daily_plant_coal_stock_dev.csv
    """
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    history = load(settings, mapping, file)
    figures: dict[str, Any] = {"lane": _lane_of(history, lane)}
    is_sound = _check(settings, history, _lane_of(history, lane), wait_s, figures, is_quiet=as_json)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    sys.exit(0 if is_sound else 1)


@click.command("score")
@_MAPPING
@_FILE
@_LANE
@click.option("--rules-only", is_flag=True, help="只算简单规则 Only the plain rules on the file; needs no database.")
@click.option("--recall", "least_recall", default=0.0, help="召回率下限 Exit 1 below this recall of the stream.")
@click.option("--precision", "least_precision", default=0.0, help="精确率下限 Exit 1 below this precision.")
@_JSON
def score(
    mapping: str,
    file: Path,
    lane: str | None,
    rules_only: bool,
    least_recall: float,
    least_precision: float,
    as_json: bool,
) -> None:
    """预警评分 Score the warnings of a replayed lane by onsets, beside plain rules.

    \b
    Example:  lianjing feed score india_plant_stock ../shared/data/real/india_daily_plant_coal_stock_dev.csv
              lianjing feed score india_plant_stock FILE --recall 0.85 --precision 0.30
    """
    from services.cli.history_report import print_skill
    from services.cli.skill import Skill, read_steps
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    history = load(settings, mapping, file)
    name = _lane_of(history, lane)
    skill = Skill(history)
    results = skill.of_rules()
    if not rules_only:
        results += skill.of_stream(read_steps(settings, name))
    figures = {"lane": name, "rows": [r.figures() for r in results]}
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False))
    else:
        print_skill(name, results)
    stream = [r for r in results if r.is_target]
    is_short = any(not (r.outcome.recall >= least_recall and r.outcome.precision >= least_precision) for r in stream)
    sys.exit(1 if is_short and not rules_only else 0)


def _lane_of(history: "History", lane: str | None) -> str:
    from schemas.lane import LaneKind, kind_of

    name = lane or history.mapping.lane
    try:
        is_replay = kind_of(name) is LaneKind.REPLAY
    except ValueError as error:
        raise InputError(str(error)) from error
    if not is_replay:
        raise InputError(f"通道 {name!r} 不是回放通道 / lane {name!r} is no replay lane; give replay:<id>")
    return name


def _send(settings: "Settings", history: "History", lane: str, speed: float | None, *, is_quiet: bool) -> float:
    from services.cli.history_report import progress
    from services.intake.history.player import Player
    from services.intake.publisher import Publisher
    from services.runtime.chain.publication import publish_chain
    from services.runtime.clock import WallClock
    from services.runtime.kafka import KafkaStreamConsumer, KafkaStreamProducer

    clock = WallClock()
    started = clock.monotonic()
    producer = KafkaStreamProducer(settings, client_id="lianjing-history")
    ends = KafkaStreamConsumer(settings, client_id="lianjing-history-ends")
    series = {s.id: s for s in history.chain.series}
    try:
        publish_chain(producer, history.chain)
        publisher = Publisher(producer, lambda: series, ends=ends)
        with progress(f"回放 {lane}", len(history.reading.observations), is_quiet=is_quiet) as advance:
            Player(publisher, clock, time.sleep, speed=speed).play(history, lane, advance)
    finally:
        ends.close()
        producer.close()
    return clock.monotonic() - started


def _check(
    settings: "Settings",
    history: "History",
    lane: str,
    wait_s: float,
    figures: dict[str, Any],
    *,
    is_quiet: bool,
) -> bool:
    from services.cli.history_report import print_comparison
    from services.cli.stored import compare_when_stored

    rows = compare_when_stored(settings, history, lane, wait_s)
    figures["stored"] = [r.figures() for r in rows]
    if not is_quiet:
        print_comparison(lane, rows)
    return all(r.is_equal for r in rows)
