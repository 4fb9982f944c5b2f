"""A message in the style of GB/T 35965.1-2018, for systems of emergency warnings in China. A style: conformance is not claimed. Pure."""

from collections.abc import Iterator
from datetime import timedelta, timezone
from xml.etree import ElementTree as ET

from schemas.chain import Node
from schemas.level import Level
from services.alerting.cap.chain import CapMessage, certainty, urgency
from services.alerting.cap.document import EVENT, moment
from services.alerting.cap.publication import Publication

_BEIJING = timezone(timedelta(hours=8))
_COLOUR = {
    Level.RED: "Red",
    Level.ORANGE: "Orange",
    Level.YELLOW: "Yellow",
    Level.BLUE: "Blue",
    Level.NORMAL: "Blue",
    Level.UNKNOWN: "Unknown",
}
_SERIALS = 10


def national_identifier(message: CapMessage, publication: Publication) -> str:
    """31 characters: region 6, sector 3, unit 3, extension 2, ``_``, Beijing time 14, ``_``, serial 1."""
    office = f"{publication.region}{publication.sector}{publication.unit}{publication.extension}"
    at = message.sent.astimezone(_BEIJING).strftime("%Y%m%d%H%M%S")
    return f"{office}_{at}_{message.number % _SERIALS}"


def national_document(message: CapMessage, node: Node, publication: Publication) -> bytes:
    """The message as XML in UTF-8. The severity is the colour word, which the receivers of this family take."""
    root = ET.Element("alert")
    for name, text in _fields(message, publication):
        ET.SubElement(root, name).text = text
    info = ET.SubElement(root, "info")
    for name, text in _info(message, publication):
        ET.SubElement(info, name).text = text
    area = ET.SubElement(info, "area")
    ET.SubElement(area, "areaDesc").text = node.name_zh
    ET.SubElement(area, "geocode").text = node.admin_code
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _fields(message: CapMessage, publication: Publication) -> Iterator[tuple[str, str]]:
    yield "identifier", national_identifier(message, publication)
    yield "sender", publication.sender_name_zh
    yield "senderCode", f"{publication.region}{publication.sector}{publication.unit}{publication.extension}"
    yield "sendTime", moment(message.sent)
    yield "status", message.status.value
    yield "msgType", message.type.value
    yield "scope", message.scope.value
    yield "note", message.alert.retraction_zh or message.alert.comment
    yield "references", " ".join(national_identifier(m, publication) for m in message.before)


def _info(message: CapMessage, publication: Publication) -> Iterator[tuple[str, str]]:
    alert = message.alert
    yield "language", "zh-CN"
    yield "event", EVENT[alert.hazard][0]
    yield "urgency", urgency(alert)
    yield "severity", _COLOUR[Level.UNKNOWN if alert.is_unknown else alert.level]
    yield "certainty", certainty(alert)
    yield "effective", moment(message.sent)
    yield "expires", moment(message.sent + timedelta(hours=24))
    yield "senderName", publication.sender_name_zh
    yield "headline", alert.headline_zh
    yield "description", alert.reason_zh
