// @ts-check
/** Choose the part of the target that the mosaic shows. */
import { byId, createElement, context2d, formatNumber, onClick } from "../shared/dom.js";
import { serverAddress } from "./connection.js";
import { dialog, openDialog } from "./dialogs.js";
import { showNotice } from "./notice.js";

/** @import { Connection } from "./connection.js" */
/** @import { Store } from "./store.js" */

/** @typedef {{ x: number, y: number, width: number, height: number }} Box */

const IMAGE_SIDE = 1600;
/** Smallest side of a crop, in pixels of the image. */
const MIN_SIDE = 16;

/** Names of shapes, with their ratio of width to height; 0 is any, -1 the image's. */
const SHAPES = [
  ["Any shape", 0],
  ["Shape of the image", -1],
  ["Square", 1],
  ["60 × 90 cm", 2 / 3],
  ["90 × 60 cm", 3 / 2],
  ["45 × 60 cm", 3 / 4],
  ["60 × 45 cm", 4 / 3],
  ["40 × 50 cm", 4 / 5],
  ["50 × 40 cm", 5 / 4],
  ["A4, A3, A2, portrait", 1 / Math.SQRT2],
  ["A4, A3, A2, landscape", Math.SQRT2],
  ["16 : 9", 16 / 9],
];

/** Which edges a handle moves: -1 is the left or top one. */
const HANDLES = [[-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0]];

/**
 * Return where a box is after the image has been rotated clockwise by 90 degrees.
 *
 * @param {Box} box
 * @param {number} height Height of the image before.
 * @returns {Box}
 */
export function rotateBox({ x, y, width, height: boxHeight }, height) {
  return { x: height - y - boxHeight, y: x, width: boxHeight, height: width };
}

/** The dialog. All boxes are in pixels of the rotated image. */
export class CropDialog {
  /**
   * @param {Store} store
   * @param {Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    this.image = new Image();
    this.canvas = byId("crop-image", HTMLCanvasElement);
    this.box = byId("crop-box");
    this.area = byId("crop-area");
    this.shape = byId("crop-aspect", HTMLSelectElement);
    this.shape.append(...SHAPES.map(([name, ratio]) =>
      createElement("option", { textContent: String(name), value: String(ratio) })));
    this.straighten = byId("crop-straighten", HTMLInputElement);
    this.straighten.addEventListener("input", () => this.draw());
    this.rotation = 0;
    /** @type {[number, number]} */
    this.size = [1, 1];
    /** @type {Box} */
    this.crop = { x: 0, y: 0, width: 1, height: 1 };
    for (const [dx, dy] of HANDLES) this.addHandle(dx, dy);
    this.listenToDrag(this.box, (start, dx, dy) => this.move(start, dx, dy));
    this.box.addEventListener("keydown", (event) => this.handleKey(event));
    this.shape.addEventListener("change", () => this.fitShape());
    onClick({
      "crop-rotate": () => this.rotate(),
      "crop-reset": () => this.reset(),
      "crop-apply": () => this.apply(),
    });
  }

  open() {
    const { state } = this.store;
    if (!state?.target) return;
    const { crop, rotation, straighten } = state.document.target;
    this.rotation = rotation;
    this.straighten.valueAsNumber = straighten;
    const [width, height] = state.target.size;
    this.size = rotation % 180 ? [height, width] : [width, height];
    this.crop = crop ? { x: crop[0], y: crop[1], width: crop[2], height: crop[3] } : this.whole();
    this.shape.value = "0";
    this.image.onload = () => this.draw();
    this.image.src = serverAddress("target", { side: IMAGE_SIDE, version: state.target.version });
    openDialog("crop");
    this.draw();
  }

  /** @returns {Box} */
  whole() {
    return { x: 0, y: 0, width: this.size[0], height: this.size[1] };
  }

  draw() {
    const { canvas, image, rotation } = this;
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width) {
      [canvas.width, canvas.height] = rotation % 180 ? [height, width] : [width, height];
      const context = context2d(canvas);
      // Enlarged just enough to leave no corner empty, as the server does.
      const angle = (this.straighten.valueAsNumber * Math.PI) / 180;
      const ratio = Math.max(canvas.width / canvas.height, canvas.height / canvas.width);
      const scale = Math.cos(angle) + ratio * Math.abs(Math.sin(angle));
      context.imageSmoothingQuality = "high";
      context.translate(canvas.width / 2, canvas.height / 2);
      context.scale(scale, scale);
      context.rotate(angle + (rotation * Math.PI) / 180);
      context.drawImage(image, -width / 2, -height / 2);
    }
    byId("crop-angle").textContent = `${this.straighten.valueAsNumber}°`;
    this.drawBox();
  }

  drawBox() {
    const [width, height] = this.size;
    const { style } = this.box;
    const { crop } = this;
    style.left = `${(100 * crop.x) / width}%`;
    style.top = `${(100 * crop.y) / height}%`;
    style.width = `${(100 * crop.width) / width}%`;
    style.height = `${(100 * crop.height) / height}%`;
    const size = `${formatNumber(Math.round(crop.width))} × ${formatNumber(Math.round(crop.height))}`;
    this.setGrid();
    byId("crop-size").textContent = size;
    this.box.setAttribute("aria-label",
      `Crop of ${size} pixels at ${Math.round(crop.x)}, ${Math.round(crop.y)}`);
  }

  /** Show the cells of the mosaic, whose number across stays the same. */
  setGrid() {
    const header = this.store.preview?.header;
    if (!header) return;
    const columns = header.size[0] / header.cell[0];
    const ratio = header.cell[0] / header.cell[1];
    const rows = (columns * ratio * this.crop.height) / this.crop.width;
    this.box.style.setProperty("--columns", String(Math.round(columns)));
    this.box.style.setProperty("--rows", String(Math.max(1, Math.round(rows))));
  }

  // ---- changes ----

  /** The ratio of width to height that the crop must have, or 0. */
  get ratio() {
    const ratio = Number(this.shape.value);
    return ratio < 0 ? this.size[0] / this.size[1] : ratio;
  }

  fitShape() {
    const { ratio } = this;
    if (!ratio) return;
    const [width, height] = this.size;
    const center = [this.crop.x + this.crop.width / 2, this.crop.y + this.crop.height / 2];
    const area = this.crop.width * this.crop.height;
    const wanted = Math.min(Math.sqrt(area * ratio), width, height * ratio);
    this.crop = { x: 0, y: 0, width: wanted, height: wanted / ratio };
    this.move({ ...this.crop, x: center[0] - wanted / 2, y: center[1] - wanted / ratio / 2 }, 0, 0);
  }

  /**
   * @param {Box} start
   * @param {number} dx
   * @param {number} dy
   */
  move(start, dx, dy) {
    const [width, height] = this.size;
    this.crop = {
      ...start,
      x: clamp(start.x + dx, 0, width - start.width),
      y: clamp(start.y + dy, 0, height - start.height),
    };
    this.drawBox();
  }

  /**
   * Move edges of the crop; the opposite ones stay.
   *
   * @param {Box} start
   * @param {number[]} edges Which edges: see HANDLES.
   * @param {number} dx
   * @param {number} dy
   */
  resize(start, [sx, sy], dx, dy) {
    const [imageWidth, imageHeight] = this.size;
    const { ratio } = this;
    const right = start.x + start.width;
    const bottom = start.y + start.height;
    const roomX = sx < 0 ? right : sx > 0 ? imageWidth - start.x : imageWidth;
    const roomY = sy < 0 ? bottom : sy > 0 ? imageHeight - start.y : imageHeight;
    let width = clamp(start.width + sx * dx, MIN_SIDE, roomX);
    let height = clamp(start.height + sy * dy, MIN_SIDE, roomY);
    if (ratio) {
      const wanted = sx && sy ? Math.max(width, height * ratio) : sx ? width : height * ratio;
      width = Math.min(wanted, roomX, roomY * ratio);
      height = width / ratio;
    }
    const x = sx < 0 ? right - width : sx > 0 ? start.x : start.x + (start.width - width) / 2;
    const y = sy < 0 ? bottom - height : sy > 0 ? start.y : start.y + (start.height - height) / 2;
    this.move({ x, y, width, height }, 0, 0);
  }

  rotate() {
    this.crop = rotateBox(this.crop, this.size[1]);
    this.size = [this.size[1], this.size[0]];
    this.rotation = (this.rotation + 90) % 360;
    this.shape.value = "0";
    this.draw();
  }

  reset() {
    while (this.rotation) this.rotate();
    this.straighten.valueAsNumber = 0;
    this.shape.value = "0";
    this.crop = this.whole();
    this.draw();
  }

  async apply() {
    const { crop, size: [width, height], rotation } = this;
    const x = Math.round(crop.x);
    const y = Math.round(crop.y);
    const box = [x, y, Math.min(width - x, Math.round(crop.width)),
      Math.min(height - y, Math.round(crop.height))];
    const isWhole = box[2] === width && box[3] === height;
    const straighten = this.straighten.valueAsNumber;
    dialog("crop").close();
    try {
      await this.connection.send("set_target",
        { crop: isWhole ? null : box, rotation, straighten });
    } catch (error) {
      showNotice(error);
    }
  }

  // ---- pointer and keys ----

  /**
   * @param {number} dx
   * @param {number} dy
   */
  addHandle(dx, dy) {
    const handle = this.box.appendChild(createElement("div", { className: "crop-handle" }));
    handle.style.left = `${50 + 50 * dx}%`;
    handle.style.top = `${50 + 50 * dy}%`;
    handle.style.cursor = dx && dy ? (dx === dy ? "nwse-resize" : "nesw-resize")
      : dx ? "ew-resize" : "ns-resize";
    this.listenToDrag(handle, (start, x, y) => this.resize(start, [dx, dy], x, y));
  }

  /**
   * @param {HTMLElement} element
   * @param {(start: Box, dx: number, dy: number) => void} change
   */
  listenToDrag(element, change) {
    element.addEventListener("pointerdown", (down) => {
      if (down.button) return;
      down.stopPropagation();
      element.setPointerCapture(down.pointerId);
      const start = { ...this.crop };
      const scale = this.size[0] / this.area.clientWidth;
      /** @param {PointerEvent} event */
      const handleMove = ({ clientX, clientY }) =>
        change(start, (clientX - down.clientX) * scale, (clientY - down.clientY) * scale);
      element.addEventListener("pointermove", handleMove);
      for (const end of ["pointerup", "pointercancel"])
        element.addEventListener(end, () =>
          element.removeEventListener("pointermove", handleMove), { once: true });
    });
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[/** @type {keyof steps} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    const share = event.ctrlKey || event.metaKey ? 0.1 : 0.01;
    const length = Math.max(1, Math.max(...this.size) * share);
    const [dx, dy] = step.map((direction) => direction * length);
    if (event.shiftKey) this.resize({ ...this.crop }, [dx ? 1 : 0, dy ? 1 : 0], dx, dy);
    else this.move({ ...this.crop }, dx, dy);
  }
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
function clamp(value, low, high) {
  return Math.max(low, Math.min(value, high));
}
