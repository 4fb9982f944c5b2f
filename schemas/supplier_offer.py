"""An entry of the register of supporting enterprises 配套企业库: who can supply what, to whom, how much a day, at which price, and until when."""

from datetime import date

from msgspec import Struct


class SupplierOffer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an enterprise can supply in need. After ``valid_until`` (the last valid day) it is never used.

    ``spare_per_day`` in ``unit``, taken together over all ``targets`` (nodes of the chain). ``price_cny_per_unit`` is delivered, freight included;
    ``start_cost_cny`` is paid once, then at least ``least_amount`` is taken. ``lead_time_h`` runs from the decision to the first arrival.
    ``via`` names transit nodes of the chain whose capacity it uses.
    Heat value in kcal/kg NAR, ash and sulphur in per cent of mass; None where they mean nothing.
    """

    id: str
    enterprise: str
    product: str
    spare_per_day: float
    unit: str
    price_cny_per_unit: float
    lead_time_h: float
    targets: list[str]
    contact: str
    valid_until: date
    via: list[str] = []
    start_cost_cny: float = 0.0
    least_amount: float = 0.0
    heat_kcal_per_kg: float | None = None
    ash_percent: float | None = None
    sulphur_percent: float | None = None
    note: str = ""
    is_illustrative: bool = True
