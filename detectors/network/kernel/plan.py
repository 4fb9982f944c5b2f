"""What the compiled functions share: how they are compiled, and the arrays of a network, a state and a block by name."""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from numba import njit
from numba.core.compiler import Compiler
from numpy.typing import NDArray

LANES = 32
"""Scenarios computed together, so that most time goes into straight loops over them; a power of 2."""

TINY = 1e-9

ACCOUNT_NUMBERS = (
    "target",
    "minimum",
    "maximum",
    "demand",
    "through",
    "leaving",
    "coming_at_rest",
    "made_share",
    "floor",
    "pooled",
    "follow",
)
TARGET, MINIMUM, MAXIMUM, DEMAND, THROUGH, LEAVING, COMING_AT_REST, MADE_SHARE, FLOOR, POOLED, FOLLOW = range(11)
ACCOUNT_INDICES = (
    "in_first",
    "claim_first",
    "closing_first",
    "claim_of_use",
    "maker",
    "node",
    "has_stock",
    "is_input",
)
IN_FIRST, CLAIM_FIRST, CLOSING_FIRST, CLAIM_OF_USE, MAKER, NODE, HAS_STOCK, IS_INPUT = range(8)
LINK_NUMBERS = ("link_gain", "link_capacity", "link_release", "link_weight", "link_flow")
LINK_GAIN, LINK_CAPACITY, LINK_RELEASE, LINK_WEIGHT, LINK_FLOW = range(5)
LINK_INDICES = ("claim_of_link", "lead_row", "ring_first", "ring_rows")
CLAIM_OF_LINK, LEAD_ROW, RING_FIRST, RING_ROWS = range(4)
CLAIM_INDICES = ("claim_link", "claim_rank")
CLAIM_LINK, CLAIM_RANK = range(2)
INPUT_NUMBERS = ("input_per_unit", "input_loss")
INPUT_PER_UNIT, INPUT_LOSS = range(2)
INPUT_INDICES = ("input_account", "input_claim")
INPUT_ACCOUNT, INPUT_CLAIM = range(2)
KEPT_INDICES = ("kept_claim", "asked_row", "taken_row", "held_account")
KEPT_CLAIM, ASKED_ROW, TAKEN_ROW, HELD_ACCOUNT = range(4)
ARRIVAL_ROWS = ("low_knot", "high_knot", "new_knot")
LOW_KNOT, HIGH_KNOT, NEW_KNOT = range(3)
ARRIVAL_SHARES = ("knot_weight", "at_once")
KNOT_WEIGHT, AT_ONCE = range(2)
NODE_INDICES = ("node_is_shared", "node_is_limited")
NODE_IS_SHARED, NODE_IS_LIMITED = range(2)
ACCOUNT_ROWS = (
    "stock",
    "highest",
    "expected",
    "coming",
    "waiting",
    "due_in",
    "wish",
    "limit",
    "free_order",
    "order",
    "incoming",
    "output",
    "asked",
    "wanted",
    "served",
    "unserved",
    "low_since",
    "full_since",
    "short_since",
    "own_rate",
    "thin_h",
)
(
    STOCK,
    HIGHEST,
    EXPECTED,
    COMING,
    WAITING,
    DUE_IN,
    WISH,
    LIMIT,
    FREE_ORDER,
    ORDER,
    INCOMING,
    OUTPUT,
    ASKED,
    WANTED,
    SERVED,
    UNSERVED,
    LOW_SINCE,
    FULL_SINCE,
    SHORT_SINCE,
    OWN_RATE,
    THIN_H,
) = range(0, 21 * LANES, LANES)
LINK_ROWS = ("held", "passed", "sent", "weight", "trust", "before")
HELD, PASSED, SENT, WEIGHT, TRUST, BEFORE = range(0, 6 * LANES, LANES)
MAKER_ROWS = ("make", "made_sum")
MAKE, MADE_SUM = range(0, 2 * LANES, LANES)
NODE_ROWS = ("node_rate", "node_left")
NODE_RATE, NODE_LEFT = range(0, 2 * LANES, LANES)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.int32]
Bytes = NDArray[np.uint8]
_F = TypeVar("_F", bound=Callable[..., object])

PARTS: list[Callable[..., object]] = []
"""Every part compiled into the kernel, so that its cache can tell when one of them changed."""


def part(function: _F) -> _F:
    """A function compiled when first called from the kernel. Reference counts are off: arrays live as long as the call from outside."""
    PARTS.append(function)
    return njit(nogil=True, error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


def inlined(function: _F) -> _F:
    """A part laid into its callers: worth it where it is called for every account."""
    PARTS.append(function)
    return njit(inline="always", error_model="numpy", _nrt=False)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


class _Apart(Compiler):
    """Tells LLVM that arrays given to a function never overlap. numba knows the flag but has no option for it."""

    def define_pipelines(self) -> object:
        self.state.flags.noalias = True
        return super().define_pipelines()  # type: ignore[no-untyped-call]  # numba has no types


def straight(function: _F) -> _F:
    """A part of straight loops over scenarios. Arrays given to it must not overlap: then the loops become vector code without any checks."""
    PARTS.append(function)
    return njit(nogil=True, error_model="numpy", _nrt=False, pipeline_class=_Apart)(function)  # type: ignore[call-overload, no-any-return]  # _nrt is not in its types


class Plan(NamedTuple):
    """The network, laid out: accounts in the order goods flow, links by end, claims by account and urgency.

    Numbers and indices of one kind of thing stand in one array, a column for each name above: few arrays compile faster than many, and what
    belongs to one thing is fetched together.
    ``own`` and ``given`` (columns named above) are claims that can be kept: those of members of this plan, which are written, and those of
    customers outside it, which are read. ``asked_row`` and ``taken_row`` are their rows of what was kept: what they ask, and what makers use of it.
    ``held_account`` is the account whose stock holds a maker back, -1 for links and where there is none.
    ``arrival_row`` (K, lead times, 3) are the rows within a ring between which the arrivals of a step end and the row of what is sent in it,
    ``arrival_share`` (K, lead times, 2) how far between, and the part of what is sent in a step that arrives in it.
    ``closing`` are the accounts in the order in which a step closes them: each as soon as nothing more is drawn from it.
    """

    accounts: int
    links: int
    nodes: int
    account_number: Floats
    account_index: Ints
    link_number: Floats
    link_index: Ints
    claim_index: Ints
    claim_contract: Floats
    input_number: Floats
    input_index: Ints
    input_first: Ints
    maker_capacity: Floats
    node_capacity: Floats
    node_index: Ints
    arrival_row: Ints
    arrival_share: Floats
    late_link: Ints
    closing: Ints
    own: Ints
    given: Ints


class Ways(NamedTuple):
    """The habits as numbers; what is off is 0 (``memory``, ``restock``, ``reroute`` are rates per hour) or infinite."""

    memory: float
    restock: float
    catch_up: float
    psi: float
    by_contract: bool
    is_adaptive: bool
    reroute: float
    dormant_after_h: float
    hold_h: float
    short_hold_h: float


class Events(NamedTuple):
    """``factors`` (F, S), each once for all steps in which it holds, the last all 1; ``at`` (R + 1, K) which of them acts on a part in a step,
    and the row of ``at`` of each node, maker, link and use, R where nothing happens; ``kept`` (S / LANES, K, L + 2 I, LANES) are claims of a
    former run, empty where none is given.
    """

    factors: Floats
    at: Rows
    of_node: Ints
    of_maker: Ints
    of_link: Ints
    of_use: Ints
    kept: Floats


class Start(NamedTuple):
    """Initial amounts (…, S); ``sent_before`` is the curve of what was sent before now, as part of what is under way, per row of the rings."""

    stock: Floats
    transit: Floats
    held: Floats
    expected: Floats
    sent_before: Floats


class Results(NamedTuple):
    """Filled by the run: hours (A, S), amounts at marks (H, …, S); arrays of links have no marks when they are not wanted.

    ``kept`` (S / LANES, K, L + 2 I, LANES) are the claims of links and inputs, and what was used of the latter; empty when they are not kept.
    ``is_tight`` (A, S / LANES) is 1 where some claim on an account was cut, or a maker asked less of it for want of stock.
    """

    to_minimum: Floats
    to_zero: Floats
    to_maximum: Floats
    to_short: Floats
    stock: Floats
    unserved: Floats
    made: Floats
    sent: Floats
    held: Floats
    moving: Floats
    kept: Floats
    is_tight: Bytes


class Frame(NamedTuple):
    """Working memory of a block. Of accounts, links, makers and nodes: (members, rows named above × LANES), a member in one piece; the names are
    the offsets of the rows. ``ring`` holds the curve of what was sent over each link, its latest knots; ``row`` and ``goal`` (one row per link
    into an account) are for use within one account. ``is_noted`` is 1 for accounts at a limit, or short, in some scenario.
    """

    account: Floats
    link: Floats
    maker: Floats
    node: Floats
    claim: Floats
    ring: Floats
    late_rate: Floats
    row: Floats
    goal: Floats
    is_tight: Bytes
    is_noted: Bytes
