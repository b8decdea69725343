// @ts-check
/** Draw the mosaic of the studio, the target next to it, the grid, and the view from far. */
import { context2d, createElement } from "../shared/dom.js";
import { MosaicView } from "../shared/mosaic_view.js";
import { SETTLE_MS } from "../shared/viewport.js";

/** @import { Frame } from "./frame.js" */

/** How much larger than it is the overview may be drawn before tiles are loaded. */
const DRAFT_ENLARGEMENT = 3;
const FINAL_ENLARGEMENT = 1.5;
/** Width of a cell when the mosaic is seen from a distance, in pixels. */
const DISTANT_CELL = 2;
/** Cells narrower than this have no visible grid, in CSS pixels. */
const SMALLEST_GRID_CELL = 3;

/** The light of each sRGB value, from 0 to 1. */
const LIGHT = Float32Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

/** A view of the newest frame, or of the target while there is none. */
export class StageView extends MosaicView {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {ConstructorParameters<typeof MosaicView>[1]} scene
   */
  constructor(canvas, scene) {
    super(canvas, scene);
    /** Where the target begins, as a share of the canvas; 1 shows none of it. */
    this.split = 1;
    this.hasGrid = false;
    this.isDistant = false;
    /** Whether the frame is a draft, which finer ones follow. */
    this.isDraft = false;
    /**
     * Share of the work that is done before the first mosaic; null after it.
     *
     * @type {number | null}
     */
    this.progress = 0;
    this.small = createElement("canvas");
  }

  /** @param {Frame} frame */
  showFrame({ cells, placement, correction, image, header }) {
    this.progress = null;
    this.isDraft = header.stage === "draft";
    this.overview?.close();
    this.overview = image;
    this.setMosaic(cells, placement, correction);
  }

  /**
   * The overview is the sharpest image up to the size of its cells.
   *
   * @override
   */
  get overviewRatio() {
    if (!this.overview) return 0;
    if (!this.atlases.length) return Infinity;
    const enlargement = this.isDraft ? DRAFT_ENLARGEMENT : FINAL_ENLARGEMENT;
    return (enlargement * this.overview.width) / this.cells.width;
  }

  /**
   * Draw a tile from a crop of its photo. The overview shows tiles whose crops haven't
   * loaded, and is sharper than the atlas.
   *
   * @override
   * @param {CanvasRenderingContext2D} context
   * @param {number} tile
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   */
  paintTile(context, tile, x, y, width, height) {
    const { atlases } = this;
    if (!atlases.length) return null;
    const last = atlases.length - 1;
    const best = atlases.findIndex((atlas) => atlas.width >= width);
    const wanted = best < 0 ? last : best;
    const isSettled = performance.now() - this.scaleChangedAt > SETTLE_MS;
    const mayLoad = !this.destination && isSettled;
    if (atlases[wanted].paint(context, tile, x, y, width, height, mayLoad)) return true;
    const lowest = this.overview ? 1 : 0;
    for (let other = last; other >= lowest; other--)
      if (other !== wanted
        && atlases[other].paint(context, tile, x, y, width, height, other === 0))
        return false;
    return null;
  }

  /** @override */
  drawContent() {
    if (this.progress === null) super.drawContent();
    else this.drawProgress(this.progress);
    if (this.hasGrid || this.progress !== null) this.drawGrid();
    if (this.isDistant) this.drawFromDistance();
  }

  /**
   * Draw the target over the mosaic, or to the right of the divider.
   *
   * @override
   */
  drawTarget() {
    super.drawTarget();
    if (this.split >= 1) return;
    const { context, canvas } = this;
    const left = Math.round(this.split * canvas.width);
    context.save();
    context.beginPath();
    context.rect(left, 0, canvas.width - left, canvas.height);
    context.clip();
    this.drawImageOfAll(this.target);
    context.restore();
  }

  /**
   * Draw the target; its cells take their mean colors from the top, as the work proceeds.
   *
   * @param {number} progress
   */
  drawProgress(progress) {
    const { cells, context, small, state, target } = this;
    this.drawImageOfAll(target);
    if (!target || progress <= 0) return;
    const { width, height } = cells.box(0);
    const columns = Math.round(cells.width / width);
    const rows = Math.round(cells.height / height);
    Object.assign(small, { width: columns, height: rows });
    const smallContext = context2d(small);
    smallContext.imageSmoothingQuality = "high";
    smallContext.drawImage(target, 0, 0, columns, rows);
    const done = Math.floor(progress * rows);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, columns, done, Math.round(-state.x * state.scale),
      Math.round(-state.y * state.scale), Math.round(cells.width * state.scale),
      Math.round((cells.height * done * state.scale) / rows));
  }

  /** Draw lines between the cells. */
  drawGrid() {
    const { canvas, cells, context, state } = this;
    const ratio = window.devicePixelRatio || 1;
    const width = (cells.box(cells.smallest).width * state.scale) / ratio;
    if (width < SMALLEST_GRID_CELL) return;
    const path = new Path2D();
    const visible = cells.within({ x: state.x, y: state.y,
      width: canvas.width / state.scale, height: canvas.height / state.scale });
    for (const cell of visible) {
      const box = this.screenBox(cell);
      path.rect(box.x + 0.5, box.y + 0.5, box.width, box.height);
    }
    context.lineWidth = 1;
    context.globalAlpha = Math.min(1, width / 12);
    context.strokeStyle = "#0006";
    context.stroke(path);
    context.strokeStyle = "#fff5";
    context.setLineDash([2, 2]);
    context.stroke(path);
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  /** How many times the view is shrunk to see it from a distance. */
  get distanceFactor() {
    const { width } = this.cells.box(this.cells.smallest);
    return Math.max(1, (width * this.state.scale) / DISTANT_CELL);
  }

  /** Shrink what is drawn and enlarge it again: what remains is seen from a distance. */
  drawFromDistance() {
    const { canvas, context, distanceFactor: factor, small } = this;
    if (factor <= 1) return;
    const width = Math.max(1, Math.round(canvas.width / factor));
    const height = Math.max(1, Math.round(canvas.height / factor));
    Object.assign(small, { width, height });
    const all = context.getImageData(0, 0, canvas.width, canvas.height);
    context2d(small).putImageData(shrinkLight(all, width, height), 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, canvas.width, canvas.height);
  }
}

/**
 * Shrink an image. Its light is averaged, as in the eye: the mean of sRGB values is darker.
 *
 * @param {ImageData} image
 * @param {number} width
 * @param {number} height
 */
function shrinkLight({ data, width: fullWidth, height: fullHeight }, width, height) {
  const sums = new Float32Array(3 * width * height);
  const counts = new Uint32Array(width * height);
  for (let y = 0, from = 0; y < fullHeight; y++) {
    const row = Math.floor((y * height) / fullHeight) * width;
    for (let x = 0; x < fullWidth; x++, from += 4) {
      const pixel = row + Math.floor((x * width) / fullWidth);
      counts[pixel]++;
      for (let channel = 0; channel < 3; channel++)
        sums[3 * pixel + channel] += LIGHT[data[from + channel]];
    }
  }
  const small = new ImageData(width, height);
  for (let pixel = 0; pixel < counts.length; pixel++) {
    for (let channel = 0; channel < 3; channel++)
      small.data[4 * pixel + channel] = toByte(sums[3 * pixel + channel] / counts[pixel]);
    small.data[4 * pixel + 3] = 255;
  }
  return small;
}

/**
 * Return the sRGB value of a light.
 *
 * @param {number} light From 0 to 1.
 */
function toByte(light) {
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light
    : 1.055 * light ** (1 / 2.4) - 0.055));
}
