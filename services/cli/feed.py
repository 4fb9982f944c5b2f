"""``lianjing feed``: send, replay and look into feeds."""

import click

from services.cli.main import LazyGroup

FEEDS: dict[str, tuple[str, str]] = {
    "send": ("services.cli.feed_send:command", "报送文件 Send a file of records, or rehearse it."),
    "rejected": ("services.cli.feed_rejected:command", "退回记录 List, show and resend rejected records."),
    "as-known": ("services.cli.feed_known:command", "当时所知 What was known at a moment."),
    "skip": ("services.cli.feed_skip:command", "跳过消息 Skip a message that stops its partition."),
    "replay": ("services.cli.history:replay", "历史回放 Replay a table as feeds."),
    "replay-check": ("services.cli.history:replay_check", "核对回放 Compare what is stored with the table."),
    "score": ("services.cli.history:score", "评分 Score warnings against a table's onsets."),
}


@click.command(cls=LazyGroup, commands_at=FEEDS)
def command() -> None:
    """数据接入。 Feeds: send files, look at what was rejected and what was known.

    \b
    Example:  lianjing feed send 日报.xlsx --provider port --dry-run
              lianjing feed rejected list
              lianjing feed as-known --at 2026-11-22T18:00:00+08:00 --series stock.P_QHD.steam_coal
    """
