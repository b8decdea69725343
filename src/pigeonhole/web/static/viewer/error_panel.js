// @ts-check
/** Show the error of each cell, and the worst cells. */
import { byId, capitalize, context2d, createElement, formatNumber, onClick }
  from "../shared/dom.js";
import { drawErrorMap, drawErrorScale } from "../shared/error_map.js";

/** @import { Viewer } from "./main.js" */

/** Width of the images of a single cell, in pixels. */
const CELL_WIDTH = 60;

/** The map of the errors over the mosaic, its legend, and the list of worst cells. */
export class ErrorPanel {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.data = viewer.data.errors;
    this.details = byId("errors", HTMLDetailsElement);
    /** @type {HTMLCanvasElement | null} */
    this.map = null;
    onClick({ "toggle-errors": () => this.toggle(), "show-errors": () => this.toggle() });
    this.details.addEventListener("toggle", () => this.fill(), { once: true });
    this.drawLegend();
  }

  /** @param {number} cell */
  describe(cell) {
    return `error ${formatNumber(this.data.cells[cell])}`;
  }

  get isShown() {
    return this.viewer.view.map !== null;
  }

  /** Show or hide the map. */
  toggle() {
    const { view } = this.viewer;
    view.map = this.isShown ? null : this.map ??=
      drawErrorMap(view.cells, this.data.cells, this.data);
    for (const id of ["toggle-errors", "show-errors"])
      byId(id).setAttribute("aria-pressed", String(this.isShown));
    if (this.isShown) this.details.open = true;
    this.viewer.announce(this.isShown ? "Showing the error of each cell."
      : "Showing the mosaic.");
    view.requestDraw();
  }

  /** Select the next of the worst cells, and zoom to it. */
  step() {
    const { data: { worst }, viewer } = this;
    const next = worst[(worst.indexOf(viewer.cell) + 1) % worst.length];
    this.details.open = true;
    viewer.select(next);
    viewer.view.centerCell(next);
  }

  drawLegend() {
    const legend = byId("error-legend", HTMLCanvasElement);
    drawErrorScale(legend, this.data);
    byId("error-maximum").textContent = `${this.data.maximum} and more`;
  }

  /** List the worst cells; their images need the target, so only when they are seen. */
  fill() {
    const { viewer } = this;
    byId("worst").replaceChildren(...this.data.worst.map((cell) => {
      const target = this.makeImage();
      const button = createElement("button", { onclick: () => {
        viewer.select(cell);
        viewer.view.centerCell(cell);
      } });
      const text = createElement("span");
      const { name } = viewer.catalog.photoOf(viewer.catalog.tileAt(cell));
      text.append(createElement("b", { 
          textContent: capitalize(viewer.describePosition(cell)) }),
        createElement("small", { textContent: `${this.describe(cell)}, ${name}` }));
      button.append(target, this.makeCellImage(cell), text);
      viewer.loadTarget().then(() => this.paintTarget(target, cell));
      const item = createElement("li");
      item.append(button);
      return item;
    }));
  }

  makeImage() {
    const { width, height } = this.viewer.view.atlases[0];
    return createElement("canvas", { className: "thumbnail", width: CELL_WIDTH,
      height: Math.round((CELL_WIDTH * height) / width) });
  }

  /**
   * Return an image of a cell as the mosaic shows it.
   *
   * @param {number} cell
   */
  makeCellImage(cell) {
    const canvas = this.makeImage();
    const { pendingPaints, view } = this.viewer;
    const paint = () => {
      if (view.paintCell(context2d(canvas), cell, canvas.width, canvas.height))
        pendingPaints.delete(canvas);
    };
    pendingPaints.set(canvas, paint);
    paint();
    return canvas;
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} cell
   */
  paintTarget(canvas, cell) {
    const { target, cells } = this.viewer.view;
    if (!target) return;
    const { x, y, width, height } = cells.box(cell);
    const ratio = target.width / cells.width;
    const context = context2d(canvas);
    context.imageSmoothingQuality = "high";
    context.drawImage(target, x * ratio, y * ratio, width * ratio, height * ratio, 0, 0,
      canvas.width, canvas.height);
  }
}
