// @ts-check
/** Search a mosaic for photographers and photos. */
import { byId, createElement, formatCount, formatNumber } from "../shared/dom.js";

/** @import { TileGroup } from "../shared/catalog.js" */
/** @import { Viewer } from "./main.js" */

/** How many results are listed at most. */
const MAX_RESULTS = 40;

/** The search field and its list of results. */
export class SearchPanel {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    this.viewer = viewer;
    this.field = byId("search", HTMLInputElement);
    this.list = byId("results");
    /** @type {TileGroup[]} */
    this.groups = [];
    /** Index of the active result; -1 is none. */
    this.active = -1;
    this.field.addEventListener("input", () => this.search());
    this.field.addEventListener("keydown", (event) => this.handleKey(event));
    this.search();
  }

  search() {
    const { viewer } = this;
    const text = this.field.value.trim();
    const groups = viewer.catalog.search(text)
      .filter(({ kind, uses }) => text || (kind === "photo" && uses));
    // Stop painting the thumbnails of the last list.
    for (const canvas of this.list.querySelectorAll("canvas"))
      viewer.pendingPaints.delete(canvas);
    this.groups = groups.slice(0, MAX_RESULTS);
    this.active = -1;
    const count = text ? describeCount(groups.length) : "Most used";
    byId("result-count").textContent = count;
    this.list.replaceChildren(...this.groups.map((group, index) =>
      this.makeItem(group, index)));
    this.field.removeAttribute("aria-activedescendant");
    if (text) viewer.announce(count);
  }

  /**
   * @param {TileGroup} group
   * @param {number} index
   */
  makeItem(group, index) {
    const item = createElement("li", { id: `result-${index}`,
      onclick: () => this.choose(index) });
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const text = createElement("div");
    text.append(createElement("b", { textContent: group.name }),
      createElement("small", { textContent: this.describeUses(group) }));
    item.append(this.viewer.makeThumbnail(group.tiles[0]), text);
    return item;
  }

  /** @param {TileGroup} group */
  describeUses({ kind, tiles, uses }) {
    const { banned } = this.viewer.catalog;
    const isBanned = tiles.every((tile) => banned.has(tile));
    const text = uses ? formatCount(uses, "use") : isBanned ? "banned" : "not used";
    return kind === "photographer" || tiles.length > 1
      ? `${formatCount(tiles.length, "tile")}, ${text}` : text;
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    if (event.key === "ArrowDown") this.activate(this.active + 1);
    else if (event.key === "ArrowUp") this.activate(this.active - 1);
    else if (event.key === "Enter") this.choose(Math.max(this.active, 0));
    else if (event.key === "Escape") {
      this.field.value = "";
      this.search();
      this.viewer.view.canvas.focus();
    } else return;
    event.preventDefault();
  }

  /** @param {number} index */
  activate(index) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = Math.min(Math.max(index, 0), this.groups.length - 1);
    const item = this.list.children[this.active];
    if (!item) return;
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", item.id);
  }

  /** @param {number} index */
  choose(index) {
    if (!this.groups[index]) return;
    this.activate(index);
    this.viewer.showGroup(this.groups[index]);
  }
}

/** @param {number} count */
function describeCount(count) {
  if (count === 0) return "No matches";
  if (count > MAX_RESULTS) return `First ${MAX_RESULTS} of ${formatNumber(count)} matches`;
  return count === 1 ? "1 match" : `${count} matches`;
}
