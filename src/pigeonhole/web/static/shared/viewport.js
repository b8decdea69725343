// @ts-check
/** Keep track of which part of a mosaic a canvas shows, and animate changes of it. */

/** @import { Box, Cells } from "./cells.js" */

/**
 * What a canvas shows: (x, y) is the point of the mosaic in the canvas's upper left
 * corner, `scale` the number of canvas pixels for each pixel of the mosaic.
 *
 * @typedef {{ x: number, y: number, scale: number }} ViewState
 */

/** The scale has settled after this many milliseconds without a change. */
export const SETTLE_MS = 120;
const FLIGHT_MS = 420;
/** Cells are shown at least this wide when the user steps to them, in CSS pixels. */
const RECOGNIZABLE_WIDTH = 40;

/** The pan and zoom of a canvas; subclasses draw. */
export class Viewport {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {Cells} cells
   */
  constructor(canvas, cells) {
    this.canvas = canvas;
    this.cells = cells;
    /** @type {ViewState} */
    this.state = { x: 0, y: 0, scale: 1 };
    /** Room around the whole mosaic, in canvas pixels. */
    this.margins = { top: 0, side: 0, bottom: 0 };
    /**
     * Where an animation ends.
     *
     * @type {ViewState | null}
     */
    this.destination = null;
    this.scaleChangedAt = -Infinity;
    this.animation = 0;
    this.drawTimer = 0;
    /**
     * The requested frame, if any.
     *
     * @type {number | null}
     */
    this.frame = null;
  }

  /** Draw the current state; subclasses override this. */
  draw() {}

  /** Adapt to the size of the canvas on the screen; the center stays where it is. */
  resize() {
    const box = this.canvas.getBoundingClientRect();
    const ratio = window.devicePixelRatio || 1;
    const width = Math.max(1, Math.round(box.width * ratio));
    const height = Math.max(1, Math.round(box.height * ratio));
    if (width === this.canvas.width && height === this.canvas.height) return;
    const showsAll = this.state.scale <= this.minScale * 1.001;
    const { x, y } = this.center();
    Object.assign(this.canvas, { width, height });
    this.setState(showsAll ? this.fitState() : this.centeredAt(x, y, this.state.scale));
    // Resizing clears a canvas: draw before the screen shows it.
    this.draw();
  }

  /**
   * Divide the mosaic into other cells; the same part of it stays in the center.
   *
   * @param {Cells} cells
   */
  setCells(cells) {
    const showsAll = this.state.scale <= this.minScale * 1.001;
    const { x, y } = this.center();
    const ratio = cells.width / this.cells.width;
    const rise = cells.height / this.cells.height;
    this.stopAnimation();
    this.cells = cells;
    this.setState(showsAll ? this.fitState()
      : this.centeredAt(x * ratio, y * rise, this.state.scale / ratio));
  }

  /**
   * Return the scale at which a box fills the canvas within the margins.
   *
   * @param {{ width: number, height: number }} box
   */
  scaleToFit({ width, height }) {
    const { top, side, bottom } = this.margins;
    return Math.max(1e-3, Math.min((this.canvas.width - 2 * side) / width,
      (this.canvas.height - top - bottom) / height));
  }

  /** The scale at which the whole mosaic fits. */
  get minScale() {
    return this.scaleToFit(this.cells);
  }

  /** The scale at which the smallest cell fills the canvas. */
  get maxScale() {
    return this.scaleToFit(this.cells.box(this.cells.smallest));
  }

  /** Return the state that shows the whole mosaic. */
  fitState() {
    return this.constrain({ x: 0, y: 0, scale: this.minScale });
  }

  /**
   * Keep a state on the mosaic: centered where the mosaic is smaller than the canvas,
   * else with the center of the canvas on the mosaic.
   *
   * @param {ViewState} state
   */
  constrain({ x, y, scale }) {
    const { top, side, bottom } = this.margins;
    /** @type {(value: number, size: number, length: number, before: number,
     *   after: number) => number} */
    const clamp = (value, size, length, before, after) => {
      const free = (length - before - after) / scale;
      if (size <= free * 1.001) return size / 2 - before / scale - free / 2;
      return Math.min(Math.max(value, -length / 2 / scale), size - length / 2 / scale);
    };
    // Whole canvas pixels keep tiles as sharp as they are.
    /** @type {(value: number) => number} */
    const snap = (value) => Math.round(value * scale) / scale;
    const { canvas, cells } = this;
    return {
      x: snap(clamp(x, cells.width, canvas.width, side, side)),
      y: snap(clamp(y, cells.height, canvas.height, top, bottom)),
      scale,
    };
  }

  /**
   * Return the state with a point of the mosaic in the center.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} scale
   */
  centeredAt(x, y, scale) {
    const { width, height } = this.canvas;
    return { x: x - width / 2 / scale, y: y - height / 2 / scale, scale };
  }

  /**
   * Return the state with a cell in the center, no larger than the canvas.
   *
   * @param {number} cell
   * @param {number} [scale]
   */
  centeredOnCell(cell, scale = Infinity) {
    const box = this.cells.box(cell);
    return this.centeredAt(box.x + box.width / 2, box.y + box.height / 2,
      Math.min(scale, this.scaleToFit(box)));
  }

  /** Return the point of the mosaic in the center of the canvas. */
  center(state = this.state) {
    const { width, height } = this.canvas;
    return { x: state.x + width / 2 / state.scale, y: state.y + height / 2 / state.scale };
  }

  /**
   * Show another part at once.
   *
   * @param {ViewState} state
   */
  setState({ x, y, scale }) {
    const { minScale } = this;
    const before = this.state.scale;
    this.state = this.constrain({ x, y,
      scale: Math.min(Math.max(scale, minScale), Math.max(this.maxScale, minScale)) });
    if (this.state.scale !== before) this.scaleChangedAt = performance.now();
    this.requestDraw();
  }

  /**
   * Move the mosaic by canvas pixels.
   *
   * @param {number} right
   * @param {number} down
   */
  pan(right, down) {
    this.stopAnimation();
    const { x, y, scale } = this.state;
    this.setState({ x: x - right / scale, y: y - down / scale, scale });
  }

  /**
   * Zoom by a factor; a point of the canvas stays where it is.
   *
   * @param {number} factor
   * @param {number} [px] The point, in canvas pixels.
   * @param {number} [py]
   */
  zoom(factor, px = this.canvas.width / 2, py = this.canvas.height / 2) {
    this.stopAnimation();
    this.setState(this.zoomedState(this.state, factor, px, py));
  }

  /**
   * Return a state zoomed by a factor around a point of the canvas.
   *
   * @param {ViewState} state
   * @param {number} factor
   * @param {number} px
   * @param {number} py
   */
  zoomedState(state, factor, px, py) {
    const scale = Math.min(Math.max(state.scale * factor, this.minScale), this.maxScale);
    return {
      x: state.x + px / state.scale - px / scale,
      y: state.y + py / state.scale - py / scale,
      scale,
    };
  }

  /**
   * Animate to a state.
   *
   * @param {ViewState} destination
   * @param {number} [milliseconds] 0 goes there at once.
   */
  flyTo(destination, milliseconds = this.flightTime) {
    this.stopAnimation();
    if (!milliseconds) { this.setState(destination); return; }
    const start = { ...this.center(), scale: this.state.scale };
    const end = { ...this.center(destination), scale: destination.scale };
    const startTime = performance.now();
    this.destination = destination;
    /** @param {number} now */
    const step = (now) => {
      const time = Math.min(1, Math.max(0, (now - startTime) / milliseconds));
      const eased = time * time * (3 - 2 * time);
      const scale = start.scale * (end.scale / start.scale) ** eased;
      // The center moves as the scale does, so that both arrive together.
      const share = Math.abs(end.scale / start.scale - 1) < 1e-3 ? eased
        : (1 / scale - 1 / start.scale) / (1 / end.scale - 1 / start.scale);
      const x = start.x + share * (end.x - start.x);
      const y = start.y + share * (end.y - start.y);
      if (time === 1) this.destination = null;
      this.setState(time === 1 ? destination : this.centeredAt(x, y, scale));
      if (time < 1) this.animation = requestAnimationFrame(step);
    };
    this.animation = requestAnimationFrame(step);
  }

  /** Milliseconds of an animation; 0 for users who prefer no motion. */
  get flightTime() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : FLIGHT_MS;
  }

  /** Animate to the whole mosaic. */
  showAll() {
    this.flyTo(this.fitState());
  }

  /**
   * Animate to a larger or smaller scale; the center stays where it is.
   *
   * @param {number} factor
   */
  flyCloser(factor) {
    const { width, height } = this.canvas;
    const state = this.destination ?? this.state;
    this.flyTo(this.zoomedState(state, factor, width / 2, height / 2),
      this.flightTime / 2);
  }

  /**
   * Move a cell to the center, large enough to recognize its photo.
   *
   * @param {number} cell
   */
  centerCell(cell) {
    const width = RECOGNIZABLE_WIDTH * (window.devicePixelRatio || 1);
    const scale = Math.max((this.destination ?? this.state).scale,
      width / this.cells.box(cell).width);
    this.flyTo(this.centeredOnCell(cell, scale));
  }

  stopAnimation() {
    cancelAnimationFrame(this.animation);
    this.destination = null;
  }

  /**
   * Return the cell under a point of the canvas, or -1.
   *
   * @param {number} px
   * @param {number} py
   */
  cellAt(px, py) {
    const { x, y, scale } = this.state;
    return this.cells.at(x + px / scale, y + py / scale);
  }

  /**
   * Return where a cell is on the canvas; cells are cut off at the mosaic's sides.
   *
   * @param {number} cell
   * @returns {Box}
   */
  screenBox(cell) {
    const { x, y, width, height } = this.cells.box(cell);
    const { x: left, y: top, scale } = this.state;
    /** @type {(value: number, origin: number) => number} */
    const toScreen = (value, origin) => Math.round((value - origin) * scale);
    const first = toScreen(Math.max(0, x), left);
    const last = toScreen(Math.min(this.cells.width, x + width), left);
    return { x: first, y: toScreen(y, top), width: last - first,
      height: toScreen(y + height, top) - toScreen(y, top) };
  }

  /**
   * Return whether the canvas shows all of a cell.
   *
   * @param {number} cell
   */
  isVisible(cell) {
    const { x, y, width, height } = this.screenBox(cell);
    const { canvas } = this;
    return x >= 0 && y >= 0 && x + width <= canvas.width && y + height <= canvas.height;
  }

  /** Draw once the scale has settled. */
  requestSettledDraw() {
    clearTimeout(this.drawTimer);
    this.drawTimer = setTimeout(() => this.requestDraw(), SETTLE_MS + 10);
  }

  /** Draw in the next frame; several requests draw once. */
  requestDraw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.draw();
    });
  }
}
