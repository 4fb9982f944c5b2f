"""What every link carries on each of the fourteen days ahead: the median of the futures."""

import numpy as np
from msgspec import Struct

from services.risk.blueprint import Blueprint
from services.risk.foresight import Foresight

DAYS = 14


class Carried(Struct, frozen=True, kw_only=True):
    """What a link takes in on each day from now, in its sender's unit a day."""

    source: str
    target: str
    product: str
    days: list[float]


def carried(blueprint: Blueprint, foresight: Foresight) -> list[Carried]:
    """All links that are in normal use or carry something ahead, in the order of the chain."""
    middle = np.maximum(np.median(foresight.sent()[:, :DAYS], axis=0), 0.0)
    is_used = (foresight.prospect.world.living.rest.flow > 0) | (middle > 0).any(axis=0)
    return [
        Carried(
            source=link.source,
            target=link.target,
            product=link.product,
            days=[float(f"{amount:.4g}") for amount in middle[:, number]],
        )
        for number, link in enumerate(blueprint.links)
        if is_used[number]
    ]
