"""Feeds and providers: who reports, who fell silent, what was refused."""

from dashboards.boards.choice import LANE, in_lane, place
from dashboards.level import AGE_HOURS, COUNT_BAD
from dashboards.spec import Board, Column, Kind, Metric, Panel, Place, Sql, Words

BOARD = Board(
    uid="lianjing-feeds",
    title=Words("链警 数据报送", "Lianjing feeds and providers"),
    description=Words("谁在报、谁断报、什么被拒收。", "Who reports, who is silent, what was refused."),
    variables=(LANE,),
    panels=(
        Panel(
            kind=Kind.STAT,
            title=Words("断报序列", "silent series"),
            description=Words(
                "超过各自静默时限的序列数：没有数据不是零。",
                "Series beyond their own limit of silence: no data is not zero.",
            ),
            place=Place(0, 0, 6, 4),
            asks=(Sql(f"SELECT count(*) AS number FROM v_board_silence WHERE {in_lane()} AND is_silent"),),
            decimals=0,
            steps=COUNT_BAD,
        ),
        Panel(
            kind=Kind.STAT,
            title=Words("断报的必需序列", "silent essential series"),
            description=Words("必需输入断报使环节情况不明。", "Without its essential inputs a place is unknown."),
            place=Place(6, 0, 6, 4),
            asks=(
                Sql(f"SELECT count(*) AS number FROM v_board_silence WHERE {in_lane()} AND is_silent AND is_essential"),
            ),
            decimals=0,
            steps=COUNT_BAD,
        ),
        Panel(
            kind=Kind.STAT,
            title=Words("近 24 小时拒收", "refused in 24 h"),
            description=Words(
                "单位可在 lianjing feed rejected 查到行号和改法。",
                "Providers see line and mending with `lianjing feed rejected`.",
            ),
            place=Place(12, 0, 6, 4),
            asks=(
                Sql(
                    f"SELECT count(*) AS number FROM v_rejection r JOIN v_lane l USING (lane) WHERE l.{in_lane()} AND r.known_at > l.lane_now - interval '24 hours'"
                ),
            ),
            decimals=0,
            steps=COUNT_BAD,
        ),
        Panel(
            kind=Kind.STAT,
            title=Words("数据龄", "age of the data"),
            description=Words("通道时钟与最新观测之差。", "Lane clock minus newest observation."),
            place=Place(18, 0, 6, 4),
            asks=(Sql(f"SELECT data_age_h FROM v_board_pulse WHERE {in_lane()}"),),
            unit="h",
            decimals=1,
            steps=AGE_HOURS,
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("报送单位", "Providers"),
            description=Words(
                "按断报序列数排序。信任分用 lianjing provider trust 查询。",
                "By silent series; for trust ask `lianjing provider trust`.",
            ),
            place=Place(0, 4, 10, 10),
            asks=(
                Sql(
                    'SELECT provider AS "[[单位|provider]]", series AS "[[序列数|series]]", silent AS "[[断报|silent]]", newest_at AS "[[最近|newest]]" '
                    f"FROM v_board_provider WHERE {in_lane()} ORDER BY silent DESC, provider"
                ),
            ),
            columns=(Column(Words("最近", "newest"), unit="dateTimeAsIso", width=160),),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("断报序列", "Silent series"),
            description=Words("从未报送的在前。", "Those that never reported come first."),
            place=Place(10, 4, 14, 10),
            asks=(
                Sql(
                    'SELECT [[name_zh|name_en]] AS "[[序列|series]]", provider AS "[[单位|provider]]", '
                    f'{place("v_board_silence")} AS "[[环节|place]]", '
                    'observed_at AS "[[最近|newest]]", '
                    f'age_h AS "[[龄 h|age h]]" FROM v_board_silence WHERE {in_lane()} AND is_silent ORDER BY observed_at NULLS FIRST, series LIMIT 200'
                ),
            ),
            columns=(
                Column(Words("最近", "newest"), unit="dateTimeAsIso", width=160),
                Column(Words("龄 h", "age h"), unit="h", decimals=0, width=90),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("拒收", "Refused records"),
            description=Words(
                "原因、字段、给的值与应为的值。", "Reason, field, what was given and what would be right."
            ),
            place=Place(0, 14, 14, 9),
            asks=(
                Sql(
                    'SELECT known_at AS "[[时间|time]]", source AS "[[来源|source]]", reason AS "[[原因|reason]]", field AS "[[字段|field]]", given AS "[[给出|given]]", '
                    f'wanted AS "[[应为|wanted]]" FROM v_rejection WHERE {in_lane()} AND $__timeFilter(known_at) ORDER BY known_at DESC LIMIT 200'
                ),
            ),
            columns=(Column(Words("时间", "time"), unit="dateTimeAsIso", width=160),),
        ),
        Panel(
            kind=Kind.SERIES,
            title=Words("接收与拒收", "Accepted and refused"),
            description=Words("每秒记录数，按通道类别之外的入口计。", "Records a second at intake, by outcome."),
            place=Place(14, 14, 10, 9),
            asks=(Metric("sum by (outcome) (rate(lianjing_intake_records_total[5m]))", "{{outcome}}"),),
            unit="cps",
        ),
    ),
)
