"""What is said of rows of related series, in numbers and in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.series.detector import Floats, Integers
from detectors.series.related.memory import Statistic

_NAMED = 3
_LEAST_SHARE = 0.05


@dataclass(frozen=True)
class RelatedScored:
    """One entry per row, in the last three fields one per row and variable.

    ``statistic``: how unusual, in standard deviations of what is usual, NaN while the model waits for its first rows. ``p_value``: chance of a
    statistic at least as large while all is well, 1 while it waits. ``leading``: number of the statistic that says so. ``expected`` and ``low`` to
    ``high``: the value expected of each variable and its central 99 % band, in its own unit. ``contribution``: share of the leading statistic
    that the variable alone explains, 0 to 1 (they need not add up to 1: related variables explain the same); NaN where nothing is unusual (p > 0.05).
    """

    statistic: Floats
    p_value: Floats
    leading: Integers
    statistics: tuple[Statistic, ...]
    expected: Floats
    low: Floats
    high: Floats
    contribution: Floats


def sentences(scored: RelatedScored, row: int, names_zh: Sequence[str], names_en: Sequence[str]) -> tuple[str, str]:
    """What is unusual in a row and which variables explain it, in Chinese and English. Raises IndexError for a row that is not there."""
    s = scored.statistics[scored.leading[row]]
    share = scored.contribution[row]
    if np.isnan(scored.statistic[row]):
        return "数据尚不足，未研判", "not judged: too few rows yet"
    if np.isnan(share).all():
        return "各变量关系正常", "the variables agree as usual"
    first = [i for i in np.argsort(-share, kind="stable")[:_NAMED].tolist() if share[i] >= _LEAST_SHARE]
    zh = "、".join(f"{names_zh[i]}（{share[i]:.0%}）" for i in first)
    en = ", ".join(f"{names_en[i]} ({share[i]:.0%})" for i in first)
    p = f"p={scored.p_value[row]:.1g}"
    return (
        f"多变量关系异常：{s.zh}超常（{p}），单独可解释：{zh or '无单一变量'}",
        f"the variables do not agree as usual: {s.en} is large ({p}), explained by one alone: {en or 'no single variable'}",
    )
