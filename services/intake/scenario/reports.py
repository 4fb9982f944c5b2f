"""Reports in columns, before they get a lane and dates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.intake.scenario.layout import Bools, Floats, Ints

_MINUTE = 1.0 / 60.0


@dataclass(frozen=True)
class Reports:
    """Rows in columns. Times are hours from the start of day 0; ``detail`` is '' where there is none; ``series`` indexes the catalogue."""

    series: Ints
    observed: Floats
    issued: Floats
    known: Floats
    value: Floats
    quality: Ints
    detail: list[str]

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.series)

    def picked(self, which: Bools | Ints) -> "Reports":
        """Only these rows: a mask, or indices in the order wanted."""
        index = np.flatnonzero(which) if which.dtype == np.bool_ else which
        return Reports(
            series=self.series[index],
            observed=self.observed[index],
            issued=self.issued[index],
            known=self.known[index],
            value=self.value[index],
            quality=self.quality[index],
            detail=[self.detail[i] for i in index.tolist()],
        )

    @staticmethod
    def joined(parts: "Sequence[Reports]") -> "Reports":
        """Parts one after the other, ordered by the time they become known. At least one part."""
        whole = Reports(
            series=np.concatenate([p.series for p in parts]),
            observed=np.concatenate([p.observed for p in parts]),
            issued=np.concatenate([p.issued for p in parts]),
            known=np.concatenate([p.known for p in parts]),
            value=np.concatenate([p.value for p in parts]),
            quality=np.concatenate([p.quality for p in parts]),
            detail=[d for p in parts for d in p.detail],
        )
        return whole.picked(np.lexsort((whole.series, whole.observed, whole.known)))


def plain_reports(series: Ints, observed: Floats, known: Floats, value: Floats, quality: Ints) -> Reports:
    """Rows without detail, published a minute before they are known, never before they are observed."""
    issued = np.maximum(known - _MINUTE, observed)
    return Reports(series, observed, issued, known, value, quality, [""] * len(series))
