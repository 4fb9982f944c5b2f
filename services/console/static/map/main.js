// The chain map: fetches chain and state, paints them, and asks for the state anew when the stream says that something changed.
import { Camera } from "./camera.js";
import { faceOf, isChinese, word } from "./faces.js";
import { FlowsAhead } from "./flows.js";
import { Painter } from "./paint.js";
import { levelAt, Scene } from "./scene.js";

const root = document.getElementById("map");
const canvas = root.querySelector("canvas");
const status = document.getElementById("map-status");
const painter = new Painter(canvas);
let scene = null;
let selected = "";
let isQueued = false;
let isAsking = false;
let isStale = false;

const SETTLED_MS = 140;
let isMoving = false;
let settling = 0;

const repaint = () => {
  if (isQueued || scene === null) return;
  isQueued = true;
  requestAnimationFrame(paintNow);
};
function paintNow() {
  isQueued = false;
  if (!painter.paint(scene, camera, selected, isMoving)) {
    clearTimeout(settling);
    settling = setTimeout(() => {
      isMoving = false;
      repaint();
    }, SETTLED_MS);
  }
  isMoving = false;
}
const moved = () => {
  isMoving = true;
  repaint();
};
const camera = new Camera(canvas, moved);

async function ask(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}

const chainOf = (version) => ask(`${root.dataset.chain}&version=${encodeURIComponent(version)}`);
// Asked for beside the state, so that neither waits for the other; a chain that changed meanwhile is asked for again.
let early = chainOf(root.dataset.version);
early.catch(() => {});

const flows = new FlowsAhead(root, ask, () => {
  if (scene !== null) choose({});
});

// One question at a time: what changes meanwhile is asked for once more afterwards.
async function refresh() {
  if (isAsking) {
    isStale = true;
    return;
  }
  isAsking = true;
  try {
    do {
      isStale = false;
      await take(await ask(root.dataset.state));
    } while (isStale);
    root.dataset.trouble = "";
  } catch (error) {
    root.dataset.trouble = "1";
    status.textContent = word("读不到链图数据，图面可能已过时", "the map's data cannot be read; it may be out of date");
    setTimeout(refresh, 2000);
  } finally {
    isAsking = false;
  }
}

async function take(state) {
  if (scene === null || scene.chain.version !== state.version) {
    const before = scene;
    const chain = state.version === root.dataset.version && early ? await early.catch(() => chainOf(state.version)) : await chainOf(state.version);
    early = null;
    scene = new Scene(chain, flows);
    if (before) Object.assign(scene.choice, before.choice);
    scene.choice.incident = root.dataset.incident;
    fillNames(scene.chain);
  }
  const isFirst = scene.state === null;
  scene.state = state;
  scene.build();
  if (isFirst) begin();
  repaint();
  tell();
  if (scene.choice.hour) flows.refresh();
}

function begin() {
  painter.resize();
  if (!goToMark() && scene.marked) fitTo([...scene.marked]);
  else if (!selected) fitAll();
  isMoving = false;
  paintNow();
  root.dataset.ready = "1";
  performance.mark("map-ready");
}

// The place that the address names behind #, as /links and others write it: brought near and selected.
function goToMark() {
  const wanted = location.hash.slice(1);
  const node = scene && scene.chain.nodes.find((each) => [each.id, encodeURIComponent(each.id)].includes(wanted));
  if (!node) return false;
  fitTo([node.id]);
  select(node.id);
  root.scrollIntoView({ block: "nearest" });
  return true;
}
addEventListener("hashchange", goToMark);

const fitAll = () => camera.fit(0, 0, scene.chain.width, scene.chain.height);

function fitTo(ids) {
  const nodes = scene.chain.nodes.filter((node) => ids.includes(node.id));
  if (!nodes.length) return fitAll();
  const [xs, ys] = [nodes.map((n) => n.x), nodes.map((n) => n.y)];
  camera.fit(Math.min(...xs) - 150, Math.min(...ys) - 90, Math.max(...xs) + 150, Math.max(...ys) + 90);
}

// The picture in words, for whoever does not see it and for whoever looks twice.
function tell() {
  const hour = scene.choice.hour;
  const counts = {};
  for (const spot of scene.state.spots) {
    const level = levelAt(spot, hour);
    counts[level] = (counts[level] || 0) + 1;
  }
  const parts = ["red", "orange", "yellow", "blue", "unknown", "normal"].filter((level) => counts[level]).map((level) => {
    const face = faceOf(level);
    return `${face.shape} ${isChinese ? face.zh : face.en} ${counts[level]}`;
  });
  status.textContent = `${hour ? word(`预计 ${hour} 小时后（不采取措施）`, `expected in ${hour} h (nothing done)`) : word("现在", "now")}${word("：", ": ")}${parts.join("  ")}${hour ? widths() : ""}`;
  canvas.setAttribute("aria-label", `${word("链图", "chain map")} ${status.textContent}`);
  root.dataset.red = counts.red || 0;
  root.dataset.shown = scene.state.spots.map((spot) => levelAt(spot, hour)).join(",");
}

// What the widths show at a later hour.
function widths() {
  root.dataset.flowsAhead = flows.isKnown ? "known" : flows.isAwaited ? "awaited" : "unknown";
  if (flows.isKnown) return word(`；线宽为预计流量（${said(flows.found.as_of)} 推算${flows.isAwaited ? "，正在更新" : ""}）`, `; widths: expected flows (worked out ${said(flows.found.as_of)}${flows.isAwaited ? ", being renewed" : ""})`);
  if (flows.isAwaited) return word("；预计流量正在推算，线宽仍为现在的流量", "; expected flows are being worked out, widths are flows of now");
  const why = flows.trouble ? `：${flows.trouble}` : "";
  return word(`；没有预计流量${why}，线宽仍为现在的流量`, `; no expected flows${why}, widths are flows of now`);
}

function select(id) {
  selected = id;
  root.dataset.selected = id;
  repaint();
  window.htmx.ajax("GET", `/map/node/${encodeURIComponent(id)}${root.dataset.query}`, { target: "#panel", swap: "innerHTML" });
}

function fillNames(chain) {
  const list = document.getElementById("map-names");
  list.replaceChildren(...chain.nodes.map((node) => {
    const option = document.createElement("option");
    option.value = isChinese ? node.zh : node.en;
    option.label = node.id;
    return option;
  }));
}

function choose(change) {
  if (scene === null) return;
  Object.assign(scene.choice, change);
  scene.build();
  tell();
  repaint();
}

const beijing = (ms) => new Date(ms + 8 * 3600_000).toISOString().slice(5, 16).replace("T", " ");
const said = (moment) => beijing(Date.parse(moment));
const at = (hours) => beijing(Date.parse(scene ? scene.state.now : root.dataset.now) + hours * 3600_000);

document.getElementById("hour").addEventListener("input", (event) => {
  const hour = Number(event.target.value);
  document.getElementById("hour-said").textContent = hour ? `+${hour} h · ${at(hour)}` : word("现在", "now");
  const isFirst = hour && !(scene && scene.choice.hour);
  choose({ hour });
  if (isFirst) flows.refresh();
});
document.getElementById("product").addEventListener("change", (event) => choose({ product: event.target.value }));
for (const name of ["utilities", "dormant"]) {
  document.getElementById(name).addEventListener("change", (event) => choose({ [name]: event.target.checked }));
}
document.getElementById("find").addEventListener("change", (event) => {
  const wanted = event.target.value.trim();
  const node = scene && scene.chain.nodes.find((each) => [each.id, each.zh, each.en].includes(wanted));
  if (!node) return;
  fitTo([node.id]);
  select(node.id);
});
document.getElementById("overlay")?.addEventListener("change", async (event) => {
  if (scene === null) return;
  scene.overlay = null;
  if (event.target.value) {
    const state = await ask(`${root.dataset.other}${encodeURIComponent(event.target.value)}`);
    if (state.version === scene.chain.version) scene.overlay = state;
  }
  choose({});
});
document.getElementById("fit").addEventListener("click", () => scene && fitAll());
document.getElementById("nearer").addEventListener("click", () => camera.zoom(1.4));
document.getElementById("farther").addEventListener("click", () => camera.zoom(1 / 1.4));
canvas.addEventListener("click", (event) => {
  if (scene === null || camera.travelled > 6) return;
  const node = scene.hit(...camera.world(event.offsetX, event.offsetY));
  if (node) select(node.id);
});
canvas.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
  if (step) camera.pan(...step);
  else if (event.key === "+" || event.key === "=") camera.zoom(1.25);
  else if (event.key === "-") camera.zoom(0.8);
  else if (event.key === "0" && scene) fitAll();
  else if (event.key === "n" || event.key === "p") next(event.key === "n" ? 1 : -1);
  else return;
  event.preventDefault();
});

// From one place that is not normal to the next, the gravest first.
function next(step) {
  const loud = scene.places.filter((place) => place.face.rank > 0).sort((a, b) => b.face.rank - a.face.rank).map((place) => place.node.id);
  if (!loud.length) return;
  const id = loud[(loud.indexOf(selected) + step + loud.length) % loud.length];
  fitTo([id]);
  select(id);
}

new ResizeObserver(() => {
  painter.resize();
  repaint();
}).observe(canvas);
document.body.addEventListener("htmx:sseOpen", (event) => {
  for (const noun of ["assessment", "alert", "run", "task", "reachable"]) event.detail.source.addEventListener(noun, refresh);
  event.detail.source.addEventListener("answer", () => {
    if (flows.asked && scene && scene.choice.hour) flows.refresh();
  });
});
window.lianjingMap = { camera, repaint, scene: () => scene, paintNow };
refresh();
