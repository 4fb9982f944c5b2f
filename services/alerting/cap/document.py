"""A message as CAP 1.2 XML (OASIS, July 2010). Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from xml.etree import ElementTree as ET

from schemas.alert import Scope
from schemas.assessment import Hazard
from schemas.chain import Node
from schemas.level import LEVEL_ZH
from services.alerting.cap.chain import SEVERITY, CapMessage, MessageType, certainty, urgency
from services.alerting.cap.publication import Publication

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
_BEIJING = timezone(timedelta(hours=8))
_VALID = timedelta(hours=24)
EVENT: dict[Hazard, tuple[str, str]] = {
    Hazard.STARVED: ("煤炭产业链断供风险", "Supply chain shortage"),
    Hazard.BLOCKED: ("煤炭产业链胀库风险", "Supply chain blockage"),
    Hazard.SILENT: ("监测数据静默", "Monitoring data silent"),
    Hazard.DISTRUSTED: ("监测数据存疑", "Monitoring data in doubt"),
}


def cap_document(message: CapMessage, node: Node, publication: Publication) -> bytes:
    """The message as XML in UTF-8, unsigned, without blanks between elements."""
    root = ET.Element("alert", xmlns=NAMESPACE)
    _texts(root, _head(message, publication))
    for language in ("zh-CN", "en-US"):
        root.append(_info(message, node, publication, language))
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def moment(at: datetime) -> str:
    """A time as CAP wants it: to the second, with an offset, never Z.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 1, 5, 4, 0, tzinfo=UTC))
    '2026-01-05T12:00:00+08:00'
    """
    return at.astimezone(_BEIJING).isoformat(timespec="seconds")


def _head(message: CapMessage, publication: Publication) -> Iterator[tuple[str, str]]:
    yield "identifier", message.identifier
    yield "sender", publication.sender
    yield "sent", moment(message.sent)
    yield "status", message.status.value
    yield "msgType", message.type.value
    yield "source", "lianjing"
    yield "scope", message.scope.value
    if message.scope is Scope.RESTRICTED:
        yield "restriction", publication.restriction
    if message.scope is Scope.PRIVATE:
        yield "addresses", publication.addresses
    note = message.alert.retraction_zh or message.alert.comment
    if message.type is MessageType.CANCEL and note:
        yield "note", note
    if message.before:
        yield "references", " ".join(f"{publication.sender},{m.identifier},{moment(m.sent)}" for m in message.before)
    yield "incidents", message.alert.incident


def _info(message: CapMessage, node: Node, publication: Publication, language: str) -> ET.Element:
    alert, is_zh = message.alert, language == "zh-CN"
    info = ET.Element("info")
    _texts(
        info,
        [
            ("language", language),
            ("category", "Infra"),
            ("event", EVENT[alert.hazard][0 if is_zh else 1]),
            ("responseType", "AllClear" if message.type is MessageType.CANCEL else "Prepare"),
            ("urgency", urgency(alert)),
            ("severity", SEVERITY[alert.level]),
            ("certainty", certainty(alert)),
            ("effective", moment(message.sent)),
            *_onset(message),
            ("expires", moment(message.sent + _VALID)),
            ("senderName", publication.sender_name_zh if is_zh else publication.sender_name_en),
            ("headline", alert.headline_zh if is_zh else alert.headline_en),
            ("description", (alert.reason_zh if is_zh else alert.reason_en) or "–"),
        ],
    )
    for name, value in _parameters(message):
        parameter = ET.SubElement(info, "parameter")
        _texts(parameter, [("valueName", name), ("value", value)])
    info.append(_area(node, is_zh=is_zh))
    return info


def _onset(message: CapMessage) -> list[tuple[str, str]]:
    hours = message.alert.hours_to_minimum_p50
    if hours is None or message.type is MessageType.CANCEL:
        return []
    return [("onset", moment(message.alert.as_of + timedelta(hours=max(0.0, hours))))]


def _parameters(message: CapMessage) -> Iterator[tuple[str, str]]:
    alert = message.alert
    yield "lianjing:level", "unknown" if alert.is_unknown else alert.level.value
    yield "lianjing:levelZh", LEVEL_ZH[alert.level]
    yield "lianjing:node", alert.node
    yield "lianjing:product", alert.product
    yield "lianjing:root", alert.root
    yield "lianjing:path", " ".join(alert.path)
    yield "lianjing:asOf", moment(alert.as_of)
    yield "lianjing:knownAt", moment(alert.known_at)
    yield from (("lianjing:approvedBy", name) for name in alert.approvals)


def _area(node: Node, *, is_zh: bool) -> ET.Element:
    area = ET.Element("area")
    _texts(area, [("areaDesc", node.name_zh if is_zh else node.name_en)])
    code = ET.SubElement(area, "geocode")
    _texts(code, [("valueName", "GB/T 2260"), ("value", node.admin_code)])
    return area


def _texts(parent: ET.Element, found: "Iterator[tuple[str, str]] | list[tuple[str, str]]") -> None:
    for name, text in found:
        ET.SubElement(parent, name).text = text
