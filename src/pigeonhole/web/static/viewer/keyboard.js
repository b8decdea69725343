// @ts-check
/** Control the viewer by keyboard. */
import { byId } from "../shared/dom.js";

/** @import { Viewer } from "./main.js" */
/** @import { ViewState } from "./viewport.js" */

/** @type {Record<string, [right: number, down: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
  ArrowDown: [0, 1] };
const ZOOM_STEP = 1.5;

/** The keys that work while the mosaic has the focus. */
export class Keyboard {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /**
     * What was shown before the last zoom to a cell.
     *
     * @type {ViewState | null}
     */
    this.stateBefore = null;
    const zoomIn = () => viewer.zoom(ZOOM_STEP);
    const toggleZoom = () => this.toggleZoom();
    /** @type {Record<string, () => void>} */
    this.actions = {
      "+": zoomIn,
      "=": zoomIn,
      "-": () => viewer.zoom(1 / ZOOM_STEP),
      "0": () => viewer.showAll(),
      Home: () => viewer.showAll(),
      Enter: toggleZoom,
      " ": toggleZoom,
      Escape: () => this.escape(),
      l: () => viewer.toggleHighlight(),
      n: () => viewer.step(1),
      p: () => viewer.step(-1),
      f: () => viewer.togglePanel(),
      t: () => viewer.setTargetOpacity(viewer.view.targetOpacity > 0.5 ? 0 : 1),
      e: () => viewer.errorPanel.toggle(),
      w: () => viewer.errorPanel.step(),
      b: () => { if (viewer.cell >= 0) viewer.editPanel.edits.toggleBan(viewer.tile); },
      "/": () => viewer.focusSearch(),
      h: () => this.showHelp(),
    };
    viewer.view.canvas.addEventListener("keydown", (event) => this.handleKey(event));
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, shiftKey } = event;
    const arrow = ARROWS[key];
    const action = this.actions[key.length === 1 ? key.toLowerCase() : key];
    if (arrow && shiftKey) this.pan(...arrow);
    else if (arrow) this.selectNeighbor(...arrow);
    else if (action) action();
    else return;
    event.preventDefault();
  }

  /**
   * @param {number} right
   * @param {number} down
   */
  pan(right, down) {
    const { view } = this.viewer;
    view.pan((-right * view.canvas.width) / 8, (-down * view.canvas.height) / 8);
  }

  /**
   * Select the next cell in a direction; without a selection, the cell in the center.
   *
   * @param {number} right
   * @param {number} down
   */
  selectNeighbor(right, down) {
    const { viewer } = this;
    const { view } = viewer;
    const hasSelection = viewer.cell >= 0;
    const center = view.center(view.destination ?? view.state);
    const box = hasSelection ? view.cells.box(viewer.cell)
      : { ...center, width: 0, height: 0 };
    const step = hasSelection ? 0.5 : 0;
    const cell = view.cells.at(
      box.x + box.width / 2 + right * (box.width / 2 + step),
      box.y + box.height / 2 + down * (box.height / 2 + step));
    if (cell < 0) return;
    viewer.select(cell);
    if (!view.isVisible(cell))
      view.flyTo(view.centeredOnCell(cell, view.state.scale), viewer.flightTime / 2);
  }

  /** Zoom to the selected cell, or back. */
  toggleZoom() {
    const { viewer } = this;
    const { view } = viewer;
    if (viewer.cell < 0) this.selectNeighbor(0, 0);
    else if (view.state.scale > 0.7 * view.scaleToFit(view.cells.box(viewer.cell)))
      view.flyTo(this.stateBefore ?? view.fitState(), viewer.flightTime);
    else {
      this.stateBefore = view.state;
      viewer.zoomToCell(viewer.cell);
    }
  }

  escape() {
    const { viewer } = this;
    if (viewer.editPanel.request) viewer.editPanel.requestTile(null);
    else if (viewer.highlighted) viewer.toggleHighlight();
    else viewer.showAll();
  }

  showHelp() {
    const help = byId("keys", HTMLDetailsElement);
    this.viewer.togglePanel(true);
    help.open = true;
    help.querySelector("summary")?.focus();
    help.scrollIntoView({ block: "end" });
  }
}
