"""供需平衡表: supply, demand, change of stock, gap and contract fulfilment of each product, week by week, as means over the futures.

Amounts are in the unit of the product, coal in tonnes of the usual blend of where it lies; what is gained or lost when an unusual mix arrives is
regrading. Supply is what is made of a product or comes from outside the chain, whatever the place; use is
what final users and makers take. Demand is what final users ask for and what makers would take at their usual load; the gap is what they
lack of it. Contracts: the part of each link's usual flow that is under contract, served first; fulfilment is what arrives of it in time.
"""

from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from detectors.network.course import Target
from detectors.network.uncertainty import Floats
from services.risk.blueprint import ARRIVING, Blueprint
from services.risk.foresight import DAY_H, DAYS, Foresight
from services.risk.heat import REFERENCE_KCAL_PER_KG
from services.risk.remedy.grades import Grades
from services.runtime.chain.vocabulary import COALS

WEEK = 7
WEEKS = DAYS // WEEK


class BalanceRow(Struct, frozen=True, kw_only=True):
    """One product in one week (1…4). ``stock_change`` lies at places, ``way_change`` is on its way; ``supply + regrading − use`` equals
    their sum. ``regrading`` is what coal gains by arriving where poorer coal is usual, or loses; 0 for other goods.

    ``supply_5500`` is supply in coal of 5,500 kcal/kg, None where heat means nothing or a source does not say it. ``gap_p10`` and ``gap_p90``
    bound the gap; ``stock`` stands at places at the end of the week; ``fulfilment`` is a share, None where nothing is under contract.
    """

    product: str
    unit: str
    week: int
    supply: float
    supply_5500: float | None
    demand: float
    use: float
    stock_change: float
    way_change: float
    regrading: float
    stock: float
    gap: float
    gap_p10: float
    gap_p90: float
    fulfilment: float | None


def balance_sheet(blueprint: Blueprint, foresight: Foresight) -> list[BalanceRow]:
    """Rows by product, then week, in the order of the alphabet."""
    accounts = _Accounts(blueprint, foresight)
    return [row for product in sorted(accounts.products) for row in accounts.rows(product)]


class _Accounts:
    """Weekly sums (S, WEEKS) of one foresight."""

    def __init__(self, b: Blueprint, foresight: Foresight) -> None:
        self._b, self._foresight = b, foresight
        self._living = foresight.prospect.world.living
        self._made = np.diff(foresight.found.made, axis=1, prepend=0.0)
        self._unserved = np.diff(foresight.found.unserved, axis=1, prepend=0.0)
        self._stock, self._way = foresight.stock(), foresight.under_way()
        self._regraded, self._sent = foresight.arrived() - foresight.landed(), foresight.sent()
        self._of = [product.removesuffix(ARRIVING) for _, product in b.places]
        self._grades = Grades(b.chain)
        self.products = set(self._of)

    def rows(self, product: str) -> Iterator[BalanceRow]:
        """The weeks of a product."""
        mine = [a for a, name in enumerate(self._of) if name == product]
        links = [k for k, link in enumerate(self._b.structure.links) if self._of[link.source] == product]
        supply, use, demand, gap = self._flows(set(mine))
        standard = self._standard(product)
        stock, way = self._stock[:, :, mine].sum(axis=2), self._way[:, :, links].sum(axis=2)
        regraded = _weekly(self._regraded[:, :, links]).sum(axis=2)
        kept = self._fulfilment(links)
        unit = next((n.unit for n in self._b.nodes.values() if n.product == product), "")
        for week in range(WEEKS):
            first, last = week * WEEK, (week + 1) * WEEK
            low, high = np.quantile(gap[:, week], [0.1, 0.9])
            yield BalanceRow(
                product=product,
                unit=unit.removesuffix("/d"),
                week=week + 1,
                supply=float(supply[:, week].mean()),
                supply_5500=None if standard is None else float(standard[week]),
                demand=float(demand[:, week].mean()),
                use=float(use[:, week].mean()),
                stock_change=float((stock[:, last] - stock[:, first]).mean()),
                way_change=float((way[:, last] - way[:, first]).mean()),
                regrading=float(regraded[:, week].mean()),
                stock=float(stock[:, last].mean()),
                gap=float(gap[:, week].mean()),
                gap_p10=float(low),
                gap_p90=float(high),
                fulfilment=kept[week],
            )

    def _flows(self, mine: set[int]) -> tuple[Floats, Floats, Floats, Floats]:
        """Supply, use, demand and gap. What a place with inputs passes on (arrivals of an electric railway) is neither made nor used."""
        network, rest = self._living.network, self._living.rest
        supply, use, demand, gap = (np.zeros((self._made.shape[0], WEEKS)) for _ in range(4))
        for account in mine:
            asked = self._asked(account)
            lacking = _weekly(self._unserved[:, :, account])
            demand, use, gap = demand + asked, use + asked - lacking, gap + lacking
        for number, maker in enumerate(network.makers):
            made, usual = _weekly(self._made[:, :, number]), WEEK * DAY_H * float(rest.made[number])
            passed_on = any(i.account in mine for i in maker.inputs) and maker.output in mine
            supply = supply + made if maker.output in mine and not passed_on else supply
            for taken in maker.inputs:
                if taken.account in mine and not passed_on:
                    use, demand = use + taken.per_unit * made, demand + taken.per_unit * usual
                    gap = gap + taken.per_unit * np.maximum(usual - made, 0.0)
        return supply, use, demand, gap

    def _standard(self, product: str) -> Floats | None:
        """Supply of a coal by week at 5,500 kcal/kg, mean over futures."""
        whole, is_known = np.zeros(WEEKS), product in COALS
        for number, maker in enumerate(self._living.network.makers):
            node, made_of = self._b.places[maker.output]
            if made_of != product or any(self._of[i.account] == product for i in maker.inputs):
                continue
            grade = self._grades.sent(node, product)
            if grade is None:
                is_known = False
            else:
                whole = whole + _weekly(self._made[:, :, number]).mean(axis=0) * grade[0] / REFERENCE_KCAL_PER_KG
        return whole if is_known else None

    def _asked(self, account: int) -> Floats:
        rate = float(self._living.network.demand[account])
        return _weekly(rate * DAY_H * self._foresight.factor(Target.DEMAND, account))

    def _fulfilment(self, links: list[int]) -> list[float | None]:
        """Share of what is under contract that is sent, by week."""
        contracted = self._living.network.contract[links] * self._living.rest.flow[links] * WEEK * DAY_H
        if contracted.sum() <= 0:
            return [None] * WEEKS
        kept = np.minimum(_weekly(self._sent[:, :, links]), contracted).sum(axis=2).mean(axis=0)
        return [float(share) for share in kept / contracted.sum()]


def _weekly(daily: Floats) -> Floats:
    """Sums over weeks of amounts by day (S, DAYS, …)."""
    return np.asarray(daily.reshape(daily.shape[0], WEEKS, WEEK, *daily.shape[2:]).sum(axis=2))
