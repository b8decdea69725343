// @ts-check
/** Show the edits of a mosaic, and save them as a file. */
import { byId, createElement, download, formatCount, onClick } from "../shared/dom.js";
import { Edits } from "./edits.js";

/** @import { Viewer } from "./main.js" */

/**
 * An edit that waits for the user to choose a tile: to pin to a cell, or to use instead
 * of another tile.
 *
 * @typedef {{ pinTo: number } | { replace: number }} TileRequest
 */

const BAN_COLOR = "#e11d48";
const PIN_COLOR = "#3b82f6";

/** The buttons that edit, the list of edits, and their marks on the mosaic. */
export class EditPanel {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    /** @type {TileRequest | null} */
    this.request = null;
    this.isSaved = false;
    const edits = new Edits(() => this.update());
    this.edits = edits;
    onClick({
      ban: () => edits.toggleBan(viewer.tile),
      pin: () => edits.togglePin(viewer.cell,
        edits.pinned.get(viewer.cell) ?? viewer.tile),
      "pin-other": () => this.requestTile({ pinTo: viewer.cell }),
      replace: () => this.requestTile({ replace: viewer.tile }),
      cancel: () => this.requestTile(null),
      clear: () => edits.clear(),
      save: () => this.save(),
    });
    window.addEventListener("beforeunload", (event) => {
      if (edits.count && !this.isSaved) event.preventDefault();
    });
  }

  /** Label the buttons by what they would do to the selected cell. */
  updateButtons() {
    const { edits, viewer: { cell, tile } } = this;
    if (cell < 0) return;
    byId("ban").textContent = edits.banned.has(tile) ? "Allow this tile" : "Ban this tile";
    byId("pin").textContent = edits.pinned.has(cell) ? "Unpin this cell" : "Pin it here";
  }

  /**
   * Ask the user to choose a tile; null cancels.
   *
   * @param {TileRequest | null} request
   */
  requestTile(request) {
    this.request = request;
    document.body.classList.toggle("choosing", request !== null);
    byId("request").hidden = request === null;
    if (!request) return;
    const question = "replace" in request ? "Which tile should replace it everywhere?"
      : "Which tile should be pinned here?";
    const text = `${question} Click it in the mosaic, or search for it.`;
    byId("request-text").textContent = text;
    this.viewer.announce(text);
  }

  /**
   * Finish the edit that waits for a tile.
   *
   * @param {number} tile
   */
  answerRequest(tile) {
    const { request } = this;
    this.requestTile(null);
    if (!request) return;
    if ("replace" in request) this.edits.replace(request.replace, tile);
    else this.edits.togglePin(request.pinTo, tile);
    this.viewer.announce(`${formatCount(this.edits.count, "edit")}.`);
  }

  /** Show the edits, and preview them in the mosaic. */
  update() {
    const { edits, viewer: { catalog, data, view } } = this;
    this.isSaved = false;
    byId("edits").hidden = edits.count === 0;
    byId("edit-list").replaceChildren(...this.makeItems());
    data.placement.forEach((tile, cell) => {
      view.placement[cell] = edits.preview(cell, tile, catalog.tiles.length);
    });
    // The overview shows the mosaic without the edits.
    view.overview = edits.count ? null : this.viewer.overview;
    view.chunks.clear();
    view.requestDraw();
    this.updateButtons();
  }

  makeItems() {
    const { edits, viewer } = this;
    return [
      ...[...edits.banned].map((tile) =>
        this.makeItem(tile, "banned", () => edits.toggleBan(tile))),
      ...[...edits.pinned].map(([cell, tile]) =>
        this.makeItem(tile, `pinned to ${viewer.describePosition(cell)}`,
          () => edits.togglePin(cell, tile))),
      ...[...edits.replaced].map(([old, tile]) =>
        this.makeItem(tile, `replaces ${viewer.catalog.photoOf(old).name}`,
          () => edits.replace(old, old))),
    ];
  }

  /**
   * @param {number} tile
   * @param {string} description
   * @param {() => void} undo
   */
  makeItem(tile, description, undo) {
    const text = `${this.viewer.catalog.photoOf(tile).name} ${description}`;
    const button = createElement("button", { textContent: "×", onclick: undo });
    button.setAttribute("aria-label", `Undo: ${text}`);
    const item = createElement("li");
    item.append(this.viewer.makeThumbnail(tile),
      createElement("span", { textContent: text }), button);
    return item;
  }

  save() {
    const content = this.edits.serialize(this.viewer.catalog);
    download(new Blob([content], { type: "application/json" }), "edits.json");
    this.isSaved = true;
    this.viewer.announce("edits.json was saved.");
  }

  /**
   * Cross out banned tiles, and frame pinned cells and the selected one.
   *
   * @param {CanvasRenderingContext2D} context
   */
  draw(context) {
    const { edits, viewer: { view, catalog, cell } } = this;
    const crosses = new Path2D();
    for (const tile of edits.banned)
      for (const use of catalog.uses[tile]) {
        const { x, y, width, height } = view.screenBox(use);
        crosses.moveTo(x, y);
        crosses.lineTo(x + width, y + height);
        crosses.moveTo(x + width, y);
        crosses.lineTo(x, y + height);
      }
    context.strokeStyle = BAN_COLOR;
    context.lineWidth = 1.5 * (window.devicePixelRatio || 1);
    context.stroke(crosses);
    for (const pinned of edits.pinned.keys()) view.frameCell(pinned, PIN_COLOR, 2);
    if (cell >= 0) view.frameSelectedCell(cell);
  }
}
