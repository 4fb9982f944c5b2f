"""Plays many tasks, two at a time, and scores each where it was played, so that only sums come back."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from schemas.chain import Chain
from services.cli.backtest.skill.baselines import Baselines, Training, fit, training_of
from services.cli.backtest.skill.cases import cases_of, first_side, outcome_of
from services.cli.backtest.skill.judged import Judged, judge
from services.cli.backtest.skill.kept import KeptJudgements
from services.cli.backtest.skill.play import Played, play
from services.cli.backtest.skill.recording import recording_of
from services.cli.backtest.skill.task import Task
from services.cli.backtest.skill.truth import Facts, facts_of
from services.risk.rules import RuleSet, parse_rules
from services.runtime.chain import load_chain
from services.runtime.errors import InputError

T = TypeVar("T")


class Bench(Struct, frozen=True, kw_only=True):
    """What all plays share: folder of the chain, rule file, operator's configuration, where truths and
    recordings are kept (None: nowhere), hours between ticks, processes."""

    chain: Path
    rules: Path
    config: Path | None
    truths: Path | None
    records: Path | None = None
    tick_h: int = 6
    jobs: int = 2

    def load(self) -> tuple[Chain, RuleSet]:
        """Chain and rules. Raises ConfigurationError or InputError."""
        if not self.rules.is_file():
            raise InputError(f"{self.rules}: 没有这个规则文件 no such rule file")
        return load_chain(self.chain), parse_rules(self.rules.read_text(encoding="utf-8"), self.rules.name)


def train(bench: Bench, tasks: Sequence[Task], on_done: Callable[[], None]) -> Baselines:
    """Play training tasks and fit the simple forecasts on them."""
    found = list(_each(bench, _train_one, [(t,) for t in tasks], on_done))
    kinds = found[0][0] if found else ()
    return fit([t.name for t in tasks], kinds, [training for _, training in found])


def score(
    bench: Bench,
    tasks: Sequence[Task],
    baselines: Baselines,
    on_done: Callable[[], None],
    kept: KeptJudgements | None = None,
) -> list[Judged]:
    """Play and score tasks; the result has their order. What is ``kept`` is not played again, and what is played is kept at once."""
    found = {task: judged for task in tasks if kept is not None and (judged := kept.find(task)) is not None}
    for _ in found:
        on_done()
    missing = [task for task in tasks if task not in found]
    for task, judged in zip(missing, _each(bench, _score_one, [(t, baselines) for t in missing], on_done), strict=True):
        found[task] = judged
        if kept is not None:
            kept.keep(task, judged)
    return [found[task] for task in tasks]


def _each(
    bench: Bench, work: Callable[..., T], given: Sequence[tuple[object, ...]], on_done: Callable[[], None]
) -> Iterator[T]:
    """Results in the order given."""
    if bench.jobs == 1:
        for arguments in given:
            yield work(bench, *arguments)
            on_done()
        return
    with ProcessPoolExecutor(bench.jobs, mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(work, bench, *arguments) for arguments in given]
        for each in waiting:
            yield each.result()
            on_done()


def _train_one(bench: Bench, task: Task) -> tuple[tuple[str, ...], Training]:
    played, facts, _ = _live(bench, task)
    cases = cases_of(played, outcome_of(played, first_side(played, facts)))
    return played.ground.kinds, training_of(cases, played.ground, played.forecasts.issued, played.start)


def _score_one(bench: Bench, task: Task, baselines: Baselines) -> Judged:
    played, facts, seconds = _live(bench, task)
    begun = time.process_time()
    judged = judge(played, facts, baselines, seconds)
    seconds["score"] = round(time.process_time() - begun, 3)
    return judged


def _live(bench: Bench, task: Task) -> tuple[Played, Facts, dict[str, float]]:
    chain, rules = bench.load()
    begun = time.process_time()
    recording = recording_of(task, chain, bench.config, bench.records)
    recorded = time.process_time()
    played = play(task, chain, rules, recording, config=bench.config, tick_h=bench.tick_h)
    between = time.process_time()
    facts = facts_of(task, chain, bench.config, bench.truths)
    ended = time.process_time()
    marks = (begun, recorded, between, ended)
    names = ("record", "judge", "truth")
    return played, facts, {n: round(b - a, 3) for n, (a, b) in zip(names, pairwise(marks), strict=True)}
