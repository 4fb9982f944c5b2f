"""What the operator knows beforehand: how long disruptions last, what notices lead to, what is planned, how restless rates are.

Part of a rule set, so that a forecast can be repeated from its version. Everything has a default; nothing here is official.
"""

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta, Struct

from detectors.network.uncertainty import Duration, Family, Sort, Unrest


class SortPrior(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sort of disruption apart from the usual ones: its share of all, median hours in all, and sigma of the logarithm."""

    share: Annotated[float, Meta(gt=0, lt=1)]
    median_h: float
    shape: float = 1.0


class RecoveryPrior(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long disruptions of a kind of place last: median hours, shape and family of the usual ones, the way back as a share of the outage, and
    ``others`` beside the usual: those settled within a shift, those that drag on."""

    median_h: float
    shape: float = 1.0
    family: Family = Family.LOGNORMAL
    tail: float = 0.25
    others: tuple[SortPrior, ...] = ()

    def duration(self) -> Duration:
        """As the engine takes it. Raises ValueError for senseless numbers."""
        usual = Sort(1.0 - sum(o.share for o in self.others), self.median_h, self.shape, self.family)
        return Duration((usual, *(Sort(o.share, o.median_h, o.shape) for o in self.others)), self.tail)


class NoticePrior(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a hazard notice may do: kinds of places it can hit, the chance by level (2 yellow, 3 orange, 4 red) that one of them in its area is
    hit, what capacity remains then, and by how long the stated end usually lies after the true one."""

    kinds: tuple[str, ...]
    chance: dict[int, float] = {}
    remains: float = 0.3
    end_margin_h: float = 12.0


class Planned(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A planned event of the calendar: nodes or kinds, between two moments, and the factor on capacity (``use_factor``: on use)."""

    name_zh: str
    name_en: str
    starts: datetime
    ends: datetime
    nodes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    factor: float = 1.0
    use_factor: float = 1.0


class YearlyRest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A holiday with a date of its own each year: first days, days before and after in which it builds up and fades, depths by kind and product."""

    name_zh: str
    name_en: str
    first_days: tuple[date, ...]
    days_before: float = 5.0
    days_after: float = 10.0
    output: dict[str, float] = {}
    use: dict[str, float] = {}


class UnrestPrior(Struct, frozen=True, forbid_unknown_fields=True):
    """Relative standard deviations of a rate: of its level all along, and from day to day."""

    level: float = 0.02
    daily: float = 0.015
    memory_d: float = 2.0

    def unrest(self) -> Unrest:
        """As the engine takes it. Raises ValueError for senseless numbers."""
        return Unrest(self.level, self.daily, self.memory_d)


class Stretch(Struct, frozen=True, forbid_unknown_fields=True):
    """How much wider than the futures' own the 80 % interval of a stock is told, by hours ahead, for places whose normal stock is at most so many
    days above its limit. Fitted on past forecasts so that the intervals hold what they say (split conformal: Vovk et al. 2005; Romano, Patterson
    and Candès 2019). The futures know nothing of what operators aim at, or of surveys that are always off the same way."""

    below_days: float
    by_hours: dict[int, Annotated[float, Meta(gt=0)]]


class Priors(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything known beforehand. ``scenarios`` is how many futures are drawn, ``seed`` which; ``most_causes`` how many disturbances are weighed
    against each other, 6 at most, each doubling the work; with ``tries_changes`` the smallest change is found by running the futures again,
    else it is read off them; of ``stretch`` the first whose buffer is large enough counts; no 80 % interval of a stock ahead is told narrower than
    ``survey_reach`` of it to either side, for what a survey reads too much or too little for good does not wear off. Where a feed is trusted less
    than ``least_trust``, nothing it tells makes a place 正常: its state is unknown, unless what it tells is a danger."""

    scenarios: int = 64
    seed: int = 1
    most_causes: Annotated[int, Meta(ge=1, le=6)] = 4
    tries_changes: bool = True
    recovery: dict[str, RecoveryPrior] = {}
    notices: dict[str, NoticePrior] = {}
    planned: tuple[Planned, ...] = ()
    rests: tuple[YearlyRest, ...] = ()
    demand: UnrestPrior = UnrestPrior()
    supply: UnrestPrior = UnrestPrior()
    capacity_spread: float = 0.03
    link_spread: float = 0.0
    survey_spread: float = 0.025
    survey_reach: float = 0.0
    least_trust: Annotated[float, Meta(ge=0, le=1)] = 0.3
    stretch: tuple[Stretch, ...] = ()

    def stretch_of(self, buffer_days: float) -> dict[int, float]:
        """By hours ahead, of the first stretch that holds for such a buffer; empty where none does."""
        return next((s.by_hours for s in self.stretch if buffer_days < s.below_days), {})

    def duration_of(self, kind: str) -> Duration:
        """The prior of a kind of place, else ``default``, else a week with a wide spread."""
        told = self.recovery.get(kind) or self.recovery.get("default") or RecoveryPrior(median_h=168.0)
        return told.duration()
