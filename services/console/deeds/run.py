"""What people do to runs of plans: 启动, 撤销步骤, 提请响应, 提请解除, 终止."""

from collections.abc import Collection, Mapping

from schemas.chain import Chain
from services.console.deeds.order import Order, order, words
from services.console.errors import StaleError, WrongError
from services.console.reading.run import Run

RESPONSES = ("I", "II", "III", "IV")
_LEVELS = ("blue", "yellow", "orange", "red")


def undo(run: Run, step: str, reason: str) -> Order:
    """Take a step back. Raises WrongError, StaleError."""
    _check(run)
    found = run.step(step)
    if found is None or not found.can_be_undone:
        raise WrongError(
            "该步骤未启动、已撤销，或须经批准调整", "this step was not taken, is undone, or changes by approval only"
        )
    return order("playbook.undo", words(reason, "撤销理由", "a reason"), run=run.run_id, step=step)


def respond(run: Run, level: str, reason: str) -> Order:
    """Propose a response level, or its end (``none``). Raises WrongError, StaleError."""
    _check(run)
    if level not in (*RESPONSES, "none"):
        raise WrongError(
            f"响应级别 {level[:20]!r} 应为 {'、'.join(RESPONSES)} 或 none", f"one of {', '.join(RESPONSES)} or none"
        )
    wanted = "" if level == "none" else level
    if wanted == run.response:
        raise WrongError("响应级别没有变化", "the response would not change")
    # An absent level means the end of the response to who obeys it.
    return order("playbook.respond", words(reason, "理由", "a reason"), run=run.run_id, level=wanted)


def lift(run: Run, reason: str) -> Order:
    """Propose to lift the official warning and end the response. Raises WrongError, StaleError."""
    _check(run)
    if run.warning is None and not run.response:
        raise StaleError("没有生效的正式预警或响应", "no warning and no response is in force")
    return order("playbook.lift", words(reason, "理由", "a reason"), run=run.run_id)


def end(run: Run, reason: str) -> Order:
    """End a run; its steps are undone. Raises WrongError, StaleError."""
    _check(run)
    return order("playbook.end", words(reason, "理由", "a reason"), run=run.run_id)


def start(given: Mapping[str, str], plans: Collection[str], chain: Chain) -> Order:
    """Start a plan by hand. Raises WrongError."""
    playbook, node = given.get("playbook", ""), given.get("node", "")
    if playbook not in plans:
        raise WrongError(
            f"没有预案 {playbook[:60]!r}，现有：{'、'.join(plans)}", f"no such plan; there are: {', '.join(plans)}"
        )
    place = next((n for n in chain.nodes if n.id == node), None)
    if place is None:
        raise WrongError(f"没有环节 {node[:60]!r}", f"the chain has no place {node[:60]!r}")
    level, hazard = given.get("level", "yellow"), given.get("hazard", "starved")
    if level not in _LEVELS or hazard not in ("starved", "blocked"):
        raise WrongError(
            f"等级应为 {'、'.join(_LEVELS)}，风险应为 starved、blocked", "a colour, and starved or blocked are right"
        )
    reason = words(given.get("reason", ""), "启动理由", "a reason")
    product = given.get("product", "") or place.product
    return order(
        "playbook.start",
        reason,
        playbook=playbook,
        node=node,
        product=product,
        hazard=hazard,
        level=level,
        chain=chain.id,
    )


def _check(run: Run) -> None:
    if run.state != "running":
        raise StaleError("该预案运行已结束", "the run has ended")
