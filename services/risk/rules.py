"""Rules that turn an outlook into a colour: dated, per kind of place, first match counts. Pure; the files stand in deploy/config/rules."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import yaml
from msgspec import Struct

from schemas.level import Level
from services.runtime.errors import ConfigurationError

_COLOURS = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)


class Facts(Struct, frozen=True, kw_only=True):
    """What a rule looks at. ``room`` is the part left of the way from the limit (0) to the normal stock (1); hours may be infinite.

    ``deficit_share`` is by how much supply falls short of use (or exceeds it, towards a full tank). ``fill`` is stock over its limit.
    """

    kind: str
    hazard: str
    on: date
    normal_days: float
    cover_days: float | None
    room: float | None
    fill: float | None
    hours: float
    deficit_share: float
    is_isolated: bool = False


class Colour(Struct, frozen=True, forbid_unknown_fields=True):
    """When a colour holds: any of the stated limits is passed. ``hours`` counts only with a material deficit."""

    room: float | None = None
    hours: float | None = None
    days: float | None = None
    days_peak: float | None = None
    trend_hours: float | None = None
    trend_fill: float | None = None
    fill: float | None = None


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule and whom it is for. ``origin`` says whether it is official, derived or ours."""

    name_zh: str
    name_en: str
    origin: str
    colours: dict[Level, Colour]
    valid_from: date = date(1900, 1, 1)
    valid_until: date = date(9999, 12, 31)
    kinds: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ("starved", "blocked")
    normal_days_at_least: float = 0.0
    normal_days_below: float = float("inf")
    peak_months: tuple[int, ...] = ()
    material_deficit: float = 0.0
    is_for_isolated: bool = False

    def applies(self, facts: Facts) -> bool:
        """True when the rule is for this place, hazard and day."""
        return (
            self.valid_from <= facts.on <= self.valid_until
            and (not self.kinds or facts.kind in self.kinds)
            and facts.hazard in self.hazards
            and self.normal_days_at_least <= facts.normal_days < self.normal_days_below
            and (facts.is_isolated or not self.is_for_isolated)
        )


class RuleSet(Struct, frozen=True):
    """Rules in order, and the digest of their text as version."""

    id: str
    version: str
    rules: tuple[Rule, ...]

    def judge(self, facts: Facts) -> tuple[Level, Rule | None]:
        """The colour by the first rule that applies, or normal; and that rule. Never UNKNOWN: that is decided by the inputs."""
        rule = next((r for r in self.rules if r.applies(facts)), None)
        if rule is None:
            return Level.NORMAL, None
        for level in _COLOURS:
            colour = rule.colours.get(level)
            if colour is not None and _holds(colour, rule, facts):
                return level, rule
        return Level.NORMAL, rule


def _holds(colour: Colour, rule: Rule, facts: Facts) -> bool:
    is_peak = facts.on.month in rule.peak_months
    days = colour.days_peak if is_peak and colour.days_peak is not None else colour.days
    is_material = facts.deficit_share >= rule.material_deficit
    return (
        _is_below(facts.room, colour.room)
        or _is_below(facts.cover_days, days)
        or _is_below(facts.fill, colour.fill)
        or (colour.hours is not None and is_material and facts.hours <= colour.hours)
        or (
            colour.trend_hours is not None
            and facts.hours <= colour.trend_hours
            and _is_below(facts.fill, colour.trend_fill)
        )
    )


def _is_below(value: float | None, limit: float | None) -> bool:
    return value is not None and limit is not None and value < limit


def parse_rules(text: str, name: str) -> RuleSet:
    """Read a rule file (YAML). Raises ConfigurationError that names the file and what is wrong."""
    try:
        told = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigurationError(f"{name}: 不是 YAML not YAML ({error})") from error
    if not isinstance(told, Mapping) or not isinstance(told.get("rules"), list):
        raise ConfigurationError(f"{name}: 缺少 rules 列表 a list `rules` is wanted")
    rules = tuple(_parse_rule(item, f"{name}, rules[{i}]") for i, item in enumerate(told["rules"]))
    digest = hashlib.sha256(msgspec.json.encode([msgspec.to_builtins(r) for r in rules], order="sorted")).hexdigest()
    return RuleSet(id=str(told.get("id", name)), version=digest[:12], rules=rules)


def _parse_rule(item: Any, where: str) -> Rule:
    try:
        rule = msgspec.convert(item, Rule)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    wrong = sorted(set(rule.colours) - set(_COLOURS))
    if wrong or not rule.colours:
        raise ConfigurationError(f"{where}: colours {wrong} 只能是 blue, yellow, orange, red are right")
    return rule
