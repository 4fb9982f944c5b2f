"""All runs of one alert episode while one happening is decided about. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import structs

from schemas.alert import Alert
from schemas.chain import Node
from schemas.level import LEVEL_ZH
from schemas.run import Run, RunState
from services.response.course import Course, Plans, Words
from services.response.flow import advance, is_at_rest
from services.response.playbook import Playbook
from services.response.progress import Progress
from services.response.record import Change, Standing, digest


class Episode:
    """Runs by id, those that ended included. ``settle`` lets sub-plans begin and end; ``changes`` gives what came of it."""

    def __init__(
        self,
        standing: Iterable[Standing],
        plans: Plans,
        nodes: Mapping[str, Node],
        at: datetime,
        alert: Alert | None = None,
    ) -> None:
        self.plans, self.nodes, self.at = plans, nodes, at
        self.courses: dict[str, Course] = {}
        self.playbooks: dict[str, str] = {}
        for each in standing:
            self.playbooks[each.run.playbook] = each.run.run_id
            known = each.progress.alert or alert
            if known is not None:
                whole = structs.replace(each, progress=structs.replace(each.progress, alert=known))
                self.courses[each.run.run_id] = Course(whole, plans, nodes, at, is_new=False)

    def running(self) -> list[Course]:
        """Courses of runs that did not end."""
        return [course for course in self.courses.values() if course.is_running]

    def start(
        self,
        alert: Alert,
        playbook: Playbook,
        words: Words,
        *,
        parent: str = "",
        headline: Words = ("", ""),
        **detail: str,
    ) -> Course:
        """Begin a run and take its first steps."""
        course = Course(
            _begun(alert, playbook, self.at, parent, headline), self.plans, self.nodes, self.at, is_new=True
        )
        self.courses[course.run.run_id] = course
        self.playbooks[playbook.id] = course.run.run_id
        course.event("", "started", words, **detail)
        advance(course)
        return course

    def settle(self) -> None:
        """Begin the sub-plans that were called for; end those of which nothing is left to do, and tell the steps that wait for them."""
        is_settled = False
        while not is_settled:
            is_settled = True
            for course in list(self.courses.values()):
                called, course.children = course.children, []
                for step, playbook in called:
                    is_settled = False
                    self._call(course, step, playbook)
                if course.is_running and course.run.parent and is_at_rest(course):
                    is_settled = False
                    course.event("", "done", ("子预案各步骤办结", "the sub-plan has nothing left to do"))
                    course.end(RunState.DONE)
                if not course.is_running and course.run.parent:
                    is_settled = self._return(course) and is_settled

    def changes(self) -> list[Change]:
        """What happened to each run, in the order of the runs."""
        self.settle()
        found = [course.change() for course in self.courses.values()]
        return [change for change in found if change is not None]

    def _call(self, parent: Course, step: str, name: str) -> None:
        playbook = self.plans.playbook(name)
        if name in self.playbooks:
            parent.event(
                step,
                "joined",
                (f"预案“{name}”已在运行，不重复启动", f"plan {name} runs already"),
                run=self.playbooks[name],
            )
            parent.end_step(step, "done")
            advance(parent)
        elif playbook is None:
            parent.event(step, "failed", (f"没有预案“{name}”", f"there is no plan {name}"))
            parent.end_step(step, "cancelled")
            advance(parent)
        else:
            words = (f"由预案“{parent.playbook.name_zh}”调用", f"called by the plan {parent.playbook.name_en}")
            child = self.start(parent.alert, playbook, words, parent=parent.run.run_id)
            state = parent.state(step)
            if state is not None:
                parent.set_state(step, structs.replace(state, note=child.run.run_id))

    def _return(self, child: Course) -> bool:
        """Tell the step that called a sub-plan; True when nobody waited."""
        parent = self.courses.get(child.run.parent)
        if parent is None or not parent.is_running:
            return True
        for step in parent.open_steps():
            state = parent.state(step.id)
            if state is not None and state.note == child.run.run_id:
                parent.event(step.id, "done", ("子预案结束", "the sub-plan ended"), run=child.run.run_id)
                parent.end_step(step.id, "done")
                advance(parent)
                return False
        return True


def started_words(alert: Alert) -> Words:
    """How a run that a warning began says so."""
    return (
        f"预案启动：系统研判{LEVEL_ZH[alert.level]}，{alert.headline_zh}",
        f"playbook started at {alert.level.value} (system proposal): {alert.headline_en}",
    )


def _begun(alert: Alert, playbook: Playbook, at: datetime, parent: str, headline: Words) -> Standing:
    run = Run(
        run_id=digest("run", alert.lane, alert.episode, playbook.id, playbook.version),
        lane=alert.lane,
        episode=alert.episode,
        playbook=playbook.id,
        version=playbook.version,
        state=RunState.RUNNING,
        started_at=at,
        node=alert.node,
        product=alert.product,
        level=alert.level.value,
        name_zh=playbook.name_zh,
        name_en=playbook.name_en,
        parent=parent,
    )
    progress = Progress(alert=alert, sequence=alert.sequence, headline_zh=headline[0], headline_en=headline[1])
    return Standing(run=run, playbook=playbook, progress=progress)
