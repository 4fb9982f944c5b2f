"""The backtest on one short frozen scenario: played as live, scored against the truth, compared with the skill it had."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from detectors.skill import Episode
from schemas.chain import Chain
from services.cli.backtest.skill import run
from services.cli.backtest.skill.baselines import Baselines
from services.cli.backtest.skill.cases import first_side
from services.cli.backtest.skill.compare import compare, read_report
from services.cli.backtest.skill.judged import Judged, judge
from services.cli.backtest.skill.kept import KeptJudgements, mark_of
from services.cli.backtest.skill.page import page_of
from services.cli.backtest.skill.play import HORIZONS, STOCK_AHEAD, Played, Step
from services.cli.backtest.skill.report import Report, report_of
from services.cli.backtest.skill.run import Bench, score
from services.cli.backtest.skill.task import Task, parse_seeds, parse_tasks
from services.cli.backtest.skill.truth import Facts, facts_of
from services.cli.backtest.skill.words import lines
from services.cli.main import lianjing
from services.risk.rules import RuleSet
from services.runtime.assets import asset_path
from services.runtime.errors import InputError

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture(scope="module")
def judged(played: Played, facts: Facts, baselines: Baselines) -> Judged:
    return judge(played, facts, baselines, {})


@pytest.fixture(scope="module")
def report(judged: Judged, baselines: Baselines) -> Report:
    return report_of([judged], baselines.trained_on, 1, 6, rounds=20)


def test_forecasts_are_issued_four_times_a_day(played: Played) -> None:
    assert (played.forecasts.issued % 6 == 0).all()
    assert np.diff(played.forecasts.issued).tolist() == [6.0] * (len(played.forecasts.issued) - 1)
    assert played.forecasts.issued[0] == played.from_h
    assert played.forecasts.issued[-1] == played.until_h


def test_the_scenario_breaks_something_that_could_be_foreseen(facts: Facts) -> None:
    assert any(v.is_foreseeable for v in facts.truth.breaks)


def test_every_account_that_broke_is_among_the_cases(played: Played, facts: Facts) -> None:
    broken = {(v.event.node, v.event.product, v.event.kind.value) for v in facts.truth.breaks}
    assert broken <= set(played.ground.keys)


def test_skill_is_not_worse_than_it_was(report: Report) -> None:
    """After a change for the better, write the new skill: see docs/skill.md."""
    changes = compare(read_report(FROZEN / "report.json"), report, rounds=20)
    assert [c for c in changes if c.is_worse] == []


def test_what_was_judged_is_not_played_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bench: Bench, task: Task, judged: Judged, baselines: Baselines
) -> None:
    played: list[Task] = []

    def play_one(_bench: Bench, given: Task, _baselines: Baselines) -> Judged:
        played.append(given)
        if given.seed == 3:
            raise KeyboardInterrupt
        return judged

    monkeypatch.setattr(run, "_score_one", play_one)
    tasks = [msgspec.structs.replace(task, seed=seed) for seed in (1, 2, 3)]
    with pytest.raises(KeyboardInterrupt):
        score(bench, tasks, baselines, lambda: None, KeptJudgements(tmp_path, "one"))
    told = score(bench, tasks[:2], baselines, lambda: None, KeptJudgements(tmp_path, "one"))
    assert [t.seed for t in played] == [1, 2, 3]
    assert report_of(told, [], 1, 6, rounds=20) == report_of([judged, judged], [], 1, 6, rounds=20)
    score(bench, tasks[:1], baselines, lambda: None, KeptJudgements(tmp_path, "another"))
    assert [t.seed for t in played] == [1, 2, 3, 1], "other rules, another program: judged anew"


def test_a_mark_tells_what_a_judgement_depends_on(tmp_path: Path, bench: Bench, baselines: Baselines) -> None:
    config = asset_path("deploy/config")
    rules = tmp_path / "default.yaml"
    rules.write_bytes(bench.rules.read_bytes())
    same = [mark_of(bench.chain, rules, config, baselines, 6) for _ in range(2)]
    assert same[0] == same[1]
    assert mark_of(bench.chain, rules, config, baselines, 3) != same[0]
    rules.write_text(rules.read_text() + "\n# changed")
    assert mark_of(bench.chain, rules, config, baselines, 6) != same[0]


def test_a_worse_report_is_found_out(report: Report) -> None:
    spoilt = msgspec.convert(msgspec.to_builtins(report), Report)
    first = spoilt.sums[0]["tallies"]["first"]
    first["false"] += 5
    spoilt.sums[0]["squared"][0] = [10 * x for x in spoilt.sums[0]["squared"][0]]
    worse = {c.name for c in compare(report, spoilt, rounds=20) if c.is_worse}
    assert {"far", "csi", "false_per_node_month", "brier_skill_72h"} <= worse
    assert not any(c.is_worse for c in compare(report, report, rounds=20))


def test_reports_that_share_nothing_cannot_be_compared(report: Report) -> None:
    other = msgspec.convert(msgspec.to_builtins(report), Report)
    other.sums[0]["seed"] = 99
    with pytest.raises(InputError, match="share no scenario"):
        compare(report, other)


def _perfect(played: Played, facts: Facts) -> Played:
    """The same play with a forecast that knows the truth: warned 72 h before each event, probability 1 or 0, intervals around what came."""
    side = first_side(played, facts)
    steps: dict[tuple[str, str, str], list[Step]] = {}
    given = played.forecasts
    probability, time = np.zeros_like(given.probability), np.full_like(given.time, math.inf)
    low, high = np.full_like(given.low, 0.0), np.full_like(given.high, math.inf)
    for e in side.events:
        spell = (max(played.from_h, e.hour - 72.0), e.hour + e.lasted_h)
        steps.setdefault(side.keys[e.account], []).extend(
            Step(hour, is_warning, 2 * is_warning, "U_UX", "")
            for hour, is_warning in zip(spell, (True, False), strict=True)
        )
        ahead = e.hour - given.issued
        time[ahead > 0, e.account] = ahead[ahead > 0, None]
        for h, horizon in enumerate(HORIZONS):
            probability[(ahead > 0) & (ahead <= float(horizon)), e.account, h] = 1.0
    forecasts = msgspec.structs.replace(
        given, probability=probability, time=time, low=low, high=high, is_unknown=np.zeros_like(given.is_unknown)
    )
    return msgspec.structs.replace(played, forecasts=forecasts, steps=steps)


def test_a_forecast_that_knows_the_truth_is_perfect(played: Played, facts: Facts, baselines: Baselines) -> None:
    perfect = report_of([judge(_perfect(played, facts), facts, baselines, {})], [], 1, 6, rounds=10)
    first = perfect.scores["first"]
    assert (first["pod"], first["pod_foreseeable"], first["far"], first["csi"]) == (1, 1, 0, 1)
    assert first["early_lead_median_h"] in (None, 72)
    assert perfect.brier["72"]["skill"] == 1
    assert perfect.failures == []
    assert perfect.scores["cause"]["pod"] == 1
    met = {t.name: t.is_met for t in perfect.targets}
    for name in ("pod_foreseeable", "far", "csi", "brier_skill_72h"):
        assert met[name]
    for ahead in STOCK_AHEAD[:2]:
        assert perfect.coverage[f"stock_{ahead}h"]["all"][1] == 1
    assert perfect.coverage["time"]["all"][1] == 1


def test_silence_misses_everything_and_says_so(played: Played, facts: Facts, baselines: Baselines) -> None:
    silent = report_of([judge(msgspec.structs.replace(played, steps={}), facts, baselines, {})], [], 1, 6, rounds=10)
    assert silent.scores["first"]["pod"] == 0
    assert silent.scores["first"]["far"] is None
    assert {f.what for f in silent.failures} == {"miss"}
    assert len(silent.failures) == silent.scores["first"]["events"]


def test_a_warning_of_what_never_came_is_listed(played: Played, facts: Facts, baselines: Baselines) -> None:
    broken = {(v.event.node, v.event.product, v.event.kind.value) for v in facts.truth.breaks}
    key = next(k for k in played.ground.keys if k not in broken)
    steps = {key: [Step(10.0, True, 3, "P_QHD", "word"), Step(40.0, False, 0, "", "")]}
    found = judge(msgspec.structs.replace(played, steps=steps), facts, baselines, {}).failures
    false = [f for f in found if f.what == "false"]
    assert [(f.node, f.product, f.hazard, f.cause, f.hour, f.lasted_h, f.note) for f in false] == [
        (*key, "P_QHD", 10.0, 30.0, "word")
    ]


def test_the_page_needs_nothing_else(report: Report) -> None:
    page = page_of(report)
    assert page.count("<svg") >= 6
    for outside in ("<script", "<link", "src=", "href="):
        assert outside not in page
    for failure in report.failures:
        assert failure.node in page


def test_the_lines_name_every_class_and_horizon(report: Report) -> None:
    text = "\n".join(lines(report))
    for word in ("断链", "按根源", "严重", "POD", "72 h", "climatology", "stock_24h"):
        assert word in text


def test_a_report_survives_json(report: Report, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(msgspec.json.encode(report))
    assert msgspec.json.encode(read_report(tmp_path / "r.json")) == msgspec.json.encode(report)
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(InputError, match="not a report"):
        read_report(tmp_path / "bad.json")


def test_the_truth_is_lived_once_and_then_read(
    loaded: tuple[Chain, RuleSet], truths: Path, facts: Facts, task: Task
) -> None:
    (kept,) = truths.rglob("*.npz")
    kept_at = kept.stat().st_mtime_ns
    again = facts_of(task, loaded[0], None, truths)
    assert kept.stat().st_mtime_ns == kept_at
    assert again.truth == facts.truth
    assert again.places == facts.places
    assert np.array_equal(again.stock, facts.stock)


@pytest.mark.parametrize(
    ("text", "seeds", "names"),
    [
        ("daqin-stylised", "1-2", ["daqin-stylised@1", "daqin-stylised@2"]),
        ("random@3-4,7,uxin-intake", "1", ["random-3@3", "random-4@4", "random-7@7", "uxin-intake@1"]),
        ("random@5,random@5", "1", ["random-5@5"]),
    ],
)
def test_tasks_are_read_from_words(text: str, seeds: str, names: list[str]) -> None:
    assert [t.name for t in parse_tasks(text, seeds, 1, None)] == names


def test_the_dated_ones_are_sixteen() -> None:
    assert len(parse_tasks("dated", "1", 1, None)) == 16


@pytest.mark.parametrize("text", ["", "a", "1-", "-3", "1-2-3", "1;2"])
def test_bad_seeds_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="seeds"):
        parse_seeds(text)


def test_help_shows_an_example() -> None:
    for words in (["backtest", "--help"], ["backtest", "run", "--help"]):
        result = CliRunner().invoke(lianjing, words)
        assert result.exit_code == 0
        assert "Example:" in result.output


def test_episodes_reach_the_scorer_as_alerting_made_them(played: Played, facts: Facts) -> None:
    """Each spell at yellow or above becomes one episode of the account, in hours of the scenario."""
    side = first_side(played, facts)
    for key, steps in played.steps.items():
        mine = [e for e in side.episodes if side.keys[e.account] == key]
        assert all(isinstance(e, Episode) and e.closed > e.opened for e in mine)
        openings = [
            s.hour
            for s, before in zip(steps, [None, *steps], strict=False)
            if s.is_warning and not (before and before.is_warning)
        ]
        assert [e.opened for e in mine] == openings
