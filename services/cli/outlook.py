"""Where a look ahead begins: the chain at rest or as a scenario has left it, with places standing still if asked; and the options that say so."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, structs

if TYPE_CHECKING:
    from schemas.chain import Chain
    from services.intake.rows import Rows
    from services.intake.scenario.scenario import Scenario
    from services.risk.blueprint import Blueprint
    from services.risk.evidence import Evidence
    from services.risk.prospect import Prospect, Seer
    from services.risk.rules import RuleSet
    from services.risk.state.world import World

CHINA = timezone(timedelta(hours=8))
_STILL_H = 336.0


class Outlook(Struct, frozen=True):
    """A chain with its futures at a moment, and where they begin in words."""

    blueprint: "Blueprint"
    seer: "Seer"
    prospect: "Prospect"
    rules: "RuleSet"
    as_of: datetime
    begins_zh: str
    begins_en: str

    def begins(self) -> tuple[str, str]:
        """Where the futures begin, a line in each language."""
        at = self.as_of.astimezone(CHINA)
        return (
            f"起点：{self.begins_zh}，截至 {at:%Y-%m-%d %H:%M}（北京时间）",
            f"from {self.begins_en}, as of {at:%Y-%m-%d %H:%M} China time",
        )


def outlook_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that ``outlook_of`` takes."""
    for option in reversed(
        (
            click.option(
                "--at-rest",
                is_flag=True,
                help="以配置的常态为起点。 Begin at rest: normal stocks and flows as configured.",
            ),
            click.option(
                "--on",
                type=click.DateTime(["%Y-%m-%d"]),
                help="常态起点的日期，默认今天。 Day of --at-rest in China, today by default.",
            ),
            click.option(
                "--scenario", help="以情景进行到某日的报送为起点。 Begin from what a scenario's reports told by --day."
            ),
            click.option("--day", type=float, default=3.0, show_default=True, help="情景第几日。 Day of the scenario."),
            click.option(
                "--seed", default=1, show_default=True, help="情景种子。 Seed of the scenario's hidden world."
            ),
            click.option(
                "--lost",
                multiple=True,
                metavar="NODE",
                help="假定该节点自此刻停 14 天，可多次给出。 Suppose NODE stands still for 14 d from now; may be repeated.",
            ),
        )
    ):
        function = option(function)
    return function


def outlook_of(
    *, at_rest: bool, on: datetime | None, scenario: str | None, day: float, seed: int, lost: tuple[str, ...]
) -> Outlook:
    """The futures from where the options say. Raises UsageError for none or both of rest and scenario, or an unknown node."""
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.clock import WallClock
    from services.runtime.settings import Settings

    if at_rest == (scenario is not None):
        raise click.UsageError(
            "请给出 --at-rest 或 --scenario 名称 之一 one of --at-rest and --scenario NAME is wanted"
        )
    settings = Settings.from_environment()
    chain, rules = load_chain(chain_folder(settings.config, settings.chain)), _rules(settings.config)
    if scenario is None:
        return outlook_at_rest(chain, rules, on.replace(tzinfo=CHINA) if on else WallClock().now(), lost)
    from services.intake.scenario.feeds.library import load_scenario

    return outlook_after(chain, rules, load_scenario(scenario, settings.config), day, seed, lost)


def outlook_at_rest(chain: "Chain", rules: "RuleSet", at: datetime, lost: tuple[str, ...] = ()) -> Outlook:
    """The futures of a chain that is at rest at a moment. Raises UsageError for an unknown node."""
    from services.risk.blueprint import Blueprint
    from services.risk.evidence import Evidence
    from services.risk.prospect import Seer
    from services.risk.state.estimate import Estimates
    from services.runtime.clock import to_us

    blueprint = Blueprint(chain)
    seer = Seer(blueprint, Evidence(), rules)
    world = seer.see(to_us(at))
    surveyed = Estimates.configured(world.stock.value, rules.priors.survey_spread)  # rest is supposed, not guessed
    words = ("配置的常态", "the configured state of rest")
    return _outlook(blueprint, seer, rules, structs.replace(world, stock=surveyed), lost, words)


def outlook_after(
    chain: "Chain", rules: "RuleSet", scenario: "Scenario", day: float, seed: int, lost: tuple[str, ...] = ()
) -> Outlook:
    """The futures of a chain as the reports of a scenario tell it on a day. Raises UsageError for an unknown node or day."""
    from services.risk.blueprint import Blueprint
    from services.risk.evidence import Evidence
    from services.risk.prospect import Seer
    from services.runtime.clock import to_us

    blueprint, evidence = Blueprint(chain), Evidence()
    seer = Seer(blueprint, evidence, rules)
    world = seer.see(to_us(_lived(chain, evidence, scenario, round(24 * day), seed)))
    words = (f"情景 {scenario.id} 第 {day:g} 日", f"day {day:g} of scenario {scenario.id}")
    return _outlook(blueprint, seer, rules, world, lost, words)


def _outlook(
    blueprint: "Blueprint",
    seer: "Seer",
    rules: "RuleSet",
    world: "World",
    lost: tuple[str, ...],
    words: tuple[str, str],
) -> Outlook:
    from services.runtime.clock import from_us

    for node in lost:
        world = _without(world, blueprint, node)
        words = (f"{words[0]}，{blueprint.nodes[node].name_zh}停", f"{words[1]}, {blueprint.nodes[node].name_en} lost")
    return Outlook(blueprint, seer, seer.look_ahead(world), rules, from_us(world.as_of_us), *words)


def _rules(config: Any) -> "RuleSet":
    from services.risk.rules import parse_rules
    from services.runtime.assets import asset_path

    folder = (config or asset_path("deploy/config")) / "rules"
    return parse_rules((folder / "default.yaml").read_text(encoding="utf-8"), "rules/default.yaml")


def _without(world: "World", blueprint: "Blueprint", node: str) -> "World":
    from detectors.network.course import Target
    from services.risk.state.disruption import Disturbed

    if node not in blueprint.nodes:
        raise click.UsageError(f"链中没有节点 {node} no node {node!r} is in the chain")
    still = Disturbed(
        name=f"supposed {node}",
        target=Target.NODE,
        index=world.living.node_index[node],
        node=node,
        kind=blueprint.nodes[node].kind,
        factor=0.0,
        since_h=0.0,
        ends_h=_STILL_H,
    )
    return structs.replace(world, disturbed=(*world.disturbed, still))


class _Listener:
    """Takes what a player sends into evidence."""

    def __init__(self, evidence: "Evidence") -> None:
        self._evidence = evidence

    def open_lane(self, lane: object) -> None:
        """Nothing to open."""

    def enqueue(self, rows: "Rows") -> None:
        """Take rows in."""
        from schemas.feed import FeedMessage

        self._evidence.take(
            FeedMessage(
                lane=rows.lane,
                source=rows.source,
                series=rows.series,
                observed_us=rows.observed_us,
                issued_us=rows.issued_us,
                known_us=rows.known_us,
                value=rows.value,
                quality=rows.quality,
                detail=rows.detail,
            )
        )

    def tick(self, lane: str, at: datetime) -> Any:
        """The clock changes nothing here."""
        from schemas.tick import Tick

        return Tick(lane=lane, at=at, positions={})


def _lived(chain: "Chain", evidence: "Evidence", scenario: "Scenario", hour: int, seed: int) -> datetime:
    """Play a scenario up to an hour and return that moment."""
    from rich.console import Console

    from services.intake.scenario.player import Player
    from services.runtime.clock import WallClock

    if not scenario.first_hour < hour <= scenario.last_hour:
        raise click.UsageError(
            f"--day {hour / 24:g}：应在 {scenario.first_hour / 24:g} 与 {scenario.last_hour / 24:g} 之间 is outside the scenario"
        )

    player = Player(_Listener(evidence), WallClock(), chain, scenario, lane="replay:outlook", seed=seed)
    left = iter(range(hour - scenario.first_hour - 1, -1, -1))
    with Console(stderr=True).status("播放情景 playing the scenario …"):
        progress = player.play(speed=None, wait=lambda _: next(left) == 0)
    return progress.lane_time
