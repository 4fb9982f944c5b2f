"""Health of the pipeline itself: stages, lags, times, failures."""

from dashboards.level import ANY_BAD
from dashboards.spec import Board, Kind, Metric, Panel, Place, Step, Words


def _line(zh: str, en: str, what: Words, expr: str, legend: str, x: int, y: int, unit: str = "short") -> Panel:
    return Panel(
        kind=Kind.SERIES,
        title=Words(zh, en),
        description=what,
        place=Place(x, y, 12, 8),
        asks=(Metric(expr, legend),),
        unit=unit,
    )


BOARD = Board(
    uid="lianjing-pipeline",
    title=Words("链警 流水线", "Lianjing pipeline"),
    description=Words("各级服务的心跳、积压、用时与失败。", "Heartbeats, lags, times and failures of the stages."),
    since="now-6h",
    panels=(
        Panel(
            kind=Kind.STAT,
            title=Words("各级心跳龄", "age of heartbeats"),
            description=Words(
                "超过 60 秒：该级停了或卡住，见 docs/operations.md。",
                "Beyond 60 s a stage stopped or hangs, see docs/operations.md.",
            ),
            place=Place(0, 0, 16, 5),
            asks=(
                Metric("time() - max by (stage) (lianjing_heartbeat_timestamp_seconds)", "{{stage}}", is_instant=True),
            ),
            unit="s",
            decimals=0,
            steps=(Step(None, "#5b6b7a"), Step(30, "#d9ad00"), Step(60, "#c8202b")),
        ),
        Panel(
            kind=Kind.STAT,
            title=Words("当前告警", "firing alarms"),
            description=Words("流水线自身正在触发的告警数。", "Alarms about the pipeline that fire."),
            place=Place(16, 0, 8, 5),
            asks=(Metric('count(ALERTS{alertstate="firing", component!="chain"}) or vector(0)', "", is_instant=True),),
            decimals=0,
            steps=ANY_BAD,
        ),
        _line(
            "消费积压",
            "consumer lag",
            Words("已写入未处理的消息数。", "Messages appended and not yet processed."),
            "sum by (group) (lianjing_consumer_lag_messages)",
            "{{group}}",
            0,
            5,
        ),
        _line(
            "入库速度",
            "rows stored",
            Words("每秒入库行数，按结果。", "Rows a second, by outcome."),
            "sum by (outcome) (rate(lianjing_ingest_rows_total[5m]))",
            "{{outcome}}",
            12,
            5,
            "rowsps",
        ),
        _line(
            "最旧未入库",
            "oldest not stored",
            Words("已读未存的最旧记录的龄。", "Age of the oldest record read and not stored."),
            "max(lianjing_ingest_oldest_unstored_seconds)",
            "ingest",
            0,
            13,
            "s",
        ),
        _line(
            "研判用时 P95",
            "assessment time P95",
            Words("整链研判一次的用时。", "Time of one assessment of the chain."),
            "histogram_quantile(0.95, sum by (le) (rate(lianjing_risk_assessment_seconds_bucket[10m])))",
            "P95",
            12,
            13,
            "s",
        ),
        _line(
            "消息送达",
            "messages sent",
            Words("按渠道与结果，每分钟。", "By channel and outcome, a minute."),
            "60 * sum by (channel, outcome) (rate(lianjing_notifications_total[10m]))",
            "{{channel}} {{outcome}}",
            0,
            21,
        ),
        _line(
            "磁盘剩余",
            "disk left",
            Words("数据文件夹所在磁盘。", "On the disk of the data folder."),
            "min(lianjing_disk_free_bytes)",
            "free",
            12,
            21,
            "bytes",
        ),
    ),
)
