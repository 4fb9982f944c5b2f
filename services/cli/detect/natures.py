"""What a series of a file measures, guessed from its name or said by the analyst; data quality depends on it."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from detectors.series.quality.kinds import Nature
from services.runtime.errors import InputError

NATURE_WORDS: dict[Nature, tuple[str, str]] = {
    Nature.OTHER: ("一般", "other"),
    Nature.STOCK: ("库存", "stock"),
    Nature.RATE: ("流量", "rate"),
    Nature.PRICE: ("价格", "price"),
    Nature.SHARE: ("占比", "share"),
    Nature.QUEUE: ("排队", "queue"),
    Nature.CATEGORY: ("档位", "category"),
}
_SIGNS: tuple[tuple[Nature, tuple[str, ...]], ...] = (
    (Nature.SHARE, ("率", "占比", "比例", "百分", "percent", "share", "ratio", "%")),
    (Nature.STOCK, ("库存", "存煤", "存量", "储量", "stock", "inventory")),
    (Nature.PRICE, ("价", "price", "quote", "cny_t")),
    (Nature.QUEUE, ("排队", "在港", "锚地", "待卸", "queue", "waiting")),
    (Nature.RATE, ("产量", "耗", "到煤", "来煤", "调入", "调出", "发运", "运量", "吞吐", "流量",
                   "output", "inflow", "outflow", "consumption", "receipt", "throughput", "production")),
)  # fmt: skip


def natures_of(series: Sequence[str], said: Sequence[str]) -> list[Nature]:
    """One for each series. ``said``: ``PATTERN=word`` each, the last that fits counts; the rest is guessed. Raises InputError."""
    rules = [_rule(text, series) for text in said]
    return [next((nature for pattern, nature in reversed(rules) if fnmatchcase(s, pattern)), guess(s)) for s in series]


def guess(name: str) -> Nature:
    """By words in the name; OTHER when none says anything.

    >>> guess("秦皇岛港库存 万吨").name, guess("负荷率").name, guess("temperature").name
    ('STOCK', 'SHARE', 'OTHER')
    """
    plain = name.casefold()
    return next((nature for nature, signs in _SIGNS if any(sign in plain for sign in signs)), Nature.OTHER)


def _rule(text: str, series: Sequence[str]) -> tuple[str, Nature]:
    pattern, _, word = text.rpartition("=")
    nature = next((n for n, words in NATURE_WORDS.items() if word.strip().casefold() in words), None)
    right = "、".join(f"{zh} {en}" for zh, en in NATURE_WORDS.values())
    if nature is None or not pattern:
        raise InputError(
            f"--kind {text!r}: 应为 NAME=kind 之类，kind 是 {right} / NAME=kind is right, kind one of {right}"
        )
    if not any(fnmatchcase(s, pattern) for s in series):
        shown = "、".join(series[:20])
        raise InputError(
            f"--kind {text!r}: 没有序列 {pattern!r}；有 {shown} / no series {pattern!r}; there are {shown}"
        )
    return pattern, nature
