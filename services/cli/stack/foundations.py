"""What the stages stand on: topics, tables with their roles, the chain, the compiled simulation. Each is quick and changes nothing when it is there
already."""

import asyncio
import subprocess
import sys
from collections.abc import Callable, Sequence

from services.cli.stack.errors import PartFailedError
from services.cli.stack.layout import DATABASE, Layout
from services.cli.stack.process import environment_with
from services.cli.stack.roles import role_passwords, role_url


def lay_topics(layout: Layout) -> None:
    """Make missing topics, correct drifted settings. Raises UnreachableError."""
    from services.runtime.broker import ensure_topics

    ensure_topics(layout.settings)


def lay_tables(layout: Layout, tell: Callable[[str], None]) -> dict[str, str]:
    """Make the database and its tables, give every role its password. Returns the database address of each role.

    It is empty where we may not change roles (a given LIANJING_DATABASE_URL): then every stage logs in as that address says.
    """
    from services.runtime.migrations import migrate

    postgres = layout.postgres()
    if postgres is not None:
        postgres.ensure_database(DATABASE)
    url, passwords = layout.database_url(), role_passwords(layout.secrets)
    outcome = migrate(url, passwords=passwords)
    for note in outcome.notes:
        tell(f"  {note}")
    return {} if outcome.notes else {role: role_url(url, role, word) for role, word in passwords.items()}


def import_chain(layout: Layout) -> None:
    """Publish the configured chain, as ``lianjing chain import`` does. Raises PartFailedError with what it said."""
    environment = environment_with({**layout.public_settings(), "LIANJING_DATABASE_URL": layout.database_url()})
    command = [sys.executable, "-c", "from services.cli.main import main; main()", "chain", "import"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise PartFailedError("链条导入失败", f"the chain could not be imported\n{result.stdout}{result.stderr}")


SIMULATION = ("detectors.network.kernel",)
DETECTORS = ("detectors.series",)


async def compile_kernels(modules: Sequence[str]) -> None:
    """Compile simulation or detectors, which takes about a minute each the first time: their stages would judge nothing meanwhile. Raises
    PartFailedError."""
    for module in modules:
        await _compile(module)


async def _compile(module: str) -> None:
    command = (sys.executable, "-m", module)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, env=environment_with({}), stdout=pipe, stderr=pipe)
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode != 0:
        raise PartFailedError(
            "推演与检测内核编译失败", f"{module} could not be compiled\n{said.decode()}{complaint.decode()}"
        )
