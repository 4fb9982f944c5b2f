"""What several boards let people choose, and where clicks lead."""

from dashboards.level import HEIGHTS
from dashboards.spec import Variable, Words
from services.runtime.chain.vocabulary import PRODUCT_ZH


def product(column: str = "product") -> str:
    """A product in words; one without words keeps its name."""
    words = " ".join(f"WHEN '{name}' THEN '[[{zh}|{name.replace('_', ' ')}]]'" for name, zh in PRODUCT_ZH.items())
    return f"CASE {column} {words} ELSE {column} END"


def place(table: str) -> str:
    """The name of the place of a row; one that the chain does not have keeps its id."""
    return (
        "coalesce((SELECT c.[[name_zh|name_en]] FROM v_board_chain_node c JOIN v_lane l USING (chain) "  # constants of ours
        f"WHERE l.lane = {table}.lane AND c.node = {table}.node), {table}.node)"
    )


def height(level: str) -> str:
    """A level as a number; what is no level is unknown."""
    numbers = " ".join(f"WHEN '{name}' THEN {number}" for name, number in HEIGHTS.items())
    return f"CASE {level} {numbers} ELSE {HEIGHTS['unknown']} END"


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
    query="SELECT DISTINCT coalesce([[name_zh|name_en]], node) AS __text, node AS __value FROM v_board_node WHERE lane = ${lane:sqlstring} ORDER BY 1, 2",
)
PRODUCT = Variable(
    name="product",
    label=Words("产品", "product"),
    query=f"SELECT DISTINCT {product()} AS __text, product AS __value FROM v_board_node WHERE lane = ${{lane:sqlstring}} "
    "AND node = ${node:sqlstring} ORDER BY 1, 2",
)
CHAIN_PRODUCT = Variable(
    name="product",
    label=Words("产品", "product"),
    query=f"SELECT DISTINCT {product('k.product')} AS __text, k.product AS __value FROM v_board_chain_link k JOIN v_lane l USING (chain) "
    "WHERE l.lane = ${lane:sqlstring} ORDER BY 1, 2",
)
PLAN_LINK = "/d/lianjing-response?var-lane=${lane}"
NODE_LINK = "/d/lianjing-node?var-lane=${lane}&var-node=${__data.fields.node}"


def in_lane(table: str = "") -> str:
    """The condition that holds a question to the chosen lane."""
    return f"{table}lane = ${{lane:sqlstring}}"
