"""Supply and demand of a product, and where it is blocked."""

from dashboards.boards.choice import CHAIN_PRODUCT, LANE, in_lane
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Words

_PRODUCT = "product = ${product:sqlstring}"

BOARD = Board(
    uid="lianjing-balance",
    title=Words("链警 供需与堵点", "Lianjing supply, demand and blockages"),
    description=Words(
        "一种产品的产出与消耗、库存可用天数和堵点。", "Output and use of a product, its cover, and where it is blocked."
    ),
    variables=(LANE, CHAIN_PRODUCT),
    since="now-30d",
    panels=(
        Panel(
            kind=Kind.SERIES,
            title=Words("产出与消耗", "Output and use"),
            description=Words("每日合计，只含有填报的环节。", "Daily sums over the places that report."),
            place=Place(0, 0, 14, 10),
            asks=(
                Sql(
                    "SELECT bucket AS time, CASE indicator WHEN 'output' THEN '[[产出|output]]' ELSE '[[消耗|use]]' END AS metric, amount AS value "
                    f"FROM v_board_balance WHERE {in_lane()} AND {_PRODUCT} AND $__timeFilter(bucket) ORDER BY bucket",
                    is_series=True,
                ),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("可用天数最少的环节", "Places with the least cover"),
            description=Words(
                "燃煤环节为热值口径；情况不明的没有天数。", "Days of heat for coal users; unknown places have no days."
            ),
            place=Place(14, 0, 10, 10),
            asks=(
                Sql(
                    'SELECT level AS "[[等级|level]]", [[name_zh|name_en]] AS "[[环节|place]]", cover_days AS "[[天数|days]]", stock AS "[[库存|stock]]" '
                    f"FROM v_board_node WHERE {in_lane()} AND {_PRODUCT} AND hazard = 'starved' ORDER BY cover_days NULLS FIRST, node"
                ),
            ),
            columns=(
                Column(Words("等级", "level"), is_level=True, width=90),
                Column(Words("天数", "days"), unit="d", decimals=1, width=90),
                Column(Words("库存", "stock"), unit="locale", decimals=0, width=120),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("堵点：流量低于正常八成的链路", "Blockages: links under four fifths of their normal flow"),
            description=Words(
                "最近一日；没有流量填报的链路不在此列，见链条流向。",
                "Latest day; links that nobody measures are on the chain flow board.",
            ),
            place=Place(0, 10, 24, 9),
            asks=(
                Sql(
                    'SELECT [[source_zh|source_en]] AS "[[自|from]]", [[target_zh|target_en]] AS "[[至|to]]", mode AS "[[方式|mode]]", flow AS "[[流量|flow]]", '
                    'normal_flow AS "[[正常|normal]]", flow / nullif(normal_flow, 0) AS "[[占正常|of normal]]", bucket AS "[[日期|day]]" '
                    f"FROM v_board_link_flow WHERE {in_lane()} AND {_PRODUCT} AND is_used AND flow < 0.8 * normal_flow ORDER BY flow / nullif(normal_flow, 0)"
                ),
            ),
            columns=(
                Column(Words("流量", "flow"), unit="locale", decimals=0),
                Column(Words("正常", "normal"), unit="locale", decimals=0),
                Column(Words("占正常", "of normal"), unit="percentunit", decimals=0),
                Column(Words("日期", "day"), unit="dateTimeAsIso"),
            ),
        ),
    ),
)
