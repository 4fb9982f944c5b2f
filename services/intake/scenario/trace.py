"""What truly happened, hour by hour: the record of a simulation. It is read by the reporters and by the scorer's truth, by nobody else."""

from dataclasses import dataclass, field

import numpy as np

from services.intake.scenario.layout import Floats


@dataclass
class Trace:
    """Rows are hours from ``first_hour`` on; columns are holdings, links, nodes or products as the name says.

    ``stock`` is at the end of the hour. ``start_stock`` is the stock before the first hour.
    """

    first_hour: int
    start_stock: Floats
    start_on_way: Floats
    _rows: dict[str, list[Floats]] = field(default_factory=dict)

    def add(self, **columns: Floats) -> None:
        """Append one hour."""
        for name, values in columns.items():
            self._rows.setdefault(name, []).append(values)

    def __len__(self) -> int:
        return len(self._rows.get("stock", []))

    @property
    def last_hour(self) -> int:
        """Hour after the last recorded one."""
        return self.first_hour + len(self)

    def hour(self, name: str, hour: int) -> Floats:
        """A quantity in one hour. Raises KeyError for an unknown name, IndexError for an hour that was not lived."""
        if not self.first_hour <= hour < self.last_hour:
            raise IndexError(f"hour {hour} is not in [{self.first_hour}, {self.last_hour})")
        return self._rows[name][hour - self.first_hour]

    def column(self, name: str, first: int | None = None, last: int | None = None) -> Floats:
        """Hours [first, last) of a quantity as an array hours × columns; all of it by default.

        Raises KeyError for an unknown name. Names: stock, sent, landed, brought, asked, made, plan, used, need, on_way, price, node_factor.
        """
        rows = self._rows[name]
        begin = 0 if first is None else max(0, first - self.first_hour)
        end = len(rows) if last is None else max(begin, last - self.first_hour)
        return np.array(rows[begin:end])
