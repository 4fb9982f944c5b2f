// Draws the fans of stocks: what was reported, the band ahead, the limits. The words beside a picture say the same.
"use strict";
(() => {
  const isChinese = document.documentElement.lang !== "en";
  const LARGE = isChinese ? 10_000 : 1_000;
  const ms = (text) => Date.parse(text);
  const level = (value, name, color) => ({ yAxis: value, name, lineStyle: { color, type: "dashed", width: 2 }, label: { formatter: name, position: "insideStartTop", color } });
  const reached = (fan) => fan.reached.map((at, n) => [at, ["P10", "P50", "P90"][n]]).filter(([at]) => at !== null);
  const option = (fan) => {
    const w = fan.words;
    const limit = fan.minimum ?? fan.maximum;
    const band = fan.band.map(([at, low, high]) => [ms(at), low, high]);
    const end = Math.max(ms(fan.asOf), ...band.map((p) => p[0]), ...reached(fan).filter(([, n]) => n === "P50").map(([at]) => ms(at)));
    const unit = Math.max(...fan.history.map((p) => p[1]), ...band.map((p) => p[2]), 0) >= LARGE ? LARGE : 1;
    const shown = (value) => (value / unit).toLocaleString("zh", { maximumFractionDigits: 1 });
    const limits = [];
    if (fan.minimum !== null) limits.push(level(fan.minimum, w.minimum, "#a3141e"));
    if (fan.maximum !== null && band.some((p) => p[2] > 0.6 * fan.maximum)) limits.push(level(fan.maximum, w.maximum, "#5a2d82"));
    return {
      animation: false,
      grid: { left: 62, right: 22, top: 34, bottom: 30 },
      legend: { top: 0, data: [w.stock, w.band, w.middle] },
      tooltip: { trigger: "axis", valueFormatter: (v) => (v === undefined || v === null ? "–" : shown(Array.isArray(v) ? v[1] : v)) },
      xAxis: { type: "time", max: end, axisLabel: { hideOverlap: true, formatter: { year: "{yyyy}-{MM}-{dd}", month: "{MM}-{dd}", day: "{MM}-{dd}", hour: "{HH}:{mm}", minute: "{HH}:{mm}" } } },
      yAxis: { type: "value", min: 0, name: unit === 1 ? fan.unit : `${isChinese ? "万" : "1000"} ${fan.unit}`, axisLabel: { formatter: shown } },
      series: [
        { name: "low", type: "line", stack: "band", symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false }, data: band.map(([at, low]) => [at, low]) },
        { name: w.band, type: "line", stack: "band", symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: "#2f6fde", opacity: 0.25 }, itemStyle: { color: "#2f6fde" }, tooltip: { show: false }, data: band.map(([at, low, high]) => [at, high - low]) },
        { name: w.stock, type: "line", symbol: "none", lineStyle: { color: "#17324d", width: 2 }, itemStyle: { color: "#17324d" }, data: fan.history.map(([at, v]) => [ms(at), v]),
          markLine: { silent: true, symbol: "none", data: [...limits, { xAxis: ms(fan.asOf), lineStyle: { color: "#4d5b67" }, label: { formatter: w.asOf, position: "insideEndTop" } }] } },
        { name: w.middle, type: "line", symbol: "diamond", symbolSize: 9, lineStyle: { color: "#2f6fde", type: "dotted", width: 2 }, itemStyle: { color: "#2f6fde" }, data: fan.middle.map(([at, v]) => [ms(at), v]),
          markPoint: limit === null ? undefined : { symbol: "pin", symbolSize: 34, data: reached(fan).filter(([at]) => ms(at) <= end).map(([at, name]) => ({ coord: [ms(at), limit], value: name, itemStyle: { color: "#a3141e" }, label: { fontSize: 9 } })) } },
      ],
    };
  };
  const draw = (root) => {
    for (const place of root.querySelectorAll("[data-fan]")) {
      const data = document.getElementById(place.dataset.fan);
      if (!data || !window.echarts || place.dataset.drawn) continue;
      place.dataset.drawn = "1";
      const chart = window.echarts.init(place, null, { renderer: "canvas" });
      chart.setOption(option(JSON.parse(data.textContent)));
      new ResizeObserver(() => chart.resize()).observe(place);
    }
  };
  document.addEventListener("DOMContentLoaded", () => draw(document));
  document.addEventListener("htmx:afterSwap", (event) => draw(event.target));
})();
