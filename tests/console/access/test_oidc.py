"""Signing in by an OpenID provider, against a small one of our own."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from msgspec import structs

from services.console.access.oidc import PATIENCE
from services.console.access.person import Role

CLIENT = "lianjing"
WORD = "the-word-of-the-client"


class Issuer:
    """Gives the ID token that a test wants for the next code. ``claims`` replace the right ones; None leaves one out."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.other = RSAKey.generate_key(2048, {"kid": "one"})
        self.signs_with = self.key
        self.claims: dict[str, Any] = {}
        self.challenge = self.nonce = ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"

    def authorize(self, location: str) -> str:
        """What the provider's own pages do: remember the request, lead back with a code. Returns the path and query of the way back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        assert (asked["client_id"], asked["response_type"], asked["scope"]) == (CLIENT, "code", "openid")
        assert asked["code_challenge_method"] == "S256"
        self.challenge, self.nonce = asked["code_challenge"], asked["nonce"]
        return f"{urlsplit(asked['redirect_uri']).path}?code=a-code&state={asked['state']}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer to a code."""
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        is_ours = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge
        word = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        if not is_ours or word != f"{CLIENT}:{WORD}" or form["code"] != "a-code":
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        right = {"iss": self.address, "aud": CLIENT, "sub": "u-77", "nonce": self.nonce, "iat": now, "exp": now + 300}
        claims = {name: value for name, value in {**right, **self.claims}.items() if value is not None}
        id_token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signs_with)
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": id_token}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/keys":
                    return self._say(200, dict(KeySet([issuer.key]).as_dict(private=False)))
                places = {
                    "issuer": issuer.address,
                    "authorization_endpoint": f"{issuer.address}/authorize",
                    "token_endpoint": f"{issuer.address}/token",
                    "jwks_uri": f"{issuer.address}/keys",
                }
                return self._say(200, places)

            def do_POST(self) -> None:
                text = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[0] for name, values in parse_qs(text).items()}
                self._say(*issuer.token(form, self.headers.get("Authorization", "")))

            def _say(self, status: int, tree: dict[str, Any]) -> None:
                body = json.dumps(tree).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # signature of the base class
                del format, args

        return Handler


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def console_with(bare: Any, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The console with the provider configured, and one account that belongs to ``u-77``."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    object.__setattr__(
        bare.shell,
        "settings",
        structs.replace(
            bare.shell.settings,
            oidc_issuer=issuer.address,
            oidc_client_id=CLIENT,
            oidc_client_secret=WORD,
            console_url="http://testserver",
        ),
    )
    bare.account("wang", Role.MANAGER, subject="u-77", password="")
    return bare


def test_whoever_the_provider_names_signs_in_and_comes_to_the_page_asked_for(console_with: Any, issuer: Issuer) -> None:
    client = console_with.visitor()
    assert "统一身份认证" in client.get("/login").text
    left = client.get("/login/oidc?next=/account")
    back = client.get(issuer.authorize(left.headers["location"]))
    assert (back.status_code, back.headers["location"]) == (303, "/account")
    assert client.get("/api/v1/me").json()["name"] == "wang"
    assert client.get(back.request.url.raw_path.decode()).status_code == 403, "an answer is good once"
    assert console_with.sign_in(console_with.visitor(), "wang", "").status_code in (401, 422), "it has no password"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"aud": [CLIENT, "another"], "azp": "another"},
    ],
)
def test_a_token_that_is_not_for_this_visit_lets_nobody_in(
    console_with: Any, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    client = console_with.visitor()
    back = client.get(issuer.authorize(client.get("/login/oidc").headers["location"]))
    assert back.status_code == 403
    assert "session" not in client.cookies


def test_a_token_signed_by_somebody_else_lets_nobody_in(console_with: Any, issuer: Issuer) -> None:
    issuer.signs_with = issuer.other
    client = console_with.visitor()
    assert client.get(issuer.authorize(client.get("/login/oidc").headers["location"])).status_code == 403


def test_an_answer_belongs_to_the_browser_that_left_and_grows_old(console_with: Any, issuer: Issuer) -> None:
    victim, attacker = console_with.visitor(), console_with.visitor()
    assert victim.get(issuer.authorize(attacker.get("/login/oidc").headers["location"])).status_code == 403
    late = console_with.visitor()
    way_back = issuer.authorize(late.get("/login/oidc").headers["location"])
    console_with.clock.ahead += PATIENCE
    assert late.get(way_back).status_code == 403


def test_a_stranger_is_told_what_to_tell_the_administrator(console_with: Any, issuer: Issuer) -> None:
    issuer.claims = {"sub": "u-99<b>"}
    client = console_with.visitor()
    back = client.get(issuer.authorize(client.get("/login/oidc").headers["location"]))
    assert back.status_code == 403
    assert "u-99&lt;b&gt;" in back.text
    (entry,) = console_with.shell.store.newest_entries({"action": "sign-in refused"}, 5)
    assert entry.note.subject == "u-99<b>"


def test_a_provider_that_is_away_is_told_and_one_not_configured_is_not_there(
    console_with: Any, issuer: Issuer, bare: Any
) -> None:
    settings = structs.replace(console_with.shell.settings, oidc_issuer="http://127.0.0.1:9")
    object.__setattr__(console_with.shell, "settings", settings)
    assert console_with.visitor().get("/login/oidc").status_code == 503
    object.__setattr__(bare.shell, "settings", structs.replace(settings, oidc_issuer=""))
    assert bare.visitor().get("/login/oidc").status_code == 404
    assert "统一身份认证" not in bare.visitor().get("/login").text
