"""The picture of one lane: evidence, world, prospect and judge of one chain, kept up to date message by message."""

from collections.abc import Callable
from datetime import datetime

from schemas.assessment import Assessment
from schemas.chain import Chain
from schemas.feed import FeedMessage
from schemas.score import Score
from services.risk.blueprint import Blueprint, Place
from services.risk.causes import Blame
from services.risk.evidence import Evidence
from services.risk.judgement import Judge, Look, subjects_of
from services.risk.news import has_moved
from services.risk.prospect import Prospect, Seer
from services.risk.remedy.avoidance import Avoider
from services.risk.rules import RuleSet
from services.risk.state.world import Watchtower, World
from services.risk.wanted import wanted
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
        self._seer = Seer(self.blueprint, self.evidence, self.rules)
        self._onlooker = Watchtower(self.blueprint, self.evidence, self.rules.priors)
        self._judge: Judge | None = None
        self.subjects = subjects_of(self.blueprint)

    def take(self, message: FeedMessage) -> None:
        """Take a feed message of this lane in."""
        self._changed |= self.evidence.take(message)

    def mark(self, score: Score) -> None:
        """Note that a reading of this lane is anomalous."""
        self.evidence.mark(score)
        self._changed.add(score.series)

    def has_news(self) -> bool:
        """True when something was taken in since the last judgement."""
        return bool(self._changed)

    def world(self, as_of: datetime) -> World:
        """The world at a moment for those who only ask: seen apart, so that no question changes what is judged."""
        return self._onlooker.see(to_us(as_of), is_for_record=False)

    def judge_changed(self, is_wanted: Callable[[Look, datetime, Place], bool]) -> list[Assessment]:
        """Judge again when the world moved since it was last run, as of the newest known time; put into words what is wanted.

        A world that went as foreseen is not run again: its last prospect holds, only ages of reports are looked at anew.
        """
        self._changed.clear()
        as_of_us = self.evidence.known_us
        world = self._seer.see(as_of_us, is_for_record=False)
        if self._judge is None or has_moved(self._judge.prospect, world, self.blueprint):
            self._use(self._seer.look_ahead(world))
        judge, as_of, places = self._ready(), from_us(as_of_us), self.blueprint.places
        looks = [judge.look(s, as_of_us) for s in self.subjects]
        return [judge.tell(k, as_of) for k in looks if is_wanted(k, as_of, places[k.subject.account])]

    def judge_all(self, as_of: datetime) -> list[Assessment]:
        """Judge everything at ``as_of``."""
        looks = self.judge_all_looks(as_of)
        return [self._ready().tell(look, as_of) for look in looks]

    def judge_all_looks(self, as_of: datetime) -> list[Look]:
        """Look at everything at ``as_of``."""
        self._changed.clear()
        as_of_us = to_us(as_of)
        self._use(self._seer.look_ahead(self._seer.see(as_of_us)))
        return [self._ready().look(s, as_of_us) for s in self.subjects]

    def tell(self, look: Look, as_of: datetime) -> Assessment:
        """The assessment of a look just taken."""
        return self._ready().tell(look, as_of)

    def _use(self, prospect: Prospect) -> None:
        blame = Blame(self.blueprint, self._seer, prospect, self.rules.priors.most_causes)
        avoider = Avoider(self.blueprint, self._seer, prospect, self.rules)
        judged = {s.account for s in self.subjects}
        self._judge = Judge(
            lane=self.lane,
            blueprint=self.blueprint,
            evidence=self.evidence,
            prospect=prospect,
            blame=blame,
            avoider=avoider,
            rules=self.rules,
            wanted=wanted(self.blueprint, prospect.world.disturbed, judged),
        )

    def _ready(self) -> Judge:
        if self._judge is None:
            raise RuntimeError("nothing was judged yet; judge_all_looks or judge_changed comes first")
        return self._judge
