"""Every setting, declared once: name, type, default, meaning. Read from the environment, never from code."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import msgspec
from msgspec import Struct, structs

from services.runtime.errors import ConfigurationError

_PREFIX = "LIANJING_"


class Settings(Struct, frozen=True, kw_only=True):
    """All settings of one process. Environment name: ``LIANJING_`` + field in capitals; a secret may also be given as a file by ``…_FILE``."""

    home: Path = Path("/var/lib/lianjing")
    config: Path | None = None
    chain: str = "ordos"
    kafka_bootstrap: str = "127.0.0.1:19092"
    kafka_security_protocol: str = "PLAINTEXT"
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    kafka_sasl_username: str = ""
    kafka_sasl_password: str = ""
    kafka_ssl_cafile: str = ""
    kafka_ssl_certfile: str = ""
    kafka_ssl_keyfile: str = ""
    database_url: str = ""
    alertmanager_url: str = "http://127.0.0.1:19094"
    prometheus_url: str = "http://127.0.0.1:19090"
    grafana_url: str = "http://127.0.0.1:3000"
    grafana_secret: str = ""
    intake_host: str = "127.0.0.1"
    intake_port: int = 18080
    metrics_host: str = "127.0.0.1"
    metrics_port: int = 0
    mqtt_url: str = ""
    drop_folder: Path | None = None
    slot: int = 0
    session_timeout_ms: int = 45_000
    log_format: str = "console"
    log_level: str = "info"
    webhook_url: str = ""
    channel_secrets: str = ""
    channel_cafile: str = ""
    channel_proxy: str = ""
    public_url: str = ""
    link_secret: str = ""
    link_host: str = "127.0.0.1"
    link_port: int = 18090
    console_host: str = "127.0.0.1"
    console_port: int = 18088
    console_secure: int = 0
    console_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    errand_secret: str = ""
    cap_folder: Path | None = None
    cap_url: str = ""
    cap_secret: str = ""
    cap_key: Path | None = None
    cap_certificate: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings; unset ones come from the stack of the same home, if one was started there, else keep their default.

        Raises ConfigurationError naming every senseless value.
        """
        own = os.environ if environment is None else environment
        home = Path(own.get("LIANJING_HOME") or default_home(own))
        given = {**_of_stack(home), **own}
        values: dict[str, object] = {"home": home}
        problems: list[str] = []
        for field in structs.fields(cls):
            text = _text_of(field.name, given, problems)
            if text is None:
                continue
            try:
                values[field.name] = _parse(text, field.type)
            except ValueError:
                problems.append(f"{_PREFIX}{field.name.upper()}: {text!r} 不是整数 is not a whole number")
        if problems:
            raise ConfigurationError(*problems)
        return cls(**values)  # type: ignore[arg-type]  # msgspec checks types when decoding, the parse above did it here

    def with_changes(self, **changes: object) -> "Settings":
        """A copy with some fields replaced."""
        return structs.replace(self, **changes)

    def described(self) -> dict[str, str]:
        """Name and value of every setting for people to read; secrets and passwords in URLs are hidden."""
        shown = {}
        for field in structs.fields(type(self)):
            value = str(getattr(self, field.name) or "")
            if ("password" in field.name or "secret" in field.name) and value:
                value = "***"
            elif field.name.endswith(("_url", "_proxy")):
                value = without_password(value)
            shown[_PREFIX + field.name.upper()] = value
        return shown


def without_password(url: str) -> str:
    """The URL with its password hidden.

    >>> without_password("postgresql://a:secret@h:1/d")
    'postgresql://a:***@h:1/d'
    """
    parts = urlsplit(url)
    if not parts.password:
        return url
    host = parts.netloc.rsplit("@", 1)[1]
    return urlunsplit(parts._replace(netloc=f"{parts.username}:***@{host}"))


def default_home(given: Mapping[str, str]) -> Path:
    """Where data are kept when LIANJING_HOME is not set."""
    if os.geteuid() == 0:
        return Path("/var/lib/lianjing")
    base = given.get("XDG_DATA_HOME") or str(Path(given.get("HOME", "/tmp")) / ".local/share")  # noqa: S108  # last resort only
    return Path(base) / "lianjing"


def _of_stack(home: Path) -> dict[str, str]:
    """What ``lianjing up`` wrote down for the commands beside it: addresses and, readable by its owner only, the database's."""
    found: dict[str, str] = {}
    with suppress(OSError):
        found |= msgspec.json.decode((home / "run" / "settings.json").read_bytes(), type=dict[str, str])
    with suppress(OSError):
        found["LIANJING_DATABASE_URL"] = (home / "secrets" / "database_url").read_text(encoding="utf-8").strip()
    return found


def _text_of(name: str, given: Mapping[str, str], problems: list[str]) -> str | None:
    variable = _PREFIX + name.upper()
    path = given.get(variable + "_FILE")
    if path is None:
        return given.get(variable)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        problems.append(f"{variable}_FILE: {path!r} 无法读取 cannot be read ({error.strerror})")
        return None


def _parse(text: str, kind: object) -> object:
    if kind is int:
        return int(text)
    if kind is str:
        return text
    return Path(text) if text else None
