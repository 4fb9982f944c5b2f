"""The nouns as JSON Schema and the topics as an AsyncAPI 3.0 document, for programs that are not ours. Pure: texts by file name."""

import inspect
import json
from typing import Any

import msgspec

from schemas.record import Record, RecordColumns
from schemas.report import EventReport
from schemas.run import RunEvent
from schemas.topic import (
    ALL_TOPICS,
    CHAIN,
    CLOCK,
    COMMAND,
    DRILL_EVENT,
    FEED_TOPICS,
    LANE,
    PROVIDER,
    RECEIPT,
    REJECTED,
    Topic,
)

ASYNCAPI_VERSION = "3.0.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_KAFKA_BINDING = "0.5.0"
_NOUNS: tuple[type, ...] = (Record, RecordColumns, EventReport, RunEvent, *dict.fromkeys(t.carries for t in ALL_TOPICS))
_OPERATED = (COMMAND.name, CHAIN.name, PROVIDER.name, DRILL_EVENT.name)
_WRITTEN_BY_INTAKE = (*(t.name for t in FEED_TOPICS.values()), REJECTED.name, CLOCK.name, LANE.name, RECEIPT.name)
_WRITERS = {
    "lianjing.score": "detection",
    "lianjing.snapshot": "detection",
    "lianjing.assessment": "risk",
    "lianjing.alert": "alerting",
    "lianjing.outcome": "alerting",
    "lianjing.run": "response",
    "lianjing.answer": "risk",
}


def exported() -> dict[str, str]:
    """File name to text: one JSON Schema per noun, and ``asyncapi.json``. The same code gives the same bytes."""
    texts = {f"{noun.__name__}.json": _text(noun_schema(noun)) for noun in _NOUNS}
    return texts | {"asyncapi.json": _text(asyncapi())}


def noun_schema(noun: type) -> dict[str, Any]:
    """JSON Schema of one noun, with the nouns inside it under ``$defs``."""
    return {"$schema": DIALECT, "$id": f"lianjing:{noun.__name__}", **_cleaned(msgspec.json.schema(noun))}


def asyncapi() -> dict[str, Any]:
    """Every topic as a channel with its settings, every noun as a message, and who writes it."""
    _, schemas = msgspec.json.schema_components(
        [t.carries for t in ALL_TOPICS], ref_template="#/components/schemas/{name}"
    )
    carried = dict.fromkeys(t.carries for t in ALL_TOPICS)
    return {
        "asyncapi": ASYNCAPI_VERSION,
        "info": {
            "title": "链警 Lianjing",
            "version": "1",
            "description": "数据与预警的消息主题。时间为 RFC 3339；FeedMessage 各列为 UTC 微秒。 Topics of data and warnings. "
            "Times are RFC 3339; columns of FeedMessage are microseconds UTC.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {t.name: _channel(t) for t in ALL_TOPICS},
        "operations": {f"write.{t.name}": _writing(t) for t in ALL_TOPICS},
        "components": {
            "messages": {noun.__name__: _message(noun) for noun in carried},
            "schemas": _cleaned(schemas),
        },
    }


def _channel(topic: Topic) -> dict[str, Any]:
    noun = topic.carries.__name__
    return {
        "address": topic.name,
        "description": f"{_first_line(topic.carries)} Key: {topic.key}.",
        "messages": {noun: {"$ref": f"#/components/messages/{noun}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": _configuration(topic),
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _configuration(topic: Topic) -> dict[str, Any]:
    settings = topic.settings()
    numbers = {k: int(v) for k, v in settings.items() if k in ("retention.ms", "max.message.bytes")}
    return {"cleanup.policy": [settings["cleanup.policy"]], **numbers}


def _writing(topic: Topic) -> dict[str, Any]:
    channel = f"#/channels/{topic.name}"
    return {
        "action": "send",
        "summary": f"written by {writer_of(topic.name)}",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{topic.carries.__name__}"}],
    }


def writer_of(topic: str) -> str:
    """The one service that writes a topic; ``operators`` through command line or console where people decide. Raises KeyError for an unknown one."""
    if topic in _OPERATED:
        return "operators"
    return "intake" if topic in _WRITTEN_BY_INTAKE else _WRITERS[topic]


def _message(noun: type) -> dict[str, Any]:
    name = noun.__name__
    return {
        "name": name,
        "contentType": "application/json",
        "summary": _first_line(noun),
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }


def _first_line(noun: type) -> str:
    return (inspect.getdoc(noun) or noun.__name__).splitlines()[0]


def _cleaned(schema: Any) -> Any:
    """Descriptions without the indentation of docstrings."""
    if isinstance(schema, dict):
        cleaned = {k: _cleaned(v) for k, v in schema.items()}
        if isinstance(cleaned.get("description"), str):
            cleaned["description"] = inspect.cleandoc(cleaned["description"])
        return cleaned
    return [_cleaned(item) for item in schema] if isinstance(schema, list) else schema


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
