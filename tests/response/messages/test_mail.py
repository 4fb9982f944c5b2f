"""E-mail against a real SMTP server: TLS or nothing, what it says is understood, a repeat keeps its Message-ID."""

import email
import email.policy
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from services.cli.stack.ports import free_ports
from services.response.actions.mail import Mail
from services.response.notice import Letter, Verdict
from services.runtime.clock import WallClock

MakeLetter = Callable[..., Letter]
WORD = "mail-password"


class Box:
    """Keeps what is delivered, or answers with ``says``."""

    def __init__(self) -> None:
        self.messages: list[email.message.EmailMessage] = []
        self.says = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802  # the name aiosmtpd calls
        if self.says:
            return self.says
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802  # as above
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.password == WORD.encode(), handled=False)


@pytest.fixture
def box(certificate: Path) -> Iterator[tuple[Box, str]]:
    found = Box()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "server.pem", certificate / "server.key")

    class TlsController(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                self.handler, tls_context=context, require_starttls=True, auth_required=True, authenticator=_login
            )

    controller = TlsController(found, hostname="127.0.0.1", port=free_ports(1)[0])
    controller.start()
    yield found, f"smtp://localhost:{controller.port}"
    controller.stop()


def mail(url: str, certificate: Path, word: str = WORD) -> Mail:
    return Mail(url, "duty@example.org", "duty", word, WallClock(), cafile=str(certificate / "ca.pem"))


def test_a_message_arrives_as_text_and_page(box: tuple[Box, str], certificate: Path, make_letter: MakeLetter) -> None:
    for _ in range(2):
        (outcome,) = mail(box[1], certificate).send([make_letter()])
        assert outcome.verdict is Verdict.SENT
    first, again = box[0].messages
    assert str(first["Subject"]) == "【系统研判·红色】哈尔乌素电厂 动力煤 断供风险"
    assert str(first["To"]) == "张三 <zhang@example.org>"
    assert first["Message-ID"] == again["Message-ID"] == "<note-0123456789abcdef@example.org>"
    assert first["Auto-Submitted"] == "auto-generated"
    text, page = (first.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    for part in (
        "约 31 小时到最低库存",
        "核实电厂库存并报链长",
        "01-10 15:00 前",
        "https://lianjing.example.org/m/abc.def",
    ):
        assert part in text.get_content()
        assert part in page.get_content()


@pytest.mark.parametrize(
    ("says", "verdict"),
    [("451 try later", Verdict.BUSY), ("552 mailbox full", Verdict.REFUSED), ("554 spam", Verdict.REFUSED)],
)
def test_what_the_server_says(
    box: tuple[Box, str], certificate: Path, make_letter: MakeLetter, says: str, verdict: Verdict
) -> None:
    box[0].says = says
    (outcome,) = mail(box[1], certificate).send([make_letter()])
    assert (outcome.verdict, outcome.code) == (verdict, says[:3])


def test_refusals_and_dead_hosts(box: tuple[Box, str], certificate: Path, make_letter: MakeLetter) -> None:
    (wrong,) = mail(box[1], certificate, "a-wrong-word").send([make_letter()])
    assert (wrong.verdict, wrong.code) == (Verdict.REFUSED, "535")
    assert "a-wrong-word" not in repr(wrong)
    (unknown,) = mail(box[1], certificate).send([make_letter(address="nobody@example.org")])
    assert (unknown.verdict, unknown.code) == (Verdict.REFUSED, "550")
    (forged,) = mail(box[1], certificate).send([make_letter(address="a@example.org\nBcc: all@example.org")])
    assert (forged.verdict, forged.code) == (Verdict.REFUSED, "address")
    (gone,) = mail("smtp://localhost:1", certificate).send([make_letter()])
    assert gone.verdict is Verdict.UNREACHABLE
    assert box[0].messages == []


def test_nothing_is_sent_without_tls(certificate: Path, make_letter: MakeLetter) -> None:
    plain = Box()
    controller = Controller(plain, hostname="127.0.0.1", port=free_ports(1)[0])
    controller.start()
    try:
        url = f"smtp://localhost:{controller.port}"
        (outcome,) = mail(url, certificate).send([make_letter()])
    finally:
        controller.stop()
    assert (outcome.verdict, outcome.code) == (Verdict.REFUSED, "STARTTLS")
    assert plain.messages == []
