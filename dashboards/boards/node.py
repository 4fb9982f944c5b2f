"""One place: stock with its forecast, flows, warnings, causes, scores with their expected range, and how far the feeds are to be believed."""

from dashboards.boards.choice import LANE, NODE, PRODUCT, in_lane
from dashboards.level import AGE_HOURS, COVER_DAYS, PLAIN
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Words

_PLACE = f"{in_lane()} AND node = ${{node:sqlstring}} AND product = ${{product:sqlstring}}"


def _stat(
    zh: str, en: str, column: str, unit: str, x: int, what: Words, *, is_level: bool = False, w: int = 4
) -> Panel:
    return Panel(
        kind=Kind.STAT,
        title=Words(zh, en),
        description=what,
        place=Place(x, 0, w, 4),
        asks=(
            Sql(f"SELECT {column} FROM v_board_node WHERE {_PLACE} ORDER BY hours_to_minimum_p50 NULLS LAST LIMIT 1"),
        ),
        unit=unit,
        decimals=None if is_level else 1,
        is_level=is_level,
        steps=COVER_DAYS if unit == "d" else PLAIN,
    )


BOARD = Board(
    uid="lianjing-node",
    title=Words("链警 环节详情", "Lianjing place"),
    description=Words(
        "一个环节的库存、流量、预测、起因与数据信任。",
        "Stock, flows, forecast, causes and trust in the data of one place.",
    ),
    variables=(LANE, NODE, PRODUCT),
    since="now-14d",
    until="now+7d",
    panels=(
        _stat(
            "等级",
            "level",
            "level",
            "short",
            0,
            Words("系统研判；过期即情况不明。", "The system's proposal; unknown when out of date."),
            is_level=True,
        ),
        _stat(
            "可用天数",
            "days of cover",
            "cover_days",
            "d",
            4,
            Words("燃煤环节为热值口径。", "Days of heat for coal users."),
        ),
        _stat(
            "距最低库存 P50",
            "to minimum P50",
            "hours_to_minimum_p50",
            "h",
            8,
            Words("中位数；没有表示 30 天以后或未知。", "Median; none: beyond 30 d or unknown."),
        ),
        _stat(
            "距最低库存 P10",
            "to minimum P10",
            "hours_to_minimum_p10",
            "h",
            12,
            Words("十分之一的可能更早。", "One in ten is earlier."),
        ),
        _stat(
            "72 小时断链概率",
            "probability in 72 h",
            "probability_72h",
            "percentunit",
            16,
            Words("72 小时内越限的概率。", "Chance to pass the limit within 72 h."),
        ),
        Panel(
            kind=Kind.STAT,
            title=Words("研判龄", "age of the assessment"),
            description=Words("超过 7 小时即情况不明。", "Unknown beyond 7 h."),
            place=Place(20, 0, 4, 4),
            asks=(Sql(f"SELECT min(age_h) FROM v_board_node WHERE {_PLACE}"),),
            unit="h",
            decimals=1,
            steps=AGE_HOURS,
        ),
        Panel(
            kind=Kind.SERIES,
            title=Words("库存与预测区间", "Stock, and the interval ahead"),
            description=Words(
                "实线为填报库存，带为未来 80% 区间（P10–P90）。",
                "Line: reported stock; band: 80 % interval ahead (P10 to P90).",
            ),
            place=Place(0, 4, 16, 10),
            asks=(
                Sql(
                    f"SELECT observed_at AS time, value AS \"[[库存|stock]]\" FROM v_observation WHERE {_PLACE} AND indicator = 'stock' "
                    "AND $__timeFilter(observed_at) ORDER BY observed_at",
                    is_series=True,
                ),
                Sql(
                    f"SELECT at AS time, p90 AS \"P90\" FROM v_board_outlook WHERE {_PLACE} AND hazard = 'starved' ORDER BY at",
                    is_series=True,
                ),
                Sql(
                    f"SELECT at AS time, p10 AS \"P10\" FROM v_board_outlook WHERE {_PLACE} AND hazard = 'starved' ORDER BY at",
                    is_series=True,
                ),
            ),
            columns=(
                Column(Words("P90", "P90"), fill_below=Words("P10", "P10")),
                Column(Words("P10", "P10"), is_dashed=True),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("为什么、怎么办", "Why, and what would prevent it"),
            description=Words(
                "研判理由与最小改变；为建议。", "Reason, and the smallest change that avoids it; advice."
            ),
            place=Place(16, 4, 8, 10),
            asks=(
                Sql(
                    "SELECT CASE hazard WHEN 'starved' THEN '[[断供|runs dry]]' ELSE '[[胀库|fills up]]' END AS \"[[风险|hazard]]\", "
                    'level AS "[[等级|level]]", [[reason_zh|reason_en]] AS "[[理由|reason]]", '
                    f'[[smallest_change_zh|smallest_change_en]] AS "[[最小改变|smallest change]]" FROM v_board_node WHERE {_PLACE} ORDER BY hazard DESC'
                ),
            ),
            columns=(
                Column(Words("等级", "level"), is_level=True, width=90),
                Column(Words("风险", "hazard"), width=80),
            ),
        ),
        Panel(
            kind=Kind.SERIES,
            title=Words("流量：到货、消耗、产出、外运", "Flows: in, use, output, out"),
            description=Words("该环节该产品的各流量序列。", "Rates of this place and product."),
            place=Place(0, 14, 12, 9),
            asks=(
                Sql(
                    "SELECT observed_at AS time, CASE indicator WHEN 'inflow' THEN '[[到货|inflow]]' WHEN 'use' THEN '[[消耗|use]]' "
                    "WHEN 'output' THEN '[[产出|output]]' WHEN 'outflow' THEN '[[外运|outflow]]' ELSE indicator END AS metric, value "
                    f"FROM v_observation WHERE {_PLACE} AND indicator IN ('inflow', 'use', 'output', 'outflow', 'volume', 'intake') "
                    "AND $__timeFilter(observed_at) ORDER BY observed_at",
                    is_series=True,
                ),
            ),
        ),
        Panel(
            kind=Kind.SERIES,
            title=Words("库存评分：期望与常态区间", "Scores of the stock: expected value and usual range"),
            description=Words(
                "检测器的期望值和常态区间；点在带外为异常。",
                "What the detector expects, and its usual range; points outside are unusual.",
            ),
            place=Place(12, 14, 12, 9),
            asks=(
                Sql(
                    'SELECT c.observed_at AS time, c.value AS "[[填报|told]]", c.expected AS "[[期望|expected]]", c.high AS "[[上限|high]]", c.low AS "[[下限|low]]" '
                    "FROM v_board_score c JOIN v_series s USING (series) WHERE c.lane = ${lane:sqlstring} AND s.node = ${node:sqlstring} "
                    "AND s.product = ${product:sqlstring} AND s.indicator = 'stock' AND c.detector NOT LIKE 'quality.%' "
                    "AND $__timeFilter(c.observed_at) ORDER BY c.observed_at",
                    is_series=True,
                ),
            ),
            columns=(
                Column(Words("上限", "high"), fill_below=Words("下限", "low")),
                Column(Words("下限", "low"), is_dashed=True),
                Column(Words("期望", "expected"), is_dashed=True),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("异常与数据缺陷", "What was unusual, and defects of the data"),
            description=Words(
                "该环节各序列最近的异常，附一句话说明。", "Latest anomalies of this place's series, each in a sentence."
            ),
            place=Place(0, 23, 14, 8),
            asks=(
                Sql(
                    'SELECT c.observed_at AS "[[时间|time]]", s.[[name_zh|name_en]] AS "[[序列|series]]", c.[[sentence_zh|sentence_en]] AS "[[说明|what]]" '
                    "FROM v_board_score c JOIN v_series s USING (series) WHERE c.lane = ${lane:sqlstring} AND s.node = ${node:sqlstring} "
                    "AND c.is_anomaly AND $__timeFilter(c.observed_at) ORDER BY c.observed_at DESC LIMIT 100"
                ),
            ),
            columns=(
                Column(Words("时间", "time"), unit="dateTimeAsIso", width=160),
                Column(Words("序列", "series"), width=220),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("数据来源", "Feeds of this place"),
            description=Words(
                "各序列最近一次报送；断报即情况不明。", "Newest report of each series; silence means unknown."
            ),
            place=Place(14, 23, 10, 8),
            asks=(
                Sql(
                    'SELECT [[name_zh|name_en]] AS "[[序列|series]]", provider AS "[[单位|provider]]", observed_at AS "[[最近|newest]]", age_h AS "[[龄 h|age h]]", '
                    "CASE WHEN is_silent THEN '[[断报|silent]]' ELSE '[[正常报送|reporting]]' END AS \"[[报送|state]]\" "
                    f"FROM v_board_silence WHERE {in_lane()} AND node = ${{node:sqlstring}} ORDER BY is_silent DESC, age_h DESC NULLS FIRST"
                ),
            ),
            columns=(
                Column(Words("最近", "newest"), unit="dateTimeAsIso", width=150),
                Column(Words("龄 h", "age h"), unit="h", decimals=1, width=80),
                Column(Words("报送", "state"), width=90),
            ),
        ),
    ),
)
