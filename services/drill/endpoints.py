"""What must not stand in a drill file or a plan used by a drill: live endpoints and credentials. Pure."""

import re

import yaml

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("网址 address", re.compile(r"\b[a-z][a-z0-9+.-]{1,15}://\S+", re.IGNORECASE)),
    ("邮箱 e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")),
    ("手机号 mobile number", re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?!\d)")),
    ("电话号码 telephone number", re.compile(r"(?<!\d)0\d{2,3}[- ]\d{7,8}(?!\d)")),
    ("主机地址 host address", re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?(?![\d.])")),
    (
        "口令或密钥 credential",
        re.compile(r"(?:token|secret|passwor[dt]|api[-_ ]?key|密码|密钥|令牌)\s*[=:：]\s*\S+", re.IGNORECASE),
    ),
    ("密钥串 key material", re.compile(r"(?=\S*\d)(?=\S*[A-Za-z])[A-Za-z0-9+/_-]{32,}={0,2}")),
)
_SECRET_KEYS = re.compile(
    r"token|secret|password|api[-_]?key|密码|密钥|令牌|网址|webhook_url|url|endpoint", re.IGNORECASE
)


def live_endpoint(text: str) -> tuple[str, str] | None:
    """The first thing in a text that would reach or open something real: what it is, and itself; None when there is none.

    >>> live_endpoint("请致电 13800138000")
    ('手机号 mobile number', '13800138000')
    >>> live_endpoint("请在 15 分钟内核实 1,200,000 吨") is None
    True
    """
    for what, pattern in _KINDS:
        found = pattern.search(text)
        if found is not None:
            return what, found.group()
    return None


def endpoints_in(text: str) -> list[tuple[int, str, str, str]]:
    """Every live endpoint or credential in a YAML text: line, key, what it is, itself. A text that is no YAML is looked at line by line."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        node = None
    if node is None:
        lines = enumerate(text.splitlines(), 1)
        return [(n, "", *found) for n, line in lines if (found := live_endpoint(line)) is not None]
    return list(_walk(node, ""))


def _walk(node: yaml.Node, key: str) -> list[tuple[int, str, str, str]]:
    if isinstance(node, yaml.MappingNode):
        return [found for k, v in node.value for found in _walk(v, str(k.value))]
    if isinstance(node, yaml.SequenceNode):
        return [found for v in node.value for found in _walk(v, key)]
    value = str(node.value)
    line = node.start_mark.line + 1
    if value and _SECRET_KEYS.fullmatch(key):
        return [(line, key, "口令、密钥或网址 credential or address", value)]
    found = live_endpoint(value)
    return [(line, key, *found)] if found is not None else []
