"""What a channel is: its kind, where it is, for whom it may be used. Values only; secrets never stand here."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class ChannelKind(StrEnum):
    """How a message travels."""

    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WECOM = "wecom"
    WECOM_APP = "wecom-app"
    MAIL = "mail"
    WEBHOOK = "webhook"
    SMS = "sms"
    VOICE = "voice"


class ChannelSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel of ``contacts/channels.yaml``. ``url`` is the whole address of a gateway, the base of a vendor's, or the mail server.

    ``is_drill``: a group whose members are a drill's roster; drills may use it, nothing real goes there. ``options``: what only one kind needs.
    """

    id: str
    kind: ChannelKind
    url: str
    is_drill: bool = False
    options: Mapping[str, str] = {}


PERSONAL = frozenset({ChannelKind.MAIL, ChannelKind.WECOM_APP})
"""Kinds that reach one person and no other: a drill may use them for those on its roster."""

GATEWAYS = frozenset({ChannelKind.WEBHOOK, ChannelKind.SMS, ChannelKind.VOICE})
"""Kinds that a drill never uses: it has a stand-in for them."""

ADDRESSED = PERSONAL | {ChannelKind.SMS, ChannelKind.VOICE}
"""Kinds that need the person's own address."""

VENDOR_URL: dict[ChannelKind, str] = {
    ChannelKind.DINGTALK: "https://oapi.dingtalk.com",
    ChannelKind.FEISHU: "https://open.feishu.cn",
    ChannelKind.WECOM: "https://qyapi.weixin.qq.com",
    ChannelKind.WECOM_APP: "https://qyapi.weixin.qq.com",
}
"""Where the vendors' public services are."""

SECRETS: dict[ChannelKind, tuple[str, ...]] = {
    ChannelKind.DINGTALK: ("token", "secret"),
    ChannelKind.FEISHU: ("token", "secret"),
    ChannelKind.WECOM: ("key",),
    ChannelKind.WECOM_APP: ("secret",),
    ChannelKind.MAIL: (),
    ChannelKind.WEBHOOK: ("secret",),
    ChannelKind.SMS: ("secret",),
    ChannelKind.VOICE: ("secret",),
}
"""What each kind needs of ``LIANJING_CHANNEL_SECRETS``."""
