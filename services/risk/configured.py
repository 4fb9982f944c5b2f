"""The flow network of a chain as it is configured, before anything is learnt of it."""

import numpy as np

from services.risk.blueprint import Blueprint
from services.risk.state.learnt import Learnt
from services.risk.state.network import Living, living_network


def configured_network(blueprint: Blueprint) -> Living:
    """Normal flows, normal stocks and configured recipes. Raises ValueError when the flows do not settle."""
    b = blueprint
    stock = np.zeros(len(b.places))
    for account, held in b.stocks.items():
        stock[account] = held.days_normal * held.daily_use
    return living_network(
        b,
        Learnt(
            demand=b.normal_use,
            made=b.normal_production,
            flow=b.normal_flow,
            recipe={},
            usual={},
            normal_stock=stock,
            gross=(),
        ),
    )
