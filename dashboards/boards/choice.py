"""What several boards let people choose, and where clicks lead."""

from dashboards.spec import Variable, Words

LANE = Variable(
    name="lane",
    label=Words("通道", "lane"),
    query="SELECT lane FROM v_lane WHERE kind <> 'drill' ORDER BY CASE kind WHEN 'live' THEN 0 ELSE 1 END, closed_at NULLS FIRST, lane",
)
DRILL_LANE = Variable(
    name="lane",
    label=Words("演练", "drill"),
    query="SELECT lane FROM v_lane WHERE kind = 'drill' ORDER BY opened_at DESC",
)
NODE = Variable(
    name="node",
    label=Words("环节", "place"),
    query="SELECT DISTINCT node FROM v_board_node WHERE lane = ${lane:sqlstring} ORDER BY node",
)
PRODUCT = Variable(
    name="product",
    label=Words("产品", "product"),
    query="SELECT DISTINCT product FROM v_board_node WHERE lane = ${lane:sqlstring} AND node = ${node:sqlstring} ORDER BY product",
)
CHAIN_PRODUCT = Variable(
    name="product",
    label=Words("产品", "product"),
    query="SELECT DISTINCT k.product FROM v_board_chain_link k JOIN v_lane l USING (chain) WHERE l.lane = ${lane:sqlstring} ORDER BY k.product",
)
NODE_LINK = "/d/lianjing-node?var-lane=${lane}&var-node=${__data.fields.node}"


def in_lane(table: str = "") -> str:
    """The condition that holds a question to the chosen lane."""
    return f"{table}lane = ${{lane:sqlstring}}"
