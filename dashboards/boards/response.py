"""Playbooks at work and their tasks: who has to do what by when."""

from dashboards.boards.choice import DRILL_LANE, LANE, in_lane, place
from dashboards.level import ANY_BAD, PLAIN
from dashboards.spec import Board, Column, Kind, Panel, Place, Sql, Step, Words


def _count(zh: str, en: str, what: Words, sql: str, x: int, y: int, steps: tuple[Step, ...]) -> Panel:
    return Panel(
        kind=Kind.STAT,
        title=Words(zh, en),
        description=what,
        place=Place(x, y, 6, 4),
        asks=(Sql(sql),),
        decimals=0,
        steps=steps,
    )


def _panels(top: int = 0) -> tuple[Panel, ...]:
    return (
        _count(
            "运行中的预案",
            "plans at work",
            Words("正在运行的预案数。", "Playbooks that run."),
            f"SELECT count(*) AS number FROM v_board_run WHERE {in_lane()} AND state = 'running'",
            0,
            top,
            PLAIN,
        ),
        _count(
            "未办任务",
            "open tasks",
            Words("尚未办结的任务与请示。", "Tasks and questions not yet done."),
            f"SELECT count(*) AS number FROM v_board_task WHERE {in_lane()} AND ended_at IS NULL",
            6,
            top,
            PLAIN,
        ),
        _count(
            "逾期",
            "overdue",
            Words("超过时限的任务：请催办。", "Past their deadline: please urge."),
            f"SELECT count(*) AS number FROM v_board_task WHERE {in_lane()} AND is_overdue",
            12,
            top,
            ANY_BAD,
        ),
        _count(
            "待决请示",
            "decisions asked for",
            Words("等待审批或答复的请示。", "Questions that wait for an answer."),
            f"SELECT count(*) AS number FROM v_board_task WHERE {in_lane()} AND is_question AND ended_at IS NULL",
            18,
            top,
            PLAIN,
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("任务：谁、做什么、何时", "Tasks: who, what, by when"),
            description=Words(
                "未办的在前，时限近的在前；负数为逾期小时。",
                "Open ones first, by deadline; negative hours are overdue.",
            ),
            place=Place(0, top + 4, 24, 11),
            asks=(
                Sql(
                    'SELECT [[title_zh|title_en]] AS "[[事项|task]]", assignee AS "[[责任人|assignee]]", '
                    f'{place("v_board_task")} AS "[[环节|place]]", '
                    '[[plan_zh|plan_en]] AS "[[预案|plan]]", '
                    'due_at AS "[[时限|due]]", CASE WHEN ended_at IS NULL THEN hours_left END AS "[[剩余 h|left h]]", '
                    "CASE WHEN is_overdue THEN '[[逾期|overdue]]' WHEN ended_at IS NULL THEN '[[未办|open]]' WHEN state = 'done' THEN '[[办结|done]]' "
                    "ELSE '[[取消|cancelled]]' END AS \"[[状态|state]]\" "
                    f"FROM v_board_task WHERE {in_lane()} ORDER BY ended_at IS NOT NULL, due_at NULLS LAST, task_id LIMIT 200"
                ),
            ),
            columns=(
                Column(Words("时限", "due"), unit="dateTimeAsIso", width=160),
                Column(Words("剩余 h", "left h"), unit="h", decimals=1, width=100),
                Column(Words("状态", "state"), width=90),
            ),
        ),
        Panel(
            kind=Kind.TABLE,
            title=Words("预案运行", "Runs of playbooks"),
            description=Words("每次运行保持它开始时的版本。", "A run keeps the version it began with."),
            place=Place(0, top + 15, 24, 9),
            asks=(
                Sql(
                    'SELECT [[plan_zh|plan_en]] AS "[[预案|plan]]", version AS "[[版本|version]]", [[name_zh|name_en]] AS "[[环节|place]]", level AS "[[等级|level]]", '
                    "CASE state WHEN 'running' THEN '[[运行中|running]]' WHEN 'done' THEN '[[结束|done]]' ELSE '[[取消|cancelled]]' END AS \"[[状态|state]]\", "
                    'started_at AS "[[启动|started]]", ended_at AS "[[结束|ended]]", open_tasks AS "[[未办|open]]", done_tasks AS "[[办结|done]]" '
                    f"FROM v_board_run WHERE {in_lane()} ORDER BY state = 'running' DESC, started_at DESC LIMIT 100"
                ),
            ),
            columns=(
                Column(Words("等级", "level"), is_level=True, width=90),
                Column(Words("启动", "started"), unit="dateTimeAsIso", width=160),
                Column(Words("结束", "ended"), unit="dateTimeAsIso", width=160),
            ),
        ),
    )


BOARD = Board(
    uid="lianjing-response",
    title=Words("链警 预案与任务", "Lianjing playbooks and tasks"),
    description=Words("谁在什么时限内要做什么。", "Who has to do what by when."),
    variables=(LANE,),
    panels=_panels(),
)
DRILL_BOARD = Board(
    uid="lianjing-drill",
    title=Words("【演练】链警 演练", "EXERCISE: Lianjing drill"),
    description=Words("【演练】本页全部内容为演练，不是实警。", "EXERCISE: nothing on this page is real."),
    variables=(DRILL_LANE,),
    is_drill=True,
    panels=(
        Panel(
            kind=Kind.TEXT,
            title=Words("【演练】", "EXERCISE"),
            description=Words("本页全部内容为演练。", "Nothing on this page is real."),
            place=Place(0, 0, 24, 3),
            text=Words("# 【演练】以下全部内容为演练，不是实警", "# EXERCISE: nothing below is real"),
        ),
        *_panels(top=3),
    ),
)
