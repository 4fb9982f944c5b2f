"""Words of a drill that its log, its report and its pages share."""

from schemas.drill_plan import Step

RATINGS = {"P": "圆满完成", "S": "基本完成", "M": "部分完成", "U": "未完成"}
"""Ratings of HSEEP: performed without challenges, with some, with major ones, unable to be performed."""
STEP_ZH = {Step.DETECT: "发现", Step.ACKNOWLEDGE: "签收", Step.DECIDE: "决定", Step.FINISH: "完成"}
