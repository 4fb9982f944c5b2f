"""``lianjing alert``: a person's front door to alerts, from the topics alone, so that it works with the database away."""

import click

from services.cli.main import LazyGroup

ALERTS: dict[str, tuple[str, str]] = {
    "list": ("services.cli.alert.look:list_command", "当前预警 Open episodes by incident, roots first."),
    "show": ("services.cli.alert.look:show_command", "经过 Every step of an episode."),
    "acknowledge": ("services.cli.alert.act:acknowledge", "确认接手 Say that you have it in hand, for some hours."),
    "close": ("services.cli.alert.act:close", "同意解除 Agree to close; observations must bear it out."),
    "approve": ("services.cli.alert.act:approve", "审批发布 Approve the proposal as an official warning."),
    "act": ("services.cli.alert.act:act", "处置 Note what was done about an episode."),
    "mute": ("services.cli.alert.muting:mute", "静默 Hide known trouble or maintenance for a time."),
    "unmute": ("services.cli.alert.muting:unmute", "取消静默 End a mute."),
    "mutes": ("services.cli.alert.muting:mutes", "静默清单 All mutes, and what each of them hid."),
    "export": ("services.cli.alert.export:export", "导出 CAP 1.2 messages, signed, or in the style of GB/T 35965.1."),
    "outcomes": ("services.cli.alert.outcomes:outcomes", "结果台账 What became of warnings, and the live skill."),
    "confirm": ("services.cli.alert.outcomes:confirm", "核定 A person's verdict on an outcome."),
}


@click.command(cls=LazyGroup, commands_at=ALERTS)
def command() -> None:
    """预警 Alerts: look, acknowledge, close, approve, mute. What people do is kept with who, when and why.

    \b
    Example:  lianjing alert list
              lianjing alert acknowledge ep-0123456789abcdef --reason "已电话核实，调度中 calling the railway"
    """
