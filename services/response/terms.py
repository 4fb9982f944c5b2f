"""The words a playbook file may use, Chinese first, and what they stand for. An id may be written instead of its Chinese word."""

from schemas.assessment import Hazard
from schemas.lane import LaneKind
from schemas.level import Level
from services.runtime.chain.vocabulary import KINDS

LEVELS: dict[str, Level] = {"蓝色": Level.BLUE, "黄色": Level.YELLOW, "橙色": Level.ORANGE, "红色": Level.RED}
HAZARDS: dict[str, str] = {"断供": Hazard.STARVED.value, "胀库": Hazard.BLOCKED.value}
NODE_KINDS: dict[str, str] = {name_zh: kind for kind, (_, name_zh) in KINDS.items()}
LANES: dict[str, LaneKind] = {"实战": LaneKind.LIVE, "演练": LaneKind.DRILL, "回放": LaneKind.REPLAY}
PRODUCTS: dict[str, str] = {
    "原煤": "raw_coal",
    "动力煤": "steam_coal",
    "焦煤": "coking_coal",
    "焦炭": "coke",
    "甲醇": "methanol",
    "聚烯烃": "polyolefin",
    "尿素": "urea",
    "乙二醇": "ethylene_glycol",
    "煤制气": "sng",
    "油品": "oil_products",
    "水": "water",
    "电力": "electricity",
}
MINUTES: dict[str, int] = {"分钟": 1, "小时": 60, "天": 1440}

PRODUCT_ZH = {product: name_zh for name_zh, product in PRODUCTS.items()}
HAZARD_ZH = {hazard: name_zh for name_zh, hazard in HAZARDS.items()}
