"""The duty wall: one look says whether any chain is about to break, where, when, why, since when, and what is being done."""

from dashboards.boards.choice import LANE, NODE_LINK, PLAN_LINK, height, in_lane, product
from dashboards.level import AGE_HOURS, ANY_BAD, COUNT_BAD
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Words

_LEVEL = Words("等级", "level")
_NODE = Words("环节", "place")
_HEIGHT = height("CASE s.state WHEN 'closed' THEN 'normal' ELSE s.level END")


def _count(level: str, zh: str, en: str, x: int) -> Panel:
    sql = f"SELECT count(*) AS number FROM v_board_alert WHERE {in_lane()} AND level = '{level}'"
    return Panel(
        kind=Kind.STAT,
        title=Words(f"{zh}预警", f"{en} warnings"),
        description=Words(f"未解除的{zh}预警数，系统研判。", f"Open {en} warnings, as the system proposes."),
        place=Place(x, 0, 3, 4),
        asks=(Sql(sql),),
        decimals=0,
        steps=ANY_BAD if level in ("red", "orange") else COUNT_BAD,
    )


def _age(column: str, zh: str, en: str, x: int, what: Words) -> Panel:
    return Panel(
        kind=Kind.STAT,
        title=Words(zh, en),
        description=what,
        place=Place(x, 0, 4, 4),
        asks=(Sql(f"SELECT {column} FROM v_board_pulse WHERE {in_lane()}"),),
        unit="h",
        decimals=1,
        steps=AGE_HOURS,
    )


OPEN = Panel(
    kind=Kind.TABLE,
    title=Words("谁要断、何时断、为什么、谁在办", "Who is about to break, when, why, and who is at it"),
    description=Words(
        "未解除的预警，最重的在前。点环节看详情；剩余时间自研判时刻起算，为中位数和 80% 区间。",
        "Open warnings, the gravest first. Click a place for its detail; time left counts from the assessment, median and 80 % interval.",
    ),
    place=Place(0, 4, 24, 10),
    asks=(
        Sql(
            'SELECT level AS "[[等级|level]]", [[name_zh|name_en]] AS "[[环节|place]]", '
            f'{product()} AS "[[产品|product]]", '
            "CASE hazard WHEN 'starved' THEN '[[断供|runs dry]]' WHEN 'blocked' THEN '[[胀库|fills up]]' WHEN 'silent' THEN '[[断报|silent]]' "
            "ELSE '[[数据存疑|in doubt]]' END AS \"[[风险|hazard]]\", "
            'hours_p50 AS "[[剩余 h|left h]]", hours_p10 AS "[[最早 h|earliest h]]", hours_p90 AS "[[最晚 h|latest h]]", '
            'cover_days AS "[[可用天数|cover d]]", opened_at AS "[[自|since]]", [[path_zh|path_en]] AS "[[起因与路径|cause and path]]", '
            'plans AS "[[运行预案|plans]]", open_tasks AS "[[未办任务|open tasks]]", overdue_tasks AS "[[逾期|overdue]]", node '
            f"FROM v_board_alert WHERE {in_lane()} ORDER BY CASE level WHEN 'red' THEN 0 WHEN 'unknown' THEN 1 WHEN 'orange' THEN 2 "
            "WHEN 'yellow' THEN 3 ELSE 4 END, hours_p50 NULLS LAST, node"
        ),
    ),
    columns=(
        Column(_LEVEL, is_level=True, width=90),
        Column(_NODE, width=190, link=NODE_LINK),
        Column(Words("剩余 h", "left h"), unit="h", width=100),
        Column(Words("最早 h", "earliest h"), unit="h", width=100),
        Column(Words("最晚 h", "latest h"), unit="h", width=100),
        Column(Words("可用天数", "cover d"), unit="d", width=100, decimals=1),
        Column(Words("自", "since"), unit="dateTimeAsIso", width=160),
        Column(Words("运行预案", "plans"), link=PLAN_LINK, width=100),
        Column(Words("node", "node"), is_hidden=True),
    ),
)

PLACES = Panel(
    kind=Kind.TABLE,
    title=Words("情况不明的环节", "Places whose state is unknown"),
    description=Words(
        "没有足够新鲜可信的数据，或超过 7 小时没有研判：不是正常。请打电话核实。",
        "Not enough fresh, trusted data, or not judged for 7 hours: not normal. Please verify by telephone.",
    ),
    place=Place(0, 14, 12, 8),
    asks=(
        Sql(
            'SELECT level AS "[[等级|level]]", [[name_zh|name_en]] AS "[[环节|place]]", '
            f'{product()} AS "[[产品|product]]", '
            'as_of AS "[[最近研判|last judged]]", lead_department AS "[[牵头部门|leading department]]", node '
            f"FROM v_board_node WHERE {in_lane()} AND level = 'unknown' ORDER BY as_of, node"
        ),
    ),
    columns=(
        Column(_LEVEL, is_level=True, width=90),
        Column(_NODE, width=190, link=NODE_LINK),
        Column(Words("最近研判", "last judged"), unit="dateTimeAsIso", width=170),
        Column(Words("node", "node"), is_hidden=True),
    ),
)

COURSE = Panel(
    kind=Kind.STATES,
    title=Words("预警走势", "Course of the warnings"),
    description=Words("每个环节的系统研判等级随时间的变化。", "Level of each place over time, as the system proposed."),
    place=Place(12, 14, 12, 8),
    asks=(
        Sql(
            f"SELECT s.as_of AS time, coalesce(n.[[name_zh|name_en]], s.node) || ' ' || {product('s.product')} AS metric, "
            f"{_HEIGHT} AS level "
            "FROM v_alert_step s LEFT JOIN v_board_chain_node n USING (chain, node) "
            f"WHERE s.{in_lane()} AND $__timeFilter(s.as_of) ORDER BY s.as_of",
            is_series=True,
        ),
    ),
    is_level=True,
)

BOARD = Board(
    uid="lianjing-wall",
    title=Words("链警 值班墙", "Lianjing duty wall"),
    description=Words(
        "一眼看清：哪条链要断、在哪里、何时、为什么、谁在办。",
        "One look: which chain, where, when, why, and who is at it.",
    ),
    variables=(LANE,),
    panels=(
        _count("red", "红色", "red", 0),
        _count("orange", "橙色", "orange", 3),
        _count("yellow", "黄色", "yellow", 6),
        Panel(
            kind=Kind.STAT,
            title=Words("情况不明", "unknown"),
            description=Words(
                "没有新鲜可信数据的环节数：不是正常。", "Places without fresh, trusted data: not normal."
            ),
            place=Place(9, 0, 3, 4),
            asks=(
                Sql(f"SELECT count(DISTINCT node) AS number FROM v_board_node WHERE {in_lane()} AND level = 'unknown'"),
            ),
            decimals=0,
            steps=COUNT_BAD,
        ),
        Panel(
            kind=Kind.STAT,
            title=Words("数据截至", "data until"),
            description=Words("最新一个观测的时间。", "Time of the newest observation."),
            place=Place(12, 0, 4, 4),
            asks=(Sql(f"SELECT extract(epoch FROM data_until) * 1000 AS at FROM v_board_pulse WHERE {in_lane()}"),),
            unit="dateTimeAsIso",
        ),
        _age(
            "data_age_h",
            "数据龄",
            "age of the data",
            16,
            Words(
                "通道时钟与最新观测之差；超过 2 小时请查数据接入。",
                "Lane clock minus newest observation; over 2 h look at the feeds.",
            ),
        ),
        _age(
            "judged_age_h",
            "距最近研判",
            "since the last assessment",
            20,
            Words("超过 7 小时，全部环节按情况不明处理。", "Beyond 7 h every place counts as unknown."),
        ),
        OPEN,
        PLACES,
        COURSE,
    ),
)
