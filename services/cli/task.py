"""``lianjing task``: work that plans give to people."""

import click

from services.cli.playbook.saying import say, task_of

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
_OPEN = """
SELECT t.task_id, t.run_id, t.lane, t.step, t.title_zh, t.title_en, t.assignee, t.state, t.due_at, t.detail ->> 'kind' AS kind, r.name_zh AS plan
FROM task t JOIN run r USING (run_id) WHERE t.state IN ('open', 'overdue') AND (%s = '' OR t.lane = %s)
ORDER BY t.due_at, t.task_id LIMIT 500
"""
_DECISIONS = {"ask", "publish", "respond", "reserve"}


@click.group()
def command() -> None:
    """预案派给人的任务和请示。 Tasks and questions that plans put to people.

    \b
    Example:  lianjing task list
              lianjing task show task-0123456789abcdef
              lianjing task done task-0123456789abcdef --result "存煤 5.2 万吨"
              lianjing task delegate task-0123456789abcdef --to 牵头部门
    """


@command.command("list")
@click.option("--lane", default="", help="只看一条线。 Only this lane.")
@_JSON
def list_tasks(lane: str, as_json: bool) -> None:
    """未办任务和请示，最急的在前。 What is open, the most urgent first.

    \b
    Example:  lianjing task list --lane live
    """
    import msgspec

    from services.cli.database_question import ask
    from services.response.wording import stamp

    rows = ask(_OPEN, (lane, lane))
    if as_json:
        click.echo(msgspec.json.encode(rows).decode())
        return
    for row in rows:
        due = stamp(row["due_at"]) if row["due_at"] else "–"
        word = "请示 decide" if row["kind"] in _DECISIONS else "任务 task"
        late = "逾期 overdue " if row["state"] == "overdue" else ""
        click.echo(
            f"{row['task_id']}  {late}{due} 前  {word}  {row['title_zh']} → {row['assignee']}  〔{row['plan']}〕 [{row['lane']}]"
        )
    if not rows:
        click.echo("没有未办任务。 Nothing is open.")


@command.command()
@click.argument("task")
@_JSON
def show(task: str, as_json: bool) -> None:
    """一项任务的内容；报告任务附草稿。 What TASK asks; of a report its draft, too.

    \b
    Example:  lianjing task show task-0123456789abcdef
    """
    import msgspec

    found = task_of(task)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    click.echo(f"{found['title_zh']}  [{found['state']}]  {found['run_id']}/{found['step']}")
    if found["detail"].get("draft"):
        click.echo(found["detail"]["draft"])


@command.command()
@click.argument("task")
@click.option("--result", default="", help="办理结果。 What came of it.")
@click.option("--answered-by", default="", help="接听人（电话任务必填）。 Who answered; needed for a call.")
@click.option(
    "--by", "done_by", default="", help="办理人（代为登记时）。 Who did it, where you record it for somebody."
)
@_JSON
def done(task: str, result: str, answered_by: str, done_by: str, as_json: bool) -> None:
    """办结一项任务。 TASK is done.

    \b
    Example:  lianjing task done task-0123456789abcdef --result "存煤 5.2 万吨，日耗 0.8 万吨"
    Exit codes: 0 it counts, 1 it does not (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    found = task_of(task)
    given = {"task": task, "result": result, "answered_by": answered_by, "done_by": done_by}
    say("task.done", given, result, lane=str(found["lane"]), as_json=as_json)


@command.command()
@click.argument("task")
@click.option("--to", required=True, help="角色，如 牵头部门。 The role that takes it over.")
@click.option("--reason", default="", help="为什么。 Why; it is kept.")
@_JSON
def delegate(task: str, to: str, reason: str, as_json: bool) -> None:
    """委托另一角色办理或决定。 Hand TASK to another role.

    \b
    Example:  lianjing task delegate task-0123456789abcdef --to 牵头部门 --reason "出差 away"
    Exit codes: 0 it counts, 1 it does not (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    found = task_of(task)
    say("task.delegate", {"task": task, "to": to}, reason, lane=str(found["lane"]), as_json=as_json)
