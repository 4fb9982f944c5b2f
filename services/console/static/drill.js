// The drill's clock runs on between two looks at the log.
"use strict";
(() => {
  let shown = performance.now();
  const text = (minute) => `${Math.floor(minute / 60)}:${String(Math.floor(minute % 60)).padStart(2, "0")}`;
  const tick = () => {
    const clock = document.querySelector(".drill-clock");
    if (!clock) return;
    const gone = (performance.now() - shown) / 1000;
    const minute = Math.min(Number(clock.dataset.most), Number(clock.dataset.minute) + gone * Number(clock.dataset.perSecond));
    clock.textContent = text(minute);
    const progress = document.querySelector(".drill-progress");
    if (progress) progress.value = minute;
  };
  document.addEventListener("htmx:afterSwap", () => { shown = performance.now(); tick(); });
  document.addEventListener("DOMContentLoaded", () => { shown = performance.now(); setInterval(tick, 250); });
})();
