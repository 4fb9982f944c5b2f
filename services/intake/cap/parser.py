"""CAP XML → Notice. No entity, no DTD and nothing outside the text is ever followed."""

import re
from collections.abc import Iterator
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml.common import DefusedXmlException

from schemas.rejection import Reason
from services.intake.cap.message import Area, Info, Notice
from services.intake.json_records import moment_of
from services.intake.table.grid import FileFault

_DECLARED = re.compile(rb"^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*encoding\s*=\s*[\"'](gb[^\"']*)[\"'][^>]*\?>", re.IGNORECASE)
_NAMESPACES = ("urn:oasis:names:tc:emergency:cap:1.2", "urn:oasis:names:tc:emergency:cap:1.1", "")
_STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
_KINDS = ("Alert", "Update", "Cancel")
_BAD_NAME = re.compile(r"[\s,<&]")


def read_notice(body: bytes) -> Notice:
    """The notice of a message. Raises FileFault with the field that is wrong."""
    root = _root(body)
    namespace, name = _split(root)
    if name != "alert" or namespace not in _NAMESPACES:
        wanted = f"根元素 alert（{_NAMESPACES[0]}） / root element alert of {_NAMESPACES[0]}"
        raise FileFault(Reason.MALFORMED, root.tag, wanted, "alert")
    notice = Notice(
        identifier=_name(root, "identifier"),
        sender=_name(root, "sender"),
        sent=_moment(root, "sent", _required(root, "sent")),
        status=_word(root, "status", _STATUSES),
        kind=_word(root, "msgType", _KINDS),
        scope=_text(root, "scope") or "Public",
        references=tuple(_references(root)),
        infos=tuple(_info(e) for e in _children(root, "info")),
    )
    if notice.kind == "Alert" and not notice.infos:
        raise FileFault(Reason.MISSING_FIELD, "", "至少一个 info / at least one info block", "info")
    if notice.kind != "Alert" and not notice.references:
        wanted = "Update 与 Cancel 须引用原预警 / Update and Cancel name what they replace"
        raise FileFault(Reason.MISSING_FIELD, "", wanted, "references")
    return notice


def _root(body: bytes) -> Element:
    declared = _DECLARED.match(body)
    try:
        if declared:
            body = b'<?xml version="1.0" encoding="utf-8"?>' + body[declared.end() :].decode("gb18030").encode()
        root: Element = defusedxml.ElementTree.fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise FileFault(Reason.UNSAFE, type(error).__name__, "无 DTD、无实体 / no DTD and no entities") from error
    except ParseError as error:
        text = str(error)
        is_cut = "no element found" in text or "unclosed" in text
        reason = Reason.TRUNCATED if is_cut else Reason.MALFORMED
        raise FileFault(reason, text, "完整、合法的 XML / whole and well-formed XML") from error
    except (UnicodeError, LookupError, ValueError) as error:
        raise FileFault(Reason.BAD_ENCODING, str(error), "UTF-8 或 GB18030 / UTF-8 or GB18030") from error
    return root


def _split(element: Element) -> tuple[str, str]:
    if not element.tag.startswith("{"):
        return "", element.tag
    namespace, _, name = element.tag[1:].partition("}")
    return namespace, name


def _children(element: Element, name: str) -> Iterator[Element]:
    return (child for child in element if isinstance(child.tag, str) and _split(child)[1] == name)


def _text(element: Element, name: str) -> str:
    child = next(_children(element, name), None)
    return (child.text or "").strip() if child is not None else ""


def _required(element: Element, name: str) -> str:
    text = _text(element, name)
    if not text:
        raise FileFault(Reason.MISSING_FIELD, "", f"必须给出 {name} / {name} must be given", name)
    return text


def _name(element: Element, name: str) -> str:
    text = _required(element, name)
    if _BAD_NAME.search(text) or len(text) > 200:
        raise FileFault(
            Reason.WRONG_TYPE, text, "无空格、逗号、< 与 &，至多 200 字 / no space, comma, < or &, at most 200", name
        )
    return text


def _word(element: Element, name: str, words: tuple[str, ...]) -> str:
    text = _required(element, name)
    found = next((w for w in words if w.lower() == text.lower()), None)
    if found is None:
        raise FileFault(Reason.WRONG_TYPE, text, f"{'、'.join(words)} / one of {', '.join(words)}", name)
    return found


def _moment(element: Element, name: str, text: str) -> datetime:
    found = moment_of(text)
    if found is None:
        wanted = "如 2026-11-22T18:00:00+08:00 / such as 2026-11-22T18:00:00+08:00"
        raise FileFault(Reason.BAD_TIME, text, wanted, name)
    if found.tzinfo is None:
        raise FileFault(
            Reason.TIME_WITHOUT_OFFSET, text, f"带时区，如 {text}+08:00 / with an offset, {text}+08:00", name
        )
    return found


def _perhaps_moment(element: Element, name: str) -> datetime | None:
    text = _text(element, name)
    return _moment(element, name, text) if text else None


def _references(root: Element) -> Iterator[str]:
    for reference in _text(root, "references").split():
        parts = reference.split(",")
        if len(parts) != 3 or not parts[1]:
            wanted = "sender,identifier,sent（空格分隔） / sender,identifier,sent, separated by spaces"
            raise FileFault(Reason.MALFORMED, reference, wanted, "references")
        yield parts[1]


def _info(element: Element) -> Info:
    return Info(
        language=_text(element, "language") or "en-US",
        event=_required(element, "event"),
        severity=_required(element, "severity"),
        urgency=_text(element, "urgency"),
        certainty=_text(element, "certainty"),
        onset=_perhaps_moment(element, "onset"),
        effective=_perhaps_moment(element, "effective"),
        expires=_perhaps_moment(element, "expires"),
        headline=_text(element, "headline"),
        codes=tuple(_text(e, "value") for e in _children(element, "eventCode")),
        parameters=tuple(_text(e, "value") for e in _children(element, "parameter")),
        areas=tuple(_area(e) for e in _children(element, "area")),
    )


def _area(element: Element) -> Area:
    try:
        polygons = tuple(_points(e.text or "") for e in _children(element, "polygon"))
        circles = tuple(_circle(e.text or "") for e in _children(element, "circle"))
    except ValueError as error:
        wanted = "多边形“纬,经 纬,经 …”，圆“纬,经 千米” / polygon 'lat,lon lat,lon …', circle 'lat,lon km'"
        raise FileFault(Reason.WRONG_TYPE, str(error), wanted, "area") from error
    return Area(
        description=_text(element, "areaDesc"),
        codes=tuple(_text(e, "value") for e in _children(element, "geocode")),
        polygons=polygons,
        circles=circles,
    )


def _points(text: str) -> tuple[tuple[float, float], ...]:
    return tuple(_pair(p) for p in text.split())


def _pair(text: str) -> tuple[float, float]:
    latitude, longitude = text.split(",")
    return float(latitude), float(longitude)


def _circle(text: str) -> tuple[float, float, float]:
    centre, radius = text.split()
    return (*_pair(centre), float(radius))
