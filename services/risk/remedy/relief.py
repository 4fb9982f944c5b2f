"""补链 for one place of a live prospect: what lacks, the plan, what it does when the futures are run with it, who else would suffer.

Goods that the plan moves arrive day by day in the trial, what it takes from stocks is missing there, and the load it reduces is not used. So the
plan is proven on the same futures that warned.
"""

import math

import numpy as np
from msgspec import Struct

from detectors.network.course import Courses, Part, Target
from detectors.network.trajectories import Trajectories
from detectors.network.uncertainty import Floats
from schemas.assessment import Hazard
from services.risk.blueprint import Blueprint, Place
from services.risk.foresight import DAY_H
from services.risk.remedy.asking import DAYS, needed_at, question_of, shortfall
from services.risk.remedy.avoidance import Avoider, median
from services.risk.remedy.proposal import Proposal, propose
from services.risk.remedy.trial import PART_H, Trial

_SURE = 0.75
_ROUNDS = 5
_WORSE = 0.1
_PARTS_A_DAY = round(DAY_H / PART_H)


class Outcome(Struct, frozen=True):
    """Probability of a break within 14 days, and the middle hour of the break (None: in most futures there is none)."""

    chance: float
    hours_p50: float | None


class Harm(Struct, frozen=True):
    """A place that breaks with a higher probability when the plan is carried out."""

    place: Place
    before: float
    after: float


class Relief(Struct, frozen=True):
    """The plan for a place. ``sure``: what lacks is planned for with this probability. ``lacking`` amounts by day, before the plan;
    ``with_plan`` counts what is brought, ``with_reduction`` also the load ``reduction``: what stays open in the plan, begun at once and
    spread evenly, for a small cut early saves as much as a deep one late."""

    place: Place
    limit: float
    sure: float
    lacking: list[float]
    before: Outcome
    with_plan: Outcome
    with_reduction: Outcome
    harmed: list[Harm]
    reduction: list[float]
    proposal: Proposal

    @property
    def is_needed(self) -> bool:
        """Something lacks within 14 days."""
        return any(self.lacking)

    @property
    def is_enough(self) -> bool:
        """With what is brought alone the probability falls below the limit."""
        return self.with_plan.chance < self.limit

    def brought(self) -> list[float]:
        """What arrives by day in units of the place's usual grade."""
        return [float(amount) for amount in _by_day(self.proposal)]


def relief_of(avoider: Avoider, account: int) -> Relief:
    """Plan and prove; where the trial of a plan still breaks, what lacked in the trial is added to what is planned for, a few times.

    Raises ValueError for a place that keeps no stock with a minimum: there is nothing to fill.
    """
    b, network = avoider.blueprint, avoider.prospect.world.living.network
    minimum = float(network.minimum[account])
    if account not in b.stocks or minimum <= 0:
        raise ValueError(f"{' '.join(b.places[account])} 没有库存下限 keeps no stock with a minimum")
    trial = Trial(avoider.seer, avoider.prospect, avoider.rules, [account])
    plain = trial.run()
    needed = needed_at(b, avoider.foresight()[0], account, _SURE)
    for left in reversed(range(_ROUNDS)):
        relief, reduced = _tried(avoider, trial, plain, account, needed)
        if relief.with_reduction.chance < relief.limit or not left:
            break
        stock = reduced.stock[:, :, account] - reduced.unserved[:, :, account]
        needed = needed + shortfall(stock, minimum, _SURE)
    return relief


def _tried(
    avoider: Avoider, trial: Trial, plain: Trajectories, account: int, needed: Floats
) -> tuple[Relief, Trajectories]:
    b = avoider.blueprint
    question = question_of(b, *avoider.foresight(), account, needed)
    proposal = propose(question)
    brought = {account: _by_part(proposal)}
    taken = {b.account[s.place]: s.amount for s in proposal.sufferers}
    still_open = np.zeros(DAYS)
    for left in proposal.reductions:
        still_open += np.asarray(left.amounts)
    reduction = _evened(still_open)
    planned = trial.run(brought, taken)
    reduced = trial.run(brought, taken, less=_less(avoider, trial, account, reduction))

    def outcome(found: Trajectories) -> Outcome:
        hours = trial.hours(found, account, Hazard.STARVED)
        middle = median(hours)
        return Outcome(trial.chance(hours), middle if math.isfinite(middle) else None)

    relief = Relief(
        place=b.places[account],
        limit=avoider.limit(account, Hazard.STARVED),
        sure=_SURE,
        lacking=question.lacks[0].amounts,
        before=outcome(plain),
        with_plan=outcome(planned),
        with_reduction=outcome(reduced),
        harmed=_harmed(b, trial, account, plain, reduced),
        reduction=reduction.tolist(),
        proposal=proposal,
    )
    return relief, reduced


def _evened(amounts: Floats) -> Floats:
    """The same sum at the least even rate from the first day on that is never behind the amounts; whole once the sum is reached."""
    due = np.cumsum(amounts)
    rate = float((due / np.arange(1, DAYS + 1)).max())
    return np.diff(np.minimum(rate * np.arange(1, DAYS + 1), due[-1]), prepend=0.0)


def _harmed(b: Blueprint, trial: Trial, account: int, plain: Trajectories, planned: Trajectories) -> list[Harm]:
    """Who else would suffer, the worst first."""
    found = []
    for other in b.stocks:
        before, after = (trial.chance(trial.hours(t, other, Hazard.STARVED)) for t in (plain, planned))
        if other != account and after >= before + _WORSE:
            found.append(Harm(b.places[other], before, after))
    return sorted(found, key=lambda h: h.before - h.after)


def _by_day(proposal: Proposal) -> Floats:
    """What arrives by day, in units of the place's usual grade."""
    days = np.zeros(DAYS)
    for measure in proposal.measures:
        days += np.asarray(measure.arriving) * measure.way.worth
    return days


def _by_part(proposal: Proposal) -> Floats:
    """The same by part of six hours, evenly over each day."""
    return np.repeat(_by_day(proposal) / _PARTS_A_DAY, _PARTS_A_DAY)


def _less(avoider: Avoider, trial: Trial, account: int, reduction: Floats) -> Courses:
    """The load reduction as factors on the use of a final user, on the makers that take the input, or on what the place sends on."""
    living = avoider.prospect.world.living
    network, steps = living.network, len(trial.grid) - 1
    cut = reduction / DAY_H
    use = float(living.rest.through[account])
    day = np.minimum((trial.grid[:-1] // DAY_H).astype(np.int64), DAYS - 1)
    factor = np.clip(1.0 - cut[day] / use, 0.0, 1.0) if use > 0 else np.ones(steps)
    parts: list[Part] = [
        (Target.MAKER, n) for n, m in enumerate(network.makers) if any(i.account == account for i in m.inputs)
    ]
    if network.demand[account] > 0:
        parts.append((Target.DEMAND, account))
    if not parts:
        parts += [(Target.LINK, k) for k in avoider.blueprint.structure.out_links[account]]
    return Courses(1, dict.fromkeys(parts, factor[:, None]))
