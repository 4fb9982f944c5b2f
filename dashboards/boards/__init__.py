"""The boards, in the order in which a duty officer goes through them."""

from dashboards.boards import balance, feeds, flow, node, pipeline, price, response, skill, wall
from dashboards.spec import Board

BOARDS: tuple[Board, ...] = (
    wall.BOARD,
    node.BOARD,
    flow.BOARD,
    balance.BOARD,
    price.BOARD,
    response.BOARD,
    feeds.BOARD,
    skill.BOARD,
    response.DRILL_BOARD,
    pipeline.BOARD,
)
