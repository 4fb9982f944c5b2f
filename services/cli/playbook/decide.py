"""``lianjing playbook approve | refuse``: what a role decides."""

import click

from services.cli.playbook.saying import say, task_of

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")


@click.command()
@click.argument("task")
@click.option(
    "--signer", default="", help="签发人（发布、调整、解除正式预警必填）。 Who signs; needed for an official warning."
)
@click.option("--document", default="", help="文号（同上）。 Document number; needed for an official warning.")
@click.option("--scope", default="", help="发布范围，默认按预案。 Scope; the plan's by default.")
@click.option(
    "--level",
    default="",
    type=click.Choice(["", "blue", "yellow", "orange", "red"]),
    help="正式预警等级，默认同系统研判。 Colour.",
)
@click.option("--comment", default="", help="意见。 A comment; it is kept.")
@_JSON
def approve(task: str, signer: str, document: str, scope: str, level: str, comment: str, as_json: bool) -> None:
    """同意一项请示、签发、响应或储备动用。 Agree to TASK; who, when and why are kept.

    \b
    Example:  lianjing playbook approve task-0123456789abcdef --comment 同意
              lianjing playbook approve task-0123456789abcdef --signer 张三 --document "鄂煤预警〔2026〕1号" --scope 全市
    Exit codes: 0 it counts, 1 it does not (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    given = {"signer": signer, "document": document, "scope": scope, "level": level}
    _decide("playbook.approve", task, given, comment, as_json)


@click.command()
@click.argument("task")
@click.option("--comment", required=True, help="为什么。 Why; it is kept.")
@_JSON
def refuse(task: str, comment: str, as_json: bool) -> None:
    """不同意一项请示。 Refuse TASK; who, when and why are kept.

    \b
    Example:  lianjing playbook refuse task-0123456789abcdef --comment "数据待核实 to be verified"
    Exit codes: 0 it counts, 1 it does not (the reason is printed), 2 wrong use, 3 a part is unreachable.
    """
    _decide("playbook.refuse", task, {}, comment, as_json)


def _decide(kind: str, task: str, given: dict[str, str], comment: str, as_json: bool) -> None:
    found = task_of(task)
    say(kind, {"task": task, **given}, comment, lane=str(found["lane"]), as_json=as_json)
