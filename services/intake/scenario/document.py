"""A YAML file that knows its lines: fields are read one by one, and every finding names file, line, field and what would be right."""

from collections.abc import Sequence
from datetime import date, datetime

import yaml

from services.runtime.errors import ConfigurationError

_HOURS = {"h": 1.0, "d": 24.0}


class Findings:
    """The problems of one file, in order of discovery."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: list[str] = []

    def add(self, line: int, path: str, given: str, wanted: str) -> None:
        """Note a problem: what was given and what would be right."""
        self.lines.append(f"{self.name}:{line}: {path}: 给出 given {given}; 应为 wanted {wanted}")


class Section:
    """One mapping of the file. Reading a field marks it as known; ``finish`` reports the unknown ones."""

    def __init__(self, node: yaml.Node, path: str, findings: Findings) -> None:
        self._path = path
        self._findings = findings
        self.line = node.start_mark.line + 1
        self._fields: dict[str, yaml.Node] = {}
        self._read: set[str] = set()
        if not isinstance(node, yaml.MappingNode):
            findings.add(self.line, path or "file", _shown(node), "fields, each as name: value")
            return
        for key, value in node.value:
            if key.value in self._fields:
                findings.add(key.start_mark.line + 1, self._at(key.value), "the field twice", "it once")
            self._fields[key.value] = value

    def has(self, name: str) -> bool:
        """True when the field is given."""
        return name in self._fields

    def text(self, name: str, default: str | None = None, choices: Sequence[str] = ()) -> str:
        """A text; without default it must be given."""
        value = self._scalar(name, default, f"one of {', '.join(choices)}" if choices else "a text")
        if value is None:
            return default or ""
        text = str(value)
        if choices and text not in choices:
            self.problem(name, text, f"one of {', '.join(choices)}")
        return text

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """A number from low to high."""
        wanted = f"a number from {low:g} to {high:g}"
        value = self._scalar(name, default, wanted)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            if value is not None:
                self.problem(name, repr(value), wanted)
            return default if default is not None else low
        return float(value)

    def optional_number(self, name: str, low: float, high: float) -> float | None:
        """A number, or None when the field is left out."""
        return self.number(name, low, high) if self.has(name) else None

    def flag(self, name: str) -> bool:
        """True or false; false when left out."""
        value = self._scalar(name, False, "true or false")
        if not isinstance(value, bool):
            self.problem(name, repr(value), "true or false")
            return False
        return value

    def hours(self, name: str, default: float | None = None) -> float:
        """A duration such as ``36 h`` or ``14 d``, in hours."""
        wanted = "a duration such as 36 h or 14 d"
        value = self._scalar(name, default, wanted)
        if isinstance(value, float) and value == default:
            return value
        parts = str(value).split()
        if value is None:
            return default or 0.0
        try:
            return float(parts[0]) * _HOURS[parts[1]]
        except (IndexError, KeyError, ValueError):
            self.problem(name, repr(value), wanted)
            return default or 0.0

    def moment(self, name: str) -> date | datetime | None:
        """A date or a time with its offset, None (and a finding) when it is neither."""
        wanted = "a date such as 2022-04-14 or a time such as 2022-04-14T12:00:00+08:00"
        value = self._scalar(name, None, wanted)
        if isinstance(value, date):
            return value
        if value is not None:
            self.problem(name, repr(value), wanted)
        return None

    def words(self, name: str) -> tuple[str, str]:
        """A text in two languages: ``{zh: …, en: …}``."""
        section = self.section(name)
        if section is None:
            return "", ""
        words = section.text("zh"), section.text("en")
        section.finish()
        return words

    def section(self, name: str) -> "Section | None":
        """A mapping inside; None (and a finding) when it is missing."""
        node = self._node(name, "fields below it")
        return None if node is None else Section(node, self._at(name), self._findings)

    def sections(self, name: str) -> list["Section"]:
        """A list of mappings; empty when left out."""
        return [Section(item, f"{self._at(name)}[{i}]", self._findings) for i, item in enumerate(self._items(name))]

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty when left out."""
        return [str(item.value) for item in self._items(name)]

    def lists(self, name: str) -> list[list[str]]:
        """A list of lists of texts; empty when left out."""
        return [
            [str(x.value) for x in item.value] if isinstance(item, yaml.SequenceNode) else []
            for item in self._items(name)
        ]

    def problem(self, name: str, given: str, wanted: str) -> None:
        """Note that a field is wrong."""
        node = self._fields.get(name)
        line = node.start_mark.line + 1 if node is not None else self.line
        self._findings.add(line, self._at(name), given, wanted)

    def finish(self) -> None:
        """Report fields nobody read: misspelt ones."""
        for name in self._fields:
            if name not in self._read:
                known = ", ".join(sorted(self._read))
                self.problem(name, "an unknown field", f"one of {known}")

    def _items(self, name: str) -> list[yaml.Node]:
        self._read.add(name)
        node = self._fields.get(name)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.problem(name, _shown(node), "a list")
            return []
        items: list[yaml.Node] = node.value
        return items

    def _node(self, name: str, wanted: str) -> yaml.Node | None:
        self._read.add(name)
        if name not in self._fields:
            self._findings.add(self.line, self._at(name), "nothing", wanted)
            return None
        return self._fields[name]

    def _scalar(self, name: str, default: object, wanted: str) -> object:
        self._read.add(name)
        if name not in self._fields and default is not None:
            return default
        node = self._node(name, wanted)
        if node is None:
            return None
        if not isinstance(node, yaml.ScalarNode):
            self.problem(name, _shown(node), wanted)
            return None
        value: object = yaml.SafeLoader("").construct_object(node)
        if value is None:
            self.problem(name, "nothing", wanted)
        return value

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "fields"
    return "a list" if isinstance(node, yaml.SequenceNode) else repr(node.value)


def open_document(text: str, name: str) -> tuple[Section, Findings]:
    """The outermost mapping of a YAML text. Raises ConfigurationError with the line when it is not YAML."""
    findings = Findings(name)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{name}:{line}: 不是有效的 YAML not valid YAML: {error.problem}") from error
    if node is None:
        raise ConfigurationError(f"{name}:1: 文件是空的 the file is empty")
    return Section(node, "", findings), findings
