"""``lianjing provider trust``: how far a provider is believed, and why."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from services.cli.feed_known import moment

if TYPE_CHECKING:
    from services.console.reading.standing import Standing

_BELIEVED, _DOUBTED = 0.9, 0.6


@click.command("trust")
@click.argument("provider", required=False)
@click.option(
    "--at", default=None, callback=moment, help="时刻（带时区），缺省为现在。 Moment with offset, default now."
)
@click.option(
    "--days", default=30.0, show_default=True, type=click.FloatRange(1, 366), help="看多少天。 Days looked at."
)
@click.option("--lane", default="live", show_default=True, help="通道。 Lane.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")
def trust(provider: str | None, at: datetime | None, days: float, lane: str, as_json: bool) -> None:
    """报送信任度：0 至 1，附理由（迟报、缺报、更正、各类差错）和最差的序列。 How far PROVIDER, or each, is believed: 0 to 1, with reasons.

    \b
    Example:  lianjing provider trust port --days 14
    Exit codes: 0 shown, 2 wrong use, 3 the database is away.
    """
    import msgspec

    from services.cli.database_question import ask
    from services.console.reading.trust import listed_of, standings_of, watched_of
    from services.detection.watch import parse_watch
    from services.runtime.assets import config_text
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    catalogue, name = config_text(Settings.from_environment().config, "detectors/default.yaml")
    parse_watch(catalogue, name)
    watched = watched_of(catalogue)
    if watched is None:
        raise InputError("检测目录未启用数据质量 quality / the catalogue of detectors has no quality")
    listed = listed_of(ask, provider, watched)
    if not listed:
        raise InputError(
            f"目录中没有单位 {provider or '任何单位'} 的序列 / the catalogue has no series of {provider or 'anybody'}"
        )
    found = standings_of(ask, listed, watched, lane, at or datetime.now(UTC), days)
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for each in found:
        _show(each)
    if not found:
        click.echo(f"{days:g} 天内没有报送，信任度未知。 Nothing was delivered in {days:g} days: trust is unknown.")


def _show(each: "Standing") -> None:
    mark = "🟢" if each.trust >= _BELIEVED else "🟡" if each.trust >= _DOUBTED else "🔴"
    click.echo(
        f"{mark} {each.provider:<16} 信任度 trust {each.trust:.2f}   序列 series {each.series:,}，报送 rows {each.rows:,}"
    )
    for reason in each.reasons:
        click.echo(f"     {reason['zh']}  {reason['en']}")
    for one in each.worst:
        click.echo(f"     · {one.name_zh} {one.name_en}（{one.series}）: {one.trust:.2f}")
        for reason in one.reasons[:2]:
            click.echo(f"         {reason['zh']}  {reason['en']}")
