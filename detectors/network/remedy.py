"""Alternatives for a deficit: what is lacking by window of hours, and the offers, limits, blends and donors to cover it with.

Amounts are in the unit of the product, an offer counts ``worth`` units of deficit per unit (heat over the standard heat of coal, for example).
"""

from dataclasses import dataclass, field

import numpy as np

from detectors.network.programme import Indices, Numbers


@dataclass(frozen=True, slots=True)
class Offer:
    """At most ``capacity_per_h`` for ``account``, dispatched evenly over a window, there ``lead_h`` later; dispatched from ``from_h`` to ``until_h``.

    ``start_cost_cny`` is paid once when it is used, then at least ``least_amount`` is taken. ``properties`` are the columns that blends bound.
    ``limits`` are the shared limits it uses (route, loading place), ``donor`` the donor it takes from, None when nobody else has it.
    """

    account: int
    capacity_per_h: float
    cost_cny_per_unit: float
    lead_h: float
    start_cost_cny: float = 0.0
    least_amount: float = 0.0
    worth: float = 1.0
    properties: tuple[float, ...] = ()
    limits: tuple[int, ...] = ()
    donor: int | None = None
    from_h: float = 0.0
    until_h: float = np.inf


@dataclass(frozen=True, slots=True)
class Donor:
    """Who gives goods away: at most ``free_amount`` in all (stock above the minimum, supply that can be spared), using ``use_per_h`` itself."""

    account: int
    free_amount: float
    use_per_h: float


@dataclass(frozen=True)
class Blend:
    """What ``account`` accepts: the mean of each property, weighted by amount, of all that arrives in a window lies in [``low``, ``high``] (P).

    ``base_amount`` (K) arrives anyway, with ``base_properties``. Where that alone is outside, what is added may not be outside on the same side.
    """

    account: int
    low: tuple[float, ...]
    high: tuple[float, ...]
    base_amount: Numbers
    base_properties: tuple[float, ...]


@dataclass(frozen=True)
class Case:
    """Windows k between ``edges_h`` (K + 1) and the lacking amounts ``deficit`` (D, K) of ``accounts`` (D).

    ``value_cny`` (D) is lost per unit of deficit that stays open. ``limit_per_h`` (G, K) is free capacity of shared limits. ``room`` (D, K) is
    how much may be there ahead of its need at the end of a window, infinite where nothing binds.
    Raises ValueError for other shapes, NaN, negative numbers, windows that do not rise, numbers that name nothing.
    """

    edges_h: Numbers
    accounts: Indices
    deficit: Numbers
    value_cny: Numbers
    offers: tuple[Offer, ...]
    limit_per_h: Numbers = field(default_factory=lambda: np.empty((0, 0)))
    blends: tuple[Blend, ...] = ()
    donors: tuple[Donor, ...] = ()
    room: Numbers | None = None

    def __post_init__(self) -> None:
        if self.edges_h.ndim != 1 or len(self.edges_h) < 2 or not np.all(np.isfinite(self.edges_h)):
            raise ValueError(f"edges_h has the shape {self.edges_h.shape}; two or more finite hours are right")
        if not np.all(np.diff(self.edges_h) > 0):
            raise ValueError(f"edges_h is {self.edges_h.tolist()}; rising hours are right")
        if len(set(self.accounts.tolist())) != len(self.accounts):
            raise ValueError(f"accounts are {self.accounts.tolist()}; each once is right")
        shape = (len(self.accounts), self.window_count)
        _check("deficit", self.deficit, shape)
        _check("value_cny", self.value_cny, shape[:1])
        if not np.all(self.value_cny > 0):
            raise ValueError(
                f"value_cny is {self.value_cny.tolist()}; more than 0 is right, or nothing would be covered"
            )
        _check("limit_per_h", self.limit_per_h, (len(self.limit_per_h), shape[1] if len(self.limit_per_h) else 0), True)
        if self.room is not None:
            _check("room", self.room, shape, True)
        for number, offer in enumerate(self.offers):
            self._check_offer(number, offer)
        for number, donor in enumerate(self.donors):
            _check_number(f"free_amount of donor {number}", donor.free_amount)
            _check_number(f"use_per_h of donor {number}", donor.use_per_h)
        for number, blend in enumerate(self.blends):
            self._check_blend(number, blend)

    @property
    def window_count(self) -> int:
        """K."""
        return len(self.edges_h) - 1

    @property
    def row_of(self) -> dict[int, int]:
        """Account to row of ``deficit``."""
        return {int(account): row for row, account in enumerate(self.accounts)}

    def _check_offer(self, number: int, offer: Offer) -> None:
        if offer.account not in self.row_of:
            raise ValueError(f"offer {number} serves account {offer.account}; one of {self.accounts.tolist()} is right")
        for name in ("capacity_per_h", "cost_cny_per_unit", "lead_h", "start_cost_cny", "least_amount", "from_h"):
            _check_number(f"{name} of offer {number}", getattr(offer, name))
        if not 0 < offer.worth < np.inf:
            raise ValueError(f"offer {number} is worth {offer.worth} per unit; more than 0 is right")
        if np.isnan(offer.until_h):
            raise ValueError(
                f"until_h of offer {number} is nan; a number of hours is right, infinite where nothing binds"
            )
        if any(not 0 <= limit < len(self.limit_per_h) for limit in offer.limits):
            raise ValueError(f"offer {number} uses the limits {offer.limits}; 0…{len(self.limit_per_h) - 1} is right")
        if offer.donor is not None and not 0 <= offer.donor < len(self.donors):
            raise ValueError(f"offer {number} takes from donor {offer.donor}; 0…{len(self.donors) - 1} is right")

    def _check_blend(self, number: int, blend: Blend) -> None:
        if blend.account not in self.row_of:
            raise ValueError(f"blend {number} is of account {blend.account}; one of {self.accounts.tolist()} is right")
        _check(f"base_amount of blend {number}", blend.base_amount, (self.window_count,))
        served = [offer.properties for offer in self.offers if offer.account == blend.account]
        if any(len(p) != len(blend.low) for p in (blend.high, blend.base_properties, *served)):
            raise ValueError(
                f"blend {number} bounds {len(blend.low)} properties; its base and each of its offers must state as many"
            )
        if not all(np.isfinite(p).all() for p in (blend.base_properties, *served)):
            raise ValueError(f"a property of the base or of an offer of blend {number} is not finite")
        if not all(low <= high for low, high in zip(blend.low, blend.high, strict=True)):
            raise ValueError(f"blend {number} accepts {blend.low} to {blend.high}; low at most high is right")


def _check_number(name: str, value: float) -> None:
    if not 0 <= value < np.inf:
        raise ValueError(f"{name} is {value}; a finite number of 0 or more is right")


def _check(name: str, values: Numbers, shape: tuple[int, ...], may_be_infinite: bool = False) -> None:
    if values.shape != shape:
        raise ValueError(f"{name} has the shape {values.shape}; {shape} is right")
    if not np.all(values >= 0) or not (may_be_infinite or np.all(np.isfinite(values))):
        raise ValueError(f"{name} holds a number that is negative, infinite or NaN; 0 or more is right")
