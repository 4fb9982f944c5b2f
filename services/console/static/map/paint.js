// Paints a scene. From afar places are coloured blocks with their shape; nearer they carry name, time left, stock, tasks and who has them.
import { faceOf, hatching, isChinese, word } from "./faces.js";
import { BOX } from "./scene.js";

const NEAR = 0.5;
const CLOSE = 1.1;
const FONT = '"Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", system-ui, sans-serif';

const MARGIN = 0.25;
const LARGE = 1200;

// A small map is painted at each frame. A large one is painted once, wider than the screen, and that picture is moved while one drags or zooms; it is
// painted anew when it no longer covers the screen and when the movement ends.
export class Painter {
  constructor(canvas) {
    this.canvas = canvas;
    this.screen = canvas.getContext("2d", { alpha: false });
    this.buffer = document.createElement("canvas");
    this.pen = this.buffer.getContext("2d", { alpha: false });
    this.hatch = hatching(this.pen);
    this.names = new Map();
    this.taken = null;
  }

  resize() {
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    this.ratio = ratio;
    this.taken = null;
  }

  // True when the picture is sharp; false when an older one was moved, to be painted anew once the movement ends.
  paint(scene, camera, selected, isMoving = false) {
    if (isMoving && scene.size > LARGE && this.move(camera)) return false;
    this.draw(scene, camera, selected);
    this.move(camera);
    return true;
  }

  move(camera) {
    const { screen, canvas, taken, ratio } = this;
    if (taken === null) return false;
    const zoom = camera.scale / taken.scale;
    const left = camera.x - zoom * (taken.x + taken.dx);
    const top = camera.y - zoom * (taken.y + taken.dy);
    const [width, height] = [zoom * taken.width, zoom * taken.height];
    const isWhole = left <= 0 && top <= 0 && left + width >= canvas.clientWidth && top + height >= canvas.clientHeight;
    if (!isWhole || zoom > 1.6 || zoom < 0.6) return false;
    screen.setTransform(1, 0, 0, 1, 0, 0);
    screen.drawImage(this.buffer, left * ratio, top * ratio, width * ratio, height * ratio);
    return true;
  }

  // Paints into the buffer, a margin wider than the screen on each side where the map is large.
  draw(scene, camera, selected) {
    const { pen, canvas, buffer, ratio } = this;
    const share = scene.size > LARGE ? MARGIN : 0;
    const [dx, dy] = [Math.round(canvas.clientWidth * share), Math.round(canvas.clientHeight * share)];
    const [width, height] = [canvas.clientWidth + 2 * dx, canvas.clientHeight + 2 * dy];
    this.taken = { x: camera.x, y: camera.y, scale: camera.scale, dx, dy, width, height };
    if (buffer.width !== Math.round(width * ratio) || buffer.height !== Math.round(height * ratio)) {
      buffer.width = Math.round(width * ratio);
      buffer.height = Math.round(height * ratio);
    }
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.fillStyle = "#f7f9fa";
    pen.fillRect(0, 0, buffer.width, buffer.height);
    const k = ratio * camera.scale;
    pen.setTransform(k, 0, 0, k, ratio * (camera.x + dx), ratio * (camera.y + dy));
    const [left, top] = camera.world(-dx - BOX.width, -dy - BOX.height);
    const [right, bottom] = camera.world(canvas.clientWidth + dx + BOX.width, canvas.clientHeight + dy + BOX.height);
    this.lines(scene, camera.scale, { left, top, right, bottom });
    if (camera.scale >= NEAR) this.shares(scene);
    for (const place of scene.places) {
      const { x, y } = place.node;
      if (x < left || x > right || y < top || y > bottom) continue;
      pen.globalAlpha = place.dim ? 0.18 : 1;
      if (camera.scale < NEAR) this.block(place);
      else this.box(place, camera.scale, place.node.id === selected, scene.choice.hour);
    }
    pen.globalAlpha = 1;
    if (scene.overlay || scene.state.kind === "drill") this.watermark(dx, dy);
    if (scene.choice.hour) this.later(scene.choice.hour, dx, dy);
  }

  // From afar lines are straight and unbroken, on a large map unbroken from near, too: dashes are what costs most.
  lines(scene, scale, seen) {
    const { pen } = this;
    const isFar = scale < NEAR;
    for (const { look, curves } of scene.lines) {
      pen.beginPath();
      for (const { points, left, top, right, bottom } of curves) {
        if (left > seen.right || right < seen.left || top > seen.bottom || bottom < seen.top) continue;
        pen.moveTo(points[0], points[1]);
        if (isFar) pen.lineTo(points[6], points[7]);
        else pen.bezierCurveTo(points[2], points[3], points[4], points[5], points[6], points[7]);
      }
      pen.globalAlpha = look.alpha;
      pen.strokeStyle = look.colour;
      pen.lineWidth = isFar ? Math.max(look.width, 1 / scale) : look.width;
      pen.setLineDash(isFar || scene.size > LARGE ? [] : look.dash);
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.globalAlpha = 1;
  }

  shares(scene) {
    const { pen } = this;
    pen.font = `bold 11px ${FONT}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (const { at, share } of scene.labels) {
      const top = scene.isFlowAhead ? 20 : 8;
      pen.fillStyle = "#ffffff";
      pen.fillRect(at[0] - 21, at[1] - top, 42, top + 8);
      pen.fillStyle = "#a3141e";
      if (scene.isFlowAhead) pen.fillText(word("预计", "exp."), at[0], at[1] - 13);
      pen.fillText(`✕ ${Math.round(100 * share)}%`, at[0], at[1]);
    }
  }

  block({ node, face, partly }) {
    const { pen } = this;
    const isLoud = face.rank !== 0 && face.rank !== -1;
    pen.fillStyle = face === faceOf("unknown") || partly ? this.hatch : isLoud ? face.colour : face.tint;
    pen.strokeStyle = face.colour;
    pen.lineWidth = isLoud ? 4 : 2;
    pen.beginPath();
    pen.rect(node.x - BOX.width / 2, node.y - BOX.height / 2, BOX.width, BOX.height);
    pen.fill();
    pen.stroke();
    if (!isLoud) return;
    pen.fillStyle = face.rank === 5 || partly ? "#16212b" : face.ink;
    this.text(`${face.shape} ${isChinese ? face.zh : face.en}`, node.x, node.y, `bold 22px ${FONT}`, "center");
  }

  box(place, scale, isSelected, hour) {
    const { pen } = this;
    const { node, face, partly, spot } = place;
    const [x, y] = [node.x - BOX.width / 2, node.y - BOX.height / 2];
    pen.beginPath();
    pen.roundRect(x, y, BOX.width, BOX.height, 5);
    pen.fillStyle = face.tint;
    pen.fill();
    if (face.rank === 5 || partly) {
      pen.fillStyle = this.hatch;
      pen.fill();
    }
    pen.strokeStyle = isSelected ? "#0b0f14" : face.colour;
    pen.lineWidth = isSelected ? 4 : face.rank > 0 ? 2.5 : 1.2;
    pen.setLineDash(face.rank === 5 || face.rank === -1 ? [5, 3] : []);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = face.colour;
    pen.beginPath();
    pen.roundRect(x, y, 20, BOX.height, [5, 0, 0, 5]);
    pen.fill();
    pen.fillStyle = face.rank === 5 || face.rank === -1 ? "#ffffff" : face.ink;
    this.text(partly ? `${face.shape}?` : face.shape, x + 10, y + BOX.height / 2, `bold 13px ${FONT}`, "center");
    pen.fillStyle = "#16212b";
    this.text(this.name(node), x + 24, y + 10, `12px ${FONT}`, "left");
    this.second(place, x + 24, y + 23, hour);
    this.stock(place.stock, x + 24, y + 32, BOX.width - 30);
    this.pins(spot, x, y, scale);
    if (place.drill) this.drill(place.drill, x, y);
  }

  // The time left counts from the hour that is shown.
  second({ face, spot, partly }, x, y, hour) {
    if (face.rank <= 0) return;
    const said = partly ? word("部分不明", "partly unknown") : isChinese ? face.zh : face.en;
    const left = face.rank === 5 || spot.p50 === undefined ? "" : this.left(spot.p50, hour);
    this.pen.fillStyle = "#16212b";
    this.text(`${said} ${left}`, x, y, `bold 10px ${FONT}`, "left");
  }

  left(p50, hour) {
    if (p50 <= 0) return word("已到限", "at limit");
    return p50 <= hour ? word("预计到限", "exp. at limit") : lasting(p50 - hour);
  }

  stock(stock, x, y, width) {
    const { pen } = this;
    if (stock === undefined) return;
    pen.fillStyle = "#d5dce2";
    pen.fillRect(x, y, width, 5);
    if (stock.low === null) {
      pen.fillStyle = this.hatch;
      pen.fillRect(x, y, width, 5);
    } else {
      const [low, high] = [clamp(stock.low), clamp(stock.high)];
      pen.fillStyle = "#35516c";
      pen.fillRect(x, y, width * low, 5);
      pen.fillStyle = "#8fa9c1";
      pen.fillRect(x + width * low, y, width * (high - low), 5);
    }
    pen.fillStyle = "#a3141e";
    pen.fillRect(x + width * clamp(stock.least) - 0.75, y - 2, 1.5, 9);
  }

  pins(spot, x, y, scale) {
    const { pen } = this;
    if (spot.open) {
      pen.fillStyle = spot.overdue ? "#a3141e" : "#17324d";
      pen.beginPath();
      const wide = isChinese ? 34 : 48;
      pen.roundRect(x + BOX.width + 4 - wide, y - 9, wide, 16, 8);
      pen.fill();
      pen.fillStyle = "#ffffff";
      this.text(`${word("办", "to do")} ${spot.open}`, x + BOX.width + 4 - wide / 2, y - 1, `bold 10px ${FONT}`, "center");
    }
    if (spot.capacity !== undefined && spot.capacity < 1) this.tag(`${word("能力剩", "left")} ${Math.round(100 * spot.capacity)}%`, x - 4, y - 11, 64, "#a3141e");
    if ((spot.notices || []).length) this.tag(`${word("警", "!")} ${short(spot.notices[0][isChinese ? 0 : 1], isChinese ? 7 : 13)}`, x + 20, y + BOX.height + 1, 82, "#7a4b00");
    if (scale >= CLOSE && spot.open) {
      pen.fillStyle = "#4d5b67";
      this.text(short(`${spot.tasks[0][2]}`, 16), x, y + BOX.height + 8, `9px ${FONT}`, "left");
    }
  }

  tag(text, x, y, width, colour) {
    this.pen.fillStyle = "#ffffff";
    this.pen.fillRect(x, y, width, 13);
    this.pen.fillStyle = colour;
    this.text(text, x + 2, y + 7, `bold 10px ${FONT}`, "left");
  }

  drill(face, x, y) {
    const { pen } = this;
    pen.strokeStyle = "#5a2d82";
    pen.setLineDash([3, 3]);
    pen.lineWidth = 2;
    pen.strokeRect(x - 5, y - 5, BOX.width + 10, BOX.height + 10);
    pen.setLineDash([]);
    if (face.rank <= 0) return;
    pen.fillStyle = face.colour;
    pen.fillRect(x + BOX.width - 62, y + BOX.height - 1, 66, 14);
    pen.fillStyle = face.rank === 5 ? "#ffffff" : face.ink;
    this.text(`${word("演练", "drill")} ${face.shape}${isChinese ? face.zh : face.en}`, x + BOX.width - 29, y + BOX.height + 6, `bold 9px ${FONT}`, "center");
  }

  watermark(dx, dy) {
    const { pen, canvas, ratio } = this;
    pen.setTransform(ratio, 0, 0, ratio, ratio * dx, ratio * dy);
    pen.globalAlpha = 0.1;
    pen.fillStyle = "#5a2d82";
    for (const part of [0.25, 0.75]) {
      this.text(word("【演练】", "EXERCISE"), canvas.clientWidth * part, canvas.clientHeight / 2, `800 ${canvas.clientWidth / 10}px ${FONT}`, "center");
    }
    pen.globalAlpha = 1;
  }

  // A picture of what is expected says so, in a corner of its own.
  later(hour, dx, dy) {
    const { pen, ratio } = this;
    pen.setTransform(ratio, 0, 0, ratio, ratio * dx, ratio * dy);
    const said = word(`预计 +${hour} 小时`, `expected +${hour} h`);
    pen.font = `bold 15px ${FONT}`;
    pen.fillStyle = "#17324d";
    pen.fillRect(8, 8, pen.measureText(said).width + 20, 26);
    pen.fillStyle = "#ffffff";
    this.text(said, 18, 21, `bold 15px ${FONT}`, "left");
  }

  text(text, x, y, font, align) {
    this.pen.font = font;
    this.pen.textAlign = align;
    this.pen.textBaseline = "middle";
    this.pen.fillText(text, x, y);
  }

  name(node) {
    if (!this.names.has(node.id)) this.names.set(node.id, short(isChinese ? node.zh : node.en, isChinese ? 7 : 13));
    return this.names.get(node.id);
  }
}

const clamp = (share) => Math.max(0, Math.min(1, share));
const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const lasting = (hours) => (hours < 72 ? `${Math.round(hours)} ${word("小时", "h")}` : `${(hours / 24).toFixed(1)} ${word("天", "d")}`);
