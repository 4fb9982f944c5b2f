"""The picture of one lane: evidence, situation, forecast and judge of one chain, kept up to date message by message."""

from datetime import datetime

from detectors.network import Forecast
from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from services.risk.blueprint import Blueprint
from services.risk.evidence import Evidence
from services.risk.judgement import Judge, Subject, subjects_of
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

    def judge_changed(self) -> list[Assessment]:
        """Judge what the messages since the last judgement reach, as of the newest known time."""
        if not self._is_computed:
            return self.judge_all(from_us(self.evidence.known_us))
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
        as_of = from_us(as_of_us)
        return [self._judge.judge(s, as_of) for a in sorted(reached) for s in self._subjects_of.get(a, ())]

    def judge_all(self, as_of: datetime) -> list[Assessment]:
        """Judge everything at ``as_of``."""
        self._changed.clear()
        b = self.blueprint
        self._situation.refresh(to_us(as_of), set(range(len(b.places))), set(range(len(b.links))))
        self._forecast.run()
        self._is_computed = True
        return [self._judge.judge(s, as_of) for s in self.subjects]
