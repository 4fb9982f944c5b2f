"""A drill file as a head and tables, whatever it came from: YAML text or the sheets of a workbook. Every value knows its place. Pure."""

import difflib
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

import yaml
from msgspec import Struct

from services.runtime.errors import ConfigurationError

HEAD = "演练"
_SPAN = re.compile(r"(\d{1,6}(?:\.\d+)?)\s*(分钟|小时|天)")
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::00)?")
_UNITS = {"分钟": 1.0, "小时": 60.0, "天": 1440.0}
_LIST = re.compile(r"[、,，;；]\s*")
Word = TypeVar("Word")
Sheets = Sequence[tuple[str, Sequence[Sequence[object]]]]
"""Title and rows of each sheet of a workbook."""


class Finding(Struct, frozen=True, order=True):
    """Something wrong, where it stands, what was given and how to put it right."""

    place: str
    number: int
    key: str
    given: str
    fix_zh: str
    fix_en: str

    def sentence(self) -> str:
        """The finding in two lines, Chinese first."""
        where = f"{self.place}:{self.number}"
        return f"{where} [{self.key}] 给出 {self.given!r}，改法：{self.fix_zh}\n    given {self.given!r}, fix: {self.fix_en}"


class DrillFileError(ConfigurationError):
    """A drill file cannot be used; ``findings`` holds everything found, in the order of the file."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(set(findings)))
        super().__init__(*(f.sentence() for f in self.findings))


class Cell(Struct, frozen=True):
    """A value as text (or a list of texts) and its line or row."""

    value: str | tuple[str, ...]
    number: int

    def text(self) -> str:
        """The value as one text."""
        return self.value if isinstance(self.value, str) else "、".join(self.value)


class Entry:
    """One row or mapping. Each question answers with a value, or notes a finding and answers with something empty.

    ``finish`` notes keys that nobody asked for: a misspelt key must not pass in silence.
    """

    def __init__(self, place: str, number: int, cells: Mapping[str, Cell], findings: list[Finding]) -> None:
        self.place, self.number = place, number
        self.cells = cells
        self._findings = findings
        self._asked: set[str] = set()

    def note(self, key: str, given: object, fix_zh: str, fix_en: str) -> None:
        """Note something wrong with a key."""
        at = self.cells[key].number if key in self.cells else self.number
        self._findings.append(Finding(self.place, at, key, str(given), fix_zh, fix_en))

    def has(self, key: str) -> bool:
        """True when there is a value."""
        self._asked.add(key)
        return key in self.cells and bool(self.cells[key].value)

    def text(self, key: str, default: str | None = None, pattern: str = "", wanted: str = "") -> str:
        """Text of a key; without a default it must be there."""
        if not self.has(key):
            if default is None:
                self.note(key, "（缺少 missing）", f"补上“{key}”{wanted}", f"add the key {key} {wanted}")
            return default or ""
        found = self.cells[key].text().strip()
        if pattern and not re.fullmatch(pattern, found):
            self.note(key, found, wanted, wanted)
            return default or ""
        return found

    def texts(self, key: str) -> tuple[str, ...]:
        """A list: of YAML, or a cell with 、 or commas between."""
        if not self.has(key):
            return ()
        value = self.cells[key].value
        return tuple(v.strip() for v in (_LIST.split(value) if isinstance(value, str) else value) if v.strip())

    def word(self, key: str, table: Mapping[str, Word], default: str | None = None) -> Word:
        """A word of a table, or the id it stands for; the default's (else the first) when it is missing or wrong."""
        given = self.text(key, default, wanted=f"：{'、'.join(table)}")
        if given in table:
            return table[given]
        for value in table.values():
            if str(value) == given:
                return value
        if given:
            near = difflib.get_close_matches(given, list(table), n=1, cutoff=0.4)
            hint = f"是否想写“{near[0]}”？" if near else ""
            self.note(key, given, f"{hint}可用：{'、'.join(table)}", f"one of {', '.join(map(str, table.values()))}")
        return table[default] if default is not None and default in table else next(iter(table.values()))

    def known(self, key: str, names: Sequence[str], what: str, default: str | None = None) -> str:
        """A name that must be among these, unless it is missing and has a default."""
        given = self.text(key, default, wanted=f"：{what}")
        if given and given not in names:
            self._note_unknown(key, given, names, what)
        return given

    def all_known(self, key: str, names: Sequence[str], what: str) -> tuple[str, ...]:
        """Names that must all be among these."""
        given = self.texts(key)
        for each in given:
            if each not in names:
                self._note_unknown(key, each, names, what)
        return given

    def number_of(self, key: str, low: float, high: float, default: float | None = None) -> float:
        """A number within bounds."""
        given = self.text(key, None if default is None else str(default))
        try:
            found = float(given.removeprefix("×"))
        except ValueError:
            found = float("nan")
        if low <= found <= high:
            return found
        if given:
            self.note(key, given, f"{low:g} 至 {high:g} 之间的数", f"a number from {low:g} to {high:g}")
        return default if default is not None else low

    def minutes(self, key: str) -> float:
        """Drill time or a span: ``90 分钟``, ``2 小时``, ``1:30``."""
        given = self.text(key, wanted="：如 15 分钟、2 小时 或 1:30（时:分）")
        span, clock = _SPAN.fullmatch(given), _CLOCK.fullmatch(given)
        if span is not None:
            return float(span[1]) * _UNITS[span[2]]
        if clock is not None:
            return int(clock[1]) * 60.0 + int(clock[2])
        if given:
            self.note(
                key, given, "写作 15 分钟、2 小时 或 1:30（时:分）", "write 15 分钟, 2 小时 or 1:30 (hours:minutes)"
            )
        return 0.0

    def finish(self) -> None:
        """Note every key that nobody asked for."""
        for key, cell in self.cells.items():
            if key not in self._asked:
                near = difflib.get_close_matches(key, sorted(self._asked), n=1, cutoff=0.4)
                hint = f"是否想写“{near[0]}”？" if near else ""
                allowed = "、".join(sorted(self._asked))
                fix = Finding(self.place, cell.number, key, key, f"{hint}可用的键：{allowed}", f"one of {allowed}")
                self._findings.append(fix)

    def _note_unknown(self, key: str, given: str, names: Sequence[str], what: str) -> None:
        near = difflib.get_close_matches(given, list(names), n=1, cutoff=0.4)
        hint = f"是否想写“{near[0]}”？" if near else ""
        shown = "、".join(list(names)[:12])
        self.note(key, given, f"{hint}{what}：{shown}", f"one of {shown}")


class Book(Struct, frozen=True):
    """Head and tables of a drill file. ``findings`` grows while it is read."""

    head: Entry
    tables: dict[str, list[Entry]]
    findings: list[Finding]


def book_of_yaml(text: str, file: str, tables: Sequence[str]) -> Book:
    """The book of a YAML text. What is no YAML is a finding."""
    findings: list[Finding] = []
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        said = str(getattr(error, "problem", error) or error)
        findings.append(Finding(file, line, "", said, "合法的 YAML（缩进用空格，冒号后有空格）", "valid YAML"))
        return Book(Entry(file, 1, {}, findings), {t: [] for t in tables}, findings)
    if not isinstance(node, yaml.MappingNode):
        findings.append(
            Finding(file, 1, "", "（不是键值 no mapping）", "“键: 值”形式的若干行", "lines of `key: value`")
        )
        return Book(Entry(file, 1, {}, findings), {t: [] for t in tables}, findings)
    pairs = {str(k.value): v for k, v in node.value}
    head = {k: _yaml_cell(v) for k, v in pairs.items() if k not in tables}
    found = {t: _yaml_rows(pairs[t], file, t, findings) if t in pairs else [] for t in tables}
    return Book(Entry(file, 1, head, findings), found, findings)


def book_of_sheets(sheets: Sheets, file: str, tables: Sequence[str]) -> Book:
    """The book of a workbook: the sheet 演练 holds keys and values in its first two columns, the others a heading and rows."""
    findings: list[Finding] = []
    by_title = {title.strip(): rows for title, rows in sheets}
    place = f"{file}!{HEAD}"
    rows = by_title.get(HEAD, ())
    if HEAD not in by_title:
        findings.append(
            Finding(place, 1, HEAD, "（缺少 missing）", f"加一张名为“{HEAD}”的表", f"add a sheet named {HEAD}")
        )
    head = {_shown(r[0]): Cell(_shown(r[1]), n) for n, r in enumerate(rows, 1) if len(r) > 1 and _shown(r[0])}
    head = {k: c for k, c in head.items() if c.value}
    found = {t: _sheet_rows(by_title.get(t, ()), f"{file}!{t}", findings) for t in tables}
    for title in by_title:
        if title not in (HEAD, *tables):
            names = "、".join((HEAD, *tables))
            findings.append(
                Finding(f"{file}!{title}", 1, title, title, f"表名只用：{names}", f"sheets are named {names}")
            )
    return Book(Entry(place, 1, head, findings), found, findings)


def _yaml_rows(node: yaml.Node, file: str, table: str, findings: list[Finding]) -> list[Entry]:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.SequenceNode):
        findings.append(
            Finding(file, line, table, "（不是列表 no list）", "以“- ”开头的若干项", "items, each after `- `")
        )
        return []
    rows = []
    for item in node.value:
        at = item.start_mark.line + 1
        if isinstance(item, yaml.MappingNode):
            cells = {str(k.value): _yaml_cell(v) for k, v in item.value}
            rows.append(Entry(file, at, cells, findings))
        else:
            findings.append(Finding(file, at, table, _node_text(item), "“键: 值”形式的若干行", "lines of `key: value`"))
    return rows


def _yaml_cell(node: yaml.Node) -> Cell:
    if isinstance(node, yaml.SequenceNode):
        return Cell(tuple(_node_text(n) for n in node.value), node.start_mark.line + 1)
    return Cell(_node_text(node), node.start_mark.line + 1)


def _node_text(node: yaml.Node) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else "（一组值 several values）"


def _sheet_rows(rows: Sequence[Sequence[object]], place: str, findings: list[Finding]) -> list[Entry]:
    if not rows:
        return []
    heading = [_shown(c) for c in rows[0]]
    entries = []
    for number, row in enumerate(rows[1:], start=2):
        cells = {h: Cell(_shown(c), number) for h, c in zip(heading, row, strict=False) if h and _shown(c)}
        if cells:
            entries.append(Entry(place, number, cells, findings))
    return entries


def _shown(value: object) -> str:
    """A cell of a workbook as a person reads it; a time of day as hours:minutes, a whole number without a point."""
    if value is None:
        return ""
    if isinstance(value, time):
        return f"{value.hour}:{value.minute:02d}"
    if isinstance(value, timedelta):
        total = round(value.total_seconds() / 60)
        return f"{total // 60}:{total % 60:02d}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
