"""What must fit together inside a playbook and between playbooks. Pure; findings are noted on the sheets."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from services.response.playbook import Playbook, Step, StepKind
from services.response.sheet import Sheet

Entry = tuple[Sheet, Step]


def check_steps(entries: Sequence[Entry], playbook: Playbook) -> None:
    """Note ids used twice, names that do not exist, circles, and levels or signatures that the plan does not provide for."""
    seen: set[str] = set()
    for sheet, step in entries:
        if step.id in seen:
            sheet.note("编号", step.id, "另一个编号，此编号已用", "another id; this one is taken")
        seen.add(step.id)
    for sheet, step in entries:
        _check_order(sheet, step, playbook, seen)
        _check_conditions(sheet, step, seen)
        _check_authority(sheet, step, playbook)


def check_sub_plans(playbooks: Mapping[str, Playbook], entries: Mapping[str, Sequence[Entry]]) -> None:
    """Note sub-plans that do not exist or that lead back to themselves."""
    for name, steps in entries.items():
        for sheet, step in steps:
            if step.kind is not StepKind.SUB_PLAN or not step.playbook:
                continue
            if step.playbook not in playbooks:
                known = "、".join(sorted(playbooks))
                sheet.note(
                    "预案编号", step.playbook, f"已有预案的编号：{known}", f"the id of a plan that exists: {known}"
                )
            elif name in _below(step.playbook, playbooks):
                sheet.note(
                    "预案编号", step.playbook, "子预案不得绕回本预案", "a sub-plan may not lead back to this plan"
                )


def check_endpoints(entries: Mapping[str, Sequence[Entry]], endpoints: Collection[str]) -> None:
    """Note pushes to what is no webhook of the channels."""
    known = "、".join(sorted(endpoints)) or "（尚无 none yet）"
    for steps in entries.values():
        for sheet, step in steps:
            if step.kind is StepKind.WEBHOOK and step.endpoint and step.endpoint not in endpoints:
                wanted = f"contacts/channels.yaml 中种类为 webhook 的渠道：{known}"
                sheet.note("接口", step.endpoint, wanted, f"a channel of kind webhook: {known}")


def _below(name: str, playbooks: Mapping[str, Playbook]) -> set[str]:
    found, waiting = {name}, [name]
    while waiting:
        playbook = playbooks.get(waiting.pop())
        for step in playbook.steps if playbook is not None else ():
            if step.playbook and step.playbook not in found:
                found.add(step.playbook)
                waiting.append(step.playbook)
    return found


def _check_order(sheet: Sheet, step: Step, playbook: Playbook, seen: set[str]) -> None:
    for name in step.after:
        if name not in seen:
            sheet.note("之后", name, f"本预案中的步骤：{'、'.join(sorted(seen))}", "the id of a step of this plan")
        elif name == step.id or step.id in _before(name, playbook):
            sheet.note("之后", name, "先后次序不得成环", "steps that wait for each other in a circle never begin")


def _before(name: str, playbook: Playbook) -> set[str]:
    """Everything that must end before a step."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        step = playbook.step(waiting.pop())
        earlier = (*step.after, step.block) if step is not None else ()
        for other in earlier:
            if other and other not in found:
                found.add(other)
                waiting.append(other)
    return found


def _conditions(step: Step) -> Iterator[str]:
    for condition in (*step.arms, step.until):
        if condition is not None and condition.step:
            yield condition.step


def _check_conditions(sheet: Sheet, step: Step, seen: set[str]) -> None:
    key = "直到" if step.kind is StepKind.WAIT else "情形"
    for name in _conditions(step):
        if name not in seen or name == step.id:
            sheet.note(key, name, f"本预案中另一步骤：{'、'.join(sorted(seen))}", "the id of another step of this plan")


def _check_authority(sheet: Sheet, step: Step, playbook: Playbook) -> None:
    if step.kind is StepKind.PUBLISH and playbook.publication is None:
        sheet.note(
            "发布预警", step.id, "预案须写明“正式预警”的批准角色和发布范围", "the plan must say who signs: 正式预警"
        )
    if (
        step.kind is StepKind.PUBLISH
        and playbook.publication is not None
        and playbook.publication.role not in step.roles
    ):
        sheet.note("对象", "、".join(step.roles), f"含签发角色 {playbook.publication.role}", "the role that signs")
    if step.kind is not StepKind.RESPOND or not step.response:
        return
    stated = playbook.response(step.response)
    if stated is None:
        sheet.note("级别", f"{step.response}级", "“响应”中写明的级别", "a level that the plan states under 响应")
    elif stated.role not in step.roles:
        sheet.note("对象", "、".join(step.roles), f"含批准角色 {stated.role}", "the role that approves this level")
