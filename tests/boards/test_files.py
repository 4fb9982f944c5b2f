"""The boards as files: as generated, complete in both languages, nothing missing drawn as normal; and published to a Grafana."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import CliRunner

from dashboards.assembly import document, in_language
from dashboards.boards import BOARDS
from dashboards.spec import Board, Kind, Panel, Place, Sql, Words
from services.cli.dashboards.generated import committed, problems
from services.cli.main import lianjing
from services.runtime.errors import InputError, UnreachableError
from services.runtime.metrics import METRICS

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_OF_PROMETHEUS = {"ALERTS"}


def test_the_shipped_files_are_as_generated_and_free_of_problems() -> None:
    done = CliRunner().invoke(lianjing, ["dashboards", "check"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert len(committed()) == 2 * len(BOARDS)


def test_both_languages_are_complete() -> None:
    for name, text in committed().items():
        board = json.loads(text)
        words = [board["title"], board["description"]]
        for panel in board["panels"]:
            words += [panel["title"], panel["description"]]
            words += [n for t in panel.get("targets", []) for n in re.findall(r'AS "([^"]+)"', t.get("rawSql", ""))]
        assert all(words), name
        if name.startswith("en/"):
            assert not [w for w in words if _CHINESE.search(w)], name


def test_what_is_missing_is_shown_as_unknown_on_every_panel() -> None:
    for name, text in committed().items():
        unknown = "情况不明" if name.startswith("zh/") else "unknown"
        for panel in json.loads(text)["panels"]:
            if panel["type"] in ("text", "nodeGraph"):
                continue
            defaults = panel["fieldConfig"]["defaults"]
            null = [m for m in defaults["mappings"] if m["type"] == "special"]
            assert defaults["noValue"] == unknown or panel["type"] == "table", (name, panel["title"])
            assert null[0]["options"]["result"]["text"] == unknown, (name, panel["title"])


def test_boards_ask_views_only_and_metrics_that_exist() -> None:
    declared = {m.name for m in METRICS} | _OF_PROMETHEUS
    declared |= {f"{m.name}_bucket" for m in METRICS}
    for name, text in committed().items():
        for panel in json.loads(text)["panels"]:
            for target in panel.get("targets", []):
                text_of = re.sub(r"epoch FROM", "", target.get("rawSql", ""))
                tables = re.findall(r"\b(?:FROM|JOIN)\s+(?:LATERAL\s+\()?([a-z_]+)", text_of)
                assert all(t.startswith("v_") or t == "select" for t in [x.lower() for x in tables]), (
                    name,
                    panel["title"],
                    tables,
                )
                used = set(re.findall(r"\b(lianjing_[a-z_]+|ALERTS)\b", target.get("expr", "")))
                assert used <= declared, (name, panel["title"], used - declared)


def test_a_drill_board_says_so_and_live_boards_never_offer_drills() -> None:
    for name, text in committed().items():
        board = json.loads(text)
        is_drill = "drill" in name
        assert ("【演练】" in board["title"] or "EXERCISE" in board["title"]) is is_drill, name
        for variable in board.get("templating", {}).get("list", []):
            if variable["name"] == "lane":
                assert ("kind = 'drill'" in json.dumps(variable["query"])) is is_drill, name


def test_the_place_that_alerts_link_to_exists() -> None:
    uids = {json.loads(t)["uid"] for t in committed().values()}
    assert {"lianjing-wall", "lianjing-node", "lianjing-node-en"} <= uids


@pytest.mark.parametrize(
    ("panel", "words"),
    [
        ({"gridPos": {"x": 20, "y": 0, "w": 8, "h": 4}}, "24 columns"),
        ({"title": ""}, "title is missing"),
        ({"description": ""}, "description is missing"),
        ({"gridPos": {"x": 0, "y": 0, "w": 24, "h": 6}}, "overlap"),
        ({"id": 2}, "ids of panels repeat"),
    ],
)
def test_a_faulty_board_is_told_what_is_wrong(panel: dict[str, Any], words: str) -> None:
    ask = (Sql("SELECT 1"),)
    both = tuple(
        Panel(kind=Kind.STAT, title=Words("甲", "a"), description=Words("乙", "b"), place=Place(0, y, 6, 4), asks=ask)
        for y in (0, 4)
    )
    board = json.loads(
        document(Board(uid="x", title=Words("板", "b"), description=Words("述", "d"), panels=both), "zh")
    )
    assert problems({"zh/x.json": json.dumps(board)}) == []
    board["panels"][0] |= panel
    assert any(words in each for each in problems({"zh/x.json": json.dumps(board)}))


def test_a_question_is_put_in_one_language() -> None:
    assert in_language('SELECT [[name_zh|name_en]] AS "[[环节|place]]"', "zh") == 'SELECT name_zh AS "环节"'


class _Grafana(BaseHTTPRequestHandler):
    """Answers the calls of publishing as Grafana's documentation says, to one token alone."""

    boards: list[dict[str, Any]]
    folders: list[dict[str, Any]]

    def do_GET(self) -> None:
        self._answer(self.folders)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/api/folders":
            self.folders.append(body)
            self._answer(body)
        else:
            self.boards.append(body)
            self._answer(
                {"status": "success", "url": f"/d/{body['dashboard']['uid']}/x", "uid": body["dashboard"]["uid"]}
            )

    def _answer(self, body: Any) -> None:
        is_known = self.headers["Authorization"] == "Bearer right"
        text = json.dumps(body if is_known else {"message": "Invalid API key"}).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: object) -> None:
        del arguments


@pytest.fixture
def grafana() -> Iterator[tuple[str, type[_Grafana]]]:
    handler = type("Handler", (_Grafana,), {"boards": [], "folders": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", handler
        server.shutdown()


def _publish(monkeypatch: pytest.MonkeyPatch, url: str, token: str) -> Any:
    monkeypatch.setenv("LIANJING_GRAFANA_SECRET", token)
    return CliRunner().invoke(
        lianjing, ["dashboards", "publish", "--url", url, "--language", "zh"], catch_exceptions=False
    )


def test_publishing_writes_every_board_into_one_folder(
    grafana: tuple[str, type[_Grafana]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, handler = grafana
    done = _publish(monkeypatch, url, "right")
    assert done.exit_code == 0, done.output
    assert {b["dashboard"]["uid"] for b in handler.boards} == {b.uid for b in BOARDS}
    assert {b["folderUid"] for b in handler.boards} == {"lianjing"} == {f["uid"] for f in handler.folders}
    assert f"{url}/d/lianjing-wall/x" in done.output


def test_a_wrong_token_is_refused_and_never_printed(
    grafana: tuple[str, type[_Grafana]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="LIANJING_GRAFANA_SECRET") as refused:
        _publish(monkeypatch, grafana[0], "wrong-token")
    assert "wrong-token" not in str(refused.value)


def test_a_grafana_that_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreachableError, match="Grafana"):
        _publish(monkeypatch, "http://127.0.0.1:9", "right")
