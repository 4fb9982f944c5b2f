"""The terminal of ``up``: progress while parts start, one-line messages, coloured log lines, the table of addresses."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text


class Screen:
    """Writes to standard output, or to standard error when a program reads standard output. Safe from several threads."""

    def __init__(self, *, to_stderr: bool = False) -> None:
        self.console = Console(stderr=to_stderr, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()

    def say(self, zh: str, en: str) -> None:
        """One message, Chinese first."""
        self.line(f"{zh}  {en}")

    def line(self, text: str) -> None:
        """One line as it is."""
        with self._lock:
            self.console.print(text, markup=False)

    def log_line(self, colour: str, name: str, line: str) -> None:
        """A line of a process, its name in front."""
        text = Text(f"{name:>12} │ ", style=colour)
        text.append(line, style="default")
        with self._lock:
            self.console.print(text)

    def problem(self, zh: str, en: str) -> None:
        """Something went wrong."""
        with self._lock:
            self.console.print(f"[bold red]✗[/] {escape(zh)}\n  {escape(en)}")

    @contextmanager
    def step(self, zh: str, en: str) -> Iterator[None]:
        """Show a spinner with the elapsed time while the body runs; a line when it is done. Without a terminal only the lines."""
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal) as progress:
            task = progress.add_task(f"{zh}  [dim]{en}[/]", total=None)
            yield
            elapsed = progress.tasks[task].elapsed if not progress.disable else None
        took = f" [dim]{elapsed:.1f} s[/]" if elapsed is not None else ""
        with self._lock:
            self.console.print(f"[green]✓[/] {zh}  [dim]{en}[/]{took}")

    def addresses(self, rows: Mapping[str, str]) -> None:
        """The addresses to open."""
        table = Table(title="可访问的地址 addresses", title_justify="left", show_header=False)
        for name, address in rows.items():
            table.add_row(name, address)
        with self._lock:
            self.console.print(table)

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table; cells may hold rich markup."""
        table = Table(title=title, title_justify="left")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*row)
        with self._lock:
            self.console.print(table)
