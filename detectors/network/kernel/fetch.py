"""Rows asked for a little before they are needed, so that their way from memory costs no time: a hint to the processor, no change of numbers."""

from collections.abc import Callable

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from detectors.network.kernel.plan import (
    CLAIM_OF_LINK,
    CLOSING_FIRST,
    HELD,
    HIGH_KNOT,
    IN_FIRST,
    KNOT_WEIGHT,
    LANES,
    LEAD_ROW,
    LOW_KNOT,
    NEW_KNOT,
    RING_FIRST,
    Frame,
    Plan,
    inlined,
)

_LINE = 8
"""Numbers in a line of the cache."""
_HINT = "llvm.prefetch.p0i8"


def _fetcher(rows: int) -> Callable[..., None]:
    """A function that asks for so many rows of a block, one after the other in memory."""

    @intrinsic
    def fetch(_, table, index, at):  # type: ignore[no-untyped-def]  # as numba wants it
        def generate(context, builder, signature, given):  # type: ignore[no-untyped-def]  # as numba wants it
            kind = signature.args[0]
            array = context.make_array(kind)(context, builder, given[0])
            first = cgutils.get_item_pointer(context, builder, kind, array, given[1:])  # type: ignore[no-untyped-call]  # numba has no types
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            hint = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            ask = cgutils.get_or_insert_function(builder.module, hint, _HINT)  # type: ignore[no-untyped-call]  # numba has no types
            for line in range(rows * LANES // _LINE):
                place = builder.gep(first, [ir.Constant(ir.IntType(64), _LINE * line)])
                builder.call(ask, [builder.bitcast(place, byte), number(0), number(3), number(1)])
            return context.get_dummy_value()

        return types.void(table, index, at), generate

    return fetch


fetch_row, fetch_three = _fetcher(1), _fetcher(3)


@inlined
def fetch_links(p: Plan, f: Frame, a: int) -> None:
    """What is at the ends of the links into an account."""
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        fetch_three(f.link, link, HELD)


@inlined
def fetch_claims(p: Plan, f: Frame, a: int) -> None:
    """What the links into an account are granted."""
    for link in range(p.account_index[a, IN_FIRST], p.account_index[a + 1, IN_FIRST]):
        fetch_row(f.claim, p.link_index[link, CLAIM_OF_LINK], 0)


@inlined
def fetch_closing(p: Plan, f: Frame, a: int, k: int) -> None:
    """What is needed to close the accounts that are closed once this one is served."""
    following = min(k + 1, len(p.arrival_row) - 1)
    for j in range(p.account_index[a, CLOSING_FIRST], p.account_index[a + 1, CLOSING_FIRST]):
        b = p.closing[j]
        if b != a:
            fetch_links(p, f, b)
        fetch_claims(p, f, b)
        for link in range(p.account_index[b, IN_FIRST], p.account_index[b + 1, IN_FIRST]):
            row, first = p.link_index[link, LEAD_ROW], p.link_index[link, RING_FIRST]
            fetch_row(f.ring, first + p.arrival_row[k, row, NEW_KNOT], 0)
            fetch_row(f.ring, first + p.arrival_row[following, row, LOW_KNOT], 0)
            if p.arrival_share[following, row, KNOT_WEIGHT] > 0.0:
                fetch_row(f.ring, first + p.arrival_row[following, row, HIGH_KNOT], 0)
