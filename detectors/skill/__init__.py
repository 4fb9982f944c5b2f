"""How well warnings and probabilities foretold what happened: plain numbers in, scores out.

Comes in: true events and warning episodes per account (hours on one axis per scenario), and forecasts issued at fixed hours. Goes out: hits, misses,
false alarms, leads; Brier score and skill, reliability, coverage of intervals; intervals of all of these by bootstrap over whole scenarios.
Always: an episode speaks for at most one event, nothing is counted that could not be verified to the end, and bad numbers are refused by name.
Baselines are imported from their own module: they need scikit-learn, for which a stage that only looks at events should not wait when it starts.
"""

from detectors.skill.bootstrap import intervals
from detectors.skill.brier import EDGES, HORIZONS_H, BrierSums, brier_scores, brier_skill, brier_sums
from detectors.skill.causes import by_cause
from detectors.skill.coverage import LATER_H, Share, TimeHeld, share_of, stock_held, time_held
from detectors.skill.events import Episode, Event, merged, spells
from detectors.skill.matching import Fate, Matching, match
from detectors.skill.observed import observed_breaks, observed_share
from detectors.skill.outcome import Outcome, outcomes
from detectors.skill.scores import Tally, figures, tally
from detectors.skill.value import Choice, Deciding, best_choice, deciding, value

__all__ = [
    "EDGES",
    "HORIZONS_H",
    "LATER_H",
    "BrierSums",
    "Choice",
    "Deciding",
    "Episode",
    "Event",
    "Fate",
    "Matching",
    "Outcome",
    "Share",
    "Tally",
    "TimeHeld",
    "best_choice",
    "brier_scores",
    "brier_skill",
    "brier_sums",
    "by_cause",
    "deciding",
    "figures",
    "intervals",
    "match",
    "merged",
    "observed_breaks",
    "observed_share",
    "outcomes",
    "share_of",
    "spells",
    "stock_held",
    "tally",
    "time_held",
    "value",
]
