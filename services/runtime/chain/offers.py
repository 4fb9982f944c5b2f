"""The register of supporting enterprises 配套企业库 (offers.csv): its rows, and which of them may be used on a day."""

from datetime import date

from schemas.chain import Chain
from schemas.supplier_offer import SupplierOffer
from services.runtime.chain.cells import Cells
from services.runtime.chain.tables import Columns
from services.runtime.chain.units import known_units, scaled

OFFERS = Columns(
    (
        *("id", "enterprise", "product", "spare", "unit", "price_cny_per_unit", "lead_time_h", "targets"),
        *("contact", "valid_until"),
    ),
    ("via", "heat", "ash", "sulphur", "start_cost_cny", "least_amount", "illustrative", "note"),
)
_HUGE = 1e12
_LEAST = 1e-6
_YEAR_H = 8760.0


def usable_offers(chain: Chain, on: date, target: str = "", product: str = "") -> list[SupplierOffer]:
    """The offers valid on a day, in the order of the register; only those that reach a node, or of a product, where one is named."""
    return [
        offer
        for offer in chain.offers
        if offer.valid_until >= on and target in {"", *offer.targets} and product in {"", offer.product}
    ]


def read_offer(cells: Cells, rate_of: dict[str, str]) -> SupplierOffer:
    """A row of offers.csv; ``rate_of`` gives the unit of each product."""
    cells.unit("unit", ", ".join(known_units()))
    product = cells.identifier("product")
    rate = rate_of.get(product, "")
    factor = cells.rate_factor("unit", rate) if rate else 1.0
    valid_until = cells.day("valid_until")
    if not cells.has("valid_until"):
        cells.fault("blank", "valid_until")
    return SupplierOffer(
        id=cells.identifier("id"),
        enterprise=cells.text("enterprise", is_required=True),
        product=product,
        spare_per_day=scaled(cells.number("spare", _LEAST, _HUGE), factor),
        unit=rate or cells.text("unit"),
        price_cny_per_unit=cells.number("price_cny_per_unit", _LEAST, _HUGE),
        lead_time_h=cells.number("lead_time_h", 0.0, _YEAR_H),
        targets=cells.text("targets", is_required=True).split(),
        contact=cells.text("contact", is_required=True),
        valid_until=valid_until or date.min,
        via=cells.text("via").split(),
        start_cost_cny=cells.number("start_cost_cny", 0.0, _HUGE, default=0.0),
        least_amount=cells.number("least_amount", 0.0, _HUGE, default=0.0),
        heat_kcal_per_kg=_property(cells, "heat", 500, 8500),
        ash_percent=_property(cells, "ash", 0, 80),
        sulphur_percent=_property(cells, "sulphur", 0, 10),
        note=cells.text("note"),
        is_illustrative=cells.flag("illustrative", default=True),
    )


def _property(cells: Cells, column: str, low: float, high: float) -> float | None:
    return cells.number(column, low, high) if cells.has(column) else None
