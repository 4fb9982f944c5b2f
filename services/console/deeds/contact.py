"""Entries of contacts, roster and channels as a form shows and orders them. Whether they hold is judged by response, as it judges the files. Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from services.console.deeds.order import Order, words
from services.console.errors import WrongError
from services.runtime.contact_files import END, PUT

PEOPLE, WAYS = "人员", "渠道"
"""The list of persons of a contact, and of their ways."""
_LINES = (
    "每行一人：编号 | 姓名 | 电话 | 渠道=地址, 渠道=地址",
    "one person a line: id | name | telephone | channel=address, …",
)


class Field(Struct, frozen=True):
    """A field of a form. ``choices`` bind where there are any; ``is_people``: a line for each person."""

    name: str
    en: str
    hint_zh: str = ""
    hint_en: str = ""
    choices: tuple[str, ...] = ()
    is_needed: bool = False
    is_people: bool = False


FORMS: Mapping[str, tuple[Field, ...]] = {
    "contacts": (
        Field("角色", "role", "小写字母和下划线", "a-z _", is_needed=True),
        Field("名称", "name in Chinese", is_needed=True),
        Field("英文名称", "name in English", is_needed=True),
        Field("单位", "office", is_needed=True),
        Field(
            "取自环节",
            "field of the place",
            choices=("", "chain_chief", "chain_leader", "lead_department", "work_team"),
        ),
        Field("叫应", "called by telephone", choices=("否", "是")),
        Field(PEOPLE, "persons", *_LINES, is_people=True),
    ),
    "roster": (
        Field("角色", "role", "通讯录中的名称", "name in the contacts", is_needed=True),
        Field("班次", "shift", "如 08:00-20:00，不填为全天", "such as 08:00-20:00; empty: the whole day"),
        Field("人员", "person", is_needed=True),
        Field("代班", "stands in"),
        Field("账号", "logins", "登录名，逗号分隔；不填则不限", "logins, separated by commas; none: anybody"),
        Field("自", "from", "如 2026-02-01", "such as 2026-02-01"),
        Field("至", "until", "含当日", "included"),
    ),
    "channels": (
        Field("编号", "id", "小写字母、数字、连字符", "a-z 0-9 -", is_needed=True),
        Field(
            "种类",
            "kind",
            choices=("wecom", "wecom-app", "dingtalk", "feishu", "mail", "sms", "voice", "webhook"),
            is_needed=True,
        ),
        Field("用途", "use", choices=("实战", "演练")),
        Field("网址", "address", "主机须在文件的“允许主机”里", "its host has to stand in 允许主机 of the file"),
        Field("企业编号", "corporation", "wecom-app", "wecom-app"),
        Field("应用编号", "agent", "wecom-app", "wecom-app"),
        Field("发件人", "sender", "mail", "mail"),
    ),
}


def put(file: str, key: str, typed: Mapping[str, str], before: Mapping[str, Any], reason: str) -> Order:
    """The order that puts an entry. ``before`` is the entry as it was, whose fields that no form shows stay. Raises WrongError."""
    fields = FORMS[file]
    entry = {name: value for name, value in before.items() if name not in {field.name for field in fields}}
    for field in fields:
        given = typed.get(field.name, "").strip()
        if field.is_needed and not given:
            raise WrongError(f"请填写{field.name}", f"{field.en} is missing")
        if field.choices and given and given not in field.choices:
            wanted = "、".join(choice or "（空）" for choice in field.choices)
            raise WrongError(f"{field.name} {given[:40]!r}：应为 {wanted}", f"{field.en}: one of {wanted} is right")
        if field.name == "网址" and "?" in given:
            raise WrongError(
                "网址不得带参数：密钥只写在 LIANJING_CHANNEL_SECRETS",
                "an address has no parameters: secrets stand in LIANJING_CHANNEL_SECRETS",
            )
        value = _value(file, field, given)
        if value:
            entry[field.name] = value
    arguments = {"file": file, "key": key, "entry": msgspec.json.encode(entry).decode()}
    return Order(PUT, arguments, words(reason, "缘由", "why"))


def end(file: str, key: str, reason: str) -> Order:
    """The order that ends an entry. Raises WrongError."""
    return Order(END, {"file": file, "key": key}, words(reason, "缘由", "why"))


def shown(file: str, entry: Mapping[str, Any]) -> dict[str, str]:
    """An entry as its form shows it."""
    return {field.name: _text(field, entry.get(field.name)) for field in FORMS[file]}


def _value(file: str, field: Field, given: str) -> object:
    if field.is_people:
        return [_person(line) for line in given.splitlines() if line.strip()]
    if file == "roster" and field.name == "账号":
        return [login.strip() for login in given.replace("，", ",").split(",") if login.strip()]
    return "" if given == "否" else given


def _person(line: str) -> dict[str, Any]:
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != len(_COLUMNS):
        raise WrongError(f"{line[:60]!r}：{_LINES[0]}", f"{line[:60]!r}: {_LINES[1]}")
    name, who, phone, ways = parts
    found: dict[str, Any] = {"编号": name, "姓名": who} | ({"电话": phone} if phone else {})
    return found | {WAYS: [_way(way) for way in ways.split(",") if way.strip()]}


_COLUMNS = ("编号", "姓名", "电话", WAYS)


def _way(text: str) -> dict[str, str]:
    channel, _, address = text.strip().partition("=")
    return {"渠道": channel.strip()} | ({"地址": address.strip()} if address.strip() else {})


def _text(field: Field, value: object) -> str:
    if field.is_people and isinstance(value, list):
        return "\n".join(_line(person) for person in value)
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)


def _line(person: Mapping[str, Any]) -> str:
    ways = [f"{way['渠道']}={way['地址']}" if way.get("地址") else way["渠道"] for way in person.get(WAYS, [])]
    return " | ".join((person.get("编号", ""), person.get("姓名", ""), person.get("电话", ""), ", ".join(ways)))
