"""One run of ``lianjing up``: start the parts, lay the tables, start the stages, stay, stop everything."""

import asyncio
import importlib
import importlib.util
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from services.cli.stack import foundations
from services.cli.stack.errors import PartMissingError, StackError
from services.cli.stack.layout import Layout
from services.cli.stack.logbook import Logbook, Shown
from services.cli.stack.part import Part
from services.cli.stack.process import started_at
from services.cli.stack.screen import Screen
from services.cli.stack.stage import STAGES
from services.cli.stack.state import PartState, StackState, write_state
from services.cli.stack.supervisor import Entry, Supervisor
from services.runtime.errors import LianjingError


@dataclass(frozen=True)
class Options:
    """What the user asked for. ``wanted`` are the names of the parts."""

    wanted: frozenset[str]
    demo: bool = False
    once: bool = False
    shown: Shown = Shown.ALL


class Session:
    """Runs the stack of a layout until it is told to stop. ``on_ready`` is called once everything answers."""

    def __init__(self, layout: Layout, options: Options, screen: Screen, on_ready: Callable[[], None]) -> None:
        self._layout = layout
        self._options = options
        self._screen = screen
        self._on_ready = on_ready
        self._since = datetime.now(UTC).isoformat(timespec="seconds")
        self._stop = asyncio.Event()
        self._logbook = Logbook(layout.home / "logs", options.shown, screen.log_line)
        self._supervisor = Supervisor(self._logbook, screen.say, self._remember)

    async def run(self) -> int:
        """Everything from start to clean stop. Returns the exit code; a part that cannot run gives 3."""
        self._listen_to_signals()
        work = asyncio.create_task(self._work())
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self._screen.say("正在停止……", "stopping …")
                work.cancel()
            with suppress(asyncio.CancelledError):
                return await work
            return 0
        finally:
            stopped.cancel()
            self._stop.set()
            self._logbook.hush()
            await self._supervisor.stop()
            self._remember(self._supervisor.entries)
            self._logbook.close()
            self._screen.say("已全部停止", "everything has stopped")

    async def _work(self) -> int:
        parts = self._layout.infrastructure(self._options.wanted)
        self._check(parts)
        compiling = asyncio.create_task(self._compile())
        try:
            return await self._serve(parts, compiling)
        finally:
            compiling.cancel()

    async def _compile(self) -> None:
        """What risk simulates with and detection judges with, compiled while the parts start."""
        wanted = self._options.wanted
        await foundations.compile_kernels(
            (*foundations.SIMULATION * ("risk" in wanted), *foundations.DETECTORS * ("detection" in wanted))
        )

    async def _serve(self, parts: Sequence[Part], compiling: "asyncio.Task[None]") -> int:
        layout, wanted = self._layout, self._options.wanted
        if parts:
            with self._screen.step("启动组件", "starting " + ", ".join(part.title for part in parts)):
                await self._supervisor.start(parts)
        addresses = await asyncio.to_thread(self._lay_foundations)
        if not compiling.done():
            with self._screen.step(
                "编译推演与检测程序(仅首次)", "compiling simulation and detectors, the first time only"
            ):
                await compiling
        await compiling
        stages = [stage for stage in layout.stages(wanted, addresses) if self._is_present(stage)]
        if stages:
            with self._screen.step("启动各环节", "starting " + ", ".join(stage.name for stage in stages)):
                await self._supervisor.start(stages)
        layout.publish()
        self._on_ready()
        if self._options.demo:
            return await self._demonstrate()
        await self._stop.wait()
        return 0

    def _check(self, parts: Sequence[Part]) -> None:
        """Find every program before any is started, so that all that is missing is named at once."""
        problems = []
        for part in parts:
            try:
                part.find()
            except StackError as problem:
                problems.append(problem)
        if problems:
            raise PartMissingError(
                "\n".join(problem.zh for problem in problems),
                "\n".join(problem.en for problem in problems),
                " ; ".join(problem.fix for problem in problems if problem.fix),
            )

    def _is_present(self, stage: Part) -> bool:
        try:
            stage.find()
        except PartMissingError as problem:
            self._screen.problem(problem.zh, problem.en)
            return False
        return True

    def _lay_foundations(self) -> dict[str, str]:
        """Topics, tables, roles, chain: what the wanted parts need of them. Returns the database address of each role."""
        layout, wanted = self._layout, self._options.wanted
        addresses: dict[str, str] = {}
        needs_broker, needs_database = bool(wanted & {"kafka", *STAGES}), bool(wanted & {"postgres", *STAGES})
        if needs_broker:
            with self._screen.step("主题", "topics"):
                foundations.lay_topics(layout)
        if needs_database:
            with self._screen.step("建表", "tables"):
                addresses = foundations.lay_tables(layout, self._screen.line)
        if needs_broker:
            with self._screen.step("导入链条", "chain"):
                foundations.import_chain(layout)
        return addresses

    async def _demonstrate(self) -> int:
        if importlib.util.find_spec("services.cli.demo") is None:
            raise PartMissingError("本版本不含演示", "this build has no demo (services.cli.demo)")
        demo = importlib.import_module("services.cli.demo")
        settings = self._layout.settings.with_changes(database_url=self._layout.database_url())
        once = self._options.once
        told = await asyncio.to_thread(
            demo.play, settings, once=once, say=self._screen.line, should_stop=self._stop.is_set
        )
        if not told and not self._stop.is_set():
            self._screen.problem("演示没有讲完", "the story did not come to its end")
        return 0 if told or not once else 1

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)

    def _remember(self, entries: Sequence[Entry]) -> None:
        parts = [
            PartState(
                name=entry.part.name,
                title=entry.part.title,
                address=entry.part.address(),
                health=entry.health.value,
                pid=entry.pid,
                started=None if entry.pid is None else started_at(entry.pid),
                restarts=entry.restarts,
            )
            for entry in entries
        ]
        own = started_at(os.getpid())
        settings = self._layout.public_settings()
        write_state(
            self._layout.home,
            StackState(pid=os.getpid(), started=own, since=self._since, parts=parts, settings=settings),
        )


def run_session(layout: Layout, options: Options, screen: Screen, on_ready: Callable[[], None]) -> int:
    """Run a session to its end; a LianjingError becomes a clear word and the right exit code."""

    async def run() -> int:
        return await Session(layout, options, screen, on_ready).run()

    try:
        return asyncio.run(run())
    except StackError as problem:
        screen.problem(problem.zh, problem.en + (f"\n→ {problem.fix}" if problem.fix else ""))
        return 3
    except LianjingError as error:
        screen.problem("启动失败", str(error))
        return 3
