"""A YAML document read with its lines, so that every complaint can say where. Pure: text in, values out, problems collected."""

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

import yaml

from services.runtime.errors import ConfigurationError

T = TypeVar("T")
_MOST_BYTES = 1_000_000


class Problems:
    """What is wrong in one file, one line each: ``file:line: Chinese / English``."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[str] = []

    def add(self, line: int, zh: str, en: str) -> None:
        """Remember one finding; the same is not told twice."""
        text = f"{self.file}:{line}: {zh} / {en}"
        if text not in self.found:
            self.found.append(text)

    def stop_if_any(self) -> None:
        """Raise ConfigurationError naming every finding, in the order of lines."""
        if self.found:
            raise ConfigurationError(*sorted(self.found, key=lambda t: int(t[len(self.file) + 1 :].split(":")[0])))


class Entry:
    """A node of the document. Reading methods return a default after a problem, so that one pass finds them all."""

    def __init__(self, node: yaml.Node, name: str, problems: Problems) -> None:
        self._node = node
        self.name = name
        self.problems = problems
        self.line = node.start_mark.line + 1
        self._fields: dict[str, Entry] = {}

    def complain(self, zh: str, en: str) -> None:
        """Add a problem at this line."""
        self.problems.add(self.line, f"{self.name}: {zh}", en)

    def fields(self, required: Iterable[str], optional: Iterable[str] = ()) -> "Entry":
        """Read this as a mapping with these keys; returns itself for ``take`` and ``get``."""
        required, known = list(required), [*required, *optional]
        if not isinstance(self._node, yaml.MappingNode):
            self.complain(f"应为若干“键: 值”，如 {known[0]}", f"should be keys and values, such as {known[0]}")
            return self
        for key, value in self._node.value:
            name = str(key.value)
            entry = Entry(value, name, self.problems)
            entry.line = key.start_mark.line + 1
            if name not in known:
                entry.complain(
                    f"未知的键，可用：{'、'.join(known)}", f"the key {name!r} is unknown; known: {', '.join(known)}"
                )
            elif name in self._fields:
                entry.complain("重复的键", f"the key {name!r} is given twice")
            else:
                self._fields[name] = entry
        for name in required:
            if name not in self._fields:
                self.complain(f"缺少 {name}", f"{name!r} is missing")
        return self

    def open_fields(self) -> "dict[str, Entry]":
        """Read this as a mapping whose keys are free (names of the table)."""
        if not isinstance(self._node, yaml.MappingNode):
            self.complain("应为若干“键: 值”", "should be keys and values")
            return {}
        return {str(key.value): Entry(value, str(key.value), self.problems) for key, value in self._node.value}

    def get(self, name: str, read: "Callable[[Entry], T]", default: T) -> T:
        """The field read by ``read``; ``default`` where it is not given."""
        entry = self._fields.get(name)
        return default if entry is None else read(entry)

    def has(self, name: str) -> bool:
        """True when the field is given."""
        return name in self._fields

    def items(self) -> "list[Entry]":
        """Read this as a list; a single value counts as a list of one."""
        if isinstance(self._node, yaml.SequenceNode):
            return [Entry(item, self.name, self.problems) for item in self._node.value]
        return [self]

    def text(self) -> str:
        """A single text."""
        if isinstance(self._node, yaml.ScalarNode):
            return str(self._node.value)
        self.complain("应为一段文字", "should be a single text")
        return ""

    def texts(self) -> list[str]:
        """One text or a list of them."""
        return [item.text() for item in self.items()]

    def one_of(self, known: Iterable[str]) -> str:
        """A word of a closed list."""
        words, given = list(known), self.text()
        if given not in words:
            self.complain(f"给出 {given!r}，可用：{'、'.join(words)}", f"given {given!r}, known: {', '.join(words)}")
            return words[0]
        return given

    def decimal(self) -> Decimal:
        """A finite number, exactly as written."""
        given = self.text()
        try:
            value = Decimal(given)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.complain(f"给出 {given!r}，应为数", f"given {given!r}, should be a number")
            return Decimal(0)
        return value

    def number(self, low: float = -1e15, high: float = 1e15) -> float:
        """A number within bounds."""
        value = float(self.decimal())
        if not low <= value <= high:
            self.complain(
                f"给出 {value:g}，应在 {low:g} 至 {high:g} 之间", f"given {value:g}, should be from {low:g} to {high:g}"
            )
            return low
        return value

    def day(self) -> date:
        """A calendar date, YYYY-MM-DD."""
        given = self.text()
        try:
            return date.fromisoformat(given)
        except ValueError:
            self.complain(f"给出 {given!r}，应为日期 YYYY-MM-DD", f"given {given!r}, should be a date YYYY-MM-DD")
            return date.min


def parse_document(text: str, file: str) -> Entry:
    """The root of a YAML text. Raises ConfigurationError with file and line when it is no YAML, empty or too large."""
    problems = Problems(file)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader) if len(text) <= _MOST_BYTES else None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.add(line, f"不是 YAML：{error.problem}", f"this is not YAML: {error.problem}")
    except yaml.YAMLError as error:
        problems.add(1, "不是 YAML", f"this is not YAML: {error}")
    else:
        if node is not None:
            return Entry(node, "mapping", problems)
        problems.add(1, "空文件或过大", f"the file is empty or longer than {_MOST_BYTES} characters")
    problems.stop_if_any()
    raise AssertionError("unreachable: there is always a problem here")
