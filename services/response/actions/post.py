"""One HTTPS request to a vendor or gateway: TLS verified, no redirect followed, short timeouts, every failure an outcome."""

import ssl
from collections.abc import Callable, Mapping

import httpx
import msgspec

from services.response.notice import Outcome, Verdict

_CONNECT_S, _WHOLE_S = 5.0, 10.0
_MOST_BYTES = 65_536
_SHOWN = 200
AWAY_REST_S = 5.0
"""How long a host that does not answer is left alone; what has another way takes it meanwhile."""
Answer = dict[str, object]


class Post:
    """A client for one channel. ``secrets`` are blotted out of everything that is kept of an answer. Thread-safe as httpx is."""

    def __init__(self, secrets: tuple[str, ...], *, cafile: str = "", proxy: str = "") -> None:
        context = ssl.create_default_context()
        if cafile:
            context.load_verify_locations(cafile)
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 4)
        self._client = httpx.Client(
            verify=context,
            follow_redirects=False,
            trust_env=False,
            proxy=proxy or None,
            timeout=httpx.Timeout(_WHOLE_S, connect=_CONNECT_S),
            headers={"User-Agent": "lianjing"},
        )

    def send(
        self,
        url: str,
        body: bytes,
        read: Callable[[Answer], Outcome],
        headers: Mapping[str, str] | None = None,
        method: str = "POST",
    ) -> Outcome:
        """Send a JSON body; ``read`` judges a JSON object answered with 2xx. Never raises."""
        try:
            stated = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
            with self._client.stream(method, url, content=body, headers=stated) as response:
                raw = b""
                for chunk in response.iter_bytes():
                    raw += chunk
                    if len(raw) > _MOST_BYTES:
                        break
                outcome = self._judge(response, raw, read)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            outcome = away(Verdict.UNREACHABLE, error)
        except httpx.HTTPError as error:  # the request was on its way: it may have arrived
            outcome = away(Verdict.UNKNOWN, error)
        return Outcome(
            verdict=outcome.verdict,
            code=self.hidden(outcome.code),
            detail=self.hidden(outcome.detail)[:_SHOWN],
            rest_s=outcome.rest_s,
            reference=self.hidden(outcome.reference),
        )

    def hidden(self, text: str) -> str:
        """The text without any secret."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def _judge(self, response: httpx.Response, raw: bytes, read: Callable[[Answer], Outcome]) -> Outcome:
        status, shown = f"HTTP {response.status_code}", raw[:_SHOWN].decode(errors="replace")
        if response.status_code == 429:
            return Outcome(verdict=Verdict.LIMITED, code=status, detail=shown, rest_s=_retry_after(response))
        if response.status_code >= 500:
            return Outcome(verdict=Verdict.BUSY, code=status, detail=shown)
        if response.is_redirect:
            return Outcome(verdict=Verdict.REFUSED, code=status, detail="a redirect is not followed", rest_s=60.0)
        if not response.is_success:
            return Outcome(verdict=Verdict.REFUSED, code=status, detail=shown)
        try:
            answer = msgspec.json.decode(raw, type=Answer)
        except msgspec.DecodeError:
            return Outcome(verdict=Verdict.REFUSED, code=status, detail=f"the answer is no JSON object: {shown}")
        return read(answer)


def away(verdict: Verdict, error: Exception) -> Outcome:
    """No answer, or none that came to its end."""
    return Outcome(verdict=verdict, code=type(error).__name__, detail=str(error), rest_s=AWAY_REST_S)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "")
    return float(min(int(text), 3600)) if text.isascii() and text.isdigit() else 60.0


def code_in(answer: Answer, name: str) -> int | None:
    """A whole number of an answer, None when it has none: success is never taken for granted."""
    value = answer.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
