"use strict";

/** Mouse, wheel and fingers on a MosaicView: drag, pinch, wheel; a short touch clicks. */
class Gestures {
  /** clicked and doubled are called with a point of the canvas. */
  constructor(view, { clicked, doubled }) {
    Object.assign(this, { view, clicked, doubled });
    this.fingers = new Map();
    const canvas = view.canvas;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"])
      canvas.addEventListener(end, (event) => this.up(event));
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("dblclick", (event) => this.doubled(this.point(event)));
  }

  /** Where an event is, in pixels of the canvas. */
  point(event) {
    const { canvas } = this.view;
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * canvas.width) / box.width,
      y: ((event.clientY - box.top) * canvas.height) / box.height,
    };
  }

  down(event) {
    if (event.button !== 0) return;
    this.view.canvas.setPointerCapture(event.pointerId);
    this.still = this.fingers.size === 0 && this.point(event);
    this.fingers.set(event.pointerId, this.point(event));
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) return;
    const now = this.point(event);
    const others = [...this.fingers].filter(([id]) => id !== event.pointerId);
    const far = this.still && Math.hypot(now.x - this.still.x, now.y - this.still.y);
    // A click may tremble a little.
    if (this.still && far < 5 * (window.devicePixelRatio || 1)) return;
    this.still = null;
    this.fingers.set(event.pointerId, now);
    if (!others.length) this.view.pan(now.x - before.x, now.y - before.y);
    else this.pinch(before, now, others[0][1]);
  }

  pinch(before, now, other) {
    const spread = (point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    const { view } = this;
    const { x, y, scale } = view.look;
    const moved = { x: x - (now.x - before.x) / 2 / scale,
      y: y - (now.y - before.y) / 2 / scale, scale };
    view.stop();
    view.set(view.zoomed(moved, spread(now) / spread(before), middle.x, middle.y));
  }

  up(event) {
    this.fingers.delete(event.pointerId);
    if (event.type === "pointerup" && this.still) this.clicked(this.still);
    this.still = null;
  }

  wheel(event) {
    event.preventDefault();
    // Lines and pages are worth some pixels; a pinch on a pad comes with ctrlKey.
    const unit = [1, 16, 400][event.deltaMode] * (event.ctrlKey ? 6 : 1);
    const { x, y } = this.point(event);
    const turned = Math.max(-400, Math.min(400, event.deltaY * unit));
    this.view.zoom(2 ** (-turned / 300), x, y);
  }
}
