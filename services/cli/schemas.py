"""``lianjing schemas``: the nouns as JSON Schema, the topics as AsyncAPI."""

import sys
from pathlib import Path

import click

_FOUND_SOMETHING = 1


@click.group()
def command() -> None:
    """数据格式 Show and export what travels on the topics.

    \b
    Example:  lianjing schemas show FeedMessage
              lianjing schemas export ./schemas-of-lianjing
    """


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="只比较，不写 Compare only; exit 1 when FOLDER differs.")
def export(folder: Path, check: bool) -> None:
    """导出 JSON Schema 与 AsyncAPI Write one JSON Schema per noun and asyncapi.json into FOLDER.

    \b
    Example:  lianjing schemas export ./schemas-of-lianjing
              lianjing schemas export --check schemas/exported
    """
    from schemas.export import exported

    texts = exported()
    if check:
        wrong = sorted(name for name, text in texts.items() if _read(folder / name) != text)
        wrong += sorted(f"{p.name} (多余 surplus)" for p in folder.glob("*.json") if p.name not in texts)
        for name in wrong:
            click.echo(f"不一致 differs: {name}")
        sys.exit(_FOUND_SOMETHING if wrong else 0)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    click.echo(f"{len(texts)} 个文件 files: {folder}")


@command.command()
@click.argument("noun", default="asyncapi")
def show(noun: str) -> None:
    """显示一个 Print one JSON Schema, or the AsyncAPI document.

    \b
    Example:  lianjing schemas show Record
    """
    from schemas.export import exported

    texts = exported()
    if f"{noun}.json" not in texts:
        known = ", ".join(sorted(name.removesuffix(".json") for name in texts))
        raise click.BadParameter(f"{noun!r}: 没有 / is none of: {known}")
    click.echo(texts[f"{noun}.json"], nl=False)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
