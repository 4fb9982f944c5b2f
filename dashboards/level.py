"""How levels look on every board: colour, and always the word, so that no eye depends on colour. Unknown is grey, null is unknown."""

from dashboards.spec import Step, Words

UNKNOWN = Words("情况不明", "unknown")
GREY = "#8b96a0"
LEVELS: tuple[tuple[str, Words, str], ...] = (
    ("normal", Words("正常", "normal"), "#4c8f6b"),
    ("blue", Words("蓝色", "blue"), "#2f6fde"),
    ("yellow", Words("黄色", "yellow"), "#d9ad00"),
    ("orange", Words("橙色", "orange"), "#f07d00"),
    ("red", Words("红色", "red"), "#c8202b"),
    ("unknown", UNKNOWN, GREY),
)
NOTHING = Words(
    "没有记录；数据是否新鲜看值班墙“数据截至”", "nothing to list; how fresh that is, see “data until” on the duty wall"
)
"""What a table without a line says: it is not its state that is unknown."""
HEIGHTS = {name: height for height, (name, _, _) in enumerate(LEVELS)}
"""Levels as numbers: Grafana draws a course of its own for each place from numbers alone."""
AGE_HOURS = (Step(None, "#5b6b7a"), Step(2, "#d9ad00"), Step(7, "#c8202b"))
COUNT_BAD = (Step(None, "#5b6b7a"), Step(1, "#d9ad00"), Step(10, "#c8202b"))
ANY_BAD = (Step(None, "#5b6b7a"), Step(1, "#c8202b"))
PLAIN = (Step(None, "#5b6b7a"),)
COVER_DAYS = (Step(None, "#c8202b"), Step(5, "#f07d00"), Step(7, "#d9ad00"), Step(10, "#5b6b7a"))
