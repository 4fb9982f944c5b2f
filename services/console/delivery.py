"""Carries to intake what people of a provider enter here. The console judges nothing: intake does, and its words go back to them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import msgspec
from msgspec import Struct

from services.console.access.person import Person
from services.console.errors import ForbiddenError
from services.runtime.clock import Clock
from services.runtime.errand import LASTS, SCHEME, Errand, digest_of, sealed
from services.runtime.errors import UnreachableError

_TIMEOUT_S = 30.0
_IS_AWAY = 503


class IntakeAwayError(UnreachableError):
    """Intake or its broker did not answer. Whether it took anything is not known; the same may be sent again."""


class Carried(Struct, frozen=True):
    """What intake said: 200 all accepted, 207 some rejected, 422 all rejected, others as in docs/providers.md."""

    status: int
    body: Mapping[str, Any]

    @property
    def is_accepted(self) -> bool:
        """Everything was accepted."""
        return self.status == httpx.codes.OK

    def words(self, name: str) -> str:
        """A text of the answer, empty when it has none."""
        return str(self.body.get(name, ""))


class Carrier:
    """Sends requests for a person's own provider, sealed with the secret shared with intake. ``client`` knows intake's address."""

    def __init__(self, client: httpx.Client, secret: str, clock: Clock) -> None:
        self._client, self._secret, self._clock = client, secret, clock

    def carry(
        self, person: Person, method: str, path: str, body: bytes = b"", *, query: Mapping[str, str] | None = None
    ) -> Carried:
        """Ask intake. Raises ForbiddenError for somebody of no provider, IntakeAwayError."""
        if person.provider is None:
            raise ForbiddenError("您的账户不属于任何报送单位", "your account belongs to no data provider")
        if not self._secret:
            raise IntakeAwayError("LIANJING_ERRAND_SECRET is not set: the console cannot come to intake")
        target = path + (f"?{urlencode(query)}" if query else "")
        errand = Errand(
            provider=person.provider,
            person=person.name,
            until=self._clock.now() + LASTS,
            method=method,
            target=target,
            digest=digest_of(body),
        )
        headers = {"Authorization": f"{SCHEME} {sealed(errand, self._secret)}", "Content-Type": "application/json"}
        try:
            answer = self._client.request(method, target, content=body, headers=headers)
            told = msgspec.json.decode(answer.content)
        except (httpx.HTTPError, msgspec.DecodeError) as error:
            raise IntakeAwayError(f"intake does not answer: {error}") from error
        if answer.status_code == _IS_AWAY:
            raise IntakeAwayError(str(told.get("message_en", "")))
        return Carried(answer.status_code, told)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


def client_of(host: str, port: int) -> httpx.Client:
    """Connections to intake's door; a proxy of the environment does not come between."""
    reachable = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104  # an address to listen on, not to reach
    return httpx.Client(base_url=f"http://{reachable}:{port}", timeout=_TIMEOUT_S, trust_env=False)
