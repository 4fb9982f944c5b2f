"""``lianjing provider trust``: how far a provider is believed, and why."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from services.cli.feed_known import moment

if TYPE_CHECKING:
    from services.console.reading.standing import Delivered, Listed, Standing

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

    from services.console.reading.standing import standings
    from services.detection.configured import load_watch
    from services.runtime.clock import to_us
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    quality = load_watch(Settings.from_environment().config).quality
    if quality is None:
        raise InputError("检测目录未启用数据质量 quality / the catalogue of detectors has no quality")
    now = at or datetime.now(UTC)
    listed = [each for each in _listed(provider) if quality.watches(each.id)]
    if not listed:
        raise InputError(
            f"目录中没有单位 {provider or '任何单位'} 的序列 / the catalogue has no series of {provider or 'anybody'}"
        )
    delivered = _delivered(listed, lane, now - timedelta(days=days), now)
    found = standings(delivered, listed, quality.nature, to_us(now))
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
        return
    for each in found:
        _show(each)
    if not found:
        click.echo(f"{days:g} 天内没有报送，信任度未知。 Nothing was delivered in {days:g} days: trust is unknown.")


def _listed(provider: str | None) -> "list[Listed]":
    from services.cli.database_question import ask
    from services.console.reading.standing import Listed

    query = (
        "SELECT series, provider, cadence_h, lateness_h, name_zh, name_en FROM v_series "
        "WHERE is_active AND provider <> '' AND (%s::text IS NULL OR provider = %s) ORDER BY series"
    )
    return [
        Listed(r["series"], r["provider"], float(r["cadence_h"]), float(r["lateness_h"]), r["name_zh"], r["name_en"])
        for r in ask(query, (provider, provider))
    ]


def _delivered(listed: "list[Listed]", lane: str, since: datetime, until: datetime) -> "Delivered":
    import numpy as np

    from services.cli.database_question import ask
    from services.console.reading.standing import Delivered

    query = (
        "SELECT array_position(%s::text[], series) - 1 AS slot, (extract(epoch FROM observed_at) * 1000000)::bigint AS observed, "
        "(extract(epoch FROM known_at) * 1000000)::bigint AS known, value FROM v_observation "
        "WHERE lane = %s AND series = ANY(%s) AND known_at > %s AND known_at <= %s AND observed_at > %s::timestamptz - interval '7 days' "
        "ORDER BY known_at, series, observed_at, issued_at"
    )
    ids = [each.id for each in listed]
    rows = ask(query, (ids, lane, ids, since, until, since))
    return Delivered(
        np.array([r["slot"] for r in rows], np.int64),
        np.array([r["observed"] for r in rows], np.int64),
        np.array([r["known"] for r in rows], np.int64),
        np.array([r["value"] for r in rows], np.float64),
    )


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
