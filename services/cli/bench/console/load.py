"""Many sessions at once: each holds a stream open and asks for overview, map and an incident in turn, with time to think."""

import asyncio
import random
import time
from collections import defaultdict

import httpx

from services.cli.bench.figures import Figures, percentile

PATHS: dict[str, str] = {
    "overview": "/?lane=live",
    "map": "/api/v1/map/state?lane=live",
    "incident": "/incidents/in-live-0?lane=live",
}


async def ask(url: str, secrets: list[str], seconds: float, think_s: float) -> tuple[Figures, int]:
    """p50 and p95 of each question in seconds, and how many streams were open at the end."""
    took: dict[str, list[float]] = defaultdict(list)
    until = time.monotonic() + seconds
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=30.0, limits=limits) as client:
        streams = [asyncio.create_task(_hold(client, secret)) for secret in secrets]
        await asyncio.gather(*(_one(client, n, secret, until, think_s, took) for n, secret in enumerate(secrets)))
        is_open = sum(not stream.done() for stream in streams)
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    figures: Figures = {}
    for name, values in took.items():
        figures |= {
            f"{name}_{part}_s": round(percentile(values, share), 4) for part, share in (("p50", 0.5), ("p95", 0.95))
        }
    return figures | {"requests": float(sum(map(len, took.values())))}, is_open


async def _one(
    client: httpx.AsyncClient, number: int, secret: str, until: float, think_s: float, took: dict[str, list[float]]
) -> None:
    dice = random.Random(number)  # noqa: S311  # spreads the questions, the same way each time
    await asyncio.sleep(dice.uniform(0, think_s))
    names = list(PATHS)
    while time.monotonic() < until:
        name = names[number % len(names)]
        number += 1
        begun = time.monotonic()
        answer = await client.get(PATHS[name], cookies={"session": secret})
        answer.raise_for_status()
        took[name].append(time.monotonic() - begun)
        await asyncio.sleep(dice.uniform(0.5, 1.5) * think_s)


async def _hold(client: httpx.AsyncClient, secret: str) -> None:
    async with client.stream("GET", "/stream?lane=live", cookies={"session": secret}) as answer:
        async for _ in answer.aiter_raw():
            pass
