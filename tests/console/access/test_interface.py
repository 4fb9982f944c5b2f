"""The interface for programs: whatever is sent, the answer is one of ours, never a failure of the program."""

import warnings
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from services.console.access.person import Right, Role

PATIENCE = 5


@pytest.fixture
def requests(console: Any) -> list[Any]:
    with warnings.catch_warnings():  # of schemathesis itself, at its import
        warnings.simplefilter("ignore")
        import schemathesis

        schema = schemathesis.openapi.from_dict(console.app.openapi())
        found: Any = [operation.ok() for operation in schema.get_all_operations()]  # type: ignore[union-attr]  # an error fails here
        modes = list(schemathesis.GenerationMode)  # what fits the description, and what does not
        return [operation.as_strategy(generation_mode=mode) for operation in found for mode in modes]


@pytest.fixture
def key(console: Any) -> str:
    """A key of somebody who may do everything."""
    console.account("all.rights", *(role for role in Role if role is not Role.PROVIDER), provider="port")
    person = console.shell.store.account("all.rights").person()
    return str(console.shell.keyring.make(person, "fuzz", frozenset(Right) - {Right.PROVIDE}, 5))


def asked(case: Any, address: str, key: str) -> Any:
    """The answer to a request. 503 says that database or machine were too slow just then: asked again it has to go; what fails, fails each time."""
    for _ in range(PATIENCE):
        answer = case.call(base_url=address, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            return answer
    return answer


@pytest.mark.parametrize("examples", [8, pytest.param(25, marks=[pytest.mark.full, pytest.mark.timeout(1500)])])
def test_no_request_makes_the_interface_fail(
    requests: list[Any], key: str, served: Callable[[], str], console: Any, examples: int
) -> None:
    address = served()
    failures: list[str] = []
    statuses: set[int] = set()
    for request in requests:

        @settings(
            max_examples=examples,
            database=None,
            derandomize=True,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=request)
        def send(case: Any) -> None:
            answer = asked(case, address, key)
            statuses.add(answer.status_code)
            if answer.status_code >= 500:
                failures.append(f"{case.method} {case.path} {case.body!r} {case.query!r}: {answer.status_code}")

        with warnings.catch_warnings(), suppress(Unsatisfiable):  # what takes nothing can be asked for in one way only
            warnings.simplefilter("ignore")
            send()
    assert failures == []
    assert {200, 201, 403, 404, 422} <= statuses


def test_the_description_is_for_those_who_are_signed_in_and_names_every_path(console: Any) -> None:
    assert console.visitor().get("/api/v1/openapi.json").status_code == 401
    described = console.client(Role.VIEWER).get("/api/v1/openapi.json").json()
    assert {"/api/v1/me", "/api/v1/commands", "/api/v1/audit"} <= set(described["paths"])
    assert console.visitor().get("/docs").status_code == 404


def test_a_wrong_request_is_told_what_is_wrong(console: Any) -> None:
    client = console.client(Role.DUTY)
    answer = client.post("/api/v1/commands", json={"kind": "alert.act", "argument": {}})
    assert answer.status_code == 422
    assert "argument" in answer.json()["error"]["en"]
