// @ts-check
/** Draw a mosaic at any scale. */
import { context2d } from "./dom.js";
import { SETTLE_MS, Viewport } from "./viewport.js";

/** @import { Atlas } from "./atlas.js" */
/** @import { Cells } from "./cells.js" */
/** @import { CellBox, ColorCorrection } from "./color_correction.js" */

/** Side of a chunk, in its pixels. */
const CHUNK_SIDE = 512;
/** Number of chunks to keep in addition to the visible ones. */
const SPARE_CHUNKS = 48;
/** Time in which a frame paints chunks, in milliseconds. */
const PAINT_BUDGET_MS = 8;
/** Up to this many highlighted cells, tiny ones get a ring. */
const MAX_RINGS = 400;

/**
 * A painted square of the mosaic.
 *
 * @typedef {object} Chunk
 * @property {HTMLCanvasElement} canvas
 * @property {boolean} isComplete Whether every tile was drawn from the best atlas.
 * @property {boolean} isStale Whether to paint it again.
 * @property {boolean} hasRequested Whether its missing pages were requested.
 */

/**
 * A visible chunk, if it is ready, and its box on the canvas.
 *
 * @typedef {object} VisibleChunk
 * @property {Chunk | undefined} chunk
 * @property {number} x
 * @property {number} y
 * @property {number} width
 * @property {number} height
 */

/**
 * Draws a mosaic at any scale.
 *
 * It keeps painted chunks: square canvases at some ratio of chunk pixels to mosaic
 * pixels. A frame draws a few of them, however many cells there are. A chunk is painted
 * from the smallest atlas whose tiles are large enough. While the pages of that atlas
 * are loading, a smaller atlas takes its place, and before that the overview image.
 */
export class MosaicView extends Viewport {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {object} scene
   * @param {Cells} scene.cells
   * @param {ArrayLike<number>} scene.placement Tile number of each cell; -1 is none.
   * @param {Atlas[]} scene.atlases From the smallest tiles to the largest.
   * @param {string} [scene.background]
   */
  constructor(canvas, { cells, placement, atlases, background = "#fff" }) {
    super(canvas, cells);
    /** @type {Int32Array} */
    this.placement = Int32Array.from(placement);
    this.atlases = atlases;
    this.background = background;
    /** Color of the rings around tiny highlighted cells. */
    this.accent = "#f80";
    /** Color that covers all cells but the highlighted ones. */
    this.dimming = "#000b";
    /**
     * An image of the whole mosaic.
     *
     * @type {ImageBitmap | null}
     */
    this.overview = null;
    /** @type {ImageBitmap | null} */
    this.target = null;
    /** Opacity of the target over the mosaic. */
    this.targetOpacity = 0;
    /**
     * An image to draw over the whole mosaic, with one color for each cell.
     *
     * @type {HTMLCanvasElement | null}
     */
    this.map = null;
    /** @type {ColorCorrection | null} */
    this.correction = null;
    /** @type {Set<number> | null} */
    this.highlighted = null;
    /**
     * Draws on top of the mosaic.
     *
     * @type {((context: CanvasRenderingContext2D) => void) | null}
     */
    this.drawOnTop = null;
    /** Whether the last frame was drawn in its final quality. */
    this.isSettled = false;
    this.context = context2d(canvas, { alpha: false });
    /** @type {Map<string, Chunk>} The least recently used chunk comes first. */
    this.chunks = new Map();
    for (const atlas of this.atlases) atlas.onPage = () => this.refresh();
  }

  /**
   * Show another mosaic of the same target. What is on the screen stays until it is
   * painted again.
   *
   * @param {Cells} cells
   * @param {Int32Array} placement
   * @param {ColorCorrection | null} correction
   */
  setMosaic(cells, placement, correction) {
    this.placement = placement;
    this.correction = correction;
    if (cells !== this.cells) {
      this.setCells(cells);
      this.chunks.clear();
    }
    for (const chunk of this.chunks.values()) chunk.isComplete = false;
    this.refresh();
  }

  /** Paint incomplete chunks again. */
  refresh() {
    for (const chunk of this.chunks.values()) chunk.isStale = !chunk.isComplete;
    this.requestDraw();
  }

  draw() {
    const { context, canvas } = this;
    context.fillStyle = this.background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.drawContent();
    if (this.highlighted) this.drawHighlights(this.highlighted);
    this.drawOnTop?.(context);
  }

  /** Draw the mosaic, the target over it, and the map. */
  drawContent() {
    this.drawMosaic();
    this.drawTarget();
    this.drawMap();
  }

  drawTarget() {
    if (this.targetOpacity === 0) return;
    this.context.globalAlpha = this.targetOpacity;
    this.drawImageOfAll(this.target);
    this.context.globalAlpha = 1;
  }

  /** Draw the map, transparent enough to recognize large tiles. */
  drawMap() {
    const { boxes, smallest } = this.cells;
    const width = boxes[4 * smallest + 2] * this.state.scale
      / (window.devicePixelRatio || 1);
    this.context.globalAlpha = Math.min(1, Math.max(0.5, 1.2 - width / 60));
    this.drawImageOfAll(this.map, false);
    this.context.globalAlpha = 1;
  }

  /** Draw the visible chunks, and below chunks that aren't ready what there is. */
  drawMosaic() {
    const { scale } = this.state;
    const showsOverview = this.overview !== null && scale <= this.overviewRatio;
    const isScaleSettled = performance.now() - this.scaleChangedAt > SETTLE_MS;
    const ratio = isScaleSettled ? scale : this.coarseRatio;
    const chunks = showsOverview ? [] : this.visibleChunks(ratio, true);
    const isComplete = chunks.every(({ chunk }) => chunk?.isComplete);
    this.isSettled = (showsOverview || isScaleSettled) && isComplete;
    if (!isScaleSettled && !showsOverview) this.requestSettledDraw();
    if (showsOverview || !isComplete) this.drawImageOfAll(this.overview);
    if (!this.isSettled && isScaleSettled)
      this.drawChunks(this.visibleChunks(this.coarseRatio, false), this.coarseRatio);
    this.drawChunks(chunks, ratio);
    this.evictChunks(chunks.length + SPARE_CHUNKS);
  }

  /** The scale up to which the overview is sharp. */
  get overviewRatio() {
    return Math.min(0.999, (this.overview?.width ?? 0) / this.cells.width);
  }

  /**
   * Draw an image that shows the whole mosaic or the whole target.
   *
   * @param {ImageBitmap | HTMLCanvasElement | null} image
   * @param {boolean} isSmooth
   */
  drawImageOfAll(image, isSmooth = true) {
    if (!image) return;
    const { x, y, scale } = this.state;
    const { width, height } = this.cells;
    this.context.imageSmoothingEnabled = isSmooth;
    this.context.imageSmoothingQuality = this.destination ? "low" : "high";
    this.context.drawImage(image, Math.round(-x * scale), Math.round(-y * scale),
      Math.round(width * scale), Math.round(height * scale));
  }

  /**
   * @param {VisibleChunk[]} chunks
   * @param {number} ratio
   */
  drawChunks(chunks, ratio) {
    this.context.imageSmoothingEnabled = this.state.scale !== ratio;
    this.context.imageSmoothingQuality = "low";
    for (const { chunk, x, y, width, height } of chunks)
      if (chunk) this.context.drawImage(chunk.canvas, x, y, width, height);
  }

  /**
   * Return the visible chunks; paint missing ones while there is time.
   *
   * @param {number} ratio
   * @param {boolean} mayPaint
   */
  visibleChunks(ratio, mayPaint) {
    const { canvas, state } = this;
    const side = CHUNK_SIDE / ratio;
    const deadline = mayPaint ? performance.now() + PAINT_BUDGET_MS : 0;
    const right = Math.min(this.cells.width, state.x + canvas.width / state.scale);
    const bottom = Math.min(this.cells.height, state.y + canvas.height / state.scale);
    /** @type {(index: number, origin: number) => number} */
    const toScreen = (index, origin) => Math.round((index * side - origin) * state.scale);
    const firstRow = Math.max(0, Math.floor(state.y / side));
    const firstColumn = Math.max(0, Math.floor(state.x / side));
    /** @type {VisibleChunk[]} */
    const visible = [];
    for (let row = firstRow; row * side < bottom; row++)
      for (let column = firstColumn; column * side < right; column++) {
        const x = toScreen(column, state.x);
        const y = toScreen(row, state.y);
        visible.push({ x, y, width: toScreen(column + 1, state.x) - x,
          height: toScreen(row + 1, state.y) - y,
          chunk: this.chunk(ratio, row, column, deadline) });
      }
    return visible;
  }

  /**
   * The ratio to use while the scale changes: a power of two, so that chunks can be
   * reused for a while. Drawing shrinks them, or enlarges them by a fifth at most.
   */
  get coarseRatio() {
    return 2 ** Math.max(Math.ceil(Math.log2(this.state.scale) - 0.26), -6);
  }

  /**
   * Return a chunk; paint it if needed, unless the deadline has passed.
   *
   * @param {number} ratio
   * @param {number} row
   * @param {number} column
   * @param {number} deadline 0 never paints.
   */
  chunk(ratio, row, column, deadline) {
    const key = `${ratio}/${row}/${column}`;
    let chunk = this.chunks.get(key);
    if (!chunk || chunk.isStale || !(chunk.hasRequested || this.destination)) {
      if (performance.now() > deadline) {
        if (deadline) this.requestDraw();
        return chunk;
      }
      chunk = this.paintChunk(chunk, ratio, row, column);
    }
    // Move it to the end: it was used last.
    this.chunks.delete(key);
    this.chunks.set(key, chunk);
    return chunk;
  }

  /**
   * @param {Chunk | undefined} old A chunk whose canvas can be reused.
   * @param {number} ratio
   * @param {number} row
   * @param {number} column
   * @returns {Chunk}
   */
  paintChunk(old, ratio, row, column) {
    const canvas = old ? old.canvas : document.createElement("canvas");
    canvas.width = canvas.height = CHUNK_SIDE;
    const context = context2d(canvas);
    context.imageSmoothingQuality = "high";
    const side = CHUNK_SIDE / ratio;
    const { boxes } = this.cells;
    /** @type {(value: number, index: number) => number} */
    const toChunk = (value, index) => Math.round(value * ratio) - index * CHUNK_SIDE;
    /** @type {CellBox[]} */
    const painted = [];
    let isComplete = true;
    const area = { x: column * side, y: row * side, width: side, height: side };
    for (const cell of this.cells.within(area)) {
      const tile = this.placement[cell];
      if (tile < 0) continue;
      const x = toChunk(boxes[4 * cell], column);
      const y = toChunk(boxes[4 * cell + 1], row);
      const width = toChunk(boxes[4 * cell] + boxes[4 * cell + 2], column) - x;
      const height = toChunk(boxes[4 * cell + 1] + boxes[4 * cell + 3], row) - y;
      const isBest = this.paintTile(context, tile, x, y, width, height);
      isComplete &&= isBest === true;
      if (isBest !== null) painted.push([cell, x, y, width, height]);
    }
    const all = { x: -column * CHUNK_SIDE, y: -row * CHUNK_SIDE,
      width: this.cells.width * ratio, height: this.cells.height * ratio };
    if (this.correction)
      isComplete = this.correction.apply(context, painted, all) && isComplete;
    // The brick layout has cells that reach beyond the right side: cut them off.
    context.clearRect(toChunk(this.cells.width, column), 0, CHUNK_SIDE, CHUNK_SIDE);
    // Pages aren't requested during an animation.
    const hasRequested = isComplete || !this.destination;
    return { canvas, isComplete, isStale: false, hasRequested };
  }

  /**
   * Draw a cell with its colors on a whole canvas; return whether it's complete.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} cell
   * @param {number} width
   * @param {number} height
   */
  paintCell(context, cell, width, height) {
    const box = this.cells.box(cell);
    const ratio = width / box.width;
    const isBest = this.paintTile(context, this.placement[cell], 0, 0, width, height);
    if (isBest === null || !this.correction) return isBest === true;
    const all = { x: -box.x * ratio, y: -box.y * ratio, width: this.cells.width * ratio,
      height: this.cells.height * ratio };
    return this.correction.apply(context, [[cell, 0, 0, width, height]], all) && isBest;
  }

  /**
   * Draw a tile from the best atlas that has loaded; return whether it's the best of
   * all, or null if none has loaded.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} tile
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  paintTile(context, tile, x, y, width, height) {
    const { atlases } = this;
    let best = atlases.findIndex((atlas) => atlas.width >= width);
    if (best < 0) best = atlases.length - 1;
    while (best > 0 && !atlases[best].has(tile)) best--;
    // During an animation nothing is requested: it would be gone before it has loaded.
    const mayLoad = !this.destination;
    if (atlases[best].paint(context, tile, x, y, width, height, mayLoad)) return true;
    for (let other = best - 1; other >= 0; other--)
      if (atlases[other].paint(context, tile, x, y, width, height, false)) return false;
    return null;
  }

  /**
   * Drop the least recently used chunks.
   *
   * @param {number} limit How many to keep.
   */
  evictChunks(limit) {
    for (const key of this.chunks.keys()) {
      if (this.chunks.size <= limit) break;
      this.chunks.delete(key);
    }
  }

  /**
   * Dim all cells but the highlighted ones; draw rings around tiny highlighted cells.
   *
   * @param {Set<number>} highlighted
   */
  drawHighlights(highlighted) {
    const { context, state } = this;
    const path = new Path2D();
    path.rect(Math.round(-state.x * state.scale), Math.round(-state.y * state.scale),
      Math.round(this.cells.width * state.scale),
      Math.round(this.cells.height * state.scale));
    const rings = new Path2D();
    let ringCount = 0;
    for (const cell of this.visibleHighlights(highlighted)) {
      if (!highlighted.has(cell)) continue;
      const { x, y, width, height } = this.screenBox(cell);
      path.rect(x, y, width, height);
      if (width < 24 && highlighted.size <= MAX_RINGS) {
        rings.rect(x - 2.5, y - 2.5, width + 5, height + 5);
        ringCount++;
      }
    }
    context.fillStyle = this.dimming;
    context.fill(path, "evenodd");
    if (!ringCount) return;
    context.lineWidth = 1.5 * (window.devicePixelRatio || 1);
    context.strokeStyle = this.accent;
    context.stroke(rings);
  }

  /**
   * Draw a frame around a cell, large enough to be seen at any scale.
   *
   * @param {number} cell
   * @param {string} color
   * @param {number} thickness In CSS pixels.
   */
  frameCell(cell, color, thickness) {
    const ratio = window.devicePixelRatio || 1;
    const { x, y, width, height } = this.screenBox(cell);
    const margin = 1.5 * ratio + Math.max(0, (10 * ratio - width) / 2);
    this.context.strokeStyle = color;
    this.context.lineWidth = thickness * ratio;
    this.context.strokeRect(x - margin, y - margin, width + 2 * margin,
      height + 2 * margin);
  }

  /** @param {number} cell */
  frameSelectedCell(cell) {
    this.frameCell(cell, "rgb(255 255 255 / .9)", 5);
    this.frameCell(cell, this.accent, 2.5);
  }

  /**
   * Return cells that hold all visible highlighted ones.
   *
   * @param {Set<number>} highlighted
   */
  visibleHighlights(highlighted) {
    const { canvas, state } = this;
    if (highlighted.size < 2000) return highlighted;
    return this.cells.within({ x: state.x, y: state.y,
      width: canvas.width / state.scale, height: canvas.height / state.scale });
  }
}
