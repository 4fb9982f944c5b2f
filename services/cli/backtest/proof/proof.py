"""One place lived twice: as it was, and with the plan of a remedy carried out."""

from datetime import datetime

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from schemas.chain import Chain
from services.cli.backtest.proof.carried import DAY_H, carried_out
from services.cli.outlook import outlook_after
from services.intake.scenario.scenario import Scenario
from services.intake.scenario.simulation import Simulation
from services.intake.scenario.truth import Break, breaks_of
from services.risk.analysis.ahead import avoider_of
from services.risk.analysis.plan import Plan, plan_of
from services.risk.rules import RuleSet
from services.runtime.errors import InputError

Floats = npt.NDArray[np.float64]


class Life(Struct, frozen=True):
    """True stock of the place by hour, and the hour of its first break; None when there is none before the end of the scenario."""

    stock: Floats
    broke_h: float | None


class Proof(Struct, frozen=True, kw_only=True):
    """Hours count from ``start`` of the scenario; ``minimum`` in the unit of the plan."""

    scenario: str
    seed: int
    happenings: tuple[tuple[float, str], ...]
    start: datetime
    day: float
    plan: Plan
    hours: Floats
    minimum: float
    without: Life
    helped: Life

    @property
    def gained_h(self) -> float | None:
        """Hours by which the break comes later; None when there is none to move, or none any more."""
        if self.without.broke_h is None or self.helped.broke_h is None:
            return None
        return self.helped.broke_h - self.without.broke_h

    @property
    def is_prevented(self) -> bool:
        """It broke, and with the plan it does not before the end of the scenario."""
        return self.without.broke_h is not None and self.helped.broke_h is None

    def lowest(self, life: Life) -> float:
        """The least stock after the plan was made, as a multiple of the minimum."""
        return float(life.stock[self.hours > DAY_H * self.day].min()) / self.minimum


def proof_of(
    chain: Chain, rules: RuleSet, scenario: Scenario, place: tuple[str, str], day: float, seed: int = 1
) -> Proof:
    """Plan for a place on a day and live both lives. Raises InputError for a place without a minimum of its stock."""
    scene = outlook_after(chain, rules, scenario, day, seed).scene
    account = scene.blueprint.account.get(place)
    minimum = float(scene.world.living.network.minimum[account]) if account is not None else 0.0
    if account is None or account not in scene.blueprint.stocks or minimum <= 0:
        raise InputError(f"{' '.join(place)}：没有这样的库存下限 no such place with a minimum of its stock")
    plan = plan_of(avoider_of(scene), account)
    helped = carried_out(scenario, plan, day)
    return Proof(
        scenario=scenario.id,
        seed=seed,
        happenings=tuple((d.start_h, f"{d.name_zh} {d.name_en}") for d in scenario.disruptions),
        start=scenario.start,
        day=day,
        plan=plan,
        hours=np.arange(scenario.first_hour + 1, scenario.last_hour + 1, dtype=np.float64),
        minimum=minimum,
        without=_life(chain, scenario, place, seed),
        helped=_life(chain, helped, place, seed),
    )


def _life(chain: Chain, scenario: Scenario, place: tuple[str, str], seed: int) -> Life:
    life = Simulation(chain, scenario, seed)
    trace = life.advance(scenario.last_hour)
    found = [e for e in breaks_of(life.world, trace) if (e.node, e.product, e.kind) == (*place, Break.STARVED)]
    stock = trace.column("stock")[:, life.world.layout.hold_keys.index(place)]
    return Life(np.asarray(stock), float(found[0].hour) if found else None)


def lines_of(proof: Proof) -> list[str]:
    """The proof in words, 中文 first."""
    plan, of = proof.plan, proof.plan.unit
    before, after = (_when(life) for life in (proof.without, proof.helped))
    brought, cut = sum(plan.brought), max(plan.reduction, default=0.0)
    return [
        f"{plan.name_zh} {plan.name_en} · {plan.product} · {proof.scenario}@{proof.seed}",
        f"  方案 plan, D{proof.day:g}: 到货 brought {brought:,.0f} {of}, 压减 load reduced {cut:,.0f} {of}/d ({cut / plan.use:.1%})",
        f"  真实断供 true break: 无方案 without {before}, 执行方案 with the plan {after}",
        f"  最低时 at its lowest: {proof.lowest(proof.without):.2f} → {proof.lowest(proof.helped):.2f} × 最低库存 minimum",
    ]


def figures_of(proof: Proof) -> dict[str, object]:
    """The same as plain objects."""
    return {
        "scenario": proof.scenario,
        "seed": proof.seed,
        "node": proof.plan.node,
        "product": proof.plan.product,
        "day": proof.day,
        "brought": round(sum(proof.plan.brought), 1),
        "reduced_per_day": round(max(proof.plan.reduction, default=0.0), 1),
        "unit": proof.plan.unit,
        "broke_without_h": proof.without.broke_h,
        "broke_with_h": proof.helped.broke_h,
        "gained_h": proof.gained_h,
        "is_prevented": proof.is_prevented,
        "lowest_without": round(proof.lowest(proof.without), 4),
        "lowest_with": round(proof.lowest(proof.helped), 4),
    }


def _when(life: Life) -> str:
    return "情景内不断 not within the scenario" if life.broke_h is None else f"D{life.broke_h / DAY_H:.1f}"
