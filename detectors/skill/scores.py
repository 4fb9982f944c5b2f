"""Counts of warnings and events, which add up over scenarios, and the scores of a sum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.skill.events import Event
from detectors.skill.matching import Fate, Matching

EARLY_H = 96.0
HOURS_PER_MONTH = 730.5

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts of one scenario. Leads in hours, 0 for a miss: ``leads`` of the hits; ``early_leads`` of every event whose cause was published at least
    96 h before it. ``node_hours`` are watched hours over all places."""

    events: int
    hits: int
    foreseeable: int
    foreseeable_hits: int
    false: int
    late: int
    undecided: int
    node_hours: float
    leads: tuple[float, ...]
    early_leads: tuple[float, ...]


def tally(events: Sequence[Event], matching: Matching, node_hours: float) -> Tally:
    """Count one scenario. Raises ValueError when ``node_hours`` is negative or not a number."""
    if not node_hours >= 0:
        raise ValueError(f"node_hours {node_hours}: hours watched, 0 or more, are right")
    is_hit = matching.episode_of >= 0
    is_foreseeable = np.array([e.is_foreseeable for e in events], dtype=bool)
    lead = np.where(is_hit, matching.lead_h, 0.0)
    is_early = np.array([e.shown_h is not None and e.hour - e.shown_h >= EARLY_H for e in events], dtype=bool)
    return Tally(
        events=len(events),
        hits=int(is_hit.sum()),
        foreseeable=int(is_foreseeable.sum()),
        foreseeable_hits=int((is_hit & is_foreseeable).sum()),
        false=matching.fates.count(Fate.FALSE),
        late=matching.fates.count(Fate.LATE),
        undecided=matching.fates.count(Fate.OPEN),
        node_hours=node_hours,
        leads=tuple(lead[is_hit].tolist()),
        early_leads=tuple(lead[is_early].tolist()),
    )


def figures(tallies: Sequence[Tally]) -> dict[str, float]:
    """Scores of the sum of these tallies; NaN where nothing can be said.

    ``pod`` hits per event; ``far`` false per (hit + false), ``far_with_late`` counting late episodes as false too; ``csi`` hits per
    (event + false); ``*_foreseeable`` the same over foreseeable events. Median and 10th percentile of leads in hours over hits, and over all
    events whose cause was published at least 96 h before, where a miss has lead 0. ``false_per_node_month``: a month is 730.5 h.
    """

    def total(name: str) -> float:
        return float(sum(getattr(t, name) for t in tallies))

    events, hits, false, late = total("events"), total("hits"), total("false"), total("late")
    foreseeable, seen = total("foreseeable"), total("foreseeable_hits")
    leads = np.array([x for t in tallies for x in t.leads])
    early = np.array([x for t in tallies for x in t.early_leads])
    return {
        "events": events,
        "hits": hits,
        "misses": events - hits,
        "foreseeable": foreseeable,
        "foreseeable_hits": seen,
        "false_alarms": false,
        "late": late,
        "undecided": total("undecided"),
        "pod": _share(hits, events),
        "pod_foreseeable": _share(seen, foreseeable),
        "far": _share(false, hits + false),
        "far_with_late": _share(false + late, hits + false + late),
        "csi": _share(hits, events + false),
        "csi_foreseeable": _share(seen, foreseeable + false),
        "lead_median_h": _quantile(leads, 0.5),
        "lead_p10_h": _quantile(leads, 0.1),
        "early_events": float(len(early)),
        "early_lead_median_h": _quantile(early, 0.5),
        "early_lead_p10_h": _quantile(early, 0.1),
        "false_per_node_month": _share(false, total("node_hours") / HOURS_PER_MONTH),
        "node_years": total("node_hours") / HOURS_PER_MONTH / 12,
    }


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _quantile(values: Floats, at: float) -> float:
    return float(np.quantile(values, at)) if len(values) else float("nan")
