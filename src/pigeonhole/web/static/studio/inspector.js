// @ts-check
/** Show the photo of the selected cell, and edit the mosaic there. */
import { linkTo, orderCredit } from "../shared/credit.js";
import { byId, capitalize, createElement, formatCount, formatNumber } from "../shared/dom.js";
import { fetchJson } from "./connection.js";
import { iconButton, textButton } from "./controls.js";
import { CropFrame } from "./crop_frame.js";
import { confirm } from "./dialogs.js";
import { addPin, addReplacement, removePin, setCrop, toggleBan } from "./edits.js";
import { showPanel } from "./layout.js";
import { showNotice } from "./notice.js";
import { PhotoPicker } from "./photo_picker.js";
import { TileImage } from "./tile_image.js";

/** @import { Connection } from "./connection.js" */
/** @import { Pin } from "./edits.js" */
/** @import { Panel } from "./layout.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Store } from "./store.js" */

/** @typedef {{ crop: [number, number, number, number], rotation: number,
 *   photo_size: [number, number] }} TileFacts The answer to /tiles/facts. */

const PORTRAIT_WIDTH = 640;
/** Errors up to which a photo matches its cell closely or fairly, in levels of 255. */
const CLOSE_ERROR = 20;
const FAIR_ERROR = 40;

/**
 * Build the panel.
 *
 * @param {Store} store
 * @param {Connection} connection
 * @param {Stage} stage
 */
export function mountInspector(store, connection, stage) {
  return new Inspector(store, connection, stage, byId("inspector"));
}

/** The panel of the selected cell; it takes the place of the look. */
class Inspector {
  /**
   * @param {Store} store
   * @param {Connection} connection
   * @param {Stage} stage
   * @param {HTMLElement} element
   */
  constructor(store, connection, stage, element) {
    this.store = store;
    this.connection = connection;
    this.stage = stage;
    this.element = element;
    /**
     * The panel that was open before.
     *
     * @type {string | undefined}
     */
    this.panelBefore = undefined;
    /** How far the look was scrolled before. */
    this.scrollBefore = 0;
    /** What is shown, as JSON. */
    this.shown = "";
    this.portrait = new TileImage(stage, PORTRAIT_WIDTH);
    this.portrait.canvas.className = "portrait";
    this.title = createElement("h2");
    this.photo = createElement("p");
    this.license = createElement("p", { className: "muted" });
    this.match = createElement("p", { className: "muted" });
    this.uses = createElement("p");
    this.previous = iconButton("left", "Previous use", "P", () => stage.step(-1));
    this.next = iconButton("right", "Next use", "N", () => stage.step(1));
    this.highlight = textButton("zoom", "Highlight all uses",
      () => stage.toggleHighlight());
    this.highlight.setAttribute("aria-pressed", "false");
    this.ban = textButton("ban", "Ban this photo", () => this.toggleBan());
    this.pin = textButton("pin", "Pin here", () => this.togglePin());
    this.picker = new PhotoPicker(stage);
    this.content = this.makeContent();
    this.waiting = createElement("p", { className: "muted",
      textContent: "Loading the photo…" });
    const title = createElement("div", { className: "panel-title" });
    title.append(iconButton("left", "Back to the look", "Esc", () => stage.deselect()),
      createElement("span", { className: "muted", textContent: "Photo in this cell" }));
    element.setAttribute("aria-label", "Selected photo");
    element.append(title, this.waiting, this.content, this.picker.element);
    stage.listeners.add(() => this.update());
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      stage.keys.escape();
      stage.canvas.focus();
    });
    stage.canvas.addEventListener("keydown", (event) => {
      if (event.key === "b" && !event.ctrlKey && !event.metaKey) this.toggleBan();
    });
  }

  makeContent() {
    const names = createElement("div", { className: "credit" });
    names.append(this.title, this.photo, this.license, this.match);
    const uses = createElement("div", { className: "uses" });
    uses.append(this.uses, this.previous, this.next);
    const actions = createElement("div", { className: "actions-list" });
    actions.append(this.highlight, this.ban, this.pin,
      textButton("image", "Pin another…", () => this.pinAnother()),
      textButton("replace", "Replace everywhere…", () => this.replace()),
      textButton("crop", "Move the crop…", () => this.moveCrop()),
      textButton("target", "Use as target", () => this.useAsTarget()));
    const erase = textButton("trash", "Remove for good…", () => this.erase());
    erase.classList.add("danger");
    actions.append(erase);
    const content = createElement("div", { className: "inspector-content" });
    content.append(this.portrait.canvas, names, uses, actions);
    return content;
  }

  /** The document with all edits. */
  get document() {
    return this.store.state?.document;
  }

  /** The selected tile, its photo and its place; null if there is none. */
  get selection() {
    const { catalog, cell, tile } = this.stage;
    if (!catalog || tile < 0) return null;
    const id = catalog.tiles[tile].id;
    return { id, tile, photo: catalog.photoOf(tile), place: catalog.positionOf(cell) };
  }

  update() {
    const { stage } = this;
    const isOpen = stage.cell >= 0;
    if (this.element.hidden === isOpen) this.toggle(isOpen);
    if (!isOpen) return;
    const { selection } = this;
    this.content.hidden = !selection || this.picker.isOpen;
    this.waiting.hidden = selection !== null;
    if (!selection) return;
    const content = JSON.stringify([stage.cell, selection, stage.highlighted?.length,
      stage.usesOfPhoto.length, stage.frame?.errors?.[stage.cell],
      this.document.mosaic.ban, this.document.mosaic.pin, stage.source?.version]);
    if (content === this.shown) return;
    this.shown = content;
    this.show(selection);
  }

  /** @param {boolean} isOpen */
  toggle(isOpen) {
    const side = byId("side");
    if (isOpen) this.scrollBefore = side.scrollTop;
    else if (this.element.contains(document.activeElement)) this.stage.canvas.focus();
    this.element.hidden = !isOpen;
    byId("look").hidden = isOpen;
    side.scrollTop = isOpen ? 0 : this.scrollBefore;
    if (!isOpen) {
      this.shown = "";
      this.stage.finishPick(null);
      this.picker.close();
    }
    if (isOpen) {
      this.panelBefore = document.body.dataset.panel;
      showPanel("look");
    } else if (this.panelBefore !== undefined && document.body.dataset.panel === "look")
      showPanel(/** @type {Panel} */ (this.panelBefore));
  }

  /** @param {NonNullable<Inspector["selection"]>} selection */
  show(selection) {
    const { photo, place, tile } = selection;
    const { stage } = this;
    const { catalog, cell, frame, highlighted } = stage;
    if (!catalog) return;
    const license = catalog.licenses[photo.license];
    const photographer = catalog.photographers[photo.photographer];
    const [first, second] = orderCredit([photographer.name, photographer.url],
      [photo.name, photo.page]);
    this.title.replaceChildren(linkTo(first));
    this.photo.replaceChildren(linkTo(second));
    this.license.replaceChildren(linkTo([license.name, license.url]));
    // Users know who took their own photos.
    this.photo.hidden = this.license.hidden = !photographer.name;
    this.portrait.show(tile);
    const uses = stage.usesOfPhoto;
    const use = uses.length === 1 ? "used once"
      : `use ${formatNumber(uses.indexOf(cell) + 1)} of ${formatNumber(uses.length)}`;
    const match = frame?.errors ? `${describeMatch(frame.errors[cell])}.` : "";
    const position = stage.positionText(cell);
    this.uses.textContent = `${capitalize(position)}: ${use}`;
    this.match.textContent = match;
    this.previous.disabled = this.next.disabled = uses.length < 2;
    this.highlight.setAttribute("aria-pressed", String(highlighted !== null));
    setText(this.highlight, highlighted
      ? `Highlighting ${formatCount(highlighted.length, "cell")}`
      : "Highlight all uses");
    setText(this.ban, `${this.isBanned(selection) ? "Allow" : "Ban"} this `
      + (this.hasFaces ? "face" : "photo"));
    setText(this.pin, this.pinAt(place) ? "Unpin" : "Pin here");
    stage.announce([first[0], photographer.name && second[0], position, use]
      .filter(Boolean).join(", ").concat(". ", match));
  }

  /** @param {{ row: number, column: number }} place */
  pinAt({ row, column }) {
    return this.document.mosaic.pin.find((/** @type {Pin} */ pin) =>
      pin.row === row && pin.column === column);
  }

  /** Whether tiles are cut from faces, of which a photo may have several. */
  get hasFaces() {
    return this.store.state?.photos.cut === "faces";
  }

  /** Ids of all tiles of the selected photo or face. */
  get selectedIds() {
    const { catalog, selectedTiles } = this.stage;
    return new Set(catalog ? selectedTiles.map((tile) => catalog.tiles[tile].id) : []);
  }

  /** @param {NonNullable<Inspector["selection"]>} selection */
  isBanned({ photo: { name } }) {
    const ids = this.selectedIds;
    return this.document.mosaic.ban.some((/** @type {string} */ other) =>
      other === name || ids.has(other));
  }

  toggleBan() {
    const { selection } = this;
    if (!selection) return;
    const { id, photo: { name } } = selection;
    const isBanned = this.isBanned(selection);
    const ids = this.selectedIds.add(name);
    this.store.change(toggleBan(this.document, this.hasFaces ? id : name, ids),
      isBanned ? `Allow ${name}` : `Ban ${name}`);
    const what = this.hasFaces ? `The face in ${name}` : name;
    // The cell shows another photo at once, which mustn't be banned unseen.
    showNotice(isBanned ? `${what} can be used again.`
      : `${what} won’t be used. Undo brings it back.`);
  }

  togglePin() {
    const { selection } = this;
    if (!selection) return;
    const { id, photo, place } = selection;
    if (this.pinAt(place)) this.store.change(removePin(this.document, place), "Unpin");
    else this.store.change(addPin(this.document, { ...place, tile: id }),
      `Pin ${photo.name}`);
  }

  async pinAnother() {
    const { selection } = this;
    if (!selection) return;
    const id = await this.pick("Which photo should be pinned here?");
    if (id)
      this.store.change(addPin(this.document, { ...selection.place, tile: id }),
        "Pin another photo");
  }

  async replace() {
    const { selection } = this;
    if (!selection) return;
    const { id: old, photo: { name } } = selection;
    const id = await this.pick(`Which photo should replace ${name} everywhere?`);
    if (id && id !== old)
      this.store.change(addReplacement(this.document, old, id), `Replace ${name}`);
  }

  /**
   * Ask the user for a photo; return the id of a tile of it, or null.
   *
   * @param {string} question
   */
  async pick(question) {
    const { stage } = this;
    const answer = stage.pickTile();
    this.picker.open(question);
    this.content.hidden = true;
    stage.announce(`${question} Click it in the mosaic, or search for it.`);
    const tile = await answer;
    this.picker.close();
    this.content.hidden = false;
    this.stage.canvas.focus();
    return tile === null ? null : stage.catalog?.tiles[tile].id ?? null;
  }

  /** @param {number} tile */
  async loadFacts(tile) {
    const version = this.stage.source?.version ?? 0;
    /** @type {TileFacts} */
    const facts = await fetchJson("tiles/facts", { tile, version });
    return facts;
  }

  async moveCrop() {
    const { selection } = this;
    if (!selection) return;
    const { photo: { name }, tile } = selection;
    try {
      const { crop, photo_size: size } = await this.loadFacts(tile);
      const isMoved = name in (this.document.tiles.crops ?? {});
      const answer = await new CropFrame(name, size, crop, isMoved).ask();
      if (answer !== undefined)
        this.store.change(setCrop(this.document, name, answer), `Crop ${name}`);
    } catch (error) {
      showNotice(error);
    }
  }

  useAsTarget() {
    const { selection } = this;
    if (selection)
      this.connection.send("choose_target", { photo: selection.photo.name })
        .catch(showNotice);
  }

  async erase() {
    const { selection } = this;
    if (!selection) return;
    const { photo: { name }, tile } = selection;
    const isFace = this.hasFaces;
    const isSure = await confirm({
      title: isFace ? "Remove this face for good?" : "Remove this photo for good?",
      text: `${isFace ? `The face in ${name}` : name} and copies of it will never be used `
        + "again in this project. This can’t be undone. Files in your own folders stay.",
      yes: "Remove for good",
    });
    if (!isSure) return;
    try {
      const face = isFace ? (await this.loadFacts(tile)).crop : undefined;
      const answer = await this.connection.send("erase", { photo: name, face });
      if (answer?.text) showNotice(answer.text);
      this.stage.deselect();
    } catch (error) {
      showNotice(error);
    }
  }
}

/**
 * Return how well a photo matches its cell.
 *
 * @param {number} error
 */
function describeMatch(error) {
  const word = error <= CLOSE_ERROR ? "A close" : error <= FAIR_ERROR ? "A fair" : "A rough";
  return `${word} match (off by ${error} of 255)`;
}

/**
 * @param {HTMLElement} button
 * @param {string} text
 */
function setText(button, text) {
  const label = button.querySelector("span");
  if (label) label.textContent = text;
}
