"use strict";

/**
 * Looks at a mosaic from any distance.
 *
 * What it draws lies ready in chunks, square canvases of one ratio (a power of two: how
 * many of their pixels make one of the mosaic): a frame is a few pictures, however many
 * cells there are. Chunks are painted from the atlas whose tiles are just large enough;
 * until its pages have come, from a smaller one, and from the overview before that.
 */
class MosaicView {
  /**
   * scene: {cells, placement, atlases (of rising size), overview, target (images that
   * show the whole), background (a colour)}; the images may come later or be null.
   */
  constructor(canvas, scene) {
    Object.assign(this, { overview: null, target: null, shade: null, background: "#fff",
      accent: "#f80" }, scene);
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.chunks = new Map();
    this.look = { x: 0, y: 0, scale: 1 };
    this.margins = { top: 0, side: 0, bottom: 0 };
    this.mix = 0;
    this.lit = null;
    this.wash = "#000b";
    this.marked = null;
    this.moved = () => {};
    for (const atlas of this.atlases) atlas.changed = () => this.refresh();
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
    this.look = this.hung({ x, y,
      scale: Math.min(Math.max(scale, least), Math.max(this.largest, least)) });
    this.moved();
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

  /** Return a cell's box in pixels of the canvas. */
  shownBox(cell) {
    const { x, y, width, height } = this.cells.box(cell);
    const { x: left, y: top, scale } = this.look;
    const sides = [(x - left) * scale, (y - top) * scale,
      (x + width - left) * scale, (y + height - top) * scale].map(Math.round);
    return { x: sides[0], y: sides[1],
      width: sides[2] - sides[0], height: sides[3] - sides[1] };
  }

  /** Return whether all of a cell is seen. */
  inSight(cell) {
    const { x, y, width, height } = this.shownBox(cell);
    const { canvas } = this;
    return x >= 0 && y >= 0 && x + width <= canvas.width && y + height <= canvas.height;
  }

  /** Ask for a frame: many changes between two frames are drawn once. */
  ask() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }

  /** Paint again what was painted without all its pages. */
  refresh() {
    for (const chunk of this.chunks.values()) chunk.stale = !chunk.whole;
    this.ask();
  }

  draw() {
    const { context, canvas, look } = this;
    context.fillStyle = this.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.drawWhole(this.overview);
    this.settled = true;
    if (!this.overview || look.scale > this.overviewRatio) this.drawChunks();
    if (this.mix > 0) {
      context.globalAlpha = this.mix;
      this.drawWhole(this.target);
      context.globalAlpha = 1;
    }
    if (this.lit) this.drawLit();
    if (this.marked) this.marked(context);
  }

  get overviewRatio() {
    return Math.min(0.999, this.overview.naturalWidth / this.cells.width);
  }

  /** Draw a picture of the whole mosaic: the part that is seen. */
  drawWhole(image) {
    if (!image) return;
    const { x, y, scale } = this.look;
    const { width, height } = this.cells;
    this.context.imageSmoothingEnabled = true;
    this.context.drawImage(image, Math.round(-x * scale), Math.round(-y * scale),
      Math.round(width * scale), Math.round(height * scale));
  }

  drawChunks() {
    const { context, canvas, look } = this;
    const ratio = this.ratio();
    const side = CHUNK / ratio;
    const right = Math.min(this.cells.width, look.x + canvas.width / look.scale);
    const bottom = Math.min(this.cells.height, look.y + canvas.height / look.scale);
    const until = performance.now() + PATIENCE;
    const shown = (value, origin) => Math.round((value * side - origin) * look.scale);
    context.imageSmoothingEnabled = look.scale !== ratio;
    let count = 0;
    let whole = 0;
    for (let row = Math.max(0, Math.floor(look.y / side)); row * side < bottom; row++) {
      for (let column = Math.max(0, Math.floor(look.x / side)); column * side < right;
        column++) {
        const chunk = this.chunk(ratio, row, column, until);
        count++;
        if (!chunk) continue;
        whole += chunk.whole;
        const x = shown(column, look.x);
        const y = shown(row, look.y);
        context.drawImage(chunk.canvas, x, y, shown(column + 1, look.x) - x,
          shown(row + 1, look.y) - y);
      }
    }
    this.settled = whole === count;
    this.forget(count + SPARE);
  }

  /** The chunks' ratio: pixels are shrunk, or enlarged by a fifth at most. */
  ratio() {
    const power = Math.ceil(Math.log2(this.look.scale) - 0.26);
    return 2 ** Math.max(power, -6);
  }

  /** Return a chunk, painted unless this frame's time is used up. */
  chunk(ratio, row, column, until) {
    const key = `${ratio}/${row}/${column}`;
    let chunk = this.chunks.get(key);
    if (!chunk || chunk.stale) {
      if (performance.now() > until) { this.ask(); return chunk; }
      chunk = this.painted(chunk, ratio, row, column);
    }
    // The one used last stands last.
    this.chunks.delete(key);
    this.chunks.set(key, chunk);
    return chunk;
  }

  painted(old, ratio, row, column) {
    const canvas = old ? old.canvas : document.createElement("canvas");
    canvas.width = canvas.height = CHUNK;
    const context = canvas.getContext("2d");
    const side = CHUNK / ratio;
    const { boxes } = this.cells;
    const placed = (value, start) => Math.round(value * ratio) - start * CHUNK;
    const painted = [];
    let whole = true;
    for (const cell of this.cells.within(column * side, row * side, side, side)) {
      const tile = this.placement[cell];
      if (tile < 0) continue;
      const x = placed(boxes[4 * cell], column);
      const y = placed(boxes[4 * cell + 1], row);
      const width = placed(boxes[4 * cell] + boxes[4 * cell + 2], column) - x;
      const height = placed(boxes[4 * cell + 1] + boxes[4 * cell + 3], row) - y;
      whole = this.paint(context, tile, x, y, width, height) && whole;
      painted.push([cell, x, y, width, height]);
    }
    if (this.shade) whole = this.shade.paint(context, this.cells, painted) && whole;
    return { canvas, whole, stale: false };
  }

  /** Paint a tile from the best atlas at hand; return whether it's the right one. */
  paint(context, tile, x, y, width, height) {
    const { atlases } = this;
    let right = atlases.findIndex((atlas) => atlas.width >= width);
    if (right < 0) right = atlases.length - 1;
    while (right > 0 && !atlases[right].has(tile)) right--;
    // In flight nothing is loaded: it would be out of sight before it came.
    if (atlases[right].paint(context, tile, x, y, width, height, !this.goal)) return true;
    for (let other = right - 1; other >= 0; other--)
      if (atlases[other].paint(context, tile, x, y, width, height, false)) break;
    return false;
  }

  forget(kept) {
    for (const key of this.chunks.keys()) {
      if (this.chunks.size <= kept) break;
      this.chunks.delete(key);
    }
  }

  /** Wash out all but the lit cells (a Set); where they are tiny, ring them. */
  drawLit() {
    const { context, look } = this;
    const path = new Path2D();
    path.rect(Math.round(-look.x * look.scale), Math.round(-look.y * look.scale),
      Math.round(this.cells.width * look.scale), Math.round(this.cells.height * look.scale));
    const rings = new Path2D();
    let small = 0;
    for (const cell of this.seen()) {
      if (!this.lit.has(cell)) continue;
      const { x, y, width, height } = this.shownBox(cell);
      path.rect(x, y, width, height);
      if (width < 24 && this.lit.size <= 400 && ++small)
        rings.rect(x - 2.5, y - 2.5, width + 5, height + 5);
    }
    context.fillStyle = this.wash;
    context.fill(path, "evenodd");
    if (!small) return;
    context.lineWidth = 1.5 * (window.devicePixelRatio || 1);
    context.strokeStyle = this.accent;
    context.stroke(rings);
  }

  /** Return the cells in sight; of lit ones only, where those are fewer. */
  seen() {
    const { canvas, look } = this;
    if (this.lit && this.lit.size < 2000) return this.lit;
    return this.cells.within(look.x, look.y, canvas.width / look.scale,
      canvas.height / look.scale);
  }
}

/** What tint and overlay add to the tiles of a mosaic, and what they take away. */
class Shade {
  /** facts: addresses of two pictures of the whole, {added} and {taken}. */
  constructor(facts, changed) {
    for (const [name, address] of Object.entries(facts)) {
      const image = new Image();
      image.src = address;
      image.decode().then(() => { this[name] = image; changed(); }, () => {});
    }
  }

  /** Change the colours of painted cells; return whether both pictures were there. */
  paint(context, cells, painted) {
    if (!this.added || !this.taken) return false;
    context.imageSmoothingEnabled = false;
    this.blend(context, cells, painted, "lighter", this.added);
    // Taking away is adding to the negative: exact, and never below black.
    this.blend(context, cells, painted, "difference");
    this.blend(context, cells, painted, "lighter", this.taken);
    this.blend(context, cells, painted, "difference");
    context.globalCompositeOperation = "source-over";
    context.imageSmoothingEnabled = true;
    return true;
  }

  /** Blend each cell with its part of a picture, or with white. */
  blend(context, cells, painted, how, picture) {
    context.globalCompositeOperation = how;
    context.fillStyle = "#fff";
    for (const [cell, x, y, width, height] of painted) {
      const [left, top, wide, tall] = cells.boxes.subarray(4 * cell, 4 * cell + 4);
      if (picture) context.drawImage(picture, left, top, wide, tall, x, y, width, height);
      else context.fillRect(x, y, width, height);
    }
  }
}

/** Side of a chunk, in its pixels. */
const CHUNK = 512;
/** Chunks that are kept beyond those in sight. */
const SPARE = 48;
/** For how long a frame paints chunks, in milliseconds. */
const PATIENCE = 8;
