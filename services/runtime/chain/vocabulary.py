"""The words a chain's files may use: kinds of nodes and what they do, modes of transport, roles of stocks, indicators."""

from enum import StrEnum


class Behaviour(StrEnum):
    """What a node does with goods."""

    SOURCE = "source"  # its product comes from nature or from outside the chain; may need inputs (electricity)
    TRANSFORM = "transform"  # makes its product from inputs by recipe
    TRANSIT = "transit"  # hands on what arrives, whatever the product; may need inputs (electricity)
    DEMAND = "demand"  # uses up its product; capacity is its normal need


KINDS: dict[str, tuple[Behaviour, str]] = {
    "mine": (Behaviour.SOURCE, "煤矿"),
    "external_supply": (Behaviour.SOURCE, "区外来源"),
    "border_port": (Behaviour.SOURCE, "口岸"),
    "water_supply": (Behaviour.SOURCE, "供水"),
    "washery": (Behaviour.TRANSFORM, "选煤厂"),
    "power_plant": (Behaviour.TRANSFORM, "电厂"),
    "ctl_direct": (Behaviour.TRANSFORM, "直接液化"),
    "ctl_indirect": (Behaviour.TRANSFORM, "间接液化"),
    "methanol_plant": (Behaviour.TRANSFORM, "甲醇装置"),
    "mto_plant": (Behaviour.TRANSFORM, "烯烃装置"),
    "urea_plant": (Behaviour.TRANSFORM, "尿素装置"),
    "meg_plant": (Behaviour.TRANSFORM, "乙二醇装置"),
    "sng_plant": (Behaviour.TRANSFORM, "煤制气装置"),
    "coke_plant": (Behaviour.TRANSFORM, "焦化厂"),
    "chemical_plant": (Behaviour.TRANSFORM, "化工装置"),
    "collection_station": (Behaviour.TRANSIT, "集运站"),
    "rail_line": (Behaviour.TRANSIT, "铁路"),
    "road_corridor": (Behaviour.TRANSIT, "公路通道"),
    "port": (Behaviour.TRANSIT, "港口"),
    "power_grid": (Behaviour.TRANSIT, "电网"),
    "demand": (Behaviour.DEMAND, "用户"),
}

MODES: tuple[str, ...] = (
    "belt", "road", "rail", "rail_spur", "rail_load", "rail_road", "sea", "sea_river", "grid", "pipeline",
)  # fmt: skip

ROLES: tuple[str, ...] = ("input", "output", "both")

QUALITY_ROLES: tuple[str, ...] = ("source", "consumer")

PRODUCT_ZH: dict[str, str] = {
    "steam_coal": "动力煤",
    "raw_coal": "原煤",
    "coking_coal": "焦煤",
    "methanol": "甲醇",
    "polyolefin": "聚烯烃",
    "urea": "尿素",
    "ethylene_glycol": "乙二醇",
    "oil_products": "油品",
    "sng": "煤制气",
    "coke": "焦炭",
    "electricity": "电力",
    "water": "水",
}
"""Names of products that are common in these chains; a chain may have others."""

COALS: tuple[str, ...] = ("raw_coal", "steam_coal", "coking_coal")

FUELS: tuple[str, ...] = ("raw_coal", "steam_coal")
"""Coals used for their heat; coke ovens take coking coal by the tonne, for its caking."""

INDICATORS: dict[str, str] = {
    "stock": "库存",
    "output": "产量",
    "use": "用量",
    "inflow": "到货",
    "outflow": "发运",
    "flow": "流量",
    "volume": "通过量",
    "intake": "取水量",
    "load": "开工率",
    "trains": "列数",
    "wagons": "装车数",
    "trucks": "车流",
    "ships": "锚地船舶",
    "capacity_factor": "可用能力",
    "contract": "长协兑现率",
    "heat_value": "热值",
    "norm": "定额库存",
    "norm_days": "定额天数",
    "price": "价格",
    "hazard_level": "预警",
}

RATE_INDICATORS: tuple[str, ...] = ("output", "use", "inflow", "outflow", "flow", "volume", "intake")
"""Indicators measured in the unit of the node or product per day; a stock is measured in the amount."""

MEASURES: dict[str, tuple[str, str, str]] = {
    "input": ("stock", "inflow", "use"),
    "output": ("stock", "output", "outflow"),
    "both": ("stock", "inflow", "outflow"),
}
"""What watches a stock, by its role: the stock, what fills it, what empties it."""

HAZARD_EVENTS: dict[str, str] = {
    "cold_wave": "寒潮",
    "snow": "暴雪",
    "road_icing": "道路结冰",
    "gale": "大风",
    "fog": "大雾",
    "sea_ice": "海冰",
    "typhoon": "台风",
    "rainstorm": "暴雨",
    "flood": "洪涝地质",
    "mine_accident": "煤矿事故",
    "rail_accident": "铁路事故",
    "plant_trip": "装置非计划停车",
    "epidemic": "疫情",
    "output_order": "限产令",
    "power_rationing": "有序用电",
    "water_intake": "取水受限",
    "border_closure": "口岸限行",
    "trade_ban": "出口禁令",
}


def behaviour_of(kind: str) -> Behaviour:
    """What a node of the kind does. Raises KeyError for an unknown kind."""
    return KINDS[kind][0]


def amount_of(rate: str) -> str:
    """The amount of a rate per day.

    >>> amount_of("1000m3/d")
    '1000m3'
    """
    return rate.removesuffix("/d")
