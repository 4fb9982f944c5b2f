"""``lianjing playbook run list | show``: runs as they stand."""

from typing import Any

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
_LIST = """
SELECT r.run_id, r.lane, r.playbook, r.name_zh, r.state, r.level, r.phase, r.response, r.node, r.product, r.started_at, r.ended_at, r.version,
    (SELECT count(*) FROM task t WHERE t.run_id = r.run_id AND t.state IN ('open', 'overdue')) AS open_tasks,
    (SELECT count(*) FROM task t WHERE t.run_id = r.run_id AND t.state = 'overdue') AS overdue_tasks
FROM run r WHERE (%s = '' OR r.lane = %s) AND (%s OR r.state = 'running') ORDER BY r.started_at DESC LIMIT 200
"""
_RUN = "SELECT *, progress -> 'warning' AS warning FROM run WHERE run_id = %s"
_EVENTS = "SELECT sequence, at, step, kind, text_zh, text_en, detail FROM run_event WHERE run_id = %s ORDER BY sequence"
_TASKS = "SELECT task_id, step, title_zh, assignee, state, due_at, detail FROM task WHERE run_id = %s ORDER BY created_at, task_id"
_PHASES = {"assessed": "研判", "conferred": "会商", "published": "已发布", "adjusted": "已调整", "lifted": "已解除"}
_STATES = {"running": "运行", "done": "结束", "cancelled": "终止"}


@click.group()
def command() -> None:
    """预案的运行。 Runs of plans.

    \b
    Example:  lianjing playbook run list
              lianjing playbook run show run-0123456789abcdef
    """


@command.command("list")
@click.option("--lane", default="", help="只看一条线。 Only this lane.")
@click.option("--all", "with_ended", is_flag=True, help="含已结束。 Ended ones too.")
@_JSON
def list_runs(lane: str, with_ended: bool, as_json: bool) -> None:
    """正在运行的预案。 Runs under way.

    \b
    Example:  lianjing playbook run list --all
    """
    from services.cli.database_question import ask

    rows = ask(_LIST, (lane, lane, with_ended))
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        late = f"，逾期 overdue {row['overdue_tasks']}" if row["overdue_tasks"] else ""
        response = f"，{row['response']}级响应" if row["response"] else ""
        click.echo(
            f"{row['run_id']}  {row['name_zh']}  {row['node']} {row['product']}  {row['level']}  {_STATES[row['state']]}"
            f"·{_PHASES.get(row['phase'], row['phase'])}{response}  未办 open {row['open_tasks']}{late}  [{row['lane']}]"
        )
    if not rows:
        click.echo("没有正在运行的预案。 No run is under way.")


@command.command("show")
@click.argument("run")
@_JSON
def show(run: str, as_json: bool) -> None:
    """一次运行的经过、任务和正式状态。 What happened in RUN, its tasks and its official state.

    \b
    Example:  lianjing playbook run show run-0123456789abcdef
    """
    from services.cli.database_question import ask
    from services.cli.playbook.saying import run_of

    run_of(run)
    (row,) = ask(_RUN, (run,))
    events, tasks = ask(_EVENTS, (run,)), ask(_TASKS, (run,))
    if as_json:
        row.pop("document"), row.pop("progress")
        _print_json({"run": row, "events": events, "tasks": tasks})
        return
    _print_run(row, events, tasks)


def _print_run(row: dict[str, Any], events: list[dict[str, Any]], tasks: list[dict[str, Any]]) -> None:
    from services.response.wording import stamp

    click.echo(f"{row['name_zh']}  {row['name_en']}  {row['version']}")
    click.echo(
        f"{row['node']} {row['product']}  系统研判 {row['level']}  {_STATES[row['state']]}·{_PHASES.get(row['phase'], row['phase'])}"
    )
    warning = row["warning"]
    if warning:
        click.echo(
            f"正式预警 {warning['level']}：{warning['document']}，{warning['signer']} 签发，范围 {warning['scope']}"
        )
    if row["response"]:
        click.echo(f"响应 {row['response']}级")
    click.echo("经过 events")
    for event in events:
        who = f"（{event['detail']['actor']}）" if event["detail"].get("actor") else ""
        click.echo(
            f"  {event['sequence']:>3}  {stamp(event['at'])}  {event['step'] or '–':<16} {event['kind']:<10} {event['text_zh']}{who}"
        )
    click.echo("任务 tasks")
    for task in tasks:
        due = stamp(task["due_at"]) if task["due_at"] else "–"
        click.echo(f"  {task['task_id']}  {task['state']:<9} {due}  {task['title_zh']} → {task['assignee']}")


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value).decode())
