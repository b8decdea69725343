// @ts-check
/** Run the viewer: one mosaic, the selected cell, and the highlighted tiles. */
import { Atlas, loadBitmap } from "../shared/atlas.js";
import { Catalog } from "../shared/catalog.js";
import { Cells } from "../shared/cells.js";
import { ColorCorrection } from "../shared/color_correction.js";
import { linkTo, orderCredit } from "../shared/credit.js";
import { byId, capitalize, context2d, createElement, formatCount, formatNumber, onClick }
  from "../shared/dom.js";
import { Gestures } from "../shared/gestures.js";
import { MosaicView } from "../shared/mosaic_view.js";
import { EditPanel } from "./edit_panel.js";
import { ErrorPanel } from "./error_panel.js";
import { Keyboard } from "./keyboard.js";
import { SearchPanel } from "./search_panel.js";

/** @import { AtlasPage } from "../shared/atlas.js" */
/** @import { TileGroup, ViewerData } from "../shared/catalog.js" */
/** @import { ColorCorrectionData } from "../shared/color_correction.js" */

const PORTRAIT_WIDTH = 640;
const THUMBNAIL_WIDTH = 48;
/** Tiles darker than this mean brightness are highlighted on a light background. */
const DARK = 90;

/** The whole page. */
export class Viewer {
  /** @param {ViewerData} data */
  constructor(data) {
    this.data = data;
    this.catalog = new Catalog(data);
    /** The selected cell; -1 is none. */
    this.cell = -1;
    /**
     * The highlighted cells, in reading order.
     *
     * @type {number[] | null}
     */
    this.highlighted = null;
    /**
     * Paints again each small canvas whose tile isn't drawn in its best quality yet.
     *
     * @type {Map<HTMLCanvasElement, () => void>}
     */
    this.pendingPaints = new Map();
    /** @type {ImageBitmap | null} */
    this.overview = null;
    /** @type {Promise<void> | null} */
    this.targetLoading = null;
    this.view = this.makeView();
    this.editPanel = new EditPanel(this);
    this.view.drawOnTop = (context) => this.editPanel.draw(context);
    this.errorPanel = new ErrorPanel(this);
    this.searchPanel = new SearchPanel(this);
    this.keyboard = new Keyboard(this);
    this.listen();
    this.summarize();
    this.updateColors();
    this.resize();
    this.view.setState(this.view.fitState());
    this.loadImage(data.overview).then((image) => {
      this.overview = this.view.overview = image;
    });
    this.followAddress();
  }

  makeView() {
    const { data } = this;
    const cells = data.grid
      ? Cells.grid(data.grid.rows, data.grid.columns, ...data.cell)
      : new Cells(Int32Array.from(data.boxes ?? []), ...data.size);
    const atlases = data.atlases.map((atlas) => new Atlas(atlas));
    const view = new MosaicView(byId("mosaic", HTMLCanvasElement),
      { cells, placement: data.placement, atlases });
    if (data.correction) view.correction = this.makeCorrection(data.correction);
    for (const atlas of atlases) atlas.onPage = (page) => this.handlePage(page);
    return view;
  }

  /** @param {ColorCorrectionData} data */
  makeCorrection({ gains, offsets, overlay }) {
    const correction = new ColorCorrection(gains, offsets, overlay?.opacity ?? 0);
    if (overlay)
      loadBitmap(overlay.image).then((image) => {
        correction.overlay = image;
        this.view.refresh();
      }, () => {});
    return correction;
  }

  listen() {
    const { view } = this;
    new Gestures(view, {
      onClick: ({ x, y }) => this.select(view.cellAt(x, y)),
      onDoubleClick: ({ x, y }) => this.zoomToCell(view.cellAt(x, y)),
    });
    onClick({
      "show-all": () => view.showAll(),
      "zoom-in": () => view.flyCloser(2),
      "zoom-out": () => view.flyCloser(0.5),
      "toggle-panel": () => this.togglePanel(),
      previous: () => this.step(-1),
      next: () => this.step(1),
      highlight: () => this.toggleHighlight(),
    });
    const opacity = byId("target-opacity", HTMLInputElement);
    opacity.addEventListener("input", () =>
      this.setTargetOpacity(opacity.valueAsNumber / 100));
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.updateColors());
    window.addEventListener("hashchange", () => this.followAddress());
    new ResizeObserver(() => this.resize()).observe(view.canvas);
  }

  /**
   * Have screen readers read a text.
   *
   * @param {string} text
   */
  announce(text) {
    byId("status").textContent = text;
  }

  /**
   * Load an image of the whole mosaic; return null if it's missing.
   *
   * @param {string} address
   */
  async loadImage(address) {
    try {
      return await loadBitmap(address);
    } catch {
      this.reportMissing(address);
      return null;
    } finally {
      this.view.requestDraw();
    }
  }

  /** @param {AtlasPage} page */
  handlePage({ failed, address }) {
    if (failed) this.reportMissing(address);
    this.view.refresh();
    for (const paint of [...this.pendingPaints.values()]) paint();
  }

  /** @param {string} address */
  reportMissing(address) {
    const text = `${address} is missing. Copy the whole folder of this page again.`;
    byId("missing").textContent = text;
    this.announce(text);
  }

  updateColors() {
    // Canvases don't know the color tokens: take the colors that the style sheet computes.
    const style = getComputedStyle(this.view.canvas);
    this.view.background = style.backgroundColor;
    this.view.accent = style.outlineColor;
    this.view.requestDraw();
  }

  /** Leave room around the whole mosaic, and for the toolbar below it. */
  resize() {
    const ratio = window.devicePixelRatio || 1;
    const edge = this.view.canvas.clientWidth < 500 ? 10 : 24;
    this.view.margins = { top: edge * ratio, side: edge * ratio, bottom: 76 * ratio };
    this.view.resize();
  }

  summarize() {
    const { tiles, photos, photographers, placement, uses } = this.catalog;
    const used = uses.filter((cells) => cells.length).length;
    const named = photographers.filter(({ name }) => name).length;
    const by = named ? ` by ${formatCount(named, "photographer")}` : "";
    byId("summary").textContent = `${formatCount(placement.length, "cell")}, filled with `
      + `${formatNumber(used)} of ${formatCount(tiles.length, "tile")} from `
      + `${formatCount(photos.length, "photo")}${by}.`;
  }

  /** The tile of the selected cell. */
  get tile() {
    return this.catalog.tileAt(this.cell);
  }

  /** @param {number} cell */
  describePosition(cell) {
    const { row, column } = this.catalog.positionOf(cell);
    return `row ${row}, column ${column}`;
  }

  /**
   * Select a cell, or choose its tile for an edit.
   *
   * @param {number} cell
   */
  select(cell) {
    if (cell < 0 || this.catalog.placement[cell] < 0) return;
    if (this.editPanel.request) {
      this.editPanel.answerRequest(this.catalog.tileAt(cell));
      return;
    }
    this.cell = cell;
    if (!this.view.highlighted?.has(cell)) this.clearHighlight();
    this.describeSelection();
    const { row, column } = this.catalog.positionOf(cell);
    history.replaceState(null, "", `#cell=${row},${column}`);
    this.view.requestDraw();
  }

  /** Zoom to the cell that the address names: #cell=ROW,COLUMN. */
  followAddress() {
    const match = /^#cell=(\d+),(\d+)$/.exec(location.hash);
    if (!match) return;
    const cell = this.catalog.cellAt(Number(match[1]), Number(match[2]));
    if (cell >= 0 && cell !== this.cell) this.zoomToCell(cell);
  }

  /**
   * Select a cell, and let its photo fill the canvas.
   *
   * @param {number} cell
   */
  zoomToCell(cell) {
    if (cell < 0) return;
    this.select(cell);
    this.view.flyTo(this.view.centeredOnCell(cell));
  }

  /** @param {number} opacity From 0 (the mosaic) to 1 (the target). */
  setTargetOpacity(opacity) {
    this.view.targetOpacity = opacity;
    byId("target-opacity", HTMLInputElement).valueAsNumber = 100 * opacity;
    this.loadTarget();
    this.view.requestDraw();
  }

  /** Load the image of the target, once. */
  loadTarget() {
    this.targetLoading ??= this.loadImage(this.data.target).then((image) => {
      this.view.target = image;
    });
    return this.targetLoading;
  }

  /**
   * Show or hide the panel next to the mosaic.
   *
   * @param {boolean} [isShown]
   */
  togglePanel(isShown = document.body.classList.contains("panel-hidden")) {
    document.body.classList.toggle("panel-hidden", !isShown);
    byId("toggle-panel").setAttribute("aria-pressed", String(!isShown));
  }

  focusSearch() {
    this.togglePanel(true);
    this.searchPanel.field.focus();
  }

  /** Show the photo of the selected cell, its credit and its uses. */
  describeSelection() {
    const { catalog, tile } = this;
    const photo = catalog.photoOf(tile);
    const license = catalog.licenses[photo.license];
    const photographer = catalog.photographers[photo.photographer];
    const [first, second] = orderCredit([photographer.name, photographer.url],
      [photo.name, photo.page]);
    byId("selection").hidden = false;
    byId("photographer").replaceChildren(linkTo(first));
    byId("photo").replaceChildren(linkTo(second));
    byId("license").replaceChildren(linkTo([license.name, license.url]));
    const portrait = byId("portrait", HTMLCanvasElement);
    this.paintSmall(portrait, tile, PORTRAIT_WIDTH);
    portrait.setAttribute("aria-label", `Tile from ${photo.name}`);
    const uses = catalog.uses[tile];
    const use = uses.length === 1 ? "used once"
      : `use ${formatNumber(uses.indexOf(this.cell) + 1)} of ${formatNumber(uses.length)}`;
    const position = this.describePosition(this.cell);
    const error = this.errorPanel.describe(this.cell);
    byId("uses").textContent = `${capitalize(position)}: ${use}, ${error}`;
    this.updateHighlightButton();
    this.editPanel.updateButtons();
    this.announce(`${first[0]}, ${second[0]}, ${position}, ${use}, ${error}.`);
  }

  updateHighlightButton() {
    const button = byId("highlight", HTMLButtonElement);
    const { highlighted } = this;
    button.setAttribute("aria-pressed", String(highlighted !== null));
    button.textContent = highlighted
      ? `Stop highlighting (${formatNumber(highlighted.indexOf(this.cell) + 1)} of `
        + `${formatCount(highlighted.length, "cell")})`
      : "Highlight all uses";
    for (const id of ["previous", "next"])
      byId(id, HTMLButtonElement).disabled = this.cellsToStep.length < 2;
  }

  /** The cells that the buttons for the previous and the next use go through. */
  get cellsToStep() {
    return this.highlighted ?? (this.cell < 0 ? [] : this.catalog.uses[this.tile]);
  }

  /** @param {1 | -1} direction */
  step(direction) {
    const cells = this.cellsToStep;
    if (!cells.length) return;
    const index = Math.max(cells.indexOf(this.cell), direction > 0 ? -1 : 0);
    const cell = cells[(index + direction + cells.length) % cells.length];
    this.select(cell);
    this.view.centerCell(cell);
  }

  /** Highlight all uses of the selected tile, or stop highlighting. */
  toggleHighlight() {
    if (this.highlighted) this.clearHighlight();
    else if (this.cell >= 0) this.highlight([this.tile]);
    this.updateHighlightButton();
  }

  /** @param {number[]} tiles */
  highlight(tiles) {
    this.highlighted = this.catalog.cellsOf(tiles);
    this.view.highlighted = new Set(this.highlighted);
    const sum = tiles.reduce((total, tile) =>
      total + this.catalog.tiles[tile].brightness, 0);
    this.view.dimming = sum / tiles.length < DARK ? "#f2efeadb" : "#000c";
    this.view.requestDraw();
  }

  clearHighlight() {
    this.highlighted = this.view.highlighted = null;
    this.view.requestDraw();
  }

  /**
   * Highlight a search result, or choose its tile for an edit.
   *
   * @param {TileGroup} group
   */
  showGroup({ kind, name, tiles, uses }) {
    if (this.editPanel.request) {
      this.editPanel.answerRequest(tiles[0]);
      return;
    }
    if (!uses) {
      this.announce(`${name} isn't in this mosaic.`);
      return;
    }
    this.highlight(tiles);
    this.select(this.catalog.cellsOf(tiles)[0]);
    this.view.showAll();
    const what = kind === "photographer" ? `photos by ${name}` : name;
    this.announce(`Highlighting ${formatCount(uses, "use")} of ${what}. `
      + "Press N for the next one.");
  }

  /**
   * Return a small image of a tile.
   *
   * @param {number} tile
   */
  makeThumbnail(tile) {
    const canvas = createElement("canvas", { className: "thumbnail" });
    this.paintSmall(canvas, tile, THUMBNAIL_WIDTH);
    return canvas;
  }

  /**
   * Paint a tile on a canvas of its own, and again when a better page has loaded.
   *
   * @param {HTMLCanvasElement} canvas
   * @param {number} tile
   * @param {number} width
   */
  paintSmall(canvas, tile, width) {
    const { width: tileWidth, height: tileHeight } = this.view.atlases[0];
    canvas.width = width;
    canvas.height = Math.round((width * tileHeight) / tileWidth);
    const context = context2d(canvas);
    const paint = () => {
      if (this.view.paintTile(context, tile, 0, 0, canvas.width, canvas.height))
        this.pendingPaints.delete(canvas);
    };
    this.pendingPaints.set(canvas, paint);
    paint();
  }
}

// Named in the global scope for the browser's console and for the tests.
Object.assign(globalThis, {
  viewer: new Viewer(JSON.parse(byId("data").textContent ?? "")),
});
