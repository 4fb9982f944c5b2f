"""Files to values: contacts and channels, checked against each other. Pure; the folder is opened by ``store`` and ``actions``."""

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from services.response.channel import ADDRESSED, VENDOR_URL, ChannelKind, ChannelSpec
from services.response.contacts import CHANNELS, NODE_FIELDS, PERSON, Contact, Person, Way
from services.response.sheet import Problem, Sheet, open_sheet

_ID = r"[a-z][a-z0-9-]{0,39}"
_ID_WORDS = "小写字母、数字、连字符，字母开头 a-z 0-9 -, a letter first"
_KINDS = {kind.value: kind for kind in ChannelKind}
_YES = {"是": True, "否": False}
_USES = {"实战": False, "演练": True}
_OPTIONS: dict[ChannelKind, tuple[tuple[str, str], ...]] = {
    ChannelKind.WECOM_APP: (("企业编号", "corp_id"), ("应用编号", "agent_id")),
    ChannelKind.MAIL: (("发件人", "sender"),),
}
_LOCAL = ("127.0.0.1", "::1", "localhost")


def parse_channels(file: str, text: str, problems: list[Problem]) -> dict[str, ChannelSpec]:
    """Channels by id; what is wrong is appended to ``problems``. An address stands on the allow-list (允许主机), or is a vendor's own."""
    sheet = open_sheet(text, file, problems)
    if sheet is None:
        return {}
    hosts = frozenset(sheet.texts("允许主机"))
    found: dict[str, ChannelSpec] = {}
    for entry in sheet.sheets("渠道"):
        spec = _channel(entry, hosts)
        if spec.id in found:
            entry.note("编号", spec.id, "另一个编号，此编号已用", "another id; this one is taken")
        found[spec.id] = spec
    sheet.finish()
    return found


def parse_contacts(
    file: str, text: str, problems: list[Problem], channels: Mapping[str, ChannelSpec] | None = None
) -> dict[str, Contact]:
    """Contacts by role; what is wrong is appended to ``problems``. Persons may only be reached by ``channels``."""
    sheet = open_sheet(text, file, problems)
    found: dict[str, Contact] = {}
    for entry in sheet.sheets("联系人") if sheet is not None else []:
        contact = _contact(entry, channels or {})
        if contact.role in found:
            entry.note("角色", contact.role, "每个角色一项", "one entry for each role")
        found[contact.role] = contact
    if sheet is not None:
        sheet.finish()
    return found


def _contact(entry: Sheet, channels: Mapping[str, ChannelSpec]) -> Contact:
    copies = entry.words("渠道", {name: name for name in CHANNELS}) or CHANNELS
    people = tuple(_person(one, channels) for one in entry.sheets("人员")) if entry.has("人员") else ()
    contact = Contact(
        role=entry.text("角色", pattern=r"[a-z][a-z_]{1,40}", wanted="小写字母和下划线 a-z _"),
        name_zh=entry.text("名称"),
        name_en=entry.text("英文名称"),
        office=entry.text("单位"),
        channels=(*copies, PERSON) if people else copies,
        node_field=entry.word("取自环节", {name: name for name in NODE_FIELDS}, ""),
        people=people,
        is_called=entry.word("叫应", _YES, False),
    )
    _check_calls(contact, entry)
    if len({person.id for person in people}) < len(people):
        entry.note("人员", "、".join(person.id for person in people), "每人一项", "each person once")
    entry.finish()
    return contact


def _check_calls(contact: Contact, entry: Sheet) -> None:
    mute = "、".join(person.name for person in contact.people if not person.phone)
    if contact.is_called and (mute or not contact.people):
        entry.note("叫应", mute or "无人员 nobody", "叫应的每个人都要有电话", "a telephone for everybody who is called")


def _person(entry: Sheet, channels: Mapping[str, ChannelSpec]) -> Person:
    person = Person(
        id=entry.text("编号", pattern=_ID, wanted=_ID_WORDS),
        name=entry.text("姓名"),
        ways=tuple(_way(one, channels) for one in entry.sheets("渠道")),
        phone=entry.text("电话", default="", pattern=r"\+?[0-9][0-9 -]{4,19}|", wanted="电话号码 a telephone number"),
    )
    entry.finish()
    return person


def _way(entry: Sheet, channels: Mapping[str, ChannelSpec]) -> Way:
    own = {name: name for name, spec in channels.items() if spec.kind is not ChannelKind.VOICE}
    way = Way(channel=entry.word("渠道", own, ""), address=entry.text("地址", default=""))
    spec = channels.get(way.channel)
    if spec is not None and spec.kind in ADDRESSED and not way.address:
        entry.note(
            "地址", "（缺少 missing）", f"{spec.kind.value} 需要此人的地址", f"{spec.kind.value} needs an address"
        )
    entry.finish()
    return way


def _channel(entry: Sheet, hosts: Collection[str]) -> ChannelSpec:
    kind = entry.word("种类", _KINDS, ChannelKind.WEBHOOK)
    if not entry.has("种类"):
        entry.note("种类", "（缺少 missing）", "、".join(_KINDS), ", ".join(_KINDS))
    spec = ChannelSpec(
        id=entry.text("编号", pattern=_ID, wanted=_ID_WORDS),
        kind=kind,
        url=_address(entry, kind, hosts),
        is_drill=entry.word("用途", _USES, False),
        options={name: entry.text(key) for key, name in _OPTIONS.get(kind, ())},
    )
    entry.finish()
    return spec


def _address(entry: Sheet, kind: ChannelKind, hosts: Collection[str]) -> str:
    given = entry.text("网址", default=VENDOR_URL.get(kind))
    if given == VENDOR_URL.get(kind) or not given:
        return given
    parts = urlsplit(given)
    schemes = ("smtps", "smtp") if kind is ChannelKind.MAIL else ("https",)
    is_local = parts.scheme == "http" and parts.hostname in _LOCAL and kind is not ChannelKind.MAIL
    if not (parts.scheme in schemes or is_local) or not parts.hostname or parts.username or parts.password:
        words = " 或 ".join(f"{scheme}://主机" for scheme in schemes)
        entry.note("网址", given, f"{words}，不含口令", f"{' or '.join(schemes)}://host, without a password")
    elif parts.hostname not in hosts:
        entry.note(
            "网址", parts.hostname, "写在“允许主机”里的主机", "a host of the list 允许主机: nothing is sent elsewhere"
        )
    return given
