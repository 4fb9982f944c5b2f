"""``lianjing dashboards``."""

import sys
from pathlib import Path

import click


@click.group("dashboards")
def command() -> None:
    """看板：生成、检查、发布。 Grafana boards: build, check, publish.

    \b
    Example:  lianjing dashboards check
    """


@command.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("dashboards"), show_default=True,
              help="写入的文件夹。 Folder to write to.")  # fmt: skip
def build(out: Path) -> None:
    """由代码生成 JSON（中、英）。 Generate the JSON of every board, in both languages, from their code.

    \b
    Example:  lianjing dashboards build
    Exit codes: 0 written, 2 the boards' code is not here.
    """
    from services.cli.dashboards.generated import generated

    boards = generated()
    for name, text in boards.items():
        file = out / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    click.echo(f"已写入 {len(boards)} 个文件 written to {out}")


@command.command()
def check() -> None:
    """检查看板：重叠、缺项；在检出中还与代码比较。 Check the shipped boards; in a checkout also that they are as generated.

    \b
    Example:  lianjing dashboards check
    Exit codes: 0 all well, 1 something is wrong.
    """
    from services.cli.dashboards.generated import committed, generated, problems
    from services.runtime.errors import InputError

    boards = committed()
    found = problems(boards)
    try:
        new = generated()
    except InputError:
        click.echo("没有看板代码，只查文件 / the boards' code is not here, files alone are checked")
    else:
        found += [
            f"{n}: 与代码不符，请执行 lianjing dashboards build / differs from its code, build again"
            for n in sorted(new.keys() | boards.keys())
            if new.get(n) != boards.get(n)
        ]
    for each in found:
        click.echo(f"✗ {each}", err=True)
    click.echo(f"{len(boards)} 个文件，{len(found)} 处问题 files: {len(boards)}, problems: {len(found)}")
    sys.exit(1 if found else 0)


@command.command()
@click.option("--url", default=None, help="Grafana 地址，缺省为 LIANJING_GRAFANA_URL。 Address of Grafana.")
@click.option(
    "--language",
    "languages",
    multiple=True,
    type=click.Choice(("zh", "en")),
    help="只发布一种语言。 One language only.",
)
def publish(url: str | None, languages: tuple[str, ...]) -> None:
    """经 HTTP 接口发布到运行中的 Grafana；令牌取自 LIANJING_GRAFANA_SECRET（或 …_FILE）。 Publish to a running Grafana by its API.

    \b
    Example:  LIANJING_GRAFANA_SECRET_FILE=token lianjing dashboards publish --url https://grafana.example
    Exit codes: 0 published, 2 refused, 3 Grafana does not answer.
    """
    from services.cli.dashboards.generated import committed
    from services.cli.dashboards.publication import publish as put
    from services.runtime.errors import InputError
    from services.runtime.settings import Settings

    settings = Settings.from_environment()
    if not settings.grafana_secret:
        raise InputError("缺少 LIANJING_GRAFANA_SECRET（服务账号令牌） / a service account token is wanted there")
    wanted = {n: text for n, text in committed().items() if not languages or n.split("/", 1)[0] in languages}
    for address in put(url or settings.grafana_url, settings.grafana_secret, wanted):
        click.echo(address)
