"""The console comes to intake for a signed-in person: for his provider, that request, that body and that minute, and for nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from schemas.command import Command
from schemas.topic import COMMAND
from services.runtime.errand import LASTS, Errand, digest_of, sealed
from tests.intaking import SECRET, MemoryIntake, memory_intake, provider

STOCK = "stock.P_QHD.steam_coal"


@pytest.fixture
def intake() -> Iterator[MemoryIntake]:
    with memory_intake("", provider("port", "stock.P_QHD.*"), provider("mine", "stock.M_*")) as made:
        yield made


def _come(intake: MemoryIntake, body: bytes, path: str = "/v1/records", secret: str = SECRET, **changes: Any) -> Any:
    stated: dict[str, Any] = {
        "provider": "port",
        "person": "li",
        "until": datetime.now(UTC) + LASTS,
        "method": "POST",
        "target": path,
        "digest": digest_of(body),
    }
    errand = Errand(**stated | changes)
    headers = {"Authorization": f"Errand {sealed(errand, secret)}", "Content-Type": "application/json"}
    return intake.client.post(path, content=body, headers=headers)


def _record(value: float, series: str = STOCK, unit: str = "万吨") -> bytes:
    at = datetime.now(UTC) - timedelta(hours=1)
    return msgspec.json.encode({"series": series, "observed_at": at, "value": value, "unit": unit})


def test_a_record_carried_for_a_provider_is_judged_as_the_providers_own(intake: MemoryIntake) -> None:
    assert _come(intake, _record(520)).status_code == 200
    foreign = _come(intake, _record(1, series="stock.M_HEW.raw_coal"))
    assert foreign.status_code == 422
    assert foreign.json()["rejections"][0]["reason"] == "foreign_series"


@pytest.mark.parametrize(
    ("secret", "changes"),
    [
        ("another secret altogether", {}),
        (SECRET, {"until": datetime(2020, 1, 1, tzinfo=UTC)}),
        (SECRET, {"until": datetime(2999, 1, 1, tzinfo=UTC)}),
        (SECRET, {"target": "/v1/files?name=a.csv"}),
        (SECRET, {"method": "GET"}),
        (SECRET, {"digest": digest_of(b"another body")}),
        (SECRET, {"provider": "nobody"}),
    ],
)
def test_an_errand_opens_nothing_it_was_not_sealed_for(
    intake: MemoryIntake, secret: str, changes: dict[str, Any]
) -> None:
    assert _come(intake, _record(520), secret=secret, **changes).status_code == 401


@pytest.mark.parametrize("told", ["", "x", ".", "e30.00", "ÿ.ÿ"])
def test_garbage_is_refused(intake: MemoryIntake, told: str) -> None:
    answer = intake.client.get("/v1/series", headers={"Authorization": f"Errand {told}".encode("latin-1")})
    assert answer.status_code == 401


def test_a_corrected_record_takes_the_place_of_a_rejected_one_in_the_persons_name(intake: MemoryIntake) -> None:
    told = _come(intake, _record(5_200_000)).json()["rejections"][0]
    mended = _come(intake, _record(520), path=f"/v1/rejections/{told['id']}/resend")
    assert mended.status_code == 200
    said = [msgspec.json.decode(m.value or b"", type=Command) for m in intake.broker.messages(COMMAND.name)]
    assert [(c.kind, c.actor) for c in said] == [("rejection.resend", "li")]
    stranger = _come(intake, _record(520), path=f"/v1/rejections/{told['id']}/resend", provider="mine")
    assert stranger.status_code == 404
