"""Questions about what lies ahead: of the running stack, of the chain at rest, or as a scenario has left it; and the options that say so."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
from msgspec import Struct, structs

from services.cli.risk.asking import ask, kinds_of

if TYPE_CHECKING:
    from schemas.chain import Chain
    from services.intake.rows import Rows
    from services.intake.scenario.scenario import Scenario
    from services.risk.analysis.ahead import BalanceSheet, Blockages, Remedy
    from services.risk.analysis.scene import Scene
    from services.risk.evidence import Evidence
    from services.risk.rules import RuleSet

CHINA = timezone(timedelta(hours=8))
Ahead = TypeVar("Ahead", bound="BalanceSheet | Blockages | Remedy")


class Outlook(Struct, frozen=True):
    """A chain in the state it has at a moment, and in words whose state that is. ``lane`` is empty at rest."""

    scene: "Scene"
    lane: str
    zh: str
    en: str

    def begins(self) -> tuple[str, str]:
        """Where the futures begin, a line in each language."""
        at = self.as_of.astimezone(CHINA)
        return (
            f"起点：{self.zh}，截至 {at:%Y-%m-%d %H:%M}（北京时间）",
            f"from {self.en}, as of {at:%Y-%m-%d %H:%M} China time",
        )

    @property
    def as_of(self) -> datetime:
        """The moment."""
        from services.runtime.clock import from_us

        return from_us(self.scene.world.as_of_us)


class Told(Struct, Generic[Ahead], frozen=True):
    """A result, and where its futures begin: a line in each language, and one more for what is supposed."""

    found: Ahead
    begins: tuple[str, ...]


def outlook_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Options that ``look_ahead`` takes."""
    for option in reversed(
        (
            click.option(
                "--lane", default="live", show_default=True, help="向哪条线提问。 Which lane's state: live, drill:…"
            ),
            click.option(
                "--at-rest",
                is_flag=True,
                help="不连运行中的系统，以配置的常态为起点（非实时）。 Without a running stack: normal stocks and flows as configured.",
            ),
            click.option(
                "--on",
                type=click.DateTime(["%Y-%m-%d"]),
                help="常态起点的日期，默认今天。 Day of --at-rest in China, today by default.",
            ),
            click.option(
                "--scenario",
                help="不连运行中的系统，以情景到某日的报送为起点。 Without a running stack: a scenario's reports until --day.",
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


def look_ahead(
    kind: str,
    words: Mapping[str, str],
    shape: type[Ahead],
    *,
    lane: str,
    at_rest: bool,
    on: datetime | None,
    scenario: str | None,
    day: float,
    seed: int,
    lost: tuple[str, ...],
) -> Told[Ahead]:
    """The answer to a question: of the running stack, or computed here from rest or a scenario. Raises UsageError for what makes no sense,
    UnreachableError when nobody answers."""
    from services.runtime.errors import InputError

    if at_rest and scenario is not None:
        raise click.UsageError("--at-rest 与 --scenario 只能给一个 one of --at-rest and --scenario NAME is right")
    asked = {**words, "lost": ",".join(lost)}
    try:
        if not at_rest and scenario is None:
            found = ask(kind, asked, shape, lane=lane, at_rest=False)
            begins = found.basis.in_words()
        else:
            outlook = _outlook_of(on, scenario, day, seed)
            found, begins = _computed(outlook, kind, asked, shape), outlook.begins()
    except InputError as error:
        raise click.UsageError(str(error)) from None
    supposed = (f"假定自此刻停 14 天 supposed to stand still for 14 d: {', '.join(lost)}",) if lost else ()
    return Told(found, (*begins, *supposed))


def print_json(told: Told[Any]) -> None:
    """A result as one object, with where it begins in words."""
    import msgspec

    whole = {"begins": told.begins, **msgspec.structs.asdict(told.found)}
    click.echo(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())


def _computed(outlook: Outlook, kind: str, asked: Mapping[str, str], shape: type[Ahead]) -> Ahead:
    from services.risk.analysis.answering import answer
    from services.risk.analysis.basis import basis_of
    from services.runtime.settings import Settings

    scene = outlook.scene
    basis = basis_of(scene.blueprint, scene.world, scene.rules.version, outlook.lane, outlook.as_of)
    given = {name: text for name, text in asked.items() if text}
    found = answer(kind, given, scene, basis, kinds_of(Settings.from_environment()))
    if not isinstance(found, shape):
        raise TypeError(f"{kind} gave a {type(found).__name__}")
    return found


def _outlook_of(on: datetime | None, scenario: str | None, day: float, seed: int) -> Outlook:
    """At rest without a scenario."""
    from services.risk.app import read_rules
    from services.runtime.assets import asset_path
    from services.runtime.chain import chain_folder, load_chain
    from services.runtime.clock import WallClock
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    chain, rules = (
        load_chain(chain_folder(settings.config, settings.chain)),
        read_rules(settings.config or asset_path("deploy/config")),
    )
    if scenario is None:
        return outlook_at_rest(chain, rules, on.replace(tzinfo=CHINA) if on else WallClock().now())
    from services.intake.scenario.feeds.library import load_scenario

    return outlook_after(chain, rules, load_scenario(scenario, settings.config), day, seed)


def outlook_at_rest(chain: "Chain", rules: "RuleSet", at: datetime) -> Outlook:
    """A chain that is at rest at a moment: normal stocks, as surely known as by a survey."""
    from services.risk.analysis.scene import Scene
    from services.risk.blueprint import Blueprint
    from services.risk.evidence import Evidence
    from services.risk.prospect import Seer
    from services.risk.state.estimate import Estimates
    from services.runtime.clock import to_us

    blueprint = Blueprint(chain)
    world = Seer(blueprint, Evidence(), rules).see(to_us(at))
    surveyed = Estimates.configured(world.stock.value, rules.priors.survey_spread)  # rest is supposed, not guessed
    scene = Scene(blueprint, structs.replace(world, stock=surveyed), rules)
    return Outlook(scene, "", "配置的常态", "the configured state of rest")


def outlook_after(chain: "Chain", rules: "RuleSet", scenario: "Scenario", day: float, seed: int) -> Outlook:
    """A chain as the reports of a scenario tell it on a day. Raises UsageError for a day outside the scenario."""
    from services.risk.analysis.scene import Scene
    from services.risk.blueprint import Blueprint
    from services.risk.evidence import Evidence
    from services.risk.prospect import Seer
    from services.runtime.clock import to_us

    blueprint, evidence = Blueprint(chain), Evidence()
    world = Seer(blueprint, evidence, rules).see(to_us(_lived(chain, evidence, scenario, round(24 * day), seed)))
    words = (f"情景 {scenario.id} 第 {day:g} 日", f"day {day:g} of scenario {scenario.id}")
    return Outlook(Scene(blueprint, world, rules), f"replay:{scenario.id}", *words)


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
