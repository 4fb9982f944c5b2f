"""A test message by each channel of a person, straight from here: it stands in no table and asks for nothing."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from services.response.actions.outfit import open_links, open_specs
from services.response.channel import ChannelKind, ChannelSpec
from services.response.contacts import Person, Way
from services.response.marks import TEST
from services.response.notice import Letter, Outcome, Verdict
from services.response.store import load_channels, load_plans
from services.runtime.assets import asset_path
from services.runtime.clock import WallClock
from services.runtime.errors import InputError
from services.runtime.settings import Settings

_WORDS = {
    Verdict.SENT: "✓ 已发出 sent",
    Verdict.BUSY: "✗ 对方忙，稍后重试 busy",
    Verdict.LIMITED: "✗ 超过对方限速 over the limit",
    Verdict.REFUSED: "✗ 被拒绝 refused",
    Verdict.UNREACHABLE: "✗ 连不上 unreachable",
    Verdict.UNKNOWN: "✗ 无答复，可能已到 no answer, may have arrived",
}
_ADVICE = {
    "310000": "加签密钥、关键词或 IP 白名单不符 secret, keyword or IP list of the robot",
    "300005": "access_token 不对 wrong access_token",
    "130101": "每分钟超过 20 条，十分钟后再试 over 20 a minute, wait ten minutes",
    "19021": "签名密钥不符或本机时钟偏差超过一小时 wrong secret, or this clock is off",
    "19022": "IP 不在白名单 this address is not on the bot's list",
    "19024": "消息不含机器人的关键词，请改用签名校验 keyword missing: use the signature instead",
    "11232": "飞书限流，稍后再试 Feishu limits, try later",
    "9499": "消息格式被拒 the message's form was refused",
    "93000": "机器人 key 不对或机器人已被移除 wrong key, or the robot was removed",
    "45009": "超过频率限制 over the limit",
    "81013": "成员不在应用可见范围 the member is not within the application's reach",
    "40001": "应用 secret 不对 wrong secret",
    "535": "邮箱用户名或口令不对 wrong user or password",
    "550": "没有这个收件人 no such recipient",
    "STARTTLS": "邮件服务器不支持加密，不发送 the server offers no encryption",
    "HTTP 401": "网关不认签名：核对密钥和时钟 the gateway rejects the signature: secret or clock",
    "no secret": "把密钥写入 LIANJING_CHANNEL_SECRETS put the secret there",
}


class Trial(Struct, frozen=True, kw_only=True):
    """One channel and what it answered."""

    channel: str
    outcome: Outcome


def try_person(settings: Settings, person: str, channel: str) -> list[Trial]:
    """A test message by each channel of a person, or by one. Raises InputError for an unknown person or channel."""
    people = known_people(settings)
    if person not in people:
        raise InputError(
            f"通讯录没有人员 {person!r}，已有 / nobody is {person!r}; known: {'、'.join(sorted(people)) or '–'}"
        )
    specs = load_channels(_config(settings))
    ways = _ways(people[person], specs, channel)
    if not ways:
        known = "、".join(way.channel for way in people[person].ways) or "–"
        raise InputError(f"{person} 没有渠道 {channel!r}，已有 / has no such channel; known: {known}")
    channels = open_specs(settings, {way.channel: specs[way.channel] for way in ways}, WallClock())
    found = []
    for way in ways:
        letter = _letter(settings, people[person], way)
        found.append(Trial(channel=way.channel, outcome=channels[way.channel].send([letter])[0]))
    return found


def known_people(settings: Settings) -> dict[str, Person]:
    """Everybody of the contacts by id."""
    contacts = load_plans(_config(settings)).contacts
    return {person.id: person for contact in contacts.values() for person in contact.people}


def lines(trials: Sequence[Trial]) -> Iterator[str]:
    """What happened, for people."""
    for trial in trials:
        outcome = trial.outcome
        said = " ".join(part for part in (outcome.code, outcome.detail) if part)
        yield f"{trial.channel}: {_WORDS[outcome.verdict]}{f' ({said})' if said else ''}"
        if outcome.code in _ADVICE:
            yield f"  → {_ADVICE[outcome.code]}"


def exit_code(trials: Sequence[Trial]) -> int:
    """0 all went out, 1 some were refused, 3 some did not answer."""
    verdicts = {trial.outcome.verdict for trial in trials}
    if verdicts & {Verdict.REFUSED, Verdict.LIMITED}:
        return 1
    return 0 if verdicts == {Verdict.SENT} else 3


def _ways(person: Person, specs: Mapping[str, ChannelSpec], channel: str) -> list[Way]:
    voices = [name for name, spec in specs.items() if spec.kind is ChannelKind.VOICE and channel == name]
    ways = [way for way in person.ways if not channel or way.channel == channel]
    return [*ways, *(Way(channel=name, address=person.phone) for name in voices if person.phone)]


def _letter(settings: Settings, person: Person, way: Way) -> Letter:
    now = WallClock().now()
    name = f"note-test-{int(now.timestamp())}"
    links = open_links(settings)
    who = person.id if way.address else f"@{way.channel}"
    return Letter(
        notification_id=name,
        lane="live",
        level="",
        recipient=person.name,
        address=way.address,
        text_zh=f"{TEST[0]}链警消息通道测试\n剩余：不涉及\n请办：无需处置；看到即说明 {way.channel} 可用",
        text_en=f"{TEST[1]}of the channel {way.channel}\nDo: nothing",
        created_at=now,
        link=links.link(name, "live", who, now) if links is not None else "",
    )


def _config(settings: Settings) -> Path:
    return settings.config or asset_path("deploy/config")
