"""``lianjing alert list`` and ``show``."""

import click

lane_option = click.option("--lane", default="live", show_default=True, help="通道。 Lane: live, drill:…, replay:…")
json_option = click.option("--json", "as_json", is_flag=True, help="输出 JSON。 Print JSON.")


@click.command("list")
@lane_option
@click.option("--all", "with_closed", is_flag=True, help="含已关闭的。 Closed ones too.")
@json_option
def list_command(lane: str, with_closed: bool, as_json: bool) -> None:
    """当前预警，按事件（根因）分组，根因在前。 Open episodes by incident, the gravest first; roots before symptoms.

    \b
    Example:  lianjing alert list --all --json
    Exit codes: 0 shown, 3 the broker is away.
    """
    import msgspec

    from schemas.alert import AlertState
    from services.cli.alert.topics import newest, read_alerts
    from services.cli.alert.words import list_lines
    from services.runtime.settings import Settings

    found = newest(read_alerts(Settings.from_environment(), lane)).values()
    shown = [a for a in found if with_closed or a.state is not AlertState.CLOSED]
    if as_json:
        click.echo(msgspec.json.encode(shown).decode())
        return
    for line in list_lines(shown):
        click.echo(line)
    click.echo(f"共 {len(shown)} 处 episodes: {len(shown)}")


@click.command("show")
@click.argument("episode")
@lane_option
@json_option
def show_command(episode: str, lane: str, as_json: bool) -> None:
    """一个预警的全部经过：每一步何时、为何、何人。 Every step of an episode: when, why, who. Its name may be shortened.

    \b
    Example:  lianjing alert show ep-0123456789abcdef
    Exit codes: 0 shown, 2 no such episode, 3 the broker is away.
    """
    import msgspec

    from services.cli.alert.topics import last_step, read_alerts
    from services.cli.alert.words import line, step_lines
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    last = last_step(settings, lane, episode)
    steps = [a for a in read_alerts(settings, lane) if a.episode == last.episode]
    if as_json:
        click.echo(msgspec.json.encode(steps).decode())
        return
    click.echo(line(last))
    click.echo(f"事件 incident {last.incident}  根因 root {last.root}  路径 path {' → '.join(last.path)}")
    for text in step_lines(steps):
        click.echo(text)
