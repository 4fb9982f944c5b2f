"""E-mail by SMTP, always over TLS: ``smtps://host`` from the first byte, ``smtp://host`` by STARTTLS, which must be there."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import urlsplit

from msgspec import structs

from services.response.actions.post import away
from services.response.notice import Letter, Outcome, Verdict
from services.response.pace import Limit
from services.response.presentation import cut, lines_of, page, plain
from services.runtime.clock import Clock

_TIMEOUT_S = 10.0


class Mail:
    """One mail server and sender. The same message keeps its Message-ID, by which a mailbox knows a repeat."""

    at_once = 1
    limits: tuple[Limit, ...] = ()
    is_recorded = True

    def __init__(self, url: str, sender: str, user: str, password: str, clock: Clock, *, cafile: str = "") -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname or "", parts.port or (465 if self._is_tls else 587)
        self._sender, self._user, self._password = sender, user, password
        self._clock = clock
        self._context = ssl.create_default_context()
        if cafile:
            self._context.load_verify_locations(cafile)

    def send(self, letters: Sequence[Letter]) -> list[Outcome]:
        """Send each over a connection of its own."""
        return [self._send(letter) for letter in letters]

    def _send(self, letter: Letter) -> Outcome:
        try:
            message = self._message(letter)
        except (ValueError, IndexError) as error:
            return Outcome(verdict=Verdict.REFUSED, code="address", detail=str(error)[:200])
        is_underway = False
        try:
            with closing(self._open()) as server:
                is_underway = True
                server.send_message(message)
                with suppress(OSError, smtplib.SMTPException):  # the message is out whatever is answered to the goodbye
                    server.quit()
            return Outcome(verdict=Verdict.SENT, reference=str(message["Message-ID"]))
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            return self._answered(code, words)
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError as error:
            return Outcome(verdict=Verdict.REFUSED, code="STARTTLS", detail=str(error), rest_s=60.0)
        except (OSError, smtplib.SMTPException) as error:
            lost = away(Verdict.UNKNOWN if is_underway else Verdict.UNREACHABLE, error)
            return structs.replace(lost, detail=self._hidden(lost.detail))

    def _open(self) -> smtplib.SMTP:
        if self._is_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=_TIMEOUT_S, context=self._context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_TIMEOUT_S)
        try:
            if not self._is_tls:
                server.starttls(context=self._context)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        """Text and HTML. Raises ValueError for an address or headline that is none."""
        message = EmailMessage()
        message["Subject"] = cut(lines_of(letter.text_zh)[0], 200)
        message["From"] = Address("链警 Lianjing", addr_spec=self._sender)
        message["To"] = Address(letter.recipient, addr_spec=letter.address)
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = f"<{letter.notification_id}@{self._sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message["X-Priority"] = "1" if letter.level in ("red", "orange") else "3"
        message.set_content(plain(letter))
        message.add_alternative(page(letter), subtype="html")
        return message

    def _answered(self, code: int, words: bytes | str) -> Outcome:
        shown = self._hidden(words.decode(errors="replace") if isinstance(words, bytes) else words)
        if 400 <= code < 500:
            return Outcome(verdict=Verdict.BUSY, code=str(code), detail=shown)
        is_ours = code in (530, 534, 535, 538)
        return Outcome(verdict=Verdict.REFUSED, code=str(code), detail=shown, rest_s=60.0 if is_ours else 0.0)

    def _hidden(self, text: str) -> str:
        return (text.replace(self._password, "***") if self._password else text)[:200]
