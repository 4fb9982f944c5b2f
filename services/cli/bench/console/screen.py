"""What a person sees, in chromium: how soon a change is on an open page, how soon pages are ready, how smoothly a large map moves."""

import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from services.cli.bench.console.crisis import warn
from services.cli.bench.console.ground import LARGE, ConsoleGround
from services.cli.bench.figures import Figures, percentile
from services.runtime.errors import UnreachableError

_FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking")
_PATIENCE_MS = 30_000
_HEARD = """(() => {
    window.heard = [];
    window.drawn = {};
    document.addEventListener('htmx:sseOpen', (e) => e.detail.source.addEventListener('alert', () => window.heard.push(Date.now())));
    new MutationObserver(() => {
        for (const link of document.querySelectorAll('[id^="in-in-bench"]')) window.drawn[link.id] ??= Date.now();
    }).observe(document, { subtree: true, childList: true });
})()"""
_READY = """() => new Promise((done) => {
    const look = () => document.getElementById('map').dataset.ready
        ? done(performance.getEntriesByName('map-ready')[0].startTime) : setTimeout(look, 5);
    look();
})"""
_LOADED = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"
_PANNED = """() => new Promise((done) => {
    const { camera } = window.lianjingMap;
    const frames = [];
    let before = performance.now();
    const step = (left) => {
        const now = performance.now();
        frames.push(now - before);
        before = now;
        camera.pan(left % 2 ? 9 : -7, 3);
        if (left) requestAnimationFrame(() => step(left - 1));
        else done(frames.slice(1));
    };
    requestAnimationFrame(() => step(90));
})"""


@contextmanager
def chromium(ground: ConsoleGround) -> Iterator[Any]:
    """A browser context, signed in. Raises UnreachableError where there is no browser."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise UnreachableError("没有 playwright / playwright is not installed") from error
    if found is None:
        raise UnreachableError("没有 chromium / chromium is not on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_FLAGS))
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(_PATIENCE_MS)
        context.add_cookies([{"name": "session", "value": ground.sessions(1)[0], "url": ground.url}])
        yield context
        browser.close()


def openings(ground: ConsoleGround, context: Any, opens: int) -> Figures:
    """Seconds from going to a page until it is ready: the median and the slowest of ``opens``, the first of each counted, too."""
    figures: Figures = {}
    for name, path, script in (
        ("overview", "/?lane=live", _LOADED),
        ("map", "/map?lane=live", _READY),
        ("map_2000", f"/map?lane={LARGE}", _READY),
    ):
        took = [_opened(ground, context, path, script) for _ in range(opens)]
        figures |= {
            f"{name}_ready_p50_s": round(percentile(took, 0.5), 3),
            f"{name}_ready_max_s": round(max(took), 3),
        }
    return figures


def _opened(ground: ConsoleGround, context: Any, path: str, script: str) -> float:
    page = context.new_page()
    page.goto(f"{ground.url}{path}", wait_until="load")
    took = float(page.evaluate(script)) / 1000
    page.close()
    return took


def panning(ground: ConsoleGround, context: Any) -> Figures:
    """From frame to frame while the large map is dragged, seen whole and from near."""
    page = context.new_page()
    page.goto(f"{ground.url}/map?lane={LARGE}")
    page.wait_for_selector("#map[data-ready]")
    figures: Figures = {}
    for name, zoom in (("whole", 1.0), ("near", 8.0)):
        page.evaluate("(zoom) => window.lianjingMap.camera.zoom(zoom)", zoom)
        page.wait_for_timeout(1000)
        frames = page.evaluate(_PANNED)
        figures[f"map_2000_frame_{name}_p50_ms"] = round(percentile(frames, 0.5), 1)
        figures[f"map_2000_frame_{name}_p95_ms"] = round(percentile(frames, 0.95), 1)
    page.close()
    return figures


def changes(ground: ConsoleGround, context: Any, number: int) -> Figures:
    """Seconds from the commit of a warning to its event in an open page, and to its line on the page."""
    page = context.new_page()
    page.add_init_script(_HEARD)
    page.goto(f"{ground.url}/?lane=live")
    page.wait_for_selector("#overview")
    page.wait_for_timeout(3000)
    heard, drawn = [], []
    with psycopg.connect(ground.database_url, autocommit=True) as connection:
        chain = ground.chains["live"]
        for turn in range(number):
            episode, node = f"bench-{turn}", chain.nodes[turn % len(chain.nodes)].id
            page.evaluate("() => { window.heard.length = 0; }")
            warn(connection, chain, "live", node, episode, datetime.now(UTC))
            told_at = datetime.now(UTC).timestamp() * 1000
            page.wait_for_selector(f"#in-in-{episode}", state="attached")
            first = page.evaluate("() => window.heard[0] ?? null")
            shown = page.evaluate("(id) => window.drawn[id] ?? null", f"in-in-{episode}")
            heard.append(math.inf if first is None else max(0.0, (first - told_at) / 1000))
            drawn.append(math.inf if shown is None else max(0.0, (shown - told_at) / 1000))
            page.wait_for_timeout(400)
    page.close()
    return {
        "change_to_event_p50_s": round(percentile(heard, 0.5), 4),
        "change_to_event_p95_s": round(percentile(heard, 0.95), 4),
        "change_to_page_p50_s": round(percentile(drawn, 0.5), 4),
        "change_to_page_p95_s": round(percentile(drawn, 0.95), 4),
    }
