"""The boards as files: what the code generates, what is committed, and whether both agree."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.runtime.assets import asset_path
from services.runtime.errors import InputError

LANGUAGES = ("zh", "en")
_WIDTH = 24


def generated() -> dict[str, str]:
    """Text of every board by its file, such as ``zh/lianjing-wall.json``. Raises InputError where the boards' code is not installed."""
    try:
        from dashboards.assembly import document
        from dashboards.boards import BOARDS
    except ImportError as error:
        raise InputError(
            f"看板代码只在源码检出中，且需要开发依赖：请在检出中执行 make check 后再试 / the boards' code lives in a checkout and needs the "
            f"development packages: run `make check` there first ({error})"
        ) from error
    return {f"{language}/{board.uid}.json": document(board, language) for board in BOARDS for language in LANGUAGES}


def committed(folder: Path | None = None) -> dict[str, str]:
    """Text of every board as shipped, by its file."""
    root = folder or asset_path("dashboards")
    return {
        f"{language}/{file.name}": file.read_text(encoding="utf-8")
        for language in LANGUAGES
        for file in sorted((root / language).glob("*.json"))
    }


def problems(boards: Mapping[str, str]) -> list[str]:
    """What is wrong with boards, a line each: overlap, width, and panels without title, description, unit or thresholds."""
    found: list[str] = []
    for file, text in boards.items():
        board = json.loads(text)
        panels = board["panels"]
        for panel in panels:
            found += [f"{file}: {each}" for each in _of_panel(panel)]
        found += [f"{file}: {each}" for each in _overlaps(panels)]
        if len({p["id"] for p in panels}) != len(panels):
            found.append(f"{file}: 面板编号重复 ids of panels repeat")
    return found


def _of_panel(panel: Mapping[str, Any]) -> Iterator[str]:
    name = f"面板 panel {panel.get('id')} {panel.get('title', '')!r}"
    place = panel["gridPos"]
    if place["x"] < 0 or place["x"] + place["w"] > _WIDTH:
        yield f"{name}: 超出 24 列 {place} is wider than 24 columns"
    for field in ("title", "description"):
        if not panel.get(field):
            yield f"{name}: 缺 {field} is missing"
    if panel["type"] in ("text", "nodeGraph"):
        return
    defaults = panel["fieldConfig"]["defaults"]
    for field in ("unit", "thresholds", "noValue", "mappings"):
        if not defaults.get(field):
            yield f"{name}: 缺 {field} is missing"


def _overlaps(panels: list[Mapping[str, Any]]) -> Iterator[str]:
    taken: dict[tuple[int, int], Any] = {}
    for panel in panels:
        place = panel["gridPos"]
        cells = [
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        other = next((taken[c] for c in cells if c in taken), None)
        if other is not None:
            yield f"面板 panel {panel['id']} 与 {other} 重叠 overlap"
        taken.update(dict.fromkeys(cells, panel["id"]))
