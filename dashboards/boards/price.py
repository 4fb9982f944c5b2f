"""Prices beside the official bands."""

from dashboards.boards.choice import LANE, in_lane
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Step, Words

_AT_5500 = "s.series LIKE 'price.%5500' OR s.series = 'price.BSPI'"


def _course(title: Words, what: Words, where: str, place: Place, steps: tuple[Step, ...], unit: str) -> Panel:
    return Panel(
        kind=Kind.SERIES,
        title=title,
        description=what,
        place=place,
        asks=(
            Sql(
                "SELECT o.observed_at AS time, s.[[name_zh|name_en]] AS metric, o.value FROM v_observation o JOIN v_series s USING (series) "
                f"WHERE o.{in_lane()} AND o.indicator = 'price' AND {where} AND $__timeFilter(o.observed_at) ORDER BY o.observed_at",
                is_series=True,
            ),
        ),
        unit=unit,
        steps=steps,
        has_steps_drawn=len(steps) > 1,
        joins_h=240.0,
    )


BOARD = Board(
    uid="lianjing-price",
    title=Words("链警 价格", "Lianjing prices"),
    description=Words(
        "煤与煤化工价格，动力煤对照官方区间。",
        "Prices of coal and coal chemicals; steam coal beside the official band.",
    ),
    variables=(LANE,),
    since="now-60d",
    panels=(
        _course(
            Words("动力煤价格与 570–770 元合理区间", "Steam coal, and the official band of 570 to 770 CNY"),
            Words(
                "虚线：秦皇岛港下水煤（5500 千卡）中长期交易合理区间 570–770 元/吨，发改价格〔2022〕303 号。其他口径的煤价不可直接对照。",
                "Dashed: band of 570 to 770 CNY/t for long-term contracts of 5,500 kcal/kg coal at Qinhuangdao, NDRC 2022 No. 303. Other coals do not compare.",
            ),
            f"({_AT_5500})",
            Place(0, 0, 14, 11),
            (Step(None, "#d9ad00"), Step(570, "#4c8f6b"), Step(770, "#c8202b")),
            "locale",
        ),
        _course(
            Words("其他产品价格", "Other products"),
            Words("各产品按填报单位。", "Each in the unit it is told in."),
            f"NOT ({_AT_5500})",
            Place(0, 11, 14, 11),
            (Step(None, "#5b6b7a"),),
            "locale",
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("最近价格与七日变化", "Newest prices, and a week's change"),
            description=Words(
                "变化与七天前最近一次报价相比；没有报价为情况不明。",
                "Change against the quote of a week before; without a quote unknown.",
            ),
            place=Place(14, 0, 10, 22),
            asks=(
                Sql(
                    'SELECT s.[[name_zh|name_en]] AS "[[序列|series]]", n.value AS "[[价格|price]]", s.unit AS "[[单位|unit]]", '
                    'n.value / nullif(w.value, 0) - 1 AS "[[七日变化|week]]", n.observed_at AS "[[时间|time]]" FROM v_series s '
                    "JOIN v_lane l ON l.chain = s.chain AND l.lane = ${lane:sqlstring} LEFT JOIN v_observation_latest n ON n.lane = l.lane "
                    "AND n.series = s.series LEFT JOIN LATERAL (SELECT d.last_value AS value FROM v_observation_day d WHERE d.lane = l.lane "
                    "AND d.series = s.series AND d.bucket <= n.observed_at - interval '7 days' ORDER BY d.bucket DESC LIMIT 1) w ON true "
                    "WHERE s.indicator = 'price' AND s.is_active ORDER BY abs(n.value / nullif(w.value, 0) - 1) DESC NULLS LAST, s.series"
                ),
            ),
            columns=(
                Column(Words("价格", "price"), unit="locale", decimals=0, width=90),
                Column(Words("单位", "unit"), width=80),
                Column(Words("七日变化", "week"), unit="percentunit", decimals=1, width=90),
                Column(Words("时间", "time"), unit="dateTimeAsIso", width=150),
            ),
        ),
    ),
)
