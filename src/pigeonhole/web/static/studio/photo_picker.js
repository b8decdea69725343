// @ts-check
/** Ask the user for a photo: one in the mosaic, or one of a list. */
import { createElement, formatCount } from "../shared/dom.js";
import { textButton } from "./controls.js";
import { TileImage } from "./tile_image.js";

/** @import { TileGroup } from "../shared/catalog.js" */
/** @import { Stage } from "./stage.js" */

const MAX_RESULTS = 40;
const THUMBNAIL_WIDTH = 48;

/** The question, a search field and the photos that match. */
export class PhotoPicker {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.question = createElement("h2");
    this.field = document.createElement("input");
    Object.assign(this.field, { type: "search", placeholder: "Search photos",
      autocomplete: "off" });
    this.field.setAttribute("aria-label", "Search photos");
    this.field.addEventListener("input", () => this.search());
    this.list = createElement("ul", { className: "picker-list" });
    this.element = createElement("div", { className: "picker", hidden: true });
    this.element.append(this.question,
      createElement("p", { className: "muted",
        textContent: "Click it in the mosaic, or search for it." }),
      this.field, this.list, textButton("close", "Cancel", () => stage.finishPick(null)));
  }

  get isOpen() {
    return !this.element.hidden;
  }

  /** @param {string} question */
  open(question) {
    this.question.textContent = question;
    this.field.value = "";
    this.element.hidden = false;
    this.search();
    this.field.focus();
  }

  close() {
    this.element.hidden = true;
    this.list.replaceChildren();
  }

  search() {
    const groups = (this.stage.catalog?.search(this.field.value) ?? [])
      .filter(({ kind }) => kind === "photo");
    this.list.replaceChildren(...groups.slice(0, MAX_RESULTS).map((group) =>
      this.makeItem(group)));
    if (!groups.length) this.list.append(createElement("li",
      { className: "muted", textContent: "No photos match." }));
  }

  /** @param {TileGroup} group */
  makeItem({ name, tiles, uses }) {
    const button = createElement("button", { type: "button",
      onclick: () => this.stage.finishPick(tiles[0]) });
    const text = createElement("span");
    text.append(createElement("b", { textContent: name }),
      createElement("small", { textContent: uses ? formatCount(uses, "use") : "not used" }));
    button.append(new TileImage(this.stage, THUMBNAIL_WIDTH, tiles[0]).canvas, text);
    const item = createElement("li");
    item.append(button);
    return item;
  }
}
