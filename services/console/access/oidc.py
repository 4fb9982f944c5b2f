"""Signing in by an OpenID provider: what waits for its answer, and what its word (the ID token) is worth."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import Struct

from services.console.access.secrets import new_secret
from services.console.errors import ForbiddenError

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]
"""Signatures that are accepted; never none, never one by a shared secret."""

PATIENCE = timedelta(minutes=10)
_LEEWAY_S = 60
_MOST = 1000


class Place(Struct, frozen=True):
    """Where the provider is asked, as it says of itself (``/.well-known/openid-configuration``)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class Visit(Struct, frozen=True, kw_only=True):
    """Somebody on the way to the provider and back. ``verifier`` proves to it that the code is ours (PKCE)."""

    state: str
    nonce: str
    verifier: str
    leads_to: str
    begun_at: datetime


class Visits:
    """Those under way, each good for one answer within ten minutes; at most a thousand, the oldest are forgotten."""

    def __init__(self) -> None:
        self._under_way: OrderedDict[str, Visit] = OrderedDict()

    def begin(self, leads_to: str, now: datetime) -> Visit:
        """Somebody leaves for the provider."""
        visit = Visit(state=new_secret(), nonce=new_secret(), verifier=new_secret(), leads_to=leads_to, begun_at=now)
        self._under_way[visit.state] = visit
        while len(self._under_way) > _MOST:
            self._under_way.popitem(last=False)
        return visit

    def end(self, state: str, now: datetime) -> Visit | None:
        """Somebody comes back; None for whoever did not leave from here, came back before, or too late."""
        visit = self._under_way.pop(state, None)
        return visit if visit is not None and now - visit.begun_at < PATIENCE else None


def subject_of(id_token: str, keys: Mapping[str, Any], place: Place, client_id: str, nonce: str, now: datetime) -> str:
    """The name the provider gives to the person. Raises ForbiddenError unless the token is signed by it, for us, for this visit, and in its time."""
    try:
        token = jwt.decode(id_token, KeySet.import_key_set({"keys": list(keys.get("keys", ()))}), algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_LEEWAY_S,
            iss={"essential": True, "value": place.issuer},
            aud={"essential": True, "value": client_id},
            nonce={"essential": True, "value": nonce},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        ).validate(token.claims)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise _refused() from error
    party, subject = token.claims.get("azp", client_id), token.claims["sub"]
    if party != client_id or not isinstance(subject, str) or not 0 < len(subject) <= 200:
        raise _refused()
    return subject


def _refused() -> ForbiddenError:
    return ForbiddenError(
        "统一身份认证的答复不可信，未登录", "the answer of the OpenID provider cannot be trusted; not signed in"
    )
