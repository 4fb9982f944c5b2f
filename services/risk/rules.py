"""Rules that turn an outlook into a colour: dated, per kind of place, first match counts. Pure; the files stand in deploy/config/rules."""

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct

from detectors.network.outlook import IDENTITY, Recalibration
from schemas.level import Level
from services.risk.state.priors import Priors
from services.runtime.errors import ConfigurationError

_ORIGINS = {"official": ("官方", "official"), "derived": ("推导", "derived"), "ours": ("自拟", "ours")}
_COLOURS = (Level.RED, Level.ORANGE, Level.YELLOW, Level.BLUE)


class Facts(Struct, frozen=True, kw_only=True):
    """What a rule looks at. ``room`` is the part left of the way from the limit (0) to the normal stock (1); ``chance`` maps hours ahead to the
    probability of a break by then; ``hours`` (the median) may be infinite. ``fill`` is stock over its limit, ``loss_cny`` the expected loss.
    """

    kind: str
    hazard: str
    on: date
    normal_days: float
    cover_days: float | None
    room: float | None
    fill: float | None
    hours: float
    chance: Mapping[int, float] = {}
    loss_cny: float = 0.0
    is_isolated: bool = False


class Colour(Struct, frozen=True, forbid_unknown_fields=True):
    """When a colour holds: any of the stated limits is passed. ``chance``: the probability of a break within so many hours is at least this.
    ``room``, ``days`` and ``fill``: below; ``loss_cny``: expected loss of at least this. All of these but ``fill`` count only where a break
    within 30 d has a chance of ``least_chance``."""

    chance: dict[int, float] = {}
    room: float | None = None
    days: float | None = None
    days_peak: float | None = None
    least_chance: float = 0.0
    trend_hours: float | None = None
    trend_fill: float | None = None
    fill: float | None = None
    loss_cny: float | None = None


class Rule(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rule and whom it is for. ``origin`` says whether it is official, derived or ours."""

    name_zh: str
    name_en: str
    origin: Literal["official", "derived", "ours"]
    colours: dict[Level, Colour]
    valid_from: date = date(1900, 1, 1)
    valid_until: date = date(9999, 12, 31)
    kinds: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ("starved", "blocked")
    normal_days_at_least: float = 0.0
    normal_days_below: float = float("inf")
    peak_months: tuple[int, ...] = ()
    is_for_isolated: bool = False

    def in_words(self) -> tuple[str, str]:
        """Its name with where it comes from."""
        origin_zh, origin_en = _ORIGINS[self.origin]
        return f"{self.name_zh}（{origin_zh}）", f"{self.name_en} ({origin_en})"

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
    """Rules in order, what is known beforehand, the map of probabilities, and the digest of all of it as version."""

    id: str
    version: str
    rules: tuple[Rule, ...]
    priors: Priors = Priors()
    recalibration: Recalibration = IDENTITY

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
    is_due = max(facts.chance.values(), default=0.0) >= colour.least_chance
    return (
        any(facts.chance.get(hours, 0.0) >= least for hours, least in colour.chance.items())
        or (is_due and (_is_below(facts.room, colour.room) or _is_below(facts.cover_days, days)))
        or _is_below(facts.fill, colour.fill)
        or (colour.loss_cny is not None and is_due and facts.loss_cny >= colour.loss_cny)
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
    priors, recalibration = _parse_priors(told, name), _parse_recalibration(told, name)
    content = [
        [msgspec.to_builtins(r, str_keys=True) for r in rules],
        msgspec.to_builtins(priors, str_keys=True),
        repr(recalibration),
    ]
    digest = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    return RuleSet(str(told.get("id", name)), digest[:12], rules, priors, recalibration)


def _parse_priors(told: Mapping[str, Any], name: str) -> Priors:
    try:
        priors = msgspec.convert(told.get("priors", {}), Priors)
        for kind in priors.recovery:
            priors.duration_of(kind)
        for unrest in (priors.demand, priors.supply):
            unrest.unrest()
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigurationError(f"{name}, priors: {error}") from error
    return priors


def _parse_recalibration(told: Mapping[str, Any], name: str) -> Recalibration:
    try:
        return msgspec.convert(told["recalibration"], Recalibration) if "recalibration" in told else IDENTITY
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigurationError(f"{name}, recalibration: {error}") from error


def _parse_rule(item: Any, where: str) -> Rule:
    try:
        rule = msgspec.convert(item, Rule)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    wrong = sorted(set(rule.colours) - set(_COLOURS))
    if wrong or not rule.colours:
        raise ConfigurationError(f"{where}: colours {wrong} 只能是 blue, yellow, orange, red are right")
    return rule
