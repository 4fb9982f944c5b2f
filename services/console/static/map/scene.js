// What is to be painted: for each place its face at the chosen hour, for each link its line. Built anew when data or choices change, not at each frame.
import { faceOf } from "./faces.js";

export const BOX = { width: 116, height: 40 };
const WIDEST = 9;

export class Scene {
  // ``flows`` are those ahead; null at an hour of which it knows nothing.
  constructor(chain, flows) {
    this.chain = chain;
    this.flows = flows;
    this.largest = new Map();
    for (const link of chain.links) this.largest.set(link.product, Math.max(this.largest.get(link.product) || 0, link.normal));
    this.state = null;
    this.overlay = null;
    this.choice = { hour: 0, product: "", utilities: false, dormant: false, incident: "" };
    this.index = new Map(chain.nodes.map((node, number) => [node.id, number]));
    this.places = [];
    this.lines = [];
  }

  build() {
    const incident = this.state.incidents.find((each) => each.id === this.choice.incident);
    this.marked = incident ? new Set([incident.root, ...incident.nodes]) : null;
    this.places = this.chain.nodes.map((node, number) => this.place(node, this.state.spots[number], number));
    this.lines = this.bundles();
  }

  place(node, spot, number) {
    const { product, hour } = this.choice;
    const drill = this.overlay ? this.overlay.spots[number] : null;
    return {
      node,
      spot,
      face: faceOf(levelAt(spot, hour)),
      partly: Boolean(spot.partly),
      stock: fillAt(spot, product || node.stock, hour),
      dim: (product && !node.products.includes(product)) || (this.marked !== null && !this.marked.has(node.id)),
      drill: drill ? faceOf(levelAt(drill, hour)) : null,
    };
  }

  isShown(link, flow) {
    const { product, utilities, dormant } = this.choice;
    if (product) return link.product === product && (dormant || !link.is_dormant || Boolean(flow && flow.flow > 0));
    if (link.is_dormant) return (dormant || Boolean(flow && flow.flow > 0)) && (utilities || !link.is_utility);
    return utilities || !link.is_utility || Boolean(flow && flow.hindered);
  }

  // Lines of one look are painted in one stroke: thousands of links cost a few strokes.
  bundles() {
    const ahead = this.flows.at(this.choice.hour, this.chain.links);
    this.isFlowAhead = ahead !== null;
    const flows = ahead || new Map(this.state.flows.map((flow) => [flow.link, flow]));
    const found = new Map();
    this.labels = [];
    this.chain.links.forEach((link, number) => {
      const flow = flows.get(number);
      if (!this.isShown(link, flow)) return;
      const look = lookOf(link, flow, this.isMarked(link), this.largest.get(link.product));
      const key = JSON.stringify(look);
      if (!found.has(key)) found.set(key, { look, curves: [] });
      const curve = curveOf(this.chain.nodes[link.source], this.chain.nodes[link.target]);
      found.get(key).curves.push(curve);
      if (flow && flow.hindered) this.labels.push({ at: curve.middle, share: flow.share });
    });
    this.size = this.places.length + this.chain.links.length;
    return [...found.values()].sort((a, b) => a.look.order - b.look.order);
  }

  isMarked(link) {
    const nodes = this.chain.nodes;
    return this.marked === null || (this.marked.has(nodes[link.source].id) && this.marked.has(nodes[link.target].id));
  }

  hit(x, y) {
    const found = this.chain.nodes.findIndex((n) => Math.abs(n.x - x) <= BOX.width / 2 && Math.abs(n.y - y) <= BOX.height / 2);
    return found < 0 ? null : this.chain.nodes[found];
  }
}

export function levelAt(spot, hour) {
  let level = spot.level;
  for (const [from, later] of spot.ahead || []) if (from <= hour) level = later;
  return level;
}

// Low and high share of the maximum at an hour, null where nobody knows, undefined where there is no such stock.
export function fillAt(spot, product, hour) {
  const stocks = spot.stocks || [];
  const stock = stocks.find((each) => each.product === product);
  if (!stock) return undefined;
  const points = stock.fill || [];
  if (!points.length || hour > points[points.length - 1][0] + 3) return { low: null, least: stock.low };
  let before = points[0];
  for (const point of points) {
    if (point[0] >= hour) {
      const part = point[0] > before[0] ? (hour - before[0]) / (point[0] - before[0]) : 1;
      const mix = (i) => before[i] + part * (point[i] - before[i]);
      return { low: mix(1), high: mix(2), least: stock.low };
    }
    before = point;
  }
  return { low: before[1], high: before[2], least: stock.low };
}

// Of a link that is normally idle the width is what it carries beside the largest of its product.
function lookOf(link, flow, isMarked, largest) {
  const faint = isMarked ? 1 : 0.15;
  if (flow && flow.hindered) return { colour: "#c8202b", width: 2.5, dash: [7, 4], alpha: faint, order: 3 };
  const isIdle = link.is_dormant && !(flow && flow.flow > 0);
  if (isIdle) return { colour: "#7a6a3a", width: 1, dash: [2, 5], alpha: 0.6 * faint, order: 0 };
  const share = flow && flow.share !== null ? Math.min(flow.share, 1.5) : 1;
  const weight = link.weight > 0 ? link.weight * share : flow && largest > 0 ? Math.min(flow.flow / largest, 1.5) : 0;
  const width = Math.max(0.8, Math.round(2 * WIDEST * Math.sqrt(weight)) / 2);
  if (!flow) return { colour: "#9aa7b2", width: Math.max(0.8, width / 2), dash: [4, 4], alpha: 0.55 * faint, order: 1 };
  return { colour: "#54708c", width, dash: [], alpha: 0.6 * faint, order: 2 };
}

// A curve from the right side of one place to the left side of the other; one that runs backward leaves from below.
// ``points`` are its start, two handles and its end; the box around them says whether it can be seen.
function curveOf(from, to) {
  const half = BOX.width / 2;
  const down = BOX.height / 2;
  let points;
  if (to.x > from.x) {
    const [x1, x2] = [from.x + half, to.x - half];
    const bend = Math.max(20, (x2 - x1) / 2);
    points = [x1, from.y, x1 + bend, from.y, x2 - bend, to.y, x2, to.y];
  } else {
    const low = Math.max(from.y, to.y) + BOX.height;
    points = [from.x, from.y + down, from.x, low, to.x, low, to.x, to.y + down];
  }
  const [xs, ys] = [0, 1].map((shift) => [0, 2, 4, 6].map((i) => points[i + shift]));
  return {
    points,
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: Math.min(...ys),
    bottom: Math.max(...ys),
    middle: [(points[0] + points[6]) / 2, to.x > from.x ? (points[1] + points[7]) / 2 : points[3] - BOX.height / 4],
  };
}
