"""A supply chain as configured: nodes, links, recipes, stocks, who is responsible, the series that watch it, and who could supply in need."""

from datetime import date, datetime

from msgspec import Struct

from schemas.feed import Feed
from schemas.supplier_offer import SupplierOffer


class Node(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place of the chain. ``capacity`` is per day in ``unit`` of ``product``; ``priority`` 1 is served first when short."""

    id: str
    name_zh: str
    name_en: str
    kind: str
    product: str
    capacity: float
    unit: str
    lat: float
    lon: float
    admin_code: str
    normal_throughput: float
    priority: int = 5
    value_cny_per_unit: float = 0.0
    chain_chief: str = ""
    chain_leader: str = ""
    lead_department: str = ""
    work_team: str = ""
    note: str = ""
    is_illustrative: bool = True


class Link(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A way for one product from one node to another. A dormant alternate has share_normal 0 and carries its cost, contact and valid_until."""

    source: str
    target: str
    product: str
    mode: str
    capacity: float
    unit: str
    lead_time_h: float
    share_normal: float
    normal_flow: float = 0.0
    cost_cny_per_unit: float = 0.0
    contact: str = ""
    valid_until: date | None = None
    note: str = ""
    is_illustrative: bool = True


class Recipe(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``per_unit_output`` of ``input`` makes one unit of the node's product (Leontief where essential)."""

    node: str
    input: str
    per_unit_output: float
    unit: str
    is_essential: bool = True
    note: str = ""


class Stock(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stock of (node, product): ``role`` is input (shortage matters), output (a full tank matters) or both.

    Days are of ``daily_use``, the normal use (input) or throughput (output) per day in ``unit``; minimum < normal < maximum.
    """

    node: str
    product: str
    role: str
    unit: str
    daily_use: float
    days_normal: float
    days_min: float
    days_max: float
    note: str = ""
    is_illustrative: bool = True


class CoalQuality(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a source delivers (``role`` source: low = high = typical) or a consumer accepts (``role`` consumer: a range).

    Heat value in kcal/kg NAR; ash and sulphur in per cent of mass.
    """

    node: str
    product: str
    role: str
    heat_low: float
    heat_high: float
    ash_low: float
    ash_high: float
    sulphur_low: float
    sulphur_high: float
    note: str = ""


class Series(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time series of the catalogue.

    ``id`` is stable, short and ASCII. ``indicator`` is what it measures: stock, output, inflow, outflow, use, capacity_factor, price, hazard_level, …
    ``group`` decides the partition (default the node; price series their market). ``cadence_h`` is the expected distance of observations,
    ``lateness_h`` the allowed lateness (later ones are stored and re-judged), ``silence_h`` the age at which silence is an alarm.
    ``plausible_low``/``plausible_high`` bound the value in ``unit``.
    """

    id: str
    feed: Feed
    group: str
    name_zh: str
    name_en: str
    indicator: str
    unit: str
    cadence_h: float
    lateness_h: float
    silence_h: float
    plausible_low: float
    plausible_high: float
    provider: str
    node: str = ""
    product: str = ""
    link_target: str = ""
    is_essential: bool = False


class Chain(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole chain in one version. ``version`` is the digest of its content, so that the same files give the same version."""

    id: str
    name_zh: str
    name_en: str
    version: str
    valid_from: datetime
    nodes: list[Node]
    links: list[Link]
    recipes: list[Recipe]
    stocks: list[Stock]
    qualities: list[CoalQuality]
    series: list[Series]
    offers: list[SupplierOffer] = []
    v: int = 1
