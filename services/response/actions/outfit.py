"""The channels of a configuration, opened with their secrets. A channel without its secret stands there and refuses, so that the rest still works."""

from collections.abc import Mapping, Sequence

import msgspec

from services.response.actions.dingtalk import DingTalk
from services.response.actions.feishu import Feishu
from services.response.actions.log_channel import LogChannel
from services.response.actions.mail import Mail
from services.response.actions.post import Post
from services.response.actions.webhook import Webhook
from services.response.actions.wecom import WeCom
from services.response.actions.wecom_app import WeComApp
from services.response.channel import SECRETS, ChannelKind, ChannelSpec
from services.response.contacts import LOG
from services.response.failover import STAND_IN
from services.response.link import Links, key_of
from services.response.notice import Channel, Letter, Outcome, Verdict
from services.response.pace import Limit
from services.runtime.clock import Clock
from services.runtime.errors import ConfigurationError
from services.runtime.logs import logger
from services.runtime.settings import Settings

_SHORTEST_SECRET = 16
_log = logger("channels")
Secrets = Mapping[str, Mapping[str, str]]


class Missing:
    """A channel whose secret is not set."""

    at_once = 1
    limits: tuple[Limit, ...] = ()
    is_recorded = True

    def __init__(self, names: Sequence[str]) -> None:
        self._words = f"LIANJING_CHANNEL_SECRETS 缺少 lacks: {', '.join(names)}"

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Refuse."""
        no = Outcome(verdict=Verdict.REFUSED, code="no secret", detail=self._words, rest_s=60.0)
        return [no for _ in letters]


def open_channels(settings: Settings, specs: Mapping[str, ChannelSpec], clock: Clock) -> dict[str, Channel]:
    """The log, the stand-in and every configured channel by id. Raises ConfigurationError, UnreachableError."""
    logs = settings.home / "logs"
    log, stand_in = LogChannel(logs / "notifications.log"), LogChannel(logs / "stand-in.log")
    log.open()
    stand_in.open()
    return {LOG: log, STAND_IN: stand_in, **open_specs(settings, specs, clock)}


def open_specs(settings: Settings, specs: Mapping[str, ChannelSpec], clock: Clock) -> dict[str, Channel]:
    """The configured channels alone."""
    secrets = read_secrets(settings)
    return {name: _channel(spec, secrets.get(name, {}), settings, clock) for name, spec in specs.items()}


def read_secrets(settings: Settings) -> Secrets:
    """Secrets by channel: ``{"duty-dingtalk": {"token": "…", "secret": "…"}}``. Raises ConfigurationError without showing any."""
    if not settings.channel_secrets:
        return {}
    try:
        return msgspec.json.decode(settings.channel_secrets, type=dict[str, dict[str, str]])
    except msgspec.DecodeError as error:
        raise ConfigurationError(
            'LIANJING_CHANNEL_SECRETS: 应为 JSON，如 JSON is wanted, such as {"duty-dingtalk": {"token": "…", "secret": "…"}}'
        ) from error


def open_links(settings: Settings) -> Links | None:
    """Links to acknowledge by, None where no public address is set. Raises ConfigurationError for a secret that is too short."""
    if not settings.public_url:
        return None
    if len(settings.link_secret) < _SHORTEST_SECRET:
        raise ConfigurationError(
            f"LIANJING_LINK_SECRET: 至少 {_SHORTEST_SECRET} 个字符 at least {_SHORTEST_SECRET} characters: `openssl rand -hex 32`"
        )
    if not settings.public_url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise ConfigurationError("LIANJING_PUBLIC_URL: 应以 https:// 开头 begins with https://")
    return Links(settings.public_url, key_of(settings.link_secret))


def _channel(spec: ChannelSpec, secrets: Mapping[str, str], settings: Settings, clock: Clock) -> Channel:
    missing = [name for name in SECRETS[spec.kind] if not secrets.get(name)]
    if missing:
        _log.error("a channel lacks what it needs of the settings", channel=spec.id, missing=missing)
        return Missing([f"{spec.id}.{name}" for name in missing])
    if spec.kind is ChannelKind.MAIL:
        user, word = secrets.get("user", ""), secrets.get("password", "")
        return Mail(spec.url, spec.options["sender"], user, word, clock, cafile=settings.channel_cafile)
    post = Post(tuple(secrets.values()), cafile=settings.channel_cafile, proxy=settings.channel_proxy)
    return _posting(spec, secrets, post, clock)


def _posting(spec: ChannelSpec, secrets: Mapping[str, str], post: Post, clock: Clock) -> Channel:
    match spec.kind:
        case ChannelKind.DINGTALK:
            return DingTalk(spec.url, secrets["token"], secrets["secret"], post, clock)
        case ChannelKind.FEISHU:
            return Feishu(spec.url, secrets["token"], secrets["secret"], post, clock)
        case ChannelKind.WECOM:
            return WeCom(spec.url, secrets["key"], post)
        case ChannelKind.WECOM_APP:
            corporation, agent = spec.options["corp_id"], spec.options["agent_id"]
            return WeComApp(spec.url, corporation, agent, secrets["secret"], post, clock)
        case _:
            return Webhook(spec.kind, spec.url, secrets["secret"], post, clock)
