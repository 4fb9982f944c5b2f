"""A flow network as plain values: accounts with stock, places, links, and makers (sources and converters)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from detectors.network.grid import Floats

Indices = NDArray[np.int64]

LANDING = 1.5
"""Goods held at the end of a link land at up to this multiple of its capacity, unless ``release`` says otherwise."""


@dataclass(frozen=True, slots=True)
class Input:
    """``per_unit`` of ``account`` goes into one unit of output. Without an essential input nothing is made (Leontief); when another is
    wholly missing, ``loss`` of the output is lost, in proportion when it is partly missing.
    """

    account: int
    per_unit: float
    is_essential: bool = True
    loss: float = 0.3


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes at most ``capacity`` per hour of account ``output`` out of ``inputs``; one without inputs is a source.

    ``priority`` ranks its claim on its inputs, 1 first. One that ``follows_demand`` makes what is asked and fills its tank to the target, as a
    waterworks does; another goes on by plan until its yard is full, at no less than the part ``floor`` of it (None: ``Habits.floor``).
    """

    output: int
    capacity: float
    inputs: tuple[Input, ...] = ()
    priority: int = 5
    follows_demand: bool = False
    floor: float | None = None


@dataclass(frozen=True, eq=False)
class FlowNetwork:
    """Accounts 0…A-1 at nodes 0…N-1, joined by links 0…L-1 and makers. Amounts are in the unit of the account, rates per hour.

    Accounts (A): ``target`` (stock at rest; 0 passes on what comes in), ``minimum``, ``maximum`` (infinite: none), ``demand`` (own final
    use), ``priority`` of that use (1 first), ``node``, ``pooled`` (1: suppliers stand in for each other from one step to the next, as on a power
    grid, where orders move at all; 0: as the habits say). Nodes (N): ``node_capacity``, the most that leaves the node over links, all
    accounts together. Links (L): ``source``, ``end`` (accounts), ``capacity`` and ``release`` (in units of the source; held goods land at
    up to ``release``), ``lead_h``, ``share`` of the end's normal need (0 is dormant), ``link_priority``, ``contract`` (0…1, the part of
    an order under contract), ``gain`` (units at the end per unit sent: heat, losses). What the shares of an account leave to 1 its maker
    makes; without a maker the shares are taken relative to each other.

    Raises ValueError for arrays of other lengths, NaN, negative numbers, members that do not exist, and two makers of one account.
    """

    target: Floats
    minimum: Floats
    maximum: Floats
    demand: Floats
    node: Indices
    node_capacity: Floats
    source: Indices
    end: Indices
    capacity: Floats
    lead_h: Floats
    share: Floats
    makers: tuple[Maker, ...] = ()
    priority: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    link_priority: Indices = field(default_factory=lambda: np.zeros(0, np.int64))
    contract: Floats = field(default_factory=lambda: np.zeros(0))
    gain: Floats = field(default_factory=lambda: np.zeros(0))
    release: Floats = field(default_factory=lambda: np.zeros(0))
    pooled: Floats = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        accounts, links = len(self.target), len(self.source)
        self._fill("priority", np.full(accounts, 5))
        self._fill("link_priority", np.full(links, 5))
        self._fill("contract", np.zeros(links))
        self._fill("gain", np.ones(links))
        self._fill("release", LANDING * np.asarray(self.capacity, dtype=np.float64))
        self._fill("pooled", np.zeros(accounts))
        for name in ("target", "minimum", "demand", "pooled"):
            self._check(name, accounts)
        for name in ("maximum",):
            self._check(name, accounts, may_be_infinite=True)
        for name in ("lead_h", "share", "contract", "gain"):
            self._check(name, links)
        for name in ("capacity", "release"):
            self._check(name, links, may_be_infinite=True)
        self._check("node_capacity", len(self.node_capacity), may_be_infinite=True)
        for name, count, members in (("node", accounts, len(self.node_capacity)), ("source", links, accounts)):
            self._check_members(name, count, members)
        self._check_members("end", links, accounts)
        self._check_members("priority", accounts, None)
        self._check_members("link_priority", links, None)
        self._check_makers()

    @property
    def account_count(self) -> int:
        """A."""
        return len(self.target)

    @property
    def link_count(self) -> int:
        """L."""
        return len(self.source)

    @property
    def node_count(self) -> int:
        """N."""
        return len(self.node_capacity)

    def made_share(self) -> Floats:
        """Part of the need of each account that its maker makes (A)."""
        has_maker = np.zeros(self.account_count, dtype=bool)
        has_maker[[m.output for m in self.makers]] = True
        bought = np.bincount(self.end, weights=self.share, minlength=self.account_count)
        return np.where(has_maker, np.maximum(0.0, 1.0 - bought), 0.0)

    def weights(self) -> Floats:
        """Part of the need of its end that each link brings (L), in units of the end."""
        bought = np.bincount(self.end, weights=self.share, minlength=self.account_count)
        whole = np.where(self.made_share() > 0, 1.0, np.where(bought > 0, bought, 1.0))
        return np.asarray(self.share / whole[self.end])

    def _fill(self, name: str, default: NDArray[np.generic]) -> None:
        if len(getattr(self, name)) == 0 and len(default) > 0:
            object.__setattr__(self, name, default)

    def _check(self, name: str, length: int, *, may_be_infinite: bool = False) -> None:
        values = as_numbers(name, getattr(self, name), (length,), may_be_infinite=may_be_infinite)
        object.__setattr__(self, name, values)

    def _check_members(self, name: str, length: int, count: int | None) -> None:
        values = np.ascontiguousarray(getattr(self, name), dtype=np.int64)
        if values.shape != (length,):
            raise ValueError(f"{name} has shape {values.shape}; ({length},) is right")
        if length and (values.min() < 0 or (count is not None and values.max() >= count)):
            raise ValueError(f"{name} lies in {values.min()}…{values.max()}; 0…{(count or 1) - 1} is right")
        object.__setattr__(self, name, values)

    def _check_makers(self) -> None:
        outputs: set[int] = set()
        for number, maker in enumerate(self.makers):
            accounts = [maker.output, *(i.account for i in maker.inputs)]
            if any(not 0 <= a < self.account_count for a in accounts):
                raise ValueError(f"maker {number} names accounts {accounts}; 0…{self.account_count - 1} exist")
            if maker.output in outputs or maker.output in accounts[1:]:
                raise ValueError(f"maker {number} makes account {maker.output}, which another maker makes or it uses")
            outputs.add(maker.output)
            rates = [maker.capacity, *(i.per_unit for i in maker.inputs), *(i.loss for i in maker.inputs)]
            if any(not rate >= 0 for rate in rates) or any(not 0 < i.per_unit < np.inf for i in maker.inputs):
                raise ValueError(f"maker {number} has rates {rates}; finite numbers above 0 are right")


def as_numbers(name: str, given: ArrayLike, shape: Sequence[int], *, may_be_infinite: bool = False) -> Floats:
    """The values as a float array of that shape, not negative. Raises ValueError saying what was given."""
    values = np.ascontiguousarray(given, dtype=np.float64)
    if values.shape != tuple(shape):
        raise ValueError(f"{name} has shape {values.shape}; {tuple(shape)} is right")
    if np.isnan(values).any() or (values < 0).any() or (not may_be_infinite and np.isinf(values).any()):
        worst = values[np.isnan(values) | (values < 0) | np.isinf(values)].flat[0]
        raise ValueError(f"{name} holds {worst}; numbers of 0 or more are right")
    return values
