"""A plan in a scenario's own terms: what is brought as help from outside, the load that is reduced as cuts of use."""

from msgspec.structs import replace

from services.intake.scenario.scenario import Delivery, Disruption, Effect, Scenario
from services.risk.analysis.plan import Plan

DAY_H = 24.0


def carried_out(scenario: Scenario, plan: Plan, from_day: float, *, with_reduction: bool = True) -> Scenario:
    """The scenario in which the plan, begun on a day, is carried out to the letter."""
    cuts = _cuts(plan, from_day) if with_reduction else []
    return replace(
        scenario,
        deliveries=[*scenario.deliveries, *_deliveries(plan, from_day)],
        disruptions=[*scenario.disruptions, *cuts],
    )


def _deliveries(plan: Plan, from_day: float) -> list[Delivery]:
    return [
        Delivery(
            id=f"help-{plan.node}-{day}",
            name_zh="补链",
            name_en="help",
            node=plan.node,
            product=plan.product,
            quantity=amount,
            start_h=DAY_H * (from_day + day),
            over_h=DAY_H,
        )
        for day, amount in enumerate(plan.brought)
        if amount > 0
    ]


def _cuts(plan: Plan, from_day: float) -> list[Disruption]:
    return [
        Disruption(
            id=f"cut-{day}",
            name_zh="压减",
            name_en="load reduced",
            nodes=[plan.node],
            effect=Effect.USE,
            depth=amount / plan.use,
            start_h=DAY_H * (from_day + day),
            hold_h=DAY_H,
            is_fixed=True,
        )
        for day, amount in enumerate(plan.reduction)
        if amount > 0
    ]
