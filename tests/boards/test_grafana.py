"""What Grafana 11, 12 and 13 make of the files, by their source: what they would draw otherwise than meant, or not at all."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from dashboards.level import LEVELS
from services.cli.dashboards.generated import committed
from services.runtime.assets import asset_path

Json = dict[str, Any]
SCALED = {"ns", "µs", "ms", "m", "h", "d"}
"""Units of time that Grafana turns into larger ones by itself (55 h becomes 2.29 days); seconds are meant so."""


def boards() -> list[Json]:
    return [json.loads(text) for text in committed().values()]


def panels() -> Iterator[tuple[Json, Json, str]]:
    for board in boards():
        for panel in board["panels"]:
            yield board, panel, f"{board['uid']} {panel['title']}"


def properties(panel: Json, name: str) -> list[tuple[str, Any]]:
    """Columns that an override gives this property, with its value."""
    return [
        (each["matcher"]["options"], p["value"])
        for each in panel.get("fieldConfig", {}).get("overrides", [])
        for p in each["properties"]
        if p["id"] == name
    ]


def columns(panel: Json) -> set[str]:
    sql = " ".join(t.get("rawSql", "") for t in panel["targets"])
    return set(re.findall(r'AS "([^"]+)"', sql)) | set(re.findall(r"[\w.]+", sql))


def test_hours_and_days_are_told_as_they_are() -> None:
    for _, panel, where in panels():
        config = panel.get("fieldConfig", {})
        units = {config.get("defaults", {}).get("unit"), *(unit for _, unit in properties(panel, "unit"))}
        assert not units & SCALED, where


def test_a_band_reaches_down_to_a_column_of_its_own_panel() -> None:
    found = [
        (where, panel, below) for _, panel, where in panels() for _, below in properties(panel, "custom.fillBelowTo")
    ]
    assert len(found) == 4
    for where, panel, below in found:
        assert below in columns(panel), where


def test_links_lead_to_boards_that_take_their_variables_and_name_columns_that_are_there() -> None:
    variables = {b["uid"]: {v["name"] for v in b.get("templating", {}).get("list", [])} for b in boards()}
    found = [(b, panel, where, url[0]["url"]) for b, panel, where in panels() for _, url in properties(panel, "links")]
    assert found
    for board, panel, where, url in found:
        match = re.fullmatch(r"/d/([\w-]+)\?(.+)", url)
        assert match is not None, where
        assert set(re.findall(r"var-(\w+)=", match.group(2))) <= variables[match.group(1)], where
        assert match.group(1).endswith("-en") == board["uid"].endswith("-en"), where
        assert set(re.findall(r"\$\{__data\.fields\.(\w+)\}", url)) <= columns(panel), where
        assert set(re.findall(r"\$\{(\w+)\}", url)) <= variables[board["uid"]], where


def test_from_every_alarm_one_click_leads_to_cause_and_one_to_plan() -> None:
    (wall,) = [b for b in boards() if b["uid"] == "lianjing-wall"]
    links = [url[0]["url"] for panel in wall["panels"] for _, url in properties(panel, "links")]
    assert {url.split("?")[0] for url in links} == {"/d/lianjing-node", "/d/lianjing-response"}


def test_hidden_columns_are_hidden_by_both_names() -> None:
    """``custom.hidden`` until Grafana 12, ``custom.hideFrom.viz`` since."""
    found = [panel for _, panel, _ in panels() if properties(panel, "custom.hidden")]
    assert found
    for panel in found:
        assert properties(panel, "custom.hidden") == properties(panel, "custom.hideFrom.viz")


def test_a_course_of_levels_is_drawn_from_numbers_that_all_have_words() -> None:
    """Rows of time, name and text stay one frame in Grafana: places would not be told apart. A state holds until the next is told."""
    found = [panel for _, panel, _ in panels() if panel["type"] == "state-timeline"]
    assert len(found) == 2
    for panel in found:
        defaults = panel["fieldConfig"]["defaults"]
        assert set(defaults["mappings"][0]["options"]) == {str(n) for n in range(len(LEVELS))}
        assert defaults["custom"]["spanNulls"] is True


def test_lines_of_several_series_are_joined_over_the_times_of_the_others_and_no_further() -> None:
    """Grafana puts all series of a question into one frame, empty at the times of the others."""
    for _, panel, where in panels():
        if panel["type"] == "timeseries" and "rawSql" in panel["targets"][0]:
            joined = panel["fieldConfig"]["defaults"]["custom"]["spanNulls"]
            assert joined is not True, where
            assert 24 * 3_600_000 < joined <= 10 * 24 * 3_600_000, where


def test_an_empty_table_says_that_nothing_is_listed_and_where_its_freshness_is_told() -> None:
    for board, panel, where in panels():
        if panel["type"] == "table":
            said = panel["fieldConfig"]["defaults"]["noValue"]
            assert ("until" if board["uid"].endswith("-en") else "数据截至") in said, where


def test_data_sources_are_those_that_are_provisioned() -> None:
    given = yaml.safe_load(asset_path("deploy/grafana/provisioning/datasources/lianjing.yaml").read_text("utf-8"))
    known = {(each["type"], each["uid"]) for each in given["datasources"]}
    for board in boards():
        used = re.findall(r'"datasource": \{"type": "([^"]+)", "uid": "([^"]+)"\}', json.dumps(board))
        assert used
        assert set(used) <= known, board["uid"]


def test_no_question_names_a_variable_that_its_board_does_not_have() -> None:
    for board in boards():
        known = {v["name"] for v in board.get("templating", {}).get("list", [])}
        used = set(re.findall(r"\$\{(\w+):sqlstring\}", json.dumps(board)))
        assert used <= known, board["uid"]


def test_variables_offer_words_and_keep_ids() -> None:
    for board in boards():
        for variable in board.get("templating", {}).get("list", []):
            query = variable["query"]
            assert ("__text" in query) == ("__value" in query), board["uid"]
            assert ("__value" in query) == (variable["name"] != "lane"), board["uid"]
