"""How good the warnings were, live: from the ledger of outcomes alone. With fewer than twenty cases counts are shown, not rates."""

from dashboards.boards.choice import LANE, in_lane, product
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Words

_LEAST = 20
_IN_TIME = "$__timeFilter(ended_at)"
_CASES = f"FROM v_board_outcome WHERE {in_lane()} AND {_IN_TIME}"
_HIT = "count(*) FILTER (WHERE verdict = 'occurred' AND lead_hours > 0)"
_EVENTS = "count(*) FILTER (WHERE verdict = 'missed' OR verdict = 'occurred')"
_WARNED = "count(*) FILTER (WHERE verdict IN ('occurred', 'false'))"
_FALSE = "count(*) FILTER (WHERE verdict = 'false')"


def _share(part: str, whole: str) -> str:
    """A percentage where there are enough cases, else both counts."""
    return (
        f"SELECT CASE WHEN {whole} >= {_LEAST} THEN round(100.0 * {part} / {whole}) || '%' "
        f"WHEN {whole} > 0 THEN {part} || ' / ' || {whole} END AS \"[[值|value]]\" {_CASES}"
    )


def _stat(zh: str, en: str, what: Words, sql: str, x: int, w: int = 4) -> Panel:
    return Panel(
        kind=Kind.STAT, title=Words(zh, en), description=what, place=Place(x, 0, w, 4), asks=(Sql(sql),), is_words=True
    )


BOARD = Board(
    uid="lianjing-skill",
    title=Words("链警 预警好坏", "Lianjing skill of the warnings"),
    description=Words(
        "只按结果台账计；处置后避免的单列，既不算命中也不算误报。不足 20 例只给数目，不给比率。",
        "From the ledger of outcomes alone; averted breaks stand apart, neither hits nor false. Under 20 cases counts, not rates.",
    ),
    variables=(LANE,),
    since="now-1y",
    panels=(
        _stat(
            "命中率 POD",
            "POD",
            Words("断链中事先预警的份额（提前量大于零）。", "Share of breaks warned of beforehand."),
            _share(_HIT, _EVENTS),
            0,
        ),
        _stat(
            "误报率 FAR",
            "FAR",
            Words("有结论的预警中误报的份额。", "Share of decided warnings that were false."),
            _share(_FALSE, _WARNED),
            4,
        ),
        _stat(
            "提前量中位数",
            "median lead",
            Words("命中的预警自发出到断链。", "Of hits, from opening to the break."),
            f"SELECT CASE WHEN {_HIT} >= {_LEAST} THEN round((percentile_cont(0.5) WITHIN GROUP (ORDER BY lead_hours) "
            f"FILTER (WHERE verdict = 'occurred' AND lead_hours > 0))::numeric) || ' h' WHEN {_HIT} > 0 THEN {_HIT} || ' [[例|cases]]' "
            f'END AS "[[值|value]]" {_CASES}',
            8,
        ),
        _stat(
            "处置后避免",
            "averted",
            Words("单列：既不是命中，也不是误报。", "Apart: neither hits nor false."),
            f"SELECT count(*) FILTER (WHERE verdict = 'averted')::text AS \"[[值|value]]\" {_CASES}",
            12,
        ),
        _stat(
            "漏报",
            "missed",
            Words("没有预警而发生的断链。", "Breaks nobody warned of."),
            f"SELECT count(*) FILTER (WHERE verdict = 'missed')::text AS \"[[值|value]]\" {_CASES}",
            16,
        ),
        _stat(
            "相对基准的 Brier 技巧",
            "Brier skill",
            Words(
                "14 天概率对发生与误报的 Brier 分，相对按台账平均发生率；不足 20 例不计。",
                "Brier score of the 14-day probability over occurred and false, against the ledger's own base rate; none under 20 cases.",
            ),
            "SELECT CASE WHEN count(*) < 20 THEN count(*) || ' [[例|cases]]' WHEN avg(o) IN (0, 1) THEN NULL "
            'ELSE round((1 - avg((p - o) ^ 2) / (avg(o) * (1 - avg(o))))::numeric, 2)::text END AS "[[值|value]]" FROM ('
            "SELECT (foretold_probability ->> '336')::double precision AS p, (verdict = 'occurred')::int AS o "
            f"{_CASES} AND verdict IN ('occurred', 'false') AND foretold_probability ? '336') v_case",
            20,
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("可靠性：说的概率与真的发生", "Reliability: told probability and what happened"),
            description=Words(
                "按 14 天概率分档：例数与发生的份额；不足 20 例只给数目。",
                "By the 14-day probability told: cases and the share that happened; counts alone under 20.",
            ),
            place=Place(0, 4, 8, 9),
            asks=(
                Sql(
                    "SELECT band * 20 || '–' || (band + 1) * 20 || '%' AS \"[[预报概率|told]]\", count(*) AS \"[[例数|cases]]\", "
                    "CASE WHEN count(*) >= 20 THEN round(100 * avg(o)) || '%' ELSE sum(o) || ' / ' || count(*) END AS \"[[发生|happened]]\" FROM ("
                    "SELECT least(4, floor((foretold_probability ->> '336')::double precision * 5))::int AS band, (verdict = 'occurred')::int AS o "
                    f"{_CASES} AND verdict IN ('occurred', 'false') AND foretold_probability ? '336') v_case GROUP BY band ORDER BY band"
                ),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("结果台账", "Ledger of outcomes"),
            description=Words(
                "每次预警的结局和未预警的断链，最新修订；由人确认的写明确认人。",
                "What became of each warning, and breaks nobody warned of, newest revision; who confirmed is named.",
            ),
            place=Place(8, 4, 16, 18),
            asks=(
                Sql(
                    'SELECT ended_at AS "[[时间|time]]", [[name_zh|name_en]] AS "[[环节|place]]", '
                    + product()
                    + ' AS "[[产品|product]]", '
                    "CASE verdict WHEN 'occurred' THEN '[[发生|occurred]]' WHEN 'averted' THEN '[[处置后避免|averted]]' WHEN 'false' THEN '[[误报|false]]' "
                    "WHEN 'missed' THEN '[[漏报|missed]]' ELSE '[[无法判定|undecidable]]' END AS \"[[结局|outcome]]\", peak AS \"[[最高等级|peak]]\", "
                    'lead_hours AS "[[提前 h|lead h]]", array_to_string(actions, \'; \') AS "[[处置|actions]]", [[reason_zh|reason_en]] AS "[[理由|reason]]", '
                    f'confirmed_by AS "[[确认人|confirmed by]]" {_CASES} ORDER BY ended_at DESC LIMIT 500'
                ),
            ),
            columns=(
                Column(Words("时间", "time"), unit="dateTimeAsIso", width=150),
                Column(Words("最高等级", "peak"), is_level=True, width=90),
                Column(Words("提前 h", "lead h"), unit="h", decimals=0, width=80),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("按环节", "By place"),
            description=Words("各环节的发生、误报、漏报、避免数。", "Counts by place."),
            place=Place(0, 13, 8, 9),
            asks=(
                Sql(
                    'SELECT [[name_zh|name_en]] AS "[[环节|place]]", count(*) FILTER (WHERE verdict = \'occurred\') AS "[[发生|occurred]]", '
                    f'{_FALSE} AS "[[误报|false]]", count(*) FILTER (WHERE verdict = \'missed\') AS "[[漏报|missed]]", '
                    f"count(*) FILTER (WHERE verdict = 'averted') AS \"[[避免|averted]]\" {_CASES} GROUP BY 1 ORDER BY count(*) DESC, 1"
                ),
            ),
        ),
    ),
)
