"""The picture of one lane: evidence, situation, forecast and judge of one chain, kept up to date message by message."""

from collections.abc import Callable
from datetime import datetime

from detectors.network import Forecast
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from services.risk.blueprint import Blueprint, Place
from services.risk.evidence import Evidence
from services.risk.judgement import Judge, Look, Subject, subjects_of
from services.risk.rules import RuleSet
from services.risk.situation import Situation
from services.runtime.clock import from_us, to_us


class Picture:
    """Take messages, then ask for what they changed (``judge_changed``) or for everything (``judge_all``).

    After the same messages ``judge_all`` gives the same answer whatever was asked in between.
    """

    def __init__(self, lane: str, chain: Chain, rules: RuleSet) -> None:
        self.lane = lane
        self.rules = rules
        self.evidence = Evidence()
        self._changed: set[str] = set()
        self.use_chain(chain)

    def use_chain(self, chain: Chain) -> None:
        """Go on with another version of the chain; what is known of the series stays."""
        self.blueprint = Blueprint(chain)
        self._situation = Situation(self.blueprint, self.evidence)
        self._forecast = Forecast(self.blueprint.structure, self._situation.conditions)
        self._judge = Judge(self.lane, self.blueprint, self.evidence, self._forecast, self.rules)
        self.subjects = subjects_of(self.blueprint)
        self._subjects_of: dict[int, list[Subject]] = {}
        for subject in self.subjects:
            self._subjects_of.setdefault(subject.account, []).append(subject)
        self._is_computed = False

    def take(self, message: FeedMessage) -> None:
        """Take a feed message of this lane in."""
        self._changed |= self.evidence.take(message)

    def has_news(self) -> bool:
        """True when something was taken in since the last judgement."""
        return bool(self._changed)

    def judge_changed(self, is_wanted: Callable[[Look, datetime, Place], bool]) -> list[Assessment]:
        """Judge what the messages since the last judgement reach, as of the newest known time; put into words what is wanted."""
        if not self._is_computed:
            return self._tell_wanted(self.judge_all_looks(from_us(self.evidence.known_us)), is_wanted)
        accounts: set[int] = set()
        links: set[int] = set()
        for series in self._changed:
            touched = self.blueprint.touches.get(series)
            if touched is not None:
                accounts |= touched[0]
                links |= touched[1]
        self._changed.clear()
        if not accounts and not links:
            return []
        as_of_us = self.evidence.known_us
        for link in links:
            ends = self.blueprint.structure.links[link]
            accounts |= {ends.source, ends.target}
        self._situation.refresh(as_of_us, accounts, links)
        reached = self._forecast.update(accounts, links)
        return self._tell_wanted(
            [self._judge.look(s, as_of_us) for a in sorted(reached) for s in self._subjects_of.get(a, ())], is_wanted
        )

    def judge_all(self, as_of: datetime) -> list[Assessment]:
        """Judge everything at ``as_of``."""
        return [self._judge.tell(look, as_of) for look in self.judge_all_looks(as_of)]

    def judge_all_looks(self, as_of: datetime) -> list[Look]:
        """Look at everything at ``as_of``."""
        self._changed.clear()
        b = self.blueprint
        self._situation.refresh(to_us(as_of), set(range(len(b.places))), set(range(len(b.links))))
        self._forecast.run()
        self._is_computed = True
        return [self._judge.look(s, to_us(as_of)) for s in self.subjects]

    def tell(self, look: Look, as_of: datetime) -> Assessment:
        """The assessment of a look just taken."""
        return self._judge.tell(look, as_of)

    def _tell_wanted(self, looks: list[Look], is_wanted: Callable[[Look, datetime, Place], bool]) -> list[Assessment]:
        as_of = from_us(self.evidence.known_us)
        places = self.blueprint.places
        return [self._judge.tell(k, as_of) for k in looks if is_wanted(k, as_of, places[k.subject.account])]
