"""The shape of the code: who may import whom, and who may touch the world."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import detectors
import schemas
import services

ROOT = Path(__file__).resolve().parents[1]
SHELL_FILES = {"__main__.py", "app.py", "store.py", "delivery.py", "publisher.py"}
SHELL_FOLDERS = {"feeds", "actions", "routes", "runtime", "cli"}
SHELL_PATHS = {"services/console/page.py", "services/console/shelf.py", "services/console/shell.py"}
WORLD_MODULES = {
    "aiokafka",
    "fastapi",
    "faust",
    "http.server",
    "httpx",
    "kafka",
    "paho",
    "psycopg",
    "psycopg_pool",
    "requests",
    "socket",
    "starlette",
    "subprocess",
    "urllib.request",
    "uvicorn",
}
WORLD_CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.perf_counter",
    "time.sleep",
    "asyncio.sleep",
}
WORLD_METHODS = {"read_text", "read_bytes", "write_text", "write_bytes", "mkdir", "unlink", "iterdir", "glob"}


def _python_files(*packages: str) -> list[Path]:
    return sorted(p for package in packages for p in (ROOT / package).rglob("*.py"))


def _is_shell(path: Path) -> bool:
    place = path.relative_to(ROOT)
    return path.name in SHELL_FILES or bool(SHELL_FOLDERS & set(place.parts)) or place.as_posix() in SHELL_PATHS


def _type_checking_nodes(tree: ast.AST) -> set[ast.AST]:
    guarded = [n for n in ast.walk(tree) if isinstance(n, ast.If) and ast.unparse(n.test).endswith("TYPE_CHECKING")]
    return {inner for node in guarded for inner in ast.walk(node)}


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module]
    return []


def _touches(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = _type_checking_nodes(tree)
    for node in ast.walk(tree):
        if node in guarded:
            continue
        for module in _modules(node):
            if any(module == m or module.startswith(m + ".") for m in WORLD_MODULES):
                yield f"{path.relative_to(ROOT)}:{node.lineno} imports {module}"  # type: ignore[attr-defined]
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name in WORLD_CALLS or name == "open" or name.rsplit(".", 1)[-1] in WORLD_METHODS:
                yield f"{path.relative_to(ROOT)}:{node.lineno} calls {name}"


def test_only_the_shell_touches_network_database_files_and_clock() -> None:
    pure = [p for p in _python_files("services", "detectors", "schemas") if not _is_shell(p)]
    found = [line for path in pure for line in _touches(path)]
    assert found == [], "a decision touches the world; move it into a shell file:\n" + "\n".join(found)


def test_the_check_itself_sees_a_clock_and_a_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sinner = tmp_path / "services" / "risk" / "forecast.py"
    sinner.parent.mkdir(parents=True)
    sinner.write_text("import socket\nfrom datetime import datetime\nnow = datetime.now()\n")
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert len(list(_touches(sinner))) == 2


def test_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_packages_come_from_this_checkout() -> None:
    for package in (services, detectors, schemas):
        assert package.__file__ is not None
        assert Path(package.__file__).is_relative_to(ROOT), f"{package.__name__} was imported from {package.__file__}"


def test_no_test_folder_is_a_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py")), (
        "with an __init__ pytest would import tests/detectors as detectors"
    )


def test_files_stay_small() -> None:
    long = [
        f"{p.relative_to(ROOT)}: {n} lines"
        for p in _python_files("services", "detectors", "schemas", "tests")
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    ]
    assert long == [], "one idea per file; split:\n" + "\n".join(long)


def test_no_vague_file_names() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [str(p) for p in _python_files("services", "detectors", "schemas") if p.stem in vague] == []
