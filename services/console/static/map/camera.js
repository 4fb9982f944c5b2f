// Where one looks at the map from: drag or arrow keys to move, wheel, pinch or + and - to zoom, 0 to see all of it.
const LEAST = 0.04;
const MOST = 4;

export class Camera {
  constructor(canvas, moved) {
    this.canvas = canvas;
    this.moved = moved;
    this.scale = 1;
    this.x = 0;
    this.y = 0;
    this.pointers = new Map();
    this.travelled = 0;
    this.listen();
  }

  fit(left, top, right, bottom, most = 1.3) {
    const margin = 24;
    const width = this.canvas.clientWidth - 2 * margin;
    const height = this.canvas.clientHeight - 2 * margin;
    this.scale = Math.max(LEAST, Math.min(most, width / (right - left), height / (bottom - top)));
    this.x = this.canvas.clientWidth / 2 - this.scale * (left + right) / 2;
    this.y = this.canvas.clientHeight / 2 - this.scale * (top + bottom) / 2;
    this.moved();
  }

  zoom(factor, px = this.canvas.clientWidth / 2, py = this.canvas.clientHeight / 2) {
    const scale = Math.max(LEAST, Math.min(MOST, this.scale * factor));
    const ratio = scale / this.scale;
    this.x = px - ratio * (px - this.x);
    this.y = py - ratio * (py - this.y);
    this.scale = scale;
    this.moved();
  }

  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.moved();
  }

  world(px, py) {
    return [(px - this.x) / this.scale, (py - this.y) / this.scale];
  }

  listen() {
    const canvas = this.canvas;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
      this.travelled = 0;
    });
    canvas.addEventListener("pointermove", (event) => this.dragged(event));
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
    }
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
    }, { passive: false });
  }

  dragged(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.offsetX, event.offsetY];
    this.pointers.set(event.pointerId, now);
    this.travelled += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    if (this.pointers.size === 1) {
      this.pan(now[0] - before[0], now[1] - before[1]);
      return;
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
    const span = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
    this.zoom(span(now, other) / span(before, other), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
  }
}
