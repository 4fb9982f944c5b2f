"""What comes out of the kernel: arrays to be filled, parts of them written over, and trajectories read from them."""

import numpy as np

from detectors.network.equilibrium import Rest
from detectors.network.flow_network import FlowNetwork, Indices
from detectors.network.grid import Floats
from detectors.network.habits import Mode
from detectors.network.kernel.plan import LANES, Plan, Results
from detectors.network.layout import Layout
from detectors.network.region import Region
from detectors.network.setting import NOTHING_KEPT
from detectors.network.trajectories import Trajectories


def blank(plan: Plan, marks: int, padded: int, *, with_links: bool, kept: Floats = NOTHING_KEPT) -> Results:
    """Results to be filled by a run of ``marks`` marks and ``padded`` scenarios."""
    makers, with_marks = len(plan.maker_capacity), marks if with_links else 0

    def hours() -> Floats:
        return np.full((plan.accounts, padded), np.inf)

    def amounts(marks: int, count: int) -> Floats:
        return np.zeros((marks, count, padded))

    return Results(
        to_minimum=hours(),
        to_zero=hours(),
        to_maximum=hours(),
        to_short=hours(),
        stock=amounts(marks, plan.accounts),
        unserved=amounts(marks, plan.accounts),
        made=amounts(marks, makers),
        sent=amounts(with_marks, plan.links),
        held=amounts(with_marks, plan.links),
        moving=amounts(with_marks, plan.links),
        kept=kept,
        is_tight=np.zeros((plan.accounts, padded // LANES), dtype=np.uint8),
    )


def write_over(whole: Results, part: Results, region: Region) -> None:
    """Put the results of a region in place of the former ones. Links to customers outside are left: they carry what they carried."""
    at, own = region.at, region.own_links
    for name in ("to_minimum", "to_zero", "to_maximum", "to_short", "is_tight"):
        getattr(whole, name)[at.account] = getattr(part, name)
    for name, places in (("stock", at.account), ("unserved", at.account), ("made", at.maker)):
        getattr(whole, name)[:, places] = getattr(part, name)
    for name in ("sent", "held", "moving"):
        if len(getattr(whole, name)):
            getattr(whole, name)[:, at.link[own]] = getattr(part, name)[:, own]


def read(
    network: FlowNetwork,
    layout: Layout,
    rest: Rest,
    mode: Mode,
    hours: Floats,
    marks: Floats,
    results: Results,
    scenarios: int,
) -> Trajectories:
    """Results in the numbers of the network."""
    account, link = layout.account, layout.link

    def crossed(values: Floats) -> Floats:
        return _numbered(values, account)[:, :scenarios].T

    def amounts(values: Floats, order: Indices | None) -> Floats:
        numbered = values.copy() if order is None else _numbered(values.swapaxes(0, 1), order).swapaxes(0, 1)
        return numbered.transpose(2, 0, 1)[:scenarios]

    to_zero, to_minimum = crossed(results.to_zero), crossed(results.to_minimum)
    has_links = len(results.sent) > 0
    return Trajectories(
        hours=hours,
        mode=mode,
        marks=marks,
        to_minimum=np.where(network.minimum > 0, to_minimum, to_zero),
        to_zero=to_zero,
        to_maximum=crossed(results.to_maximum),
        to_short=crossed(results.to_short),
        stock=amounts(results.stock, account),
        unserved=amounts(results.unserved, account),
        made=amounts(results.made, None),
        made_at_rest=rest.made,
        sent=amounts(results.sent, link) if has_links else None,
        held=amounts(results.held, link) if has_links else None,
        moving=amounts(results.moving, link) if has_links else None,
    )


def _numbered(values: Floats, order: Indices) -> Floats:
    """Rows put back in the order of the network."""
    numbered = np.empty_like(values)
    numbered[order] = values
    return numbered
