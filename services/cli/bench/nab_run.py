"""The Numenta Anomaly Benchmark, run: every row judged knowing nothing of what comes after, one setting for all files."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.series.detector import Floats
from detectors.series.ensemble import Ensemble
from detectors.series.rounds import Rounds, judge
from services.cli.bench.figures import Figures
from services.cli.bench.nab_files import NabSeries, read_result
from services.cli.bench.nab_score import PROFILES, STANDARD, Outcome, evaluate, ground


@dataclass(frozen=True)
class NabJudged:
    """``scores``: 1 - p of every row by series, 0 for rows not taken (a time not later than the newest of their series)."""

    corpus: Sequence[NabSeries]
    scores: Mapping[str, Floats]
    detector: str
    version: str
    seconds: float


def judge_corpus(corpus: Sequence[NabSeries]) -> NabJudged:
    """Hand all files to the detector side by side, row after row; nothing is learnt before it was judged."""
    begun = time.perf_counter()
    detector, rounds = Ensemble(), Rounds()
    rounds.grow(len(corpus))
    lengths = [len(series) for series in corpus]
    slots = np.repeat(np.arange(len(corpus)), lengths)
    order = np.argsort(np.concatenate([np.arange(n) for n in lengths]), kind="stable")
    times_us = np.concatenate([series.times_us for series in corpus])
    values = np.concatenate([series.values for series in corpus])
    judged = judge(detector, rounds, slots[order], times_us[order], values[order])
    scores = np.empty(len(slots))
    scores[order] = np.where(judged.is_taken, 1.0 - judged.scored.p_value, 0.0)
    parts = np.split(scores, np.cumsum(lengths)[:-1])
    by_name = {series.name: part for series, part in zip(corpus, parts, strict=True)}
    return NabJudged(corpus, by_name, detector.name, detector.version, time.perf_counter() - begun)


def at_level(judged: NabJudged, alpha: float) -> Outcome:
    """The standard profile when a row alarms at p <= alpha."""
    return evaluate(ground(judged.corpus), judged.scores, STANDARD, 1.0 - alpha)


def left_out(judged: NabJudged) -> float:
    """The standard score when each group is judged at the threshold that is best for all other groups."""
    raw, windows = 0.0, 0
    for group in groups(judged.corpus):
        others = ground([s for s in judged.corpus if s.group != group])
        threshold = evaluate(others, judged.scores, STANDARD).threshold
        here = evaluate(ground([s for s in judged.corpus if s.group == group]), judged.scores, STANDARD, threshold)
        raw, windows = raw + here.raw, windows + here.windows
    return 100.0 * (raw + STANDARD.miss * windows) / ((STANDARD.hit + STANDARD.miss) * windows) if windows else math.nan


def groups(corpus: Sequence[NabSeries]) -> list[str]:
    """Names of the groups, sorted."""
    return sorted({series.group for series in corpus})


def told_by(detector: str, corpus: Sequence[NabSeries], results: Path) -> NabJudged:
    """What another detector left in ``results``. Raises InputError."""
    scores = {series.name: read_result(results, detector, series) for series in corpus}
    return NabJudged(corpus, scores, detector, "", 0.0)


def profile_figures(judged: NabJudged) -> Figures:
    """The three profiles, each at the threshold that is best for it."""
    where = ground(judged.corpus)
    return {profile.name: evaluate(where, judged.scores, profile).score for profile in PROFILES}


def figures_of(judged: NabJudged, alpha: float) -> Figures:
    """The three profiles, then the standard one at fixed levels and with each group left out."""
    found = profile_figures(judged)
    found["standard_fixed_threshold"] = at_level(judged, alpha).score
    found["standard_fixed_tenth"] = at_level(judged, alpha / 10).score
    found["standard_fixed_tenfold"] = at_level(judged, alpha * 10).score
    found["standard_group_left_out"] = left_out(judged)
    return found


def said(judged: NabJudged, alpha: float) -> list[str]:
    """Per group at the shipped level and at the best threshold, and what was judged."""
    rows = sum(len(series) for series in judged.corpus)
    best = evaluate(ground(judged.corpus), judged.scores, STANDARD)
    fixed = at_level(judged, alpha)
    notes = [
        f"{judged.detector} {judged.version}，{len(judged.corpus)} 个文件 files，{rows:,} 行 rows，{judged.seconds:.1f} s",
        f"出厂水平 shipped level α = {alpha:g}: {_told(fixed)}",
        f"最佳阈值 best threshold α = {1.0 - best.threshold:.2g}: {_told(best)}",
    ]
    for group in groups(judged.corpus):
        here = ground([s for s in judged.corpus if s.group == group])
        at_best = evaluate(here, judged.scores, STANDARD, best.threshold)
        at_fixed = evaluate(here, judged.scores, STANDARD, 1.0 - alpha)
        notes.append(f"{group:<22} 最佳 best: {_told(at_best)}  |  出厂 shipped: {_told(at_fixed)}")
    return notes


def _told(outcome: Outcome) -> str:
    score = f"{outcome.score:6.2f}" if outcome.windows else f"raw {outcome.raw:.2f}"
    return f"{score}，命中 hit {outcome.hits}/{outcome.windows}，误报 false {outcome.false_rows}"
