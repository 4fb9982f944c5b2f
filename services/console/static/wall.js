// Keeps the wall honest: clocks that run, and a cover over everything once stream, server, database or this screen's own clock cannot be trusted.
"use strict";
(() => {
  const TICK_MS = 500;
  const cover = document.getElementById("cover");
  const limit = (name) => Number(cover.dataset[name]);
  const laneClock = document.getElementById("lane-clock");
  const reasons = new Map();
  let heardAt = performance.now();
  let offset = Date.now() - performance.now();
  let beat = null;

  const two = (number) => String(number).padStart(2, "0");
  const beijing = (ms) => {
    const at = new Date(ms + 8 * 3600_000);
    return `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
  };
  const isChinese = document.documentElement.lang !== "en";
  const age = (ms) => {
    const minutes = Math.max(0, Math.floor(ms / 60_000));
    if (minutes < 60) return isChinese ? `${minutes} 分钟前` : `${minutes} min ago`;
    return isChinese ? `${Math.floor(minutes / 60)} 小时前` : `${Math.floor(minutes / 60)} h ago`;
  };

  const show = () => {
    const isCovered = reasons.size > 0;
    cover.hidden = !isCovered;
    if (!isCovered) return;
    cover.querySelector(".cover-why").textContent = [...reasons.keys()].map((reason) => cover.dataset[reason]).join("；");
    cover.querySelector(".cover-since span").textContent = beijing(Math.min(...reasons.values()));
  };
  const blame = (reason) => {
    if (!reasons.has(reason)) reasons.set(reason, Date.now());
  };

  const wallNow = () => (beat ? beat.wall + performance.now() - heardAt : Date.now());
  const laneNow = () => {
    if (beat) return beat.now + beat.rate * (performance.now() - heardAt);
    return Date.parse(laneClock.dataset.now) + Number(laneClock.dataset.rate) * performance.now();
  };
  const since = (id, staleMs) => {
    const place = document.getElementById(id);
    if (!place.dataset.at) return;
    const gone = laneNow() - Date.parse(place.dataset.at);
    place.textContent = `${beijing(Date.parse(place.dataset.at)).slice(5, 16)} ${age(gone)}`;
    place.classList.toggle("old", gone > staleMs);
  };

  const tick = () => {
    const now = performance.now();
    if (now - heardAt > limit("silentMs")) blame("silent");
    if (Math.abs(Date.now() - now - offset) > limit("jumpMs")) blame("clock");
    document.getElementById("wall-clock").textContent = beijing(wallNow());
    if (laneClock) {
      laneClock.textContent = beijing(laneNow());
      since("data-until", 2 * 3600_000);
      since("judged-at", 7 * 3600_000);
    }
    show();
  };

  const heard = (event) => {
    const told = JSON.parse(event.data);
    heardAt = performance.now();
    beat = { wall: Date.parse(told.wall), now: Date.parse(told.now), rate: told.rate };
    reasons.delete("silent");
    if (told.is_reachable) reasons.delete("database");
    else blame("database");
    // The clock of this screen is right again once it agrees with the server's.
    if (Math.abs(Date.now() - beat.wall) > limit("jumpMs")) blame("clock");
    else {
      offset = Date.now() - heardAt;
      reasons.delete("clock");
    }
    for (const [id, at] of [["data-until", told.data_until], ["judged-at", told.judged_at]]) {
      if (at) document.getElementById(id).dataset.at = at;
    }
    cover.dataset.heard = told.wall;
    tick();
  };

  document.addEventListener("htmx:sseOpen", (event) => {
    const source = event.detail.source;
    source.addEventListener("heartbeat", heard);
    source.addEventListener("unreachable", () => {
      blame("database");
      show();
    });
    source.addEventListener("signed-out", () => {
      blame("out");
      show();
    });
  });
  tick();
  setInterval(tick, TICK_MS);
})();
