"""``lianjing user``: accounts of the console, the first administrator among them."""

import getpass
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from services.console.access.account import Account

ROLES = ("viewer", "duty", "manager", "office", "drill", "provider", "analyst", "administrator")
_name = click.argument("name")
_roles = click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="角色，可多次 Role, repeatable."
)
_password = click.option(
    "--ask", is_flag=True, help="当面输入口令（默认生成一个，只显示一次）Ask for the password instead of making one."
)


@click.group("user")
def command() -> None:
    """工作台用户 Accounts of the console.

    \b
    Example:  lianjing user add li --display 李工 --role administrator
    """


@command.command("add")
@_name
@click.option("--display", required=True, help="显示的姓名 Name to show.")
@_roles
@click.option(
    "--chain", "chains", multiple=True, help="只看这些链，可多次；不写为全部 Only these chains; all by default."
)
@click.option("--provider", default="", help="报送单位编号 Provider, for the role provider.")
@click.option("--subject", default=None, help="统一身份认证中的标识 Name at the OpenID provider.")
@_password
def add(
    name: str,
    display: str,
    roles: tuple[str, ...],
    chains: tuple[str, ...],
    provider: str,
    subject: str | None,
    *,
    ask: bool,
) -> None:
    """新增用户 Add an account. The password made is shown once and must be changed at the first sign-in.

    \b
    Example:  lianjing user add zhang --display 张三 --role duty --chain ordos
    Exit codes: 0 added, 2 wrong use, 3 the database is away.
    """
    from services.cli.console_desk import console_desk
    from services.console.access.account import Account
    from services.console.access.person import Role

    now = datetime.now(UTC)
    account = Account(
        name=name,
        display=display,
        roles=frozenset(Role(role) for role in roles),
        chains=frozenset(chains) or None,
        provider=provider,
        subject=subject,
        created_at=now,
        changed_at=now,
    )
    given = _asked() if ask else None
    with console_desk() as desk:
        word = desk.clerk.add(_actor(), account, given)
    click.echo(f"已新增 added: {name} ({', '.join(roles)})")
    _show(word, is_made=not ask)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON As JSON.")
def list_(*, as_json: bool) -> None:
    """列出用户 List the accounts.

    \b
    Example:  lianjing user list --json
    """
    from services.cli.console_desk import console_desk
    from services.console.access.clerk import described

    with console_desk() as desk:
        accounts = desk.store.accounts()
    if as_json:
        click.echo(json.dumps([{"name": a.name, **described(a)} for a in accounts], ensure_ascii=False, indent=2))
        return
    for account in accounts:
        click.echo(_line(account))
    if not accounts:
        click.echo("还没有用户 no accounts yet: lianjing user add NAME --display … --role administrator")


@command.command("disable")
@_name
@click.option("--undo", is_flag=True, help="重新启用 Enable again.")
def disable(name: str, *, undo: bool) -> None:
    """停用用户并结束其全部会话 Disable an account; its sessions end at once.

    \b
    Example:  lianjing user disable zhang
    """
    _change(name, is_disabled=not undo)
    click.echo(f"{'已启用 enabled' if undo else '已停用 disabled'}: {name}")


@command.command("roles")
@_name
@_roles
@click.option("--chain", "chains", multiple=True, help="只看这些链 Only these chains; all by default.")
@click.option("--provider", default="", help="报送单位编号 Provider, for the role provider.")
def roles_(name: str, roles: tuple[str, ...], chains: tuple[str, ...], provider: str) -> None:
    """重设角色与可见的链 Give other roles and chains.

    \b
    Example:  lianjing user roles zhang --role duty --role analyst --chain ordos
    """
    from services.console.access.person import Role

    _change(name, roles=frozenset(map(Role, roles)), chains=frozenset(chains) or None, provider=provider)
    click.echo(f"已更改 changed: {name} ({', '.join(roles)})")


@command.command("password")
@_name
@_password
def password(name: str, *, ask: bool) -> None:
    """重设口令并结束其全部会话 Set a new password; its sessions end at once.

    \b
    Example:  lianjing user password zhang
    """
    from services.cli.console_desk import console_desk

    given = _asked() if ask else None
    with console_desk() as desk:
        word = desk.clerk.set_password(_actor(), name, given)
    click.echo(f"已重设 set: {name}")
    _show(word, is_made=not ask)


def _change(name: str, **changes: object) -> None:
    from msgspec import structs

    from services.cli.console_desk import console_desk
    from services.runtime.errors import InputError

    with console_desk() as desk:
        account = desk.store.account(name)
        if account is None:
            raise InputError(f"{name}: 没有这个用户 there is no such account; lianjing user list")
        desk.clerk.change(_actor(), structs.replace(account, **changes))


def _asked() -> str:
    return str(click.prompt("口令 password", hide_input=True, confirmation_prompt="再输一次 once more"))


def _show(word: str, *, is_made: bool) -> None:
    if is_made:
        click.echo(
            f"口令（只显示这一次，首次登录须更换）password, shown once, to be changed at the first sign-in: {word}"
        )


def _actor() -> str:
    return f"{getpass.getuser()} (lianjing user)"


def _line(account: "Account") -> str:
    chains = "全部 all" if account.chains is None else ",".join(sorted(account.chains))
    state = " 已停用 disabled" if account.is_disabled else ""
    return f"{account.name:20} {account.display}  {','.join(sorted(account.roles))}  {chains}{state}"
