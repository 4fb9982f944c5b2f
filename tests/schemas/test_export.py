"""The exported documents are up to date, valid, and describe what is really sent."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner

import schemas
from schemas.export import asyncapi, exported, noun_schema, writer_of
from schemas.feed import FeedMessage
from schemas.lane import Lane
from schemas.record import Record
from schemas.tick import Tick
from schemas.topic import ALL_TOPICS
from services.cli.schemas import command

COMMITTED = Path(schemas.__file__).parent / "exported"
NOW = datetime(2030, 1, 1, tzinfo=UTC)

# What AsyncAPI 3.0.0 asks of the parts that are used here.
_REFERENCE: dict[str, Any] = {
    "type": "object",
    "required": ["$ref"],
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
    "additionalProperties": False,
}
_TEXT = {"type": "string", "minLength": 1}
ASYNCAPI_3 = {
    "type": "object",
    "required": ["asyncapi", "info"],
    "additionalProperties": False,
    "properties": {
        "asyncapi": {"const": "3.0.0"},
        "info": {
            "type": "object",
            "required": ["title", "version"],
            "properties": {"title": _TEXT, "version": _TEXT, "description": _TEXT, "license": {"required": ["name"]}},
        },
        "defaultContentType": {"const": "application/json"},
        "channels": {
            "additionalProperties": {
                "required": ["address", "messages"],
                "additionalProperties": False,
                "properties": {
                    "address": _TEXT,
                    "description": _TEXT,
                    "messages": {"minProperties": 1, "additionalProperties": _REFERENCE},
                    "bindings": {
                        "required": ["kafka"],
                        "properties": {
                            "kafka": {
                                "additionalProperties": False,
                                "properties": {
                                    "topic": _TEXT,
                                    "partitions": {"type": "integer", "minimum": 1},
                                    "bindingVersion": {"const": "0.5.0"},
                                    "topicConfiguration": {
                                        "additionalProperties": False,
                                        "properties": {
                                            "cleanup.policy": {"items": {"enum": ["compact", "delete"]}},
                                            "retention.ms": {"type": "integer"},
                                            "max.message.bytes": {"type": "integer"},
                                        },
                                    },
                                },
                            }
                        },
                    },
                },
            }
        },
        "operations": {
            "additionalProperties": {
                "required": ["action", "channel"],
                "additionalProperties": False,
                "properties": {
                    "action": {"enum": ["send", "receive"]},
                    "summary": _TEXT,
                    "channel": _REFERENCE,
                    "messages": {"items": _REFERENCE},
                },
            }
        },
        "components": {
            "additionalProperties": False,
            "properties": {
                "messages": {
                    "additionalProperties": {
                        "required": ["payload"],
                        "properties": {"name": _TEXT, "contentType": _TEXT, "payload": _REFERENCE},
                    }
                },
                "schemas": {"type": "object"},
            },
        },
    },
}


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(_references(v) for v in part.values()))
    return set().union(*(_references(v) for v in part)) if isinstance(part, list) else set()


def test_committed_files_are_those_of_the_code() -> None:
    found = {p.name: p.read_text(encoding="utf-8") for p in COMMITTED.glob("*.json")}
    assert found == exported(), "run: lianjing schemas export schemas/exported"


@pytest.mark.parametrize("name", sorted(n for n in exported() if n != "asyncapi.json"))
def test_each_is_a_json_schema(name: str) -> None:
    schema = json.loads(exported()[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"lianjing:{name.removesuffix('.json')}"


def test_the_asyncapi_document_has_the_shape_of_version_3() -> None:
    jsonschema.Draft202012Validator(ASYNCAPI_3).validate(asyncapi())


def test_every_reference_of_the_document_leads_somewhere() -> None:
    document = asyncapi()
    references = _references(document)
    assert references
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_topic_is_a_channel_with_its_one_writer() -> None:
    document = asyncapi()
    assert list(document["channels"]) == [t.name for t in ALL_TOPICS]
    for topic in ALL_TOPICS:
        kafka = document["channels"][topic.name]["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["cleanup.policy"] == [topic.cleanup.value]
        assert document["operations"][f"write.{topic.name}"]["summary"] == f"written by {writer_of(topic.name)}"


@pytest.mark.parametrize(
    "noun",
    [
        FeedMessage(
            lane="live",
            source="a",
            series=["s"],
            observed_us=[1],
            issued_us=[1],
            known_us=[1],
            value=[1.0],
            implied=[True],
        ),
        Tick(lane="live", at=NOW, positions={"lianjing.feed.price": [0] * 12}),
        Lane(name="replay:x", chain="c", opened_at=NOW, origin=NOW, wall_origin=NOW),
        Record(series="s", observed_at=NOW, value=1.0, detail={"remark": "by telephone"}),
    ],
    ids=lambda noun: type(noun).__name__,
)
def test_what_is_sent_fits_its_schema(noun: msgspec.Struct) -> None:
    validator = jsonschema.Draft202012Validator(noun_schema(type(noun)))
    sent = json.loads(msgspec.json.encode(noun))
    validator.validate(sent)
    assert not validator.is_valid(sent | {"surprise": 1})


def test_the_command_writes_compares_and_shows(tmp_path: Path) -> None:
    run = CliRunner()
    assert run.invoke(command, ["export", str(tmp_path / "out")]).exit_code == 0
    assert run.invoke(command, ["export", "--check", str(tmp_path / "out")]).exit_code == 0
    (tmp_path / "out" / "Tick.json").write_text("{}")
    (tmp_path / "out" / "Old.json").write_text("{}")
    checked = run.invoke(command, ["export", "--check", str(tmp_path / "out")])
    assert checked.exit_code == 1
    assert "Tick.json" in checked.output
    assert "Old.json" in checked.output
    assert json.loads(run.invoke(command, ["show", "Tick"]).output)["$id"] == "lianjing:Tick"
    assert run.invoke(command, ["show", "Tock"]).exit_code == 2
