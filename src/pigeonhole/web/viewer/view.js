"use strict";

/**
 * Draws a mosaic as it is seen from any distance.
 *
 * What it draws lies ready in chunks, square canvases of one ratio (a power of two: how
 * many of their pixels make one of the mosaic): a frame is a few pictures, however many
 * cells there are. Chunks are painted from the atlas whose tiles are just large enough;
 * until its pages have come, from a smaller one, and from the overview before that.
 */
class MosaicView extends Sight {
  /**
   * scene: {cells, placement, atlases (of rising size)}, and what may come later:
   * {overview, target} (images of the whole), {shade}, {lit} (a Set of cells), {mix}
   * (how much of the target is seen), {marked} (draws over it), colours.
   */
  constructor(canvas, scene) {
    super(canvas, scene.cells);
    Object.assign(this, { overview: null, target: null, shade: null, marked: null,
      background: "#fff", accent: "#f80", wash: "#000b", mix: 0, lit: null }, scene);
    this.context = canvas.getContext("2d", { alpha: false });
    this.chunks = new Map();
    for (const atlas of this.atlases) atlas.changed = () => this.refresh();
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

/** Side of a chunk, in its pixels. */
const CHUNK = 512;
/** Chunks that are kept beyond those in sight. */
const SPARE = 48;
/** For how long a frame paints chunks, in milliseconds. */
const PATIENCE = 8;
