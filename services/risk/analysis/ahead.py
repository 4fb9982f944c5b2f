"""What lies ahead of a scene as answers: 供需平衡表, 堵点, flows, and the remedy 补链 of a node; also with places supposed to stand still."""

from collections.abc import Sequence

from msgspec import Struct

from services.risk.analysis.basis import Basis
from services.risk.analysis.plan import Plan, plan_of
from services.risk.analysis.remedy_advice import Advice, advice_for
from services.risk.analysis.scene import Scene
from services.risk.foresight import foresee
from services.risk.outlook_sheet import BalanceRow, Blockage, Carried, balance_sheet, blockages, carried
from services.risk.outlook_sheet.carried import DAYS
from services.risk.remedy.avoidance import Avoider
from services.runtime.errors import InputError


class BalanceSheet(Struct, frozen=True, kw_only=True):
    """Rows by product and week; ``lost`` are the nodes supposed to stand still."""

    basis: Basis
    lost: list[str]
    rows: list[BalanceRow]


class Blockages(Struct, frozen=True, kw_only=True):
    """Blockages window by window, the most held up first; ``lost`` as above."""

    basis: Basis
    lost: list[str]
    rows: list[Blockage]


class Flows(Struct, frozen=True, kw_only=True):
    """What each link carries on each of the days from ``basis.as_of`` on; ``lost`` as above."""

    basis: Basis
    lost: list[str]
    rows: list[Carried]


class Remedy(Struct, frozen=True, kw_only=True):
    """What could help a node. ``advice`` is for all that it lacks by what is disturbed now; ``plans`` are proven, one for each stock of it that can
    run short, or for the product asked for alone; ``lost`` as above."""

    basis: Basis
    lost: list[str]
    node: str
    advice: Advice
    plans: list[Plan]


def balance_of(scene: Scene, basis: Basis, lost: Sequence[str], products: Sequence[str]) -> BalanceSheet:
    """The balance sheet of some products, by default all. Raises InputError for a product that the chain does not have."""
    rows = balance_sheet(scene.blueprint, foresee(scene.look_ahead(scene.world)))
    known = sorted({row.product for row in rows})
    wrong = sorted(set(products) - set(known))
    if wrong:
        raise InputError(f"没有产品 {' '.join(wrong)} no such product; 现有 known: {', '.join(known)}")
    return BalanceSheet(
        basis=basis, lost=list(lost), rows=[row for row in rows if not products or row.product in products]
    )


def blockages_of(scene: Scene, basis: Basis, lost: Sequence[str]) -> Blockages:
    """The blockages of a scene."""
    rows = blockages(scene.blueprint, foresee(scene.look_ahead(scene.world)))
    return Blockages(basis=basis, lost=list(lost), rows=rows)


def flows_of(scene: Scene, basis: Basis, lost: Sequence[str]) -> Flows:
    """What the links of a scene will carry."""
    rows = carried(scene.blueprint, foresee(scene.look_ahead(scene.world), DAYS))
    return Flows(basis=basis, lost=list(lost), rows=rows)


def remedy_of(scene: Scene, basis: Basis, lost: Sequence[str], node: str, product: str = "") -> Remedy:
    """What could help a node. Raises KeyError for an unknown node, InputError for a product that it keeps no stock of."""
    accounts = _accounts(scene, node)
    if product and product not in accounts:
        right = ", ".join(accounts) or "–"
        raise InputError(f"{node} {product} 没有库存下限 keeps no stock with a minimum; 可用 right is {right}")
    asked = [accounts[product]] if product else list(accounts.values())
    avoider = avoider_of(scene)
    return Remedy(
        basis=basis,
        lost=list(lost),
        node=node,
        advice=advice_for(scene, node),
        plans=[plan_of(avoider, account) for account in asked],
    )


def avoider_of(scene: Scene) -> Avoider:
    """Who finds changes and plans for the places of a scene."""
    return Avoider(scene.blueprint, scene.seer, scene.look_ahead(scene.world), scene.rules)


def _accounts(scene: Scene, node: str) -> dict[str, int]:
    """Accounts of a node by product where a stock can pass its minimum."""
    b, minimum = scene.blueprint, scene.world.living.network.minimum
    return {
        product: account
        for account, (where, product) in enumerate(b.places)
        if where == node and account in b.stocks and minimum[account] > 0
    }
