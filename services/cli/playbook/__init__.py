"""``lianjing playbook``: plans checked, tried and compared; runs looked at and decided about."""

import click

from services.cli.main import LazyGroup

PARTS: dict[str, tuple[str, str]] = {
    "list": ("services.cli.playbook.plans:list_plans", "预案目录 The plans, and what starts them."),
    "validate": ("services.cli.playbook.plans:validate", "检查 Check plans, contacts and roster by line."),
    "diff": ("services.cli.playbook.diff:command", "版本比较 What changed between two versions of a plan."),
    "dry-run": ("services.cli.playbook.dry_run:command", "试运行 Try a plan: nothing leaves, all is shown."),
    "backtest": ("services.cli.playbook.backtest:command", "历史回测 Which steps, when, what loss avoided."),
    "run": ("services.cli.playbook.runs:command", "运行 Runs of plans: list, show."),
    "start": ("services.cli.playbook.steer:start", "人工启动 Start a plan by hand."),
    "approve": ("services.cli.playbook.decide:approve", "同意 Agree to what a plan asks."),
    "refuse": ("services.cli.playbook.decide:refuse", "不同意 Refuse what a plan asks."),
    "undo": ("services.cli.playbook.steer:undo", "撤销步骤 Take a step back."),
    "respond": ("services.cli.playbook.steer:respond", "提请调整响应 Propose a response level."),
    "lift": ("services.cli.playbook.steer:lift", "提请解除 Propose to lift warning and response."),
    "end": ("services.cli.playbook.steer:end", "终止运行 End a run by hand."),
}


@click.command(cls=LazyGroup, commands_at=PARTS)
def command() -> None:
    """应急预案：检查、试运行、运行、审批。 Emergency plans: check, try, run, decide.

    \b
    Example:  lianjing playbook validate
              lianjing playbook dry-run coal-supply-guarantee --level red
              lianjing playbook run list
              lianjing playbook approve task-0123456789abcdef --signer 张三 --document "鄂煤预警〔2026〕1号"
    """
