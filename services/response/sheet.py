"""A YAML file of the operator, read key by key. Everything wrong is collected with file, line, what was given and what would be right. Pure."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

import yaml
from msgspec import Struct

from services.runtime.errors import ConfigurationError

Word = TypeVar("Word")
_LOADER: Any = getattr(
    yaml, "CSafeLoader", yaml.SafeLoader
)  # the compiled one where it was built: plans are read ten times as fast
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")
_AMOUNT = re.compile(r"(\d{1,5})\s*(\S+)")


class Problem(Struct, frozen=True, order=True):
    """One finding. ``line`` counts from 1."""

    file: str
    line: int
    key: str
    given: str
    wanted_zh: str
    wanted_en: str

    def sentence(self) -> str:
        """The finding in two lines, Chinese first."""
        return (
            f"{self.file}:{self.line} [{self.key}] 给出 {self.given!r}，应为：{self.wanted_zh}\n"
            f"    given {self.given!r}, right would be: {self.wanted_en}"
        )


class PlanFilesError(ConfigurationError):
    """Playbooks or contacts cannot be used; ``findings`` holds everything found, by file and line."""

    def __init__(self, findings: Iterable[Problem]) -> None:
        self.findings = tuple(sorted(set(findings)))
        super().__init__(*(finding.sentence() for finding in self.findings))


class Sheet:
    """One mapping of a file. Each question answers with a value or notes a problem and answers with something empty.

    ``finish`` notes keys that nobody asked for: a misspelt key must not pass in silence.
    """

    def __init__(self, node: yaml.Node, file: str, problems: list[Problem]) -> None:
        self._node = node
        self._file = file
        self._problems = problems
        self._asked: list[str] = []
        self._values: dict[str, yaml.Node] = {}
        self._keys: dict[str, yaml.Node] = {}
        if not isinstance(node, yaml.MappingNode):
            self._note(node, "", _shown(node), "“键: 值”形式的若干行", "lines of `key: value`")
            return
        for key, value in node.value:
            name = str(key.value)
            if name in self._values:
                self._note(key, name, name, f"每个键只写一次（已在第 {_line(self._keys[name])} 行）", "each key once")
            self._keys[name], self._values[name] = key, value

    def has(self, key: str) -> bool:
        """True when the key is there; it counts as asked for."""
        self._asked.append(key)
        return key in self._values

    def note(self, key: str, given: object, wanted_zh: str, wanted_en: str) -> None:
        """Note a problem with a key's value, or with the whole mapping where the key is missing."""
        self._note(self._values.get(key, self._node), key, str(given), wanted_zh, wanted_en)

    def text(
        self, key: str, *, default: str | None = None, pattern: str = r"(?s).*\S.*", wanted: str = "非空文字 some text"
    ) -> str:
        """Text of a key; a problem when missing without a default, not a single text, or against the pattern."""
        if not self.has(key):
            if default is None:
                self.note(key, "（缺少 missing）", f"必须写明“{key}”：{wanted}", f"the key {key} with {wanted}")
            return default or ""
        node = self._values[key]
        if not isinstance(node, yaml.ScalarNode) or not re.fullmatch(pattern, node.value):
            self.note(key, _shown(node), wanted, wanted)
            return ""
        return str(node.value).strip()

    def texts(self, key: str, pattern: str = r"(?s).*\S.*", wanted: str = "非空文字 some text") -> tuple[str, ...]:
        """A list of texts of a pattern, one text standing for a list of one; empty when the key is missing."""
        if not self.has(key):
            return ()
        node = self._values[key]
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for item in items:
            if not isinstance(item, yaml.ScalarNode) or not re.fullmatch(pattern, item.value):
                self._note(item, key, _shown(item), wanted, wanted)
        return tuple(str(item.value).strip() for item in items if isinstance(item, yaml.ScalarNode))

    def words(self, key: str, table: Mapping[str, Word]) -> tuple[Word, ...]:
        """A list of words of a table (or of the ids they stand for); empty when the key is missing."""
        if not self.has(key):
            return ()
        node = self._values[key]
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not items:
            self.note(key, "[]", _choices(table), _choices(table))
        return tuple(w for w in (self._word(key, item, table) for item in items) if w is not None)

    def word(self, key: str, table: Mapping[str, Word], default: Word) -> Word:
        """One word of a table; the default when the key is missing or wrong (a wrong one is noted)."""
        found = self.words(key, table)
        if len(found) > 1:
            self.note(key, _shown(self._values[key]), "只写一个", "only one of them")
        return found[0] if found else default

    def minutes(self, key: str, table: Mapping[str, int]) -> int | None:
        """A duration such as ``2 小时``, in minutes, more than 0; None when the key is missing or wrong (a wrong one is noted)."""
        if not self.has(key):
            return None
        given = _shown(self._values[key])
        found = _AMOUNT.fullmatch(given)
        if found is None or found[2] not in table or int(found[1]) == 0:
            units = "、".join(table)
            self.note(
                key,
                given,
                f"正整数加单位（{units}），如 2 小时",
                f"a whole number and a unit ({units}), such as 2 小时",
            )
            return None
        return int(found[1]) * table[found[2]]

    def number(self, key: str, wanted: str = "数字，如 7 或 7.5 a number") -> float | None:
        """A number; None when the key is missing or wrong (a wrong one is noted)."""
        if not self.has(key):
            return None
        given = _shown(self._values[key])
        if not _NUMBER.fullmatch(given):
            self.note(key, given, wanted, wanted)
            return None
        return float(given)

    def pairs(self, key: str, allowed: Iterable[str]) -> dict[str, str]:
        """A mapping of some of the ``allowed`` keys to texts; empty when the key is missing."""
        sheet = self.sheet(key) if self.has(key) else None
        if sheet is None:
            return {}
        found = {name: sheet.text(name) for name in allowed if sheet.has(name)}
        sheet.finish()
        return found

    def sheet(self, key: str) -> "Sheet | None":
        """The mapping under a key; None, and a problem, when it is missing."""
        if not self.has(key):
            self.note(key, "（缺少 missing）", f"必须写明“{key}”", f"the key {key}")
            return None
        return Sheet(self._values[key], self._file, self._problems)

    def sheets(self, key: str) -> "list[Sheet]":
        """The list of mappings under a key; a problem when it is missing, no list or empty."""
        if not self.has(key):
            self.note(key, "（缺少 missing）", f"必须写明“{key}”，至少一项", f"the key {key} with at least one item")
            return []
        node = self._values[key]
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            self.note(key, _shown(node), "以“- ”开头的若干项", "a list of items, each after `- `")
            return []
        return [Sheet(item, self._file, self._problems) for item in node.value]

    def finish(self) -> None:
        """Note every key that nobody asked for."""
        allowed = sorted(set(self._asked))
        for name, key in self._keys.items():
            if name not in allowed:
                near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.4)
                hint_zh, hint_en = (f"是否想写“{near[0]}”？", f"did you mean {near[0]}? ") if near else ("", "")
                keys = "、".join(allowed)
                self._note(key, name, name, f"{hint_zh}可用的键：{keys}", f"{hint_en}one of the keys {keys}")

    def _word(self, key: str, node: yaml.Node, table: Mapping[str, Word]) -> Word | None:
        given = _shown(node)
        if isinstance(node, yaml.ScalarNode):
            if given in table:
                return table[given]
            for value in table.values():
                if str(value) == given:
                    return value
        self._note(node, key, given, _choices(table), _choices(table))
        return None

    def _note(self, node: yaml.Node, key: str, given: str, wanted_zh: str, wanted_en: str) -> None:
        self._problems.append(Problem(self._file, _line(node), key, given, wanted_zh, wanted_en))


def open_sheet(text: str, file: str, problems: list[Problem]) -> Sheet | None:
    """The mapping a YAML text consists of; None, and a problem, when it is no YAML or empty."""
    try:
        node = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(
            Problem(file, line, "", str(error.problem), "合法的 YAML（缩进用空格，冒号后有空格）", "valid YAML")
        )
        return None
    except yaml.YAMLError as error:
        problems.append(
            Problem(file, 1, "", str(error).splitlines()[0], "UTF-8 编码的 YAML 文本", "YAML text in UTF-8")
        )
        return None
    if node is None:
        problems.append(Problem(file, 1, "", "（空文件 empty file）", "一份预案或通讯录", "a playbook or contacts"))
        return None
    return Sheet(node, file, problems)


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(node: yaml.Node) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    return "（列表 a list）" if isinstance(node, yaml.SequenceNode) else "（一组键值 a mapping）"


def _choices(table: Mapping[str, object]) -> str:
    return "、".join(word if word == str(value) else f"{word} ({value})" for word, value in table.items())
