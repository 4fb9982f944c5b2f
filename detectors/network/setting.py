"""What goes into the kernel: habits as numbers, factors of the parts, and the start, laid out and padded to whole blocks."""

from collections.abc import Mapping

import numpy as np

from detectors.network.course import Bools, Part, Target
from detectors.network.equilibrium import Rest
from detectors.network.flow_network import FlowNetwork
from detectors.network.grid import Floats
from detectors.network.habits import Habits, Mode, Rationing
from detectors.network.kernel.plan import RING_FIRST, RING_ROWS, Events, Start, Ways
from detectors.network.layout import Layout, Members
from detectors.network.state import State, laid_out

NOTHING_KEPT = np.zeros((0, 0, 0, 0))
"""In place of kept claims, where there are none."""


def ways_of(habits: Habits, hold_h: float, short_hold_h: float) -> Ways:
    """The habits as numbers."""
    return Ways(
        memory=1.0 / habits.memory_h,
        restock=1.0 / habits.restock_h,
        catch_up=habits.catch_up,
        psi=habits.psi if habits.mode is Mode.THROTTLE else 0.0,
        by_contract=habits.rationing is Rationing.CONTRACT,
        is_adaptive=habits.is_adaptive,
        reroute=1.0 / habits.reroute_h,
        dormant_after_h=float(habits.dormant_after_h),
        hold_h=float(hold_h),
        short_hold_h=float(short_hold_h),
    )


def events_of(
    members: Members, rows: Mapping[Part, Floats], steps: int, padded: int, kept: Floats = NOTHING_KEPT
) -> Events:
    """Factors (K, S) of the parts that are ``members``; those of other parts are left out. Columns up to ``padded`` are 1."""
    known = {
        Target.NODE: (members.node, np.empty(len(members.node), np.int64)),
        Target.MAKER: (members.maker, np.empty(len(members.maker), np.int64)),
        Target.LINK: (members.link, np.empty(len(members.link), np.int64)),
        Target.DEMAND: (members.account, np.empty(len(members.account), np.int64)),
    }
    place = {
        target: dict(zip(number.tolist(), range(len(number)), strict=True)) for target, (number, _) in known.items()
    }
    inside = [(part, values) for part, values in rows.items() if part[1] in place[part[0]]]
    for _, of in known.values():
        of[:] = len(inside)
    at, begins, count = np.empty((len(inside) + 1, steps), dtype=np.int32), [], 0
    for row, ((target, number), values) in enumerate(inside):
        known[target][1][place[target][number]] = row
        is_new = _changes(values)
        at[row] = count + np.cumsum(is_new) - 1
        begins.append(np.flatnonzero(is_new))
        count += len(begins[-1])
    at[-1] = count
    factors = np.ones((count + 1, padded))
    for row, (_, values) in enumerate(inside):
        first = at[row, 0]
        factors[first : first + len(begins[row]), : values.shape[1]] = values[begins[row]]
    return Events(
        factors=factors,
        at=at,
        of_node=known[Target.NODE][1],
        of_maker=known[Target.MAKER][1],
        of_link=known[Target.LINK][1],
        of_use=known[Target.DEMAND][1],
        kept=kept,
    )


def _changes(values: Floats) -> Bools:
    """In which steps factors (K, S) are not those of the step before; the first counts."""
    is_new = np.zeros(len(values), dtype=bool)
    is_new[0] = True
    if values.strides[0] != 0:
        is_new[1:] = np.any(values[1:] != values[:-1], axis=1)
    return is_new


def start_of(network: FlowNetwork, layout: Layout, rest: Rest, state: State, scenarios: int, padded: int) -> Start:
    """The state laid out. Raises ValueError for shapes or numbers that do not fit."""
    account, link = layout.account, layout.link
    accounts, links = network.account_count, network.link_count
    transit = laid_out("transit", state.transit, links, scenarios, rest.transit)
    lead = network.lead_h
    stretched = np.ones(links)
    stretched[link] = np.divide(layout.lead_h, lead[link], out=np.ones(links), where=lead[link] > 0)
    transit = transit * stretched[:, None]
    is_new = np.zeros(links, dtype=bool)
    is_new[link] = (lead[link] == 0) & (layout.lead_h > 0)
    transit[is_new] = (rest.flow * layout.lead_h.max(initial=0.0))[is_new, None] if is_new.any() else 0.0
    return Start(
        stock=_padded(laid_out("stock", state.stock, accounts, scenarios, network.target)[account], padded),
        transit=_padded(transit[link], padded),
        held=_padded(laid_out("held", state.held, links, scenarios, np.zeros(links))[link], padded),
        expected=_padded(laid_out("expected", state.expected, accounts, scenarios, rest.through)[account], padded),
        sent_before=_sent_before(network, layout, state.profile),
    )


def _sent_before(network: FlowNetwork, layout: Layout, profile: Floats | None) -> Floats:
    """The curve of what was sent up to each hour before now, as part of what is under way now; continued so that 0 has arrived now."""
    plan, link = layout.plan, layout.link
    parts = np.ones((network.link_count, 1)) if profile is None else np.asarray(profile, dtype=np.float64)
    if parts.ndim != 2 or len(parts) != len(link) or not np.isfinite(parts).all() or (parts < 0).any():
        raise ValueError(f"profile has shape {parts.shape}; ({len(link)}, P), finite, 0 or more is right")
    curve = np.zeros(int(plan.link_index[plan.links, RING_FIRST]))
    known: dict[tuple[float, int, bytes], Floats] = {}
    for at, lead in enumerate(layout.lead_h.tolist()):
        first, rows = int(plan.link_index[at, RING_FIRST]), int(plan.link_index[at, RING_ROWS])
        key = (lead, rows, parts[link[at]].tobytes())
        if key not in known:
            known[key] = _curve(lead, rows, parts[link[at]])
        curve[first : first + rows] = known[key]
    return curve


def _curve(lead: float, rows: int, parts: Floats) -> Floats:
    if lead == 0:
        return np.zeros(rows)
    back = np.arange(rows, dtype=np.float64)
    share = np.concatenate([[0.0], np.cumsum(parts)])
    share = share / share[-1] if share[-1] > 0 else np.linspace(0.0, 1.0, len(share))
    known = np.interp(lead - back, np.linspace(0.0, lead, len(share)), share, left=0.0)
    whole = int(np.ceil(lead))
    behind = whole - lead
    if behind > 0:
        known[whole] = -behind * known[whole - 1] / (1.0 - behind)
    known[whole + 1 :] = known[whole]
    return known


def _padded(values: Floats, width: int) -> Floats:
    """Columns repeated at the end up to the width."""
    return np.ascontiguousarray(np.pad(values, ((0, 0), (0, width - values.shape[1])), mode="edge"))
