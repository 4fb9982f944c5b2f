"""The chain as a graph: places with their level, links with what goes over them."""

from dashboards.boards.choice import CHAIN_PRODUCT, LANE, in_lane
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Words

_OF_PRODUCT = "product = ${product:sqlstring}"
_COLOURS = (
    "CASE s.level WHEN 'red' THEN '#c8202b' WHEN 'orange' THEN '#f07d00' WHEN 'yellow' THEN '#d9ad00' WHEN 'blue' THEN '#2f6fde' "
    "WHEN 'normal' THEN '#4c8f6b' ELSE '#8b96a0' END"
)
_WORDS = (
    "CASE s.level WHEN 'red' THEN '[[红色|red]]' WHEN 'orange' THEN '[[橙色|orange]]' WHEN 'yellow' THEN '[[黄色|yellow]]' WHEN 'blue' THEN '[[蓝色|blue]]' "
    "WHEN 'normal' THEN '[[正常|normal]]' ELSE '[[情况不明|unknown]]' END"
)

BOARD = Board(
    uid="lianjing-flow",
    title=Words("链警 链条流向", "Lianjing chain flow"),
    description=Words("链条各环节的等级和各链路的流量。", "Level of each place, and what goes over each link."),
    variables=(LANE, CHAIN_PRODUCT),
    panels=(
        Panel(
            kind=Kind.GRAPH,
            title=Words("链条图", "The chain"),
            description=Words(
                "圆环颜色为等级，文字同义；边为最近一日日均流量与占正常的比例。",
                "The ring's colour is the level, told in words too; edges carry the latest day's flow and its share of normal.",
            ),
            place=Place(0, 0, 24, 18),
            asks=(
                Sql(
                    f"SELECT n.node AS id, n.[[name_zh|name_en]] AS title, {_WORDS} AS mainstat, "
                    "coalesce(round(s.cover_days::numeric, 1)::text || ' [[天|d]]', '') AS secondarystat, "
                    f"{_COLOURS} AS color FROM v_board_chain_node n JOIN v_lane l USING (chain) "
                    "LEFT JOIN v_board_node_worst s ON s.lane = l.lane AND s.node = n.node WHERE l.lane = ${lane:sqlstring} "
                    "AND n.node IN (SELECT source FROM v_board_chain_link WHERE chain = n.chain AND product = ${product:sqlstring} "
                    "UNION SELECT target FROM v_board_chain_link WHERE chain = n.chain AND product = ${product:sqlstring}) ORDER BY n.node"
                ),
                Sql(
                    "SELECT source || '>' || target AS id, source, target, coalesce(round(flow::numeric)::text, '[[流量不明|flow unknown]]') AS mainstat, "
                    "CASE WHEN flow IS NULL OR normal_flow <= 0 THEN '' ELSE round((100 * flow / normal_flow)::numeric)::text || '%' END AS secondarystat "
                    f"FROM v_board_link_flow WHERE {in_lane()} AND {_OF_PRODUCT} AND is_used ORDER BY source, target"
                ),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("链路：流量与能力", "Links: flow and capacity"),
            description=Words(
                "最近一日日均流量、占能力与占正常的比例；低于正常一半的排在前面。没有流量序列的为情况不明。",
                "Latest daily mean, its share of capacity and of normal; those under half of normal first. Links nobody measures are unknown.",
            ),
            place=Place(0, 18, 24, 10),
            asks=(
                Sql(
                    'SELECT [[source_zh|source_en]] AS "[[自|from]]", [[target_zh|target_en]] AS "[[至|to]]", mode AS "[[方式|mode]]", flow AS "[[流量|flow]]", '
                    'unit AS "[[单位|unit]]", flow / nullif(normal_flow, 0) AS "[[占正常|of normal]]", flow / nullif(capacity, 0) AS "[[占能力|of capacity]]", '
                    f'bucket AS "[[日期|day]]" FROM v_board_link_flow WHERE {in_lane()} AND {_OF_PRODUCT} AND is_used '
                    "ORDER BY flow / nullif(normal_flow, 0) NULLS LAST, source, target"
                ),
            ),
            columns=(
                Column(Words("流量", "flow"), unit="locale", decimals=0),
                Column(Words("占正常", "of normal"), unit="percentunit", decimals=0),
                Column(Words("占能力", "of capacity"), unit="percentunit", decimals=0),
                Column(Words("日期", "day"), unit="dateTimeAsIso"),
            ),
        ),
    ),
)
