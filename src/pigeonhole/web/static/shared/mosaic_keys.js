// @ts-check
/** Move through a mosaic by keyboard. */

/** @import { Viewport, ViewState } from "./viewport.js" */

/** @type {Record<string, [right: number, down: number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
  ArrowDown: [0, 1] };
const ZOOM_STEP = 1.5;

/**
 * What the keys control.
 *
 * @typedef {object} CellBrowser
 * @property {Viewport} view
 * @property {number} cell The selected cell; -1 is none.
 * @property {(cell: number) => void} select
 * @property {(cell: number) => void} zoomToCell
 */

/** The keys that work while the mosaic has the focus. */
export class MosaicKeys {
  /**
   * @param {CellBrowser} browser
   * @param {Record<string, () => void>} actions More keys, in lowercase.
   */
  constructor(browser, actions) {
    this.browser = browser;
    /**
     * What was shown before the last zoom to a cell.
     *
     * @type {ViewState | null}
     */
    this.stateBefore = null;
    const zoomIn = () => browser.view.flyCloser(ZOOM_STEP);
    const toggleZoom = () => this.toggleZoom();
    /** @type {Record<string, () => void>} */
    this.actions = {
      "+": zoomIn,
      "=": zoomIn,
      "-": () => browser.view.flyCloser(1 / ZOOM_STEP),
      "0": () => browser.view.showAll(),
      Home: () => browser.view.showAll(),
      Enter: toggleZoom,
      " ": toggleZoom,
      ...actions,
    };
    browser.view.canvas.addEventListener("keydown", (event) => this.handleKey(event));
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
    const { view } = this.browser;
    view.pan((-right * view.canvas.width) / 8, (-down * view.canvas.height) / 8);
  }

  /**
   * Select the next cell in a direction; without a selection, the cell in the center.
   *
   * @param {number} right
   * @param {number} down
   */
  selectNeighbor(right, down) {
    const { browser } = this;
    const { view } = browser;
    const hasSelection = browser.cell >= 0;
    const center = view.center(view.destination ?? view.state);
    const box = hasSelection ? view.cells.box(browser.cell)
      : { ...center, width: 0, height: 0 };
    const step = hasSelection ? 0.5 : 0;
    const cell = view.cells.at(
      box.x + box.width / 2 + right * (box.width / 2 + step),
      box.y + box.height / 2 + down * (box.height / 2 + step));
    if (cell < 0) return;
    browser.select(cell);
    if (!view.isVisible(cell))
      view.flyTo(view.centeredOnCell(cell, view.state.scale), view.flightTime / 2);
  }

  /** Zoom to the selected cell, or back. */
  toggleZoom() {
    const { browser } = this;
    const { view } = browser;
    if (browser.cell < 0) this.selectNeighbor(0, 0);
    else if (view.state.scale > 0.7 * view.scaleToFit(view.cells.box(browser.cell)))
      view.flyTo(this.stateBefore ?? view.fitState());
    else {
      this.stateBefore = view.state;
      browser.zoomToCell(browser.cell);
    }
  }
}
