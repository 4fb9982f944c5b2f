"""Claims kept from one run and given in another, so that a part of a network can be simulated alone."""

from detectors.network.kernel.plan import (
    ASKED_ROW,
    KEPT_CLAIM,
    LANES,
    TAKEN_ROW,
    Events,
    Floats,
    Frame,
    Plan,
    part,
)


@part
def give(p: Plan, f: Frame, e: Events, row: int, k: int, s0: int) -> None:
    """Customers outside the plan ask (or take: only inputs of makers differ) what was kept for this step."""
    lanes = f.row.shape[1]
    for g in range(p.given.shape[1]):
        if row == ASKED_ROW or p.given[ASKED_ROW, g] != p.given[TAKEN_ROW, g]:
            claim, kept = f.claim[p.given[KEPT_CLAIM, g]], e.kept[s0 // LANES, k, p.given[row, g]]
            for s in range(lanes):
                claim[s] = kept[s]


@part
def keep(p: Plan, f: Frame, kept: Floats, row: int) -> None:
    """Keep what is asked (or taken) in this step."""
    lanes = f.row.shape[1]
    for g in range(p.own.shape[1]):
        if row == ASKED_ROW or p.own[ASKED_ROW, g] != p.own[TAKEN_ROW, g]:
            claim, into = f.claim[p.own[KEPT_CLAIM, g]], kept[p.own[row, g]]
            for s in range(lanes):
                into[s] = claim[s]
