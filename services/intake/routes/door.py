"""The HTTP door: who comes, how often, and how much is read of what he brings."""

import asyncio
import zlib
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from schemas.provider import Provider
from schemas.rejection import Reason
from services.intake.allowance import Allowance
from services.intake.candidate import RAW_LIMIT, finding
from services.intake.desk import Desk
from services.intake.keys import KeyRing
from services.intake.routes.refusal import Refusal
from services.runtime.errand import SCHEME, Errand, digest_of, unsealed
from services.runtime.errors import UnreachableError

_BODY_TIMEOUT_S = 60.0
_VERIFYING_AT_ONCE = 2


class Door:
    """Keys, rates and body limits, common to all routes. A request without a valid key is counted; its body is never read.

    With an ``errand_secret`` the console may come for a provider whose person signed in there (services/runtime/errand.py); without, nobody may.
    """

    def __init__(self, desk: Desk, errand_secret: str = "") -> None:
        self.desk = desk
        self._errand_secret = errand_secret
        self._keys = KeyRing()
        self._allowance = Allowance()
        self._verifying = asyncio.Semaphore(_VERIFYING_AT_ONCE)

    async def provider(self, request: Request) -> Provider:
        """The provider of a request. Refuses with 401 (no or wrong key) or 429 (too often)."""
        scheme, _, told = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == SCHEME.lower():
            return self._of_errand(request, told.strip())
        presented = self._presented(request)
        catalogue, now = self.desk.catalogue(), self.desk.clock.now()
        is_known, holder = self._keys.recall(presented, catalogue, now)
        if not is_known:
            async with self._verifying:
                holder = await asyncio.to_thread(self._keys.verify, presented, catalogue, now)
        if holder is None:
            self.count("http", "unauthenticated")
            raise _unauthenticated("密钥无效、过期或已吊销", "the key is wrong, expired or revoked")
        return self._in_time(holder.provider)

    def _in_time(self, provider: Provider) -> Provider:
        """The same provider. Refuses with 429 when it comes too often."""
        rate = provider.rate_per_second
        wait_s = self._allowance.wait_s(provider.provider, rate, now=self.desk.clock.monotonic())
        if wait_s > 0:
            self.count("http", "limited")
            raise Refusal(
                429,
                "too_many_requests",
                f"请求过于频繁，上限每秒 {rate:g} 次；一次可带多条记录",
                f"more than {rate:g} requests per second; one request may carry many records",
            ).with_header("Retry-After", str(max(1, round(wait_s + 0.5))))
        return provider

    def _of_errand(self, request: Request, told: str) -> Provider:
        """The provider for whom the console comes. Refuses with 401, 429."""
        errand = unsealed(told, self._errand_secret, self.desk.clock.now())
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        provider = self.desk.catalogue().providers.get(errand.provider) if errand is not None else None
        if errand is None or provider is None or not errand.is_for(request.method, target):
            self.count("http", "unauthenticated")
            raise _unauthenticated(
                "转送凭据无效或单位未登记", "the errand is not valid, or its provider is not registered"
            )
        request.state.errand = errand
        return self._in_time(provider)

    def actor(self, request: Request, provider: Provider) -> str:
        """Who acts: the person for whom the console came, else the provider itself."""
        errand: Errand | None = getattr(request.state, "errand", None)
        return provider.provider if errand is None else errand.person

    def _presented(self, request: Request) -> str:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            self.count("http", "unauthenticated")
            raise _unauthenticated("缺少密钥", "the key is missing")
        return key.strip()

    async def body(self, request: Request, provider: Provider, most: int, *, origin: str = "http") -> bytes:
        """The whole body, decompressed, at most ``most`` bytes. Refuses with 400, 408, 413, 415; too large also becomes a rejection."""
        parts = bytearray()
        try:
            async with asyncio.timeout(_BODY_TIMEOUT_S):
                async for chunk in self._chunks(request, most):
                    parts += chunk
                    if len(parts) > most:
                        raise await self._too_large(provider, bytes(parts), most, origin)
        except TimeoutError:
            raise Refusal(408, "timeout", "请求体接收超时", "the body did not arrive in time") from None
        except ClientDisconnect:
            raise Refusal(400, "truncated", "连接在请求体结束前断开", "the connection ended before the body") from None
        except zlib.error:
            raise Refusal(400, "malformed", "gzip 数据损坏", "the gzip data are damaged") from None
        errand: Errand | None = getattr(request.state, "errand", None)
        if errand is not None and errand.digest != digest_of(bytes(parts)):
            self.count("http", "unauthenticated")
            raise _unauthenticated("转送凭据与内容不符", "the errand is for another body")
        return bytes(parts)

    async def _chunks(self, request: Request, most: int) -> AsyncIterator[bytes]:
        encoding = request.headers.get("content-encoding", "identity").strip().lower()
        if encoding == "identity":
            async for chunk in request.stream():
                yield chunk
        elif encoding == "gzip":
            inflater = zlib.decompressobj(wbits=31)
            async for chunk in request.stream():
                yield inflater.decompress(chunk, most + 1)
                if inflater.unconsumed_tail:
                    yield inflater.decompress(inflater.unconsumed_tail, most + 1)
            if not inflater.eof:
                raise zlib.error("truncated")
        else:
            raise Refusal(
                415,
                "unsupported_encoding",
                f"不支持 Content-Encoding: {encoding}，可用 gzip",
                f"Content-Encoding {encoding} is not supported; use gzip",
            )

    async def _too_large(self, provider: Provider, start: bytes, most: int, origin: str) -> Refusal:
        wanted = f"至多 {most} 字节 / at most {most} bytes"
        found = finding(Reason.TOO_LARGE, "", f"> {most}", wanted, origin=origin, raw=start[:RAW_LIMIT])
        judge = self.desk.judge(provider, provider.provider)
        try:
            outcome = await self.desk.handle_soon(judge, [found])
        except UnreachableError:
            ids: list[str] = []
        else:
            ids = outcome.ids
        self.count("http", "too_large")
        return Refusal(
            413,
            "too_large",
            f"内容超过 {most} 字节，请分批",
            f"the body is larger than {most} bytes; send it in parts",
            ids=ids,
        )

    def count(self, door: str, outcome: str) -> None:
        """Count a request by door and outcome."""
        self.desk.meters.counter("lianjing_intake_requests_total", door, outcome).inc()


def _unauthenticated(zh: str, en: str) -> Refusal:
    hint_zh, hint_en = "请带 Authorization: Bearer <密钥>", "send Authorization: Bearer <key>"
    return (
        Refusal(401, "unauthenticated", f"{zh}；{hint_zh}", f"{en}; {hint_en}")
        .with_header("WWW-Authenticate", 'Bearer realm="lianjing"')
        .with_header("Connection", "close")
    )
