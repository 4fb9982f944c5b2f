"""The rows of the bench: a stream in time order, and the same stream with late rows and corrections."""

from collections.abc import Iterator

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from schemas.chain import Chain, Series
from schemas.feed import Feed, FeedMessage
from services.runtime.clock import from_us

LANE = "replay:bench"
SERIES = 600
GROUPS = 12
STEP_US = 300_000_000
START_US = 1_704_067_200_000_000
LATE_SHARE = 0.20
CORRECTED_SHARE = 0.01
ROWS_PER_MESSAGE = 500
_LATE_STEPS = 288
_ENCODER = msgspec.json.Encoder()
Ints = NDArray[np.int64]


class Packed(Struct, frozen=True):
    """One message: the group that decides its partition, its bytes, its rows."""

    group: str
    value: bytes
    rows: int


def series_name(number: int) -> str:
    """Name of a series; 50 of them share a group.

    >>> series_name(61)
    'stock.G1.s061'
    """
    return f"stock.G{number // (SERIES // GROUPS)}.s{number:03d}"


def bench_chain() -> Chain:
    """A chain that has the series of the bench and nothing else."""
    series = [
        Series(
            id=series_name(n),
            feed=Feed.PRODUCTION,
            group=f"G{n // (SERIES // GROUPS)}",
            name_zh="基准",
            name_en="bench",
            indicator="stock",
            unit="t",
            cadence_h=STEP_US / 3.6e9,
            lateness_h=24,
            silence_h=24,
            plausible_low=0,
            plausible_high=1e9,
            provider="bench",
        )
        for n in range(SERIES)
    ]
    start = from_us(START_US)
    return Chain(
        id="bench", name_zh="基准", name_en="bench", version="1", valid_from=start,
        nodes=[], links=[], recipes=[], stocks=[], qualities=[], series=series,
    )  # fmt: skip


def columnar(total: int, seed: int = 1) -> Iterator[Packed]:
    """Messages of 500 rows in time order: 50 series of one group, ten steps."""
    random = np.random.default_rng(seed)
    per_group, steps = SERIES // GROUPS, ROWS_PER_MESSAGE * GROUPS // SERIES
    for number in range(total // ROWS_PER_MESSAGE):
        block, group = divmod(number, GROUPS)
        series = np.tile(np.arange(per_group) + group * per_group, steps)
        step = np.repeat(np.arange(steps) + block * steps, per_group)
        yield _pack(group, series, step, random.normal(1000, 50, ROWS_PER_MESSAGE).round(2))


def with_late_rows(total: int, seed: int = 2) -> Iterator[Packed]:
    """The same in which a fifth of the rows come up to a day late and one in a hundred corrects a value stored before."""
    random = np.random.default_rng(seed)
    per_group, steps = SERIES // GROUPS, ROWS_PER_MESSAGE * GROUPS // SERIES
    corrected = int(ROWS_PER_MESSAGE * CORRECTED_SHARE)
    late: list[list[tuple[Ints, Ints]]] = [[] for _ in range(GROUPS)]
    delay = _LATE_STEPS // steps
    sent, number = 0, 0
    while sent < total:
        block, group = divmod(number, GROUPS)
        series = np.tile(np.arange(per_group) + group * per_group, steps)
        step = np.repeat(np.arange(steps) + block * steps, per_group)
        is_late = random.random(len(series)) < LATE_SHARE
        late[group].append((series[is_late], step[is_late]))
        columns = [(series[~is_late], step[~is_late], 0)]
        if len(late[group]) > delay:
            columns.append((*late[group].pop(0), 1))
            columns.append((series[~is_late][:corrected], step[~is_late][:corrected] - _LATE_STEPS, 2))
        yield _mixed(group, columns, random)
        sent += sum(len(c[0]) for c in columns)
        number += 1


def single(total: int, seed: int = 3) -> Iterator[Packed]:
    """One observation in each message, in time order."""
    values = np.random.default_rng(seed).normal(1000, 50, total).round(2)
    for number in range(total):
        step, series = divmod(number, SERIES)
        one, when = np.array([series]), np.array([step])
        yield _pack(series // (SERIES // GROUPS), one, when, values[number : number + 1])


def _mixed(group: int, columns: list[tuple[Ints, Ints, int]], random: np.random.Generator) -> Packed:
    series = np.concatenate([c[0] for c in columns])
    step = np.concatenate([c[1] for c in columns])
    kind = np.concatenate([np.full(len(c[0]), c[2]) for c in columns])
    return _pack(group, series, step, random.normal(1000, 50, len(series)).round(2), kind * 86_400_000_000)


def _pack(group: int, series: Ints, step: Ints, value: NDArray[np.float64], later_us: Ints | None = None) -> Packed:
    observed = START_US + step * STEP_US
    issued = observed + 60_000_000 + (0 if later_us is None else later_us)
    message = FeedMessage(
        lane=LANE,
        source="bench",
        series=[series_name(n) for n in series.tolist()],
        observed_us=observed.tolist(),
        issued_us=issued.tolist(),
        known_us=issued.tolist(),
        value=value.tolist(),
    )
    return Packed(f"G{group}", _ENCODER.encode(message), len(series))
