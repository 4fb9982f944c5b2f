"""The words a playbook file may use, Chinese first, and what they stand for. An id may be written instead of its Chinese word."""

from schemas.assessment import Hazard
from schemas.lane import LaneKind
from schemas.level import Level
from services.response.playbook import ReportKind, Start
from services.runtime.chain.vocabulary import KINDS, PRODUCT_ZH

LEVELS: dict[str, Level] = {"蓝色": Level.BLUE, "黄色": Level.YELLOW, "橙色": Level.ORANGE, "红色": Level.RED}
STATES: dict[str, Level] = {**LEVELS, "情况不明": Level.UNKNOWN}
"""What may start a plan."""
HAZARDS: dict[str, str] = {
    "断供": Hazard.STARVED.value,
    "胀库": Hazard.BLOCKED.value,
    "断报": Hazard.SILENT.value,
    "数据存疑": Hazard.DISTRUSTED.value,
}
NODE_KINDS: dict[str, str] = {name_zh: kind for kind, (_, name_zh) in KINDS.items()}
LANES: dict[str, LaneKind] = {"实战": LaneKind.LIVE, "演练": LaneKind.DRILL, "回放": LaneKind.REPLAY}
PRODUCTS: dict[str, str] = {name_zh: product for product, name_zh in PRODUCT_ZH.items()}
MINUTES: dict[str, int] = {"分钟": 1, "小时": 60, "天": 1440}

HAZARD_ZH = {hazard: name_zh for name_zh, hazard in HAZARDS.items()}

STARTS: dict[str, Start] = {"预警": Start.ALERT, "指标": Start.FIGURE, "人工": Start.PERSON, "子预案": Start.SUB_PLAN}
RESPONSE_LEVELS: dict[str, str] = {"I级": "I", "II级": "II", "III级": "III", "IV级": "IV"}
REPORTS: dict[str, ReportKind] = {"首报": ReportKind.FIRST, "续报": ReportKind.FOLLOW_UP, "终报": ReportKind.FINAL}
YES_NO: dict[str, bool] = {"是": True, "否": False}
JOINS: dict[str, bool] = {"全部": False, "任一": True}
OUTCOMES: dict[str, str] = {
    "完成": "done",
    "同意": "approved",
    "不同意": "refused",
    "到时": "elapsed",
    "有方案": "found",
    "无方案": "none",
    "未答复": "unanswered",
    "取消": "cancelled",
    "撤销": "undone",
}
OUTCOME_ZH = {outcome: name_zh for name_zh, outcome in OUTCOMES.items()}
REPORT_ZH = {kind: name_zh for name_zh, kind in REPORTS.items()}
