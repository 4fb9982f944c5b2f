"""Claims kept from one run and given in another, so that a part of a network can be simulated alone."""

from detectors.network.kernel.plan import (
    ASKED_ROW,
    DUE_IN,
    HELD_ACCOUNT,
    KEPT_CLAIM,
    LANES,
    STOCK,
    TAKEN_ROW,
    TARGET,
    Events,
    Frame,
    Plan,
    Results,
    Ways,
    part,
)

_A_LITTLE_MORE = 1.0 + 1e-12
"""Against rounding: to call too much tight is safe, too little is not."""


@part
def give(p: Plan, f: Frame, e: Events, row: int, k: int, s0: int) -> None:
    """Customers outside the plan ask (or take: only inputs of makers differ) what was kept for this step."""
    lanes = f.row.shape[1]
    for g in range(len(p.given)):
        if row == ASKED_ROW or p.given[g, ASKED_ROW] != p.given[g, TAKEN_ROW]:
            claim, kept = f.claim[p.given[g, KEPT_CLAIM]], e.kept[s0 // LANES, k, p.given[g, row]]
            for s in range(lanes):
                claim[s] = kept[s]


@part
def keep(p: Plan, f: Frame, r: Results, row: int, k: int, s0: int) -> None:
    """Keep what is asked (or taken) in this step, where that is wanted."""
    if len(r.kept) == 0:
        return
    lanes, kept = f.row.shape[1], r.kept[s0 // LANES, k]
    for g in range(len(p.own)):
        if row == ASKED_ROW or p.own[g, ASKED_ROW] != p.own[g, TAKEN_ROW]:
            claim, into = f.claim[p.own[g, KEPT_CLAIM]], kept[p.own[g, row]]
            for s in range(lanes):
                into[s] = claim[s]


@part
def watch(p: Plan, f: Frame, ways: Ways) -> None:
    """Mark as tight what would now hold back a maker outside the plan: it asks what was kept only while its input has that much."""
    lanes = f.row.shape[1]
    for g in range(len(p.given)):
        of = p.given[g, HELD_ACCOUNT]
        if of >= 0:
            here, claim, enough, cuts = (
                f.account[of],
                f.claim[p.given[g, KEPT_CLAIM]],
                ways.psi * p.account_number[of, TARGET],
                0,
            )
            for s in range(lanes):
                has = here[STOCK + s] + here[DUE_IN + s]
                cuts += 1 if has < claim[s] * _A_LITTLE_MORE or here[STOCK + s] < enough else 0
            if cuts > 0:
                f.is_tight[of] = 1
