"""``lianjing provider``: data providers and their keys."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from services.cli.provider_trust import trust

if TYPE_CHECKING:
    from schemas.provider import Provider

_JSON = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")


@click.group()
def command() -> None:
    """报送单位及其密钥。 Data providers and their keys.

    \b
    Example:  lianjing provider add port --name-zh 港口集团 --name-en "Port group" --series "stock.P_*"
              lianjing provider rotate port
              lianjing provider trust port
    """


command.add_command(trust)


@command.command()
@click.argument("provider")
@click.option("--name-zh", default="", help="中文名称。 Name in Chinese (default: the id).")
@click.option("--name-en", default="", help="英文名称。 Name in English (default: the id).")
@click.option(
    "--series", "-s", multiple=True, required=True, help="序列或以 * 结尾的前缀，可重复。 Series id or prefix*."
)
@click.option("--lane", multiple=True, default=("live",), show_default=True, help="可写通道。 Lanes it may write.")
@click.option("--rate", default=50.0, show_default=True, help="每秒请求数上限。 Requests per second.")
@click.option("--contact", default="", help="联系人。 Contact.")
@_JSON
def add(
    provider: str,
    name_zh: str,
    name_en: str,
    series: tuple[str, ...],
    lane: tuple[str, ...],
    rate: float,
    contact: str,
    as_json: bool,
) -> None:
    """登记单位并发一把密钥（只显示一次）；单位已有时更新其资料。 Register PROVIDER and show its key once; an existing one is updated.

    \b
    Example:  lianjing provider add port --series "stock.P_*" --series "inflow.P_*"
    """
    import re

    from schemas.provider import Provider
    from services.cli.provider_shelf import ProviderShelf
    from services.intake.keys import make_key
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", provider):
        raise InputError(f"单位编号 {provider!r} 应为小写字母、数字、-、_ / an id is a-z 0-9 - _, at most 40")
    with ProviderShelf(Settings.from_environment()) as shelf:
        before = shelf.registry.providers.get(provider)
        key, text = make_key(provider, datetime.now(UTC))
        keys = list(before.keys) if before and before.keys else [key]
        stated = Provider(
            provider=provider,
            name_zh=name_zh or (before.name_zh if before else provider),
            name_en=name_en or (before.name_en if before else provider),
            series=list(series),
            keys=keys,
            lanes=list(lane),
            rate_per_second=rate,
            contact=contact or (before.contact if before else ""),
        )
        _warn_of_unmatched(stated, list(shelf.registry.series))
        published = shelf.publish(stated, "add", "登记 registered")
    _show_key(published, text if keys == [key] else None, as_json)


@command.command()
@click.argument("provider")
@click.option("--keep-hours", default=24.0, show_default=True, help="旧密钥再用多久。 Old keys stay valid so long.")
@_JSON
def rotate(provider: str, keep_hours: float, as_json: bool) -> None:
    """换发密钥（只显示一次）。 Give PROVIDER a new key; the old ones end after a while.

    \b
    Example:  lianjing provider rotate port --keep-hours 0
    """
    import msgspec

    from services.cli.provider_shelf import ProviderShelf
    from services.intake.keys import make_key
    from services.runtime.settings import Settings

    now = datetime.now(UTC)
    end = now + timedelta(hours=keep_hours)
    with ProviderShelf(Settings.from_environment()) as shelf:
        before = shelf.get(provider)
        key, text = make_key(provider, now)
        alive = [k for k in before.keys if k.expires_at is None or k.expires_at > now]
        old = [msgspec.structs.replace(k, expires_at=min(end, k.expires_at or end)) for k in alive]
        keys = [*old, key] if keep_hours > 0 else [key]
        published = shelf.publish(msgspec.structs.replace(before, keys=keys), "rotate", "换发密钥 key rotated")
    _show_key(published, text, as_json)


@command.command()
@click.argument("provider")
@click.option("--key", "key_id", default="", help="只吊销这一把。 Revoke only this key id.")
@_JSON
def revoke(provider: str, key_id: str, as_json: bool) -> None:
    """吊销密钥。 Revoke all keys of PROVIDER, or one.

    \b
    Example:  lianjing provider revoke port
    """
    import msgspec

    from services.cli.provider_shelf import ProviderShelf
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    with ProviderShelf(Settings.from_environment()) as shelf:
        before = shelf.get(provider)
        if key_id and key_id not in {k.key_id for k in before.keys}:
            raise InputError(f"单位 {provider} 没有密钥 {key_id!r} / provider {provider} has no key {key_id!r}")
        keys = [k for k in before.keys if key_id and k.key_id != key_id]
        published = shelf.publish(msgspec.structs.replace(before, keys=keys), "revoke", "吊销 revoked")
    if as_json:
        _print_json(_described(published))
    else:
        click.echo(f"已吊销；{provider} 还有 {len(keys)} 把密钥。 Revoked; {provider} has {len(keys)} keys left.")


@command.command(name="list")
@_JSON
def list_(as_json: bool) -> None:
    """列出单位。 List the providers; secrets are never kept and never shown.

    \b
    Example:  lianjing provider list --json
    """
    from services.cli.provider_shelf import ProviderShelf
    from services.runtime.settings import Settings

    with ProviderShelf(Settings.from_environment()) as shelf:
        found = [_described(p) for p in shelf.registry.providers.values()]
    if as_json:
        _print_json(found)
        return
    for each in found:
        click.echo(f"{each['provider']:<20} {each['name_zh']} {each['name_en']}")
        click.echo(f"{'':<20} 序列 series: {', '.join(each['series'])}  通道 lanes: {', '.join(each['lanes'])}")
        for key in each["keys"]:
            click.echo(f"{'':<20} 密钥 key: {key['key_id']}  到期 expires: {key['expires_at'] or '–'}")


def _described(provider: "Provider") -> dict[str, Any]:
    import msgspec

    fields: dict[str, Any] = msgspec.to_builtins(provider)
    fields["keys"] = [{n: k[n] for n in ("key_id", "created_at", "expires_at")} for k in fields["keys"]]
    return fields


def _show_key(provider: "Provider", text: str | None, as_json: bool) -> None:
    if as_json:
        _print_json({**_described(provider), "key": text})
        return
    click.echo(
        f"单位 {provider.provider} 已登记（第 {provider.revision} 版）。 Provider {provider.provider}, revision {provider.revision}."
    )
    if text is None:
        click.echo(
            "密钥未变；换发请用 lianjing provider rotate。 Its key is unchanged; a new one: lianjing provider rotate."
        )
    else:
        click.echo("密钥只显示这一次，请妥善保存： The key is shown only now; keep it safe:")
        click.echo(text)


def _warn_of_unmatched(provider: "Provider", series: list[str]) -> None:
    from services.intake.catalogue import is_listed

    for pattern in provider.series:
        if not any(is_listed(name, [pattern]) for name in series):
            click.echo(
                f"注意：目录中没有序列匹配 {pattern!r}。 Note: no series of the catalogue matches {pattern!r}.",
                err=True,
            )


def _print_json(value: object) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value).decode())
