"""The message for a tired reader: what, where, time left, how sure, why, do what by when."""

from collections.abc import Callable

import pytest

from schemas.alert import Alert
from schemas.assessment import Hazard
from schemas.chain import Node
from services.response.wording import message, short_line, time_left

MakeAlert = Callable[..., Alert]


def test_the_whole_message(make_alert: MakeAlert, nodes: dict[str, Node]) -> None:
    zh, en = message(make_alert(lane="replay:a"), nodes, ("预案甲", "plan A"), ("核实（01-10 15:00 前）", "verify"))
    assert zh.splitlines() == [
        "【回放】【系统研判·黄色】D站 动力煤 断供风险",
        "剩余：约 4.2 天到最低库存（01-14 17:00），约 6.2 天用尽；热量可用 6.2 天（实物 6.6 天）",
        "把握：断供概率 3 天内 18%，14 天内 83%；八成情形在 2.5 天至 6.7 天后",
        "原因：传导 R站 → P站 → D站。铁路减运",
        "请办：核实（01-10 15:00 前）",
        "预案：预案甲",
    ]
    assert en.splitlines()[0] == "REPLAY [system proposal: yellow] D place: steam_coal runs short"
    line = short_line(zh, en, "值班员")
    assert "\n" not in line
    assert "剩余" in line
    assert "请办" in line


@pytest.mark.parametrize(
    ("changes", "zh"),
    [
        ({"hours_to_minimum_p50": None, "hours_to_zero_p50": None, "cover_days": None}, "预测期内未到最低库存"),
        ({"hours_to_minimum_p50": 0.0, "hours_to_zero_p50": 20.0, "cover_days": None}, "已到最低库存，约 20 小时用尽"),
        (
            {"hazard": Hazard.BLOCKED, "hours_to_minimum_p50": 30.0, "cover_days": None},
            "约 30 小时到上限（01-11 19:00）",
        ),
    ],
)
def test_time_left(make_alert: MakeAlert, changes: dict[str, object], zh: str) -> None:
    assert time_left(make_alert(**changes))[0] == zh


@pytest.mark.parametrize(
    ("changes", "zh"),
    [
        ({"heat_kcal_per_kg": None}, "；可用 6.2 天（实物，热值不明）"),
        ({"heat_kcal_per_kg": None, "cover_days_physical": None, "product": "methanol"}, "；可用 6.2 天"),
    ],
)
def test_cover_says_by_which_measure(make_alert: MakeAlert, changes: dict[str, object], zh: str) -> None:
    assert time_left(make_alert(**changes))[0].endswith(zh)


def test_a_full_tank_is_not_told_how_long_its_stock_lasts(make_alert: MakeAlert) -> None:
    assert "可用" not in time_left(make_alert(hazard=Hazard.BLOCKED))[0]


@pytest.mark.parametrize(
    ("changes", "zh"),
    [
        ({"hours_to_minimum_p90": None}, "断供概率 3 天内 18%，14 天内 83%；九成情形不早于 2.5 天后"),
        ({"hours_to_minimum_p10": 0.0}, "断供概率 3 天内 18%，14 天内 83%"),
        ({"hazard": Hazard.BLOCKED, "hours_to_minimum_p10": None}, "胀库概率 3 天内 18%，14 天内 83%"),
        ({"probability": {}}, "按当前库存和趋势研判，未给概率"),
    ],
)
def test_how_sure(make_alert: MakeAlert, nodes: dict[str, Node], changes: dict[str, object], zh: str) -> None:
    said, _ = message(make_alert(**changes), nodes, ("甲", "A"), ("办", "do"))
    assert f"把握：{zh}" in said.splitlines()


def test_nodes_without_names_are_shown_by_id(make_alert: MakeAlert) -> None:
    zh, _ = message(make_alert(path=["D"]), {}, ("甲", "A"), ("办", "do"))
    assert "D 动力煤" in zh
