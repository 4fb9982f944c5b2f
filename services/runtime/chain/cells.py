"""Reading the cells of one row into typed values; every fault is noted and a harmless default returned, so that all faults show at once."""

import difflib
import math
import re
from collections.abc import Collection
from datetime import date, datetime

from services.runtime.chain.problem import Problem, problem
from services.runtime.chain.tables import Row
from services.runtime.chain.units import UnitError, factor_between, parse_unit

ID_LIMIT = 32
_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_ADMIN_CODE = re.compile(r"\d{6}")
_FLAGS = {"yes": True, "1": True, "true": True, "是": True, "no": False, "0": False, "false": False, "否": False}


class Cells:
    """The cells of a row. Faults go to ``problems``; ``is_sound`` is false once there was one."""

    def __init__(self, row: Row, problems: list[Problem]) -> None:
        self.place = row.place
        self.is_sound = True
        self._cells = row.cells
        self._problems = problems

    def fault(self, code: str, column: str, **facts: object) -> None:
        """Note a fault of the row."""
        self.is_sound = False
        self._problems.append(problem(code, self.place, column, self._cells.get(column, ""), **facts))

    def has(self, column: str) -> bool:
        """True when the cell is there and not blank."""
        return bool(self._cells.get(column))

    def text(self, column: str, *, is_required: bool = False) -> str:
        """The cell as it stands."""
        value = self._cells.get(column, "")
        if is_required and not value:
            self.fault("blank", column)
        return value

    def identifier(self, column: str) -> str:
        """A short ASCII id."""
        value = self.text(column, is_required=True)
        if value and (not _ID.fullmatch(value) or len(value) > ID_LIMIT):
            self.fault("bad_id", column, limit=ID_LIMIT)
        return value

    def number(self, column: str, low: float, high: float, *, default: float | None = None) -> float:
        """A finite number of [low, high]; a blank cell gives ``default`` where there is one."""
        value = self._cells.get(column, "")
        if not value:
            if default is None:
                self.fault("blank", column)
            return default or 0.0
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in value:
            self.fault("not_a_number", column)
            return low
        if not low <= number <= high:
            self.fault("out_of_range", column, low=f"{low:g}", high=f"{high:g}")
            return low
        return number

    def whole(self, column: str, low: int, high: int, *, default: int) -> int:
        """A whole number of [low, high]."""
        number = self.number(column, low, high, default=default)
        if number != int(number):
            self.fault("not_a_number", column)
        return int(number)

    def flag(self, column: str, *, default: bool) -> bool:
        """yes or no, also 1/0, true/false, 是/否."""
        value = self._cells.get(column, "").casefold()
        if not value:
            return default
        if value not in _FLAGS:
            self.fault("not_a_flag", column)
        return _FLAGS.get(value, default)

    def day(self, column: str) -> date | None:
        """A date or nothing."""
        value = self._cells.get(column, "")
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fault("not_a_date", column)
            return None

    def moment(self, column: str) -> datetime | None:
        """An aware time, or None after a fault."""
        value = self.text(column, is_required=True)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            if value:
                self.fault("not_a_moment", column)
            return None
        return moment

    def choice(self, column: str, allowed: Collection[str]) -> str:
        """One of the allowed words."""
        value = self.text(column, is_required=True)
        if value and value not in allowed:
            near = difflib.get_close_matches(value, list(allowed), n=1) or list(allowed)[:1]
            self.fault("not_a_choice", column, allowed=", ".join(allowed), near=near[0])
        return value

    def admin_code(self, column: str, *, may_be_blank: bool) -> str:
        """Six digits (GB/T 2260); 000000 is abroad."""
        value = self._cells.get(column, "")
        if not (value or may_be_blank) or (value and not _ADMIN_CODE.fullmatch(value)):
            self.fault("bad_admin_code", column)
        return value

    def unit(self, column: str, known: str) -> str:
        """A unit that is known."""
        value = self.text(column, is_required=True)
        if value:
            try:
                parse_unit(value)
            except UnitError:
                self.fault("bad_unit", column, known=known)
        return value

    def rate_factor(self, unit_column: str, wanted: str) -> float:
        """What turns the row's unit into ``wanted``, a rate per day."""
        unit = self._cells.get(unit_column, "")
        try:
            return factor_between(unit, wanted)
        except UnitError:
            if unit and self.is_sound:
                self.fault("unit_mismatch", unit_column, wanted=wanted)
            return 1.0
