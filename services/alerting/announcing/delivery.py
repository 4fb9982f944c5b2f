"""Where official messages go: a folder, or a signed webhook."""

import hashlib
import hmac
import ssl
from pathlib import Path
from typing import Protocol

import httpx

from services.runtime.clock import Clock
from services.runtime.errors import UnreachableError

_TIMEOUT_S = 10.0


class Outlet(Protocol):
    """Takes official messages."""

    def send(self, identifier: str, document: bytes) -> None:
        """Hand a message over; one that is known already changes nothing. Raises UnreachableError; it may have arrived then."""
        ...


class FolderOutlet:
    """One file a message, whole or not there at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, identifier: str, document: bytes) -> None:
        """Write ``<identifier>.cap.xml``. Raises UnreachableError when the folder cannot be written to."""
        path = self._folder / f"{identifier}.cap.xml"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                torn = path.with_suffix(".part")
                torn.write_bytes(document)
                torn.replace(path)
        except OSError as error:
            raise UnreachableError(f"{self._folder}: {error.strerror}") from error


class WebhookOutlet:
    """POST of the XML, signed as every webhook of ours (docs/messages.md): ``X-Lianjing-Signature: v1=`` + hex of HMAC-SHA256 with the shared secret
    over ``X-Lianjing-Timestamp`` (s) + ``.`` + body. The receiver takes an ``X-Lianjing-Id`` once and answers 2xx for a repeat, too.
    """

    def __init__(self, url: str, secret: str, clock: Clock, cafile: str = "") -> None:
        context = ssl.create_default_context()
        if cafile:
            context.load_verify_locations(cafile)
        self._url, self._secret, self._clock = url, secret.encode(), clock
        self._client = httpx.Client(verify=context, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)

    def send(self, identifier: str, document: bytes) -> None:
        """Post it. Raises UnreachableError when the receiver is away or does not take it."""
        stamp = str(int(self._clock.now().timestamp()))
        mark = hmac.new(self._secret, stamp.encode() + b"." + document, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/cap+xml; charset=utf-8",
            "X-Lianjing-Timestamp": stamp,
            "X-Lianjing-Signature": f"v1={mark}",
            "X-Lianjing-Id": identifier,
        }
        try:
            answer = self._client.post(self._url, content=document, headers=headers)
        except httpx.HTTPError as error:
            raise UnreachableError(f"the receiver of CAP does not answer: {type(error).__name__}") from error
        if not answer.is_success:
            raise UnreachableError(f"the receiver of CAP answered {answer.status_code}: {answer.text[:200]}")
