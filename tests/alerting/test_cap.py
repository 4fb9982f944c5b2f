"""Alerts as CAP 1.2: chains, approval, signature, checked by a third party's validator; and the export in the style of GB/T 35965.1."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import capvalidator
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from schemas.alert import Alert
from schemas.command import Command
from schemas.level import Level
from services.alerting.cap.chain import CapMessage, chain_of
from services.alerting.cap.document import NAMESPACE, cap_document
from services.alerting.cap.national import national_document, national_identifier
from services.alerting.cap.publication import parse_publication
from services.alerting.cap.signature import signed
from services.runtime.assets import asset_path
from services.runtime.chain import load_chain
from services.runtime.errors import ConfigurationError, InputError

from .conftest import Desk, ordered

CONFIG = asset_path("deploy/config")
TEXT = (CONFIG / "alerting" / "publication.yaml").read_text(encoding="utf-8")
OFFICE = parse_publication(TEXT, "publication.yaml")
YARD = next(n for n in load_chain(CONFIG / "chains" / "ordos").nodes if n.id == "P_QHD")
HORIZON = {"hours_to_minimum_p50": 40.0, "probability": {"168": 0.8}}
CAP = f"{{{NAMESPACE}}}"


def approve(number: int, episode: str, scope: str, actor: str, lane: str = "live") -> Command:
    return ordered("alert.approve", number, actor, lane, episode=episode, scope=scope)


def lived(lane: str = "live", scope: str = "Restricted", approvers: tuple[str, ...] = ("链长",)) -> list[Alert]:
    """Yellow, approved, red, eased, closed by a person."""
    desk = Desk()
    (opened,) = desk.hear(Level.YELLOW, 0, lane=lane, **HORIZON)
    for number, actor in enumerate(approvers):
        desk.steps += desk.ledger.order(approve(number, opened.episode, scope, actor, lane))
    desk.hear(Level.RED, 30, lane=lane, hours_to_minimum_p50=0.0)
    desk.live(Level.NORMAL, 31, 40, lane=lane)
    if not lane.startswith("replay:"):  # there nobody is asked
        desk.steps += desk.ledger.order(ordered("alert.close", 9, lane=lane, episode=opened.episode))
    return desk.steps


def told(messages: list[CapMessage]) -> list[tuple[str, str, str]]:
    return [(m.type.value, m.status.value, m.scope.value) for m in messages]


@pytest.fixture(scope="module")
def keys() -> tuple[bytes, bytes]:
    """A key and the certificates of its owner and of a test authority."""
    authority, owner = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "duty office")])
    certificates = [_certificate(subject, issuer, owner, authority, is_authority=False)]
    certificates.append(_certificate(issuer, issuer, authority, authority, is_authority=True))
    key = owner.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key, b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates[:1])


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: Any, signer: Any, *, is_authority: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    made = made.not_valid_after(now + timedelta(days=30))
    made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=is_authority, crl_sign=is_authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return made.add_extension(usage, critical=True).sign(signer, hashes.SHA256())


def test_every_message_passes_the_third_partys_validator(keys: tuple[bytes, bytes]) -> None:
    for steps in (lived(), lived(scope="Public", approvers=("甲", "乙")), lived("drill:a"), lived("replay:a")):
        for message in chain_of(steps):
            document = signed(cap_document(message, YARD, OFFICE), *keys)
            said = capvalidator.validate_cap_message(document)
            assert said.passed, said.message


def test_a_document_that_was_touched_is_found_out(keys: tuple[bytes, bytes]) -> None:
    document = signed(cap_document(chain_of(lived())[0], YARD, OFFICE), *keys)
    touched = document.replace("黄色".encode(), "蓝色".encode())
    assert touched != document
    assert not capvalidator.check_signature(touched).passed


def test_actual_only_once_approved_and_only_up_to_what_was_approved() -> None:
    assert told(chain_of(lived())) == [
        ("Alert", "Draft", "Private"),
        ("Alert", "Actual", "Restricted"),
        ("Update", "Draft", "Private"),
        ("Update", "Actual", "Restricted"),
        ("Cancel", "Actual", "Restricted"),
    ]


def test_public_needs_two_different_approvers() -> None:
    one, two = (
        chain_of(lived(scope="Public", approvers=("甲",))),
        chain_of(lived(scope="Public", approvers=("甲", "乙"))),
    )
    assert {m.scope.value for m in one} == {"Private"}
    assert {m.status.value for m in one} == {"Draft"}
    assert ("Alert", "Actual", "Public") in told(two)
    with pytest.raises(InputError, match="another person"):
        lived(scope="Public", approvers=("甲", "甲"))


@pytest.mark.parametrize(
    ("lane", "status", "mark"), [("drill:a", "Exercise", "【演练】"), ("replay:a", "Test", "【回放】")]
)
def test_a_drill_is_an_exercise_whoever_approves(lane: str, status: str, mark: str) -> None:
    messages = chain_of(lived(lane))
    assert {m.status.value for m in messages} == {status}
    assert {m.scope.value for m in messages} == {"Private"}
    assert mark.encode() in cap_document(messages[0], YARD, OFFICE)


def test_updates_and_the_cancel_refer_to_all_that_went_before() -> None:
    messages = chain_of(lived("drill:a"))
    documents = [ET.fromstring(cap_document(m, YARD, OFFICE)) for m in messages]
    names = [d.findtext(f"{CAP}identifier") for d in documents]
    assert len(set(names)) == len(names)
    for number, document in enumerate(documents[1:], 1):
        referred = [r.split(",")[1] for r in (document.findtext(f"{CAP}references") or "").split()]
        assert referred == names[:number]
    assert documents[-1].findtext(f"{CAP}msgType") == "Cancel"


def test_what_is_said_reads_as_the_alert_does() -> None:
    document = ET.fromstring(cap_document(chain_of(lived())[0], YARD, OFFICE))
    info = document.find(f"{CAP}info")
    assert info is not None
    said = {name: info.findtext(f"{CAP}{name}") for name in ("severity", "urgency", "certainty", "onset", "event")}
    assert said == {
        "severity": "Moderate",
        "urgency": "Expected",
        "certainty": "Likely",
        "onset": "2026-01-12T00:00:00+08:00",
        "event": "煤炭产业链断供风险",
    }
    assert [i.findtext(f"{CAP}language") for i in document.findall(f"{CAP}info")] == ["zh-CN", "en-US"]


def test_what_only_says_again_what_stands_makes_no_message() -> None:
    desk = Desk()
    desk.live(Level.YELLOW, 0, 80)
    assert len(desk.steps) > 1
    assert len(chain_of(desk.steps)) == 1


def test_the_national_form_has_its_identifier_and_colour() -> None:
    message = chain_of(lived())[0]
    name = national_identifier(message, OFFICE)
    assert len(name) == 31
    assert re.fullmatch(r"150600\d{8}_20260110080000_1", name)
    document = ET.fromstring(national_document(message, YARD, OFFICE))
    assert document.findtext("info/severity") == "Yellow"
    assert document.findtext("status") == "Draft"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"150600"', '"1506"'),
        ("duty@lianjing.example", "duty office"),
        ("addresses:", "adresses:"),
        ("sender:", "sender: ["),
    ],
)
def test_a_wrong_publication_file_says_where(before: str, after: str) -> None:
    with pytest.raises(ConfigurationError, match=r"publication\.yaml"):
        parse_publication(TEXT.replace(before, after, 1), "publication.yaml")


def test_a_key_that_is_none_is_refused(keys: tuple[bytes, bytes]) -> None:
    with pytest.raises(InputError, match="sign"):
        signed(cap_document(chain_of(lived())[0], YARD, OFFICE), b"no key", keys[1])
