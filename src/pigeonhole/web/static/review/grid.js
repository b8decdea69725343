// @ts-check
/** Show many items in a scrolling grid of which only the visible part exists. */
import { byId, createElement } from "../shared/dom.js";

/** @import { Item } from "./data.js" */

/** Height of the note below each image, in pixels. */
const NOTE_HEIGHT = 24;
const PADDING = 12;
/** Rows to keep above and below the visible ones. */
const SPARE_ROWS = 2;

/** A grid of items, one of which is active. */
export class Grid {
  /**
   * @param {object} callbacks
   * @param {(item: Item) => boolean} callbacks.isMarked
   * @param {(item: Item) => void} callbacks.onShow Called for the item under the pointer
   *   and the active one.
   * @param {(item: Item) => void} callbacks.onMark
   */
  constructor({ isMarked, onShow, onMark }) {
    this.isMarked = isMarked;
    this.onShow = onShow;
    this.onMark = onMark;
    this.viewport = byId("grid");
    this.content = byId("grid-content");
    /** @type {Item[]} */
    this.items = [];
    this.active = 0;
    /** @type {Map<number, HTMLElement>} */
    this.cells = new Map();
    this.minCellSide = () => parseFloat(
      getComputedStyle(this.viewport).getPropertyValue("--min-cell-side"));
    this.viewport.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()));
    this.viewport.addEventListener("keydown", (event) => this.handleKey(event));
    new ResizeObserver(() => this.draw()).observe(this.viewport);
  }

  get columns() {
    return Math.max(1, Math.floor(this.content.clientWidth / this.minCellSide()));
  }

  get cellSide() {
    return this.content.clientWidth / this.columns;
  }

  get rowHeight() {
    return this.cellSide + NOTE_HEIGHT;
  }

  get pageLength() {
    const rows = Math.floor(this.viewport.clientHeight / this.rowHeight);
    return this.columns * Math.max(1, rows);
  }

  focus() {
    this.viewport.focus({ preventScroll: true });
  }

  /** @param {Item[]} items */
  setItems(items) {
    this.items = items;
    this.active = 0;
    this.cells.clear();
    this.content.replaceChildren();
    this.viewport.scrollTop = 0;
    this.draw();
  }

  /** @param {number} index */
  activate(index) {
    this.active = Math.max(0, Math.min(this.items.length - 1, index));
    const top = Math.floor(this.active / this.columns) * this.rowHeight;
    const minScroll = top + this.rowHeight + PADDING - this.viewport.clientHeight;
    this.viewport.scrollTop = Math.min(top, Math.max(minScroll, this.viewport.scrollTop));
    this.draw();
    if (this.items.length) this.onShow(this.items[this.active]);
  }

  /** Create and place the visible cells; remove the others. */
  draw() {
    const { columns, cellSide, rowHeight, items, viewport } = this;
    const rows = Math.ceil(items.length / columns);
    this.content.style.height = `${rows * rowHeight + PADDING}px`;
    const { scrollTop, clientHeight } = viewport;
    const firstRow = Math.max(0, Math.floor(scrollTop / rowHeight) - SPARE_ROWS);
    const lastRow = Math.ceil((scrollTop + clientHeight) / rowHeight) + SPARE_ROWS;
    const [first, last] = [firstRow * columns, Math.min(items.length, lastRow * columns)];
    for (const [index, cell] of this.cells) {
      if (index >= first && index < last) continue;
      cell.remove();
      this.cells.delete(index);
    }
    for (let index = first; index < last; index++) {
      const cell = this.cells.get(index) ?? this.addCell(index);
      cell.style.width = `${cellSide}px`;
      cell.style.left = `${(index % columns) * cellSide}px`;
      cell.style.top = `${Math.floor(index / columns) * rowHeight + 10}px`;
      cell.classList.toggle("active", index === this.active);
      cell.setAttribute("aria-selected", String(this.isMarked(items[index])));
      cell.setAttribute("aria-posinset", String(index + 1));
      cell.setAttribute("aria-setsize", String(items.length));
    }
    const active = items.length ? `cell-${this.active}` : "";
    viewport.setAttribute("aria-activedescendant", active);
  }

  /** @param {number} index */
  addCell(index) {
    const item = this.items[index];
    const isFace = item.kind === "face";
    const cell = createElement("div", { className: "cell", id: `cell-${index}`,
      title: isFace ? item.line : `${item.photo.name} duplicates ${item.duplicateOf}` });
    cell.setAttribute("role", "option");
    const crops = createElement("span", { className: "crop" });
    crops.append(makeCrop(item.crop));
    if (item.originalCrop) {
      crops.append(makeCrop(item.originalCrop));
      cell.classList.add("pair");
    }
    const note = isFace ? item.score.toFixed(1) : "photo";
    cell.append(crops, createElement("span", { className: "note", textContent: note }));
    cell.addEventListener("pointerenter", (event) => {
      if (event.pointerType === "mouse") this.onShow(item);
    });
    cell.addEventListener("click", () => {
      this.activate(index);
      this.onMark(item);
      this.focus();
    });
    this.cells.set(index, cell);
    this.content.append(cell);
    return cell;
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { active, columns, pageLength } = this;
    /** @type {Record<string, number>} */
    const targets = { ArrowLeft: active - 1, ArrowRight: active + 1,
      ArrowUp: active - columns, ArrowDown: active + columns,
      PageUp: active - pageLength, PageDown: active + pageLength,
      Home: 0, End: this.items.length - 1 };
    const target = targets[event.key];
    if (target !== undefined) this.activate(target);
    else if (event.key === " " || event.key === "Enter") {
      if (this.items.length) this.onMark(this.items[active]);
    } else return;
    event.preventDefault();
  }
}

/** @param {string} crop */
export function cropAddress(crop) {
  return `data:image/webp;base64,${crop}`;
}

/** @param {string} crop */
function makeCrop(crop) {
  return createElement("img", { src: cropAddress(crop), alt: "" });
}
