// @ts-check
/** List the edits of the mosaic, each of which can be taken back. */
import { createElement } from "../shared/dom.js";
import { iconButton } from "./controls.js";
import { removePin, removeReplacement, setCrop, toggleBan } from "./edits.js";
import { TileImage } from "./tile_image.js";

/** @import { Pin } from "./edits.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Store, StudioState } from "./store.js" */

const THUMBNAIL_WIDTH = 40;

/** The edits of the document. */
export class EditList {
  /**
   * @param {Store} store
   * @param {Stage} stage
   */
  constructor(store, stage) {
    this.store = store;
    this.stage = stage;
    /** The edits that are shown, as JSON. */
    this.shown = "";
    this.list = createElement("ul", { className: "edit-list" });
    this.element = createElement("section", { className: "setting-group", hidden: true });
    this.element.append(createElement("h3", { textContent: "Your edits" }), this.list);
    store.subscribe((state) => this.update(state));
    stage.listeners.add(() => { if (store.state) this.update(store.state); });
  }

  /** @param {StudioState} state */
  update({ document, photos }) {
    // The names of the photos come with the tiles.
    if (photos.tiles && !this.stage.source) return;
    const { ban, pin, replace } = document.mosaic;
    const crops = document.tiles.crops ?? {};
    const version = this.stage.source?.version;
    const content = JSON.stringify([ban, pin, replace, crops, version]);
    if (content === this.shown) return;
    this.shown = content;
    const items = [
      ...ban.map((/** @type {string} */ name) => this.makeItem(this.photoName(name),
        "banned", name, () => toggleBan(this.document, name, new Set()))),
      ...pin.map((/** @type {Pin} */ pinned) => this.makeItem(
        this.photoName(pinned.tile),
        `pinned to row ${pinned.row}, column ${pinned.column}`, pinned.tile,
        () => removePin(this.document, pinned))),
      ...Object.entries(replace).map(([old, tile]) => this.makeItem(
        this.photoName(String(tile)), `replaces ${this.photoName(old)}`, String(tile),
        () => removeReplacement(this.document, old))),
      ...Object.keys(crops).map((photo) => this.makeItem(photo, "cropped by hand", photo,
        () => setCrop(this.document, photo, null))),
    ];
    this.element.hidden = items.length === 0;
    this.list.replaceChildren(...items);
  }

  /** The newest document. */
  get document() {
    return this.store.state?.document;
  }

  /**
   * Return the number of a tile by its id or its photo, or -1.
   *
   * @param {string} name
   */
  findTile(name) {
    const { source } = this.stage;
    if (!source) return -1;
    const { photos, tiles } = source.data;
    return tiles.findIndex(({ id, photo }) => id === name || photos[photo].name === name);
  }

  /**
   * Return the name of the photo of a tile.
   *
   * @param {string} name Id of a tile, or a photo.
   */
  photoName(name) {
    const tile = this.findTile(name);
    const { source } = this.stage;
    return tile < 0 || !source ? name
      : source.data.photos[source.data.tiles[tile].photo].name;
  }

  /**
   * @param {string} name
   * @param {string} description
   * @param {string} tileName Id of the tile to show, or its photo.
   * @param {() => any} takeBack Returns the patch.
   */
  makeItem(name, description, tileName, takeBack) {
    const item = createElement("li", { title: name });
    const text = createElement("div");
    text.append(createElement("b", { textContent: name }),
      createElement("small", { textContent: description }));
    const tile = this.findTile(tileName);
    if (tile >= 0) item.append(new TileImage(this.stage, THUMBNAIL_WIDTH, tile).canvas);
    item.append(text, iconButton("close", `Take back: ${name} ${description}`, "",
      () => this.store.change(takeBack(), `Take back: ${description}`)));
    return item;
  }
}
