"use strict";

/**
 * Draws a mosaic as it is seen from any distance.
 *
 * What it draws lies ready in chunks, square canvases of one ratio (how many of their
 * pixels make one of the mosaic): a frame is a few pictures, however many cells there
 * are, and at rest they are copied as they are. Chunks are painted from the atlas whose
 * tiles are just large enough; until its pages have come, from a smaller one, and from
 * the overview before that.
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
    const { context, canvas } = this;
    context.fillStyle = this.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.drawMosaic();
    if (this.mix > 0) {
      context.globalAlpha = this.mix;
      this.drawWhole(this.target);
      context.globalAlpha = 1;
    }
    if (this.lit) this.drawLit();
    if (this.marked) this.marked(context);
  }

  /** Draw the chunks in sight, and where some aren't ready, what there is instead. */
  drawMosaic() {
    const { scale } = this.look;
    const far = this.overview && scale <= this.overviewRatio;
    const steady = performance.now() - this.scaledAt > REST;
    const chunks = far ? [] : this.inView(steady ? scale : this.rough, true);
    this.settled = (far || steady) && chunks.every(({ chunk }) => chunk?.whole);
    if (!steady && !far) this.askLater();
    if (far || !chunks.every(({ chunk }) => chunk?.whole)) this.drawWhole(this.overview);
    if (!this.settled && steady) this.drawChunks(this.inView(this.rough, false), this.rough);
    this.drawChunks(chunks, steady ? scale : this.rough);
    this.forget(chunks.length + SPARE);
  }

  get overviewRatio() {
    return Math.min(0.999, this.overview.width / this.cells.width);
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

  drawChunks(chunks, ratio) {
    this.context.imageSmoothingEnabled = this.look.scale !== ratio;
    for (const { chunk, x, y, width, height } of chunks)
      if (chunk) this.context.drawImage(chunk.canvas, x, y, width, height);
  }

  /** Return the chunks in sight and where they go; paint them while there is time. */
  inView(ratio, paint) {
    const { canvas, look } = this;
    const side = CHUNK / ratio;
    const until = paint ? performance.now() + PATIENCE : 0;
    const right = Math.min(this.cells.width, look.x + canvas.width / look.scale);
    const bottom = Math.min(this.cells.height, look.y + canvas.height / look.scale);
    const placed = (value, start) => Math.round((value * side - start) * look.scale);
    const found = [];
    for (let row = Math.max(0, Math.floor(look.y / side)); row * side < bottom; row++) {
      for (let column = Math.max(0, Math.floor(look.x / side)); column * side < right;
        column++) {
        const x = placed(column, look.x);
        const y = placed(row, look.y);
        found.push({ x, y, width: placed(column + 1, look.x) - x,
          height: placed(row + 1, look.y) - y,
          chunk: this.chunk(ratio, row, column, until) });
      }
    }
    return found;
  }

  /**
   * The ratio while the scale changes: a power of two, so that chunks serve for a while;
   * their pixels are shrunk, or enlarged by a fifth at most. At rest it's the scale.
   */
  get rough() {
    return 2 ** Math.max(Math.ceil(Math.log2(this.look.scale) - 0.26), -6);
  }

  /** Return a chunk, painted unless the time is used up. */
  chunk(ratio, row, column, until) {
    const key = `${ratio}/${row}/${column}`;
    let chunk = this.chunks.get(key);
    if (!chunk || chunk.stale || !(chunk.asked || this.goal)) {
      if (performance.now() > until) {
        if (until) this.ask();
        return chunk;
      }
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
    // A brick reaches beyond the edge, where it is cut off.
    context.clearRect(placed(this.cells.width, column), 0, CHUNK, CHUNK);
    // What was painted in flight asked for no pages.
    return { canvas, whole, stale: false, asked: whole || !this.goal };
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
/** After how long without a change the scale is at rest, in milliseconds. */
const REST = 120;
/** For how long a frame paints chunks, in milliseconds. */
const PATIENCE = 8;
