"use strict";

/**
 * Where one looks at a mosaic from: {x, y} is the point of the mosaic in the canvas's
 * upper left corner, {scale} how many pixels of the canvas one of the mosaic's takes.
 */
class Sight {
  constructor(canvas, cells) {
    Object.assign(this, { canvas, cells });
    this.look = { x: 0, y: 0, scale: 1 };
    this.margins = { top: 0, side: 0, bottom: 0 };
    this.goal = null;
    this.scaledAt = -Infinity;
  }

  /** Take the size of the canvas's box on the screen; keep the middle in the middle. */
  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(box.width * ratio));
    const height = Math.max(1, Math.round(box.height * ratio));
    if (width === this.canvas.width && height === this.canvas.height) return;
    const whole = this.look.scale <= this.fitting().scale * 1.001;
    const { x, y } = this.middle();
    Object.assign(this.canvas, { width, height });
    this.set(whole ? this.fitting() : this.around(x, y, this.look.scale));
    // A canvas of a new size is empty: draw before the screen shows it.
    this.draw();
  }

  /** The scale at which a box fills the canvas, but for the margins. */
  filling({ width, height }) {
    const { top, side, bottom } = this.margins;
    return Math.max(1e-3, Math.min((this.canvas.width - 2 * side) / width,
      (this.canvas.height - top - bottom) / height));
  }

  /** Return the look that shows the whole mosaic. */
  fitting() {
    return this.hung({ x: 0, y: 0, scale: this.filling(this.cells) });
  }

  /** Keep a look on the mosaic: where it's smaller than the canvas, it hangs centred. */
  hung({ x, y, scale }) {
    const { top, side, bottom } = this.margins;
    const kept = (value, size, length, before, after) => {
      const free = (length - before - after) / scale;
      if (size <= free * 1.001) return size / 2 - before / scale - free / 2;
      return Math.min(Math.max(value, -length / 2 / scale), size - length / 2 / scale);
    };
    // On whole pixels of the canvas, so that tiles are as crisp as they were cut.
    const snapped = (value) => Math.round(value * scale) / scale;
    const { canvas, cells } = this;
    return {
      x: snapped(kept(x, cells.width, canvas.width, side, side)),
      y: snapped(kept(y, cells.height, canvas.height, top, bottom)),
      scale,
    };
  }

  /** Return the look with a point in the middle. */
  around(x, y, scale) {
    const { width, height } = this.canvas;
    return { x: x - width / 2 / scale, y: y - height / 2 / scale, scale };
  }

  middle(look = this.look) {
    const { width, height } = this.canvas;
    return { x: look.x + width / 2 / look.scale, y: look.y + height / 2 / look.scale };
  }

  /** The largest scale: the smallest cell fills the canvas. */
  get largest() {
    return this.filling(this.cells.box(this.cells.smallest));
  }

  /** Return the look with a cell in the middle, at most as large as it fits. */
  aroundCell(cell, scale = Infinity) {
    const box = this.cells.box(cell);
    return this.around(box.x + box.width / 2, box.y + box.height / 2,
      Math.min(scale, this.filling(box)));
  }

  /** Look elsewhere, at once; the middle stays on the mosaic. */
  set({ x, y, scale }) {
    const least = this.fitting().scale;
    const before = this.look.scale;
    this.look = this.hung({ x, y,
      scale: Math.min(Math.max(scale, least), Math.max(this.largest, least)) });
    if (this.look.scale !== before) this.scaledAt = performance.now();
    this.ask();
  }

  /** Move by pixels of the canvas. */
  pan(right, down) {
    this.stop();
    const { x, y, scale } = this.look;
    this.set({ x: x - right / scale, y: y - down / scale, scale });
  }

  /** Come nearer by a factor; a point of the canvas stays where it is. */
  zoom(factor, px = this.canvas.width / 2, py = this.canvas.height / 2) {
    this.stop();
    this.set(this.zoomed(this.look, factor, px, py));
  }

  zoomed(look, factor, px, py) {
    const whole = this.fitting().scale;
    const scale = Math.min(Math.max(look.scale * factor, whole), this.largest);
    return {
      x: look.x + px / look.scale - px / scale,
      y: look.y + py / look.scale - py / scale,
      scale,
    };
  }

  /** Go to a look within a time; 0 is at once. */
  go(goal, milliseconds) {
    this.stop();
    if (!milliseconds) { this.set(goal); return; }
    const start = { ...this.middle(), scale: this.look.scale };
    const end = { ...this.middle(goal), scale: goal.scale };
    const began = performance.now();
    this.goal = goal;
    const step = (now) => {
      const part = Math.min(1, Math.max(0, (now - began) / milliseconds));
      const eased = part * part * (3 - 2 * part);
      const scale = start.scale * (end.scale / start.scale) ** eased;
      // The middle moves as the scale does: both arrive together, from any distance.
      const way = Math.abs(end.scale / start.scale - 1) < 1e-3 ? eased
        : (1 / scale - 1 / start.scale) / (1 / end.scale - 1 / start.scale);
      const { x, y } = { x: start.x + way * (end.x - start.x),
        y: start.y + way * (end.y - start.y) };
      if (part === 1) this.goal = null;
      this.set(part === 1 ? goal : this.around(x, y, scale));
      if (part < 1) this.flight = requestAnimationFrame(step);
    };
    this.flight = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.flight);
    this.goal = null;
  }

  /** Return the cell under a point of the canvas, or -1. */
  cellAt(px, py) {
    const { x, y, scale } = this.look;
    return this.cells.at(x + px / scale, y + py / scale);
  }

  /** Return what is seen of a cell, in pixels of the canvas. */
  shownBox(cell) {
    const { x, y, width, height } = this.cells.box(cell);
    const { x: left, y: top, scale } = this.look;
    const placed = (value, origin) => Math.round((value - origin) * scale);
    const first = placed(Math.max(0, x), left);
    const last = placed(Math.min(this.cells.width, x + width), left);
    return { x: first, y: placed(y, top), width: last - first,
      height: placed(y + height, top) - placed(y, top) };
  }

  /** Return whether all of a cell is seen. */
  inSight(cell) {
    const { x, y, width, height } = this.shownBox(cell);
    const { canvas } = this;
    return x >= 0 && y >= 0 && x + width <= canvas.width && y + height <= canvas.height;
  }

  /** Ask for a frame once the scale is at rest. */
  askLater() {
    clearTimeout(this.later);
    this.later = setTimeout(() => this.ask(), REST + 10);
  }

  /** Ask for a frame: many changes between two frames are drawn once. */
  ask() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }
}
