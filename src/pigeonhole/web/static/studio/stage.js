// @ts-check
/** Show the mosaic of the studio, and the cell that the user selected. */
import { loadBitmap } from "../shared/atlas.js";
import { Catalog } from "../shared/catalog.js";
import { Cells } from "../shared/cells.js";
import { byId, createElement, formatNumber } from "../shared/dom.js";
import { drawErrorMap } from "../shared/error_map.js";
import { Gestures } from "../shared/gestures.js";
import { serverAddress } from "./connection.js";
import { FrameDecoder } from "./frame.js";
import { numberAcross, readSize } from "./settings.js";
import { StageControls } from "./stage_controls.js";
import { StageKeys } from "./stage_keys.js";
import { StageView } from "./stage_view.js";
import { loadTiles } from "./tile_source.js";

/** @import { Frame } from "./frame.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Store, StudioState } from "./store.js" */
/** @import { TileSource } from "./tile_source.js" */

/** Longest side of the target's image. */
const TARGET_SIDE = 2560;
/** Tiles darker than this mean brightness are highlighted on a light background. */
const DARK = 90;
const PIN_COLOR = "#3b82f6";
/** Number of cells that the key for the worst cells goes through. */
const WORST_CELLS = 20;

/**
 * Build the stage.
 *
 * @param {Store} store
 * @param {Connection} connection
 */
export function mountStage(store, connection) {
  const stage = new Stage(store, connection, byId("stage"));
  // Named in the global scope for the browser's console and for the tests.
  Object.assign(globalThis, { stage });
  return stage;
}

/** The mosaic, the target and their controls. */
export class Stage {
  /**
   * @param {Store} store
   * @param {Connection} connection
   * @param {HTMLElement} element
   */
  constructor(store, connection, element) {
    this.store = store;
    this.connection = connection;
    this.element = element;
    /** @type {Frame | null} */
    this.frame = null;
    /** @type {TileSource | null} */
    this.source = null;
    /** @type {number | string | null} The version of the tiles that are loading. */
    this.loadingVersion = null;
    /** The selected cell; -1 is none. */
    this.cell = -1;
    /** @type {number[] | null} The highlighted cells, in reading order. */
    this.highlighted = null;
    /** @type {Catalog | null} */
    this.cachedCatalog = null;
    /** @type {number | string | null} */
    this.targetVersion = null;
    /** @type {((tile: number | null) => void) | null} */
    this.answerPick = null;
    /** @type {Set<() => void>} Called when the selected cell or its tile changes. */
    this.listeners = new Set();
    /** @type {Set<() => void>} Called when images of tiles have loaded. */
    this.imageListeners = new Set();
    this.canvas = createElement("canvas", { id: "mosaic", tabIndex: 0 });
    this.view = new StageView(this.canvas,
      { cells: Cells.grid(1, 1, 1, 1), placement: [-1], atlases: [] });
    this.view.drawOnTop = () => this.drawMarks();
    this.controls = new StageControls(this);
    this.keys = new StageKeys(this);
    this.decoder = new FrameDecoder((frame) => this.showFrame(frame));
    this.listen();
    this.updateColors();
  }

  listen() {
    const { store, view } = this;
    new Gestures(view, {
      onClick: ({ x, y }) => this.select(view.cellAt(x, y)),
      onDoubleClick: ({ x, y }) => this.zoomToCell(view.cellAt(x, y)),
    });
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.updateColors());
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    store.subscribe((state, previous) => this.handleState(state, previous));
    store.onPreview((preview) => this.decoder.receive(preview));
  }

  /**
   * Have screen readers read a text.
   *
   * @param {string} text
   */
  announce(text) {
    byId("live").textContent = text;
  }

  /**
   * @param {StudioState} state
   * @param {StudioState | null} previous
   */
  handleState(state, previous) {
    if (previous && previous.project.folder !== state.project.folder) this.clear();
    if (this.frame && !(state.photos.count && state.target)) this.clear();
    this.loadTarget(state);
    if (!this.frame) this.showProgress(state);
    this.controls.updateState(state);
    if (this.cell >= 0) this.notify();
    this.view.requestDraw();
  }

  /** Remove the mosaic, such as when another project is opened. */
  clear() {
    const { view } = this;
    this.source?.close();
    this.frame = this.cachedCatalog = this.source = this.loadingVersion = null;
    this.highlighted = view.highlighted = view.map = null;
    view.overview?.close();
    view.overview = null;
    view.atlases = [];
    view.progress = 0;
    this.deselect();
  }

  /** @param {StudioState} state */
  async loadTarget({ target }) {
    const version = target ? target.version : null;
    if (version === this.targetVersion) return;
    this.targetVersion = version;
    if (!target) {
      this.view.target = null;
      return;
    }
    const address = serverAddress("target/cropped",
      { side: TARGET_SIDE, version: target.version });
    const image = await loadBitmap(address).catch(() => null);
    if (version !== this.targetVersion) return;
    this.view.target = image;
    if (this.frame) this.frame.correction.overlay = image;
    this.view.refresh();
  }

  /**
   * Show the target in the cells that the mosaic will have, and how far the work is.
   *
   * @param {StudioState} state
   */
  showProgress({ document, target, work }) {
    if (!target) return;
    const { view } = this;
    const tile = readSize(document.tiles.size);
    const [width, height] = target.cropped_size;
    const columns = numberAcross(document);
    const rows = Math.max(1, Math.round((columns * tile.width * height)
      / width / tile.height));
    view.progress = work?.total ? work.done / work.total : 0;
    if (view.cells.length === columns * rows && view.cells.box(0).width === tile.width)
      return;
    view.setMosaic(Cells.grid(rows, columns, tile.width, tile.height),
      new Int32Array(columns * rows).fill(-1), null);
    view.setState(view.fitState());
  }

  /** @param {Frame} frame */
  showFrame(frame) {
    const { store, view } = this;
    const { header, cells } = frame;
    this.controls.updateFrame(header);
    // A problem comes without a mosaic: the last one stays.
    if (!frame.image || !store.state?.target) return;
    const isFirst = this.frame === null;
    const hasSameCells = this.frame?.cells === cells;
    this.frame = frame;
    this.cachedCatalog = null;
    frame.correction.overlay = view.target;
    this.loadTilesOf(header.tiles_version, header.stage === "draft");
    view.showFrame(frame);
    if (isFirst) view.setState(view.fitState());
    if (!hasSameCells) {
      view.map = null;
      this.clearHighlight();
      this.deselect();
    } else if (this.highlighted && this.cell >= 0) this.highlightUses();
    this.updateErrorMap();
    this.notify();
  }

  /**
   * Load the tiles of a version, once. Drafts do without.
   *
   * @param {number | string} version
   * @param {boolean} isDraft
   */
  async loadTilesOf(version, isDraft) {
    if (this.source?.version === version) {
      this.view.atlases = this.source.atlases;
      return;
    }
    this.view.atlases = [];
    if (isDraft || this.loadingVersion === version) return;
    this.loadingVersion = version;
    try {
      const source = await loadTiles(version, () => this.handlePage());
      if (this.loadingVersion !== version) return;
      this.source?.close();
      this.source = source;
      if (this.frame?.header.tiles_version === version) {
        this.view.atlases = source.atlases;
        this.view.refresh();
        this.updateErrorMap();
        this.notify();
      }
    } catch {
      // Without its tiles the mosaic is shown as an image; the next frame tries again.
      this.loadingVersion = null;
    }
  }

  handlePage() {
    this.view.refresh();
    for (const listener of [...this.imageListeners]) listener();
  }

  /** The photos of the mosaic and their uses; null until they have loaded. */
  get catalog() {
    const { frame, source } = this;
    if (!frame || source?.version !== frame.header.tiles_version) return null;
    this.cachedCatalog ??= new Catalog({ ...source.data, placement: frame.placement,
      grid: frame.header.grid ?? undefined, positions: frame.positions ?? undefined });
    return this.cachedCatalog;
  }

  /** The tile of the selected cell; -1 is none. */
  get tile() {
    return this.cell < 0 || !this.catalog ? -1 : this.catalog.tileAt(this.cell);
  }

  notify() {
    for (const listener of [...this.listeners]) listener();
  }

  updateColors() {
    // Canvases don't know the color tokens: take the colors that the styles compute.
    const style = getComputedStyle(this.canvas);
    this.view.background = style.backgroundColor;
    this.view.accent = style.outlineColor;
    this.view.requestDraw();
  }

  /** Leave room around the whole mosaic, and for the toolbar below it. */
  resize() {
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth, clientHeight } = this.canvas;
    const edge = clientWidth < 500 ? 8 : Math.min(48, clientWidth / 30);
    const toolbar = this.controls.toolbar.offsetHeight;
    const bottom = clientHeight < 240 ? edge : toolbar + 2 * Math.min(16, edge);
    const side = edge * ratio;
    this.view.margins = { top: side, side, bottom: bottom * ratio };
    this.view.resize();
    this.controls.moveDivider();
  }

  /**
   * Select a cell, or answer with its tile if the user is asked for one.
   *
   * @param {number} cell
   */
  select(cell) {
    if (!this.frame) return;
    if (cell < 0 || this.frame.placement[cell] < 0) {
      if (!this.answerPick) this.deselect();
      return;
    }
    if (this.answerPick && this.catalog) {
      this.finishPick(this.catalog.tileAt(cell));
      return;
    }
    this.cell = cell;
    this.loadTilesOf(this.frame.header.tiles_version, false);
    if (!this.view.highlighted?.has(cell)) this.clearHighlight();
    this.notify();
    this.view.requestDraw();
  }

  deselect() {
    if (this.cell < 0) return;
    this.cell = -1;
    this.clearHighlight();
    this.notify();
  }

  /**
   * Ask the user for a tile, who clicks one in the mosaic; null if the user cancels.
   *
   * @returns {Promise<number | null>}
   */
  pickTile() {
    this.finishPick(null);
    this.clearHighlight();
    this.element.classList.add("choosing");
    return new Promise((resolve) => { this.answerPick = resolve; });
  }

  /** @param {number | null} tile */
  finishPick(tile) {
    this.element.classList.remove("choosing");
    const { answerPick } = this;
    this.answerPick = null;
    answerPick?.(tile);
  }

  /** @param {number} cell */
  positionText(cell) {
    const { frame } = this;
    const columns = frame?.header.grid?.columns ?? 1;
    const [row, column] = frame?.positions?.slice(2 * cell, 2 * cell + 2)
      ?? [Math.floor(cell / columns), cell % columns];
    return `row ${formatNumber(row)}, column ${formatNumber(column)}`;
  }

  /** @param {number} cell */
  zoomToCell(cell) {
    if (cell < 0) return;
    this.select(cell);
    this.view.flyTo(this.view.centeredOnCell(cell));
  }

  /** The tiles of the selected photo or face. */
  get selectedTiles() {
    const { source, tile } = this;
    if (!source || tile < 0) return [];
    const { sources } = source.data;
    return sources.flatMap((other, number) => (other === sources[tile] ? [number] : []));
  }

  /** The cells of the selected photo or face, in reading order. */
  get usesOfPhoto() {
    return this.catalog?.cellsOf(this.selectedTiles) ?? [];
  }

  /**
   * Select the next or the previous use of the selected photo.
   *
   * @param {1 | -1} direction
   */
  step(direction) {
    const cells = this.usesOfPhoto;
    if (!cells.length) return;
    const index = cells.indexOf(this.cell);
    const cell = cells[(index + direction + cells.length) % cells.length];
    this.select(cell);
    this.view.centerCell(cell);
  }

  /** Highlight all uses of the selected photo, or stop highlighting. */
  toggleHighlight() {
    if (this.highlighted) this.clearHighlight();
    else this.highlightUses();
    this.notify();
  }

  highlightUses() {
    const { catalog, tile, view } = this;
    if (!catalog || tile < 0) return;
    this.highlighted = this.usesOfPhoto;
    view.highlighted = new Set(this.highlighted);
    view.dimming = catalog.tiles[tile].brightness < DARK ? "#f2efeadb" : "#000c";
    view.requestDraw();
  }

  clearHighlight() {
    this.highlighted = this.view.highlighted = null;
    this.view.requestDraw();
  }

  /** Draw the error of each cell again, if it's shown. */
  updateErrorMap() {
    const { frame, source, view } = this;
    const errors = this.controls.showsErrors ? frame?.errors : null;
    const scale = source?.data.errors;
    if (!this.controls.showsErrors || (errors && !scale)) view.map = null;
    else if (frame && errors && scale)
      view.map = drawErrorMap(frame.cells, errors, scale);
    this.controls.updateLegend(scale ?? null);
    view.requestDraw();
  }

  /** Select the next of the cells with the largest errors, and move to it. */
  stepWorst() {
    const { errors } = this.frame ?? {};
    if (!errors) return;
    const worst = Array.from(errors.keys()).sort((a, b) => errors[b] - errors[a])
      .slice(0, WORST_CELLS);
    const next = worst[(worst.indexOf(this.cell) + 1) % worst.length];
    this.select(next);
    this.view.centerCell(next);
  }

  /** Frame pinned cells and the selected one. */
  drawMarks() {
    const { cell, frame, view } = this;
    if (!frame) return;
    for (const { row, column } of this.store.state?.document.mosaic.pin ?? []) {
      const pinned = this.cellAt(row, column);
      if (pinned >= 0) view.frameCell(pinned, PIN_COLOR, 2);
    }
    if (cell >= 0) view.frameSelectedCell(cell);
  }

  /**
   * Return the cell in a row and a column, or -1.
   *
   * @param {number} row
   * @param {number} column
   */
  cellAt(row, column) {
    const { header, positions } = this.frame ?? {};
    if (header?.grid) {
      const { columns, rows } = header.grid;
      return row < rows && column < columns ? row * columns + column : -1;
    }
    if (positions)
      for (let index = 0; index < positions.length; index += 2)
        if (positions[index] === row && positions[index + 1] === column)
          return index / 2;
    return -1;
  }
}
