// @ts-check
/** Pan and zoom with mouse, wheel and fingers. */

/** @import { Viewport } from "./viewport.js" */

/** @typedef {{ x: number, y: number }} Point In canvas pixels. */

/** A pointer that moves less than this is a click, in CSS pixels. */
const CLICK_TOLERANCE = 5;
/** Pixels of a wheel's line and page, by `WheelEvent.deltaMode`. */
const WHEEL_UNITS = [1, 16, 400];

/** Drag to pan, pinch or turn the wheel to zoom; a short touch clicks. */
export class Gestures {
  /**
   * @param {Viewport} view
   * @param {object} callbacks
   * @param {(point: Point) => void} callbacks.onClick
   * @param {(point: Point) => void} callbacks.onDoubleClick
   */
  constructor(view, { onClick, onDoubleClick }) {
    this.view = view;
    this.onClick = onClick;
    /** @type {Map<number, Point>} */
    this.pointers = new Map();
    /**
     * Where a pointer went down that may still become a click.
     *
     * @type {Point | null}
     */
    this.clickStart = null;
    const { canvas } = view;
    canvas.addEventListener("pointerdown", (event) => this.handleDown(event));
    canvas.addEventListener("pointermove", (event) => this.handleMove(event));
    canvas.addEventListener("pointerup", (event) => this.handleUp(event));
    canvas.addEventListener("pointercancel", (event) => this.handleUp(event));
    canvas.addEventListener("wheel", (event) => this.handleWheel(event),
      { passive: false });
    canvas.addEventListener("dblclick", (event) => onDoubleClick(this.pointOf(event)));
  }

  /**
   * @param {MouseEvent} event
   * @returns {Point}
   */
  pointOf(event) {
    const { canvas } = this.view;
    const box = canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) * canvas.width) / box.width,
      y: ((event.clientY - box.top) * canvas.height) / box.height,
    };
  }

  /** @param {PointerEvent} event */
  handleDown(event) {
    if (event.button !== 0) return;
    this.view.canvas.setPointerCapture(event.pointerId);
    this.clickStart = this.pointers.size === 0 ? this.pointOf(event) : null;
    this.pointers.set(event.pointerId, this.pointOf(event));
  }

  /** @param {PointerEvent} event */
  handleMove(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.pointOf(event);
    if (this.clickStart) {
      const distance = Math.hypot(now.x - this.clickStart.x, now.y - this.clickStart.y);
      if (distance < CLICK_TOLERANCE * (window.devicePixelRatio || 1)) return;
    }
    this.clickStart = null;
    this.pointers.set(event.pointerId, now);
    const other = [...this.pointers].find(([id]) => id !== event.pointerId);
    if (other) this.pinch(before, now, other[1]);
    else this.view.pan(now.x - before.x, now.y - before.y);
  }

  /**
   * @param {Point} before
   * @param {Point} now
   * @param {Point} other Where the other finger is.
   */
  pinch(before, now, other) {
    /** @param {Point} point */
    const distance = (point) => Math.hypot(point.x - other.x, point.y - other.y) || 1;
    const { view } = this;
    const { x, y, scale } = view.state;
    const moved = { x: x - (now.x - before.x) / 2 / scale,
      y: y - (now.y - before.y) / 2 / scale, scale };
    view.stopAnimation();
    view.setState(view.zoomedState(moved, distance(now) / distance(before),
      (now.x + other.x) / 2, (now.y + other.y) / 2));
  }

  /** @param {PointerEvent} event */
  handleUp(event) {
    this.pointers.delete(event.pointerId);
    if (event.type === "pointerup" && this.clickStart) this.onClick(this.clickStart);
    this.clickStart = null;
  }

  /** @param {WheelEvent} event */
  handleWheel(event) {
    event.preventDefault();
    // Browsers report a pinch on a touchpad as a wheel with Ctrl, in small steps.
    const unit = WHEEL_UNITS[event.deltaMode] * (event.ctrlKey ? 6 : 1);
    const { x, y } = this.pointOf(event);
    const delta = Math.max(-400, Math.min(400, event.deltaY * unit));
    this.view.zoom(2 ** (-delta / 300), x, y);
  }
}
