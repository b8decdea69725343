// @ts-check
/** A grid of thumbnails of which only the visible ones exist. */
import { createElement, formatCount } from "../shared/dom.js";
import { serverAddress } from "./connection.js";

/** @import { Photo } from "./photo_list.js" */

/** Sizes of thumbnails in device pixels, so that the server keeps few of each photo. */
const SIDES = [96, 160, 256, 384];
const GAP = 4;
const SPARE_ROWS = 2;
/** Width of a thumbnail, in multiples of the root's font size. */
const WIDTH_REM = 4.6;

/** Which photos are visible and which are selected. */
export class PhotoGrid {
  /**
   * @param {HTMLElement} element An element that scrolls.
   * @param {{ onSelect: () => void, onOpen: (photo: Photo) => void, onRemove: () => void }} callbacks
   */
  constructor(element, callbacks) {
    this.element = element;
    this.callbacks = callbacks;
    this.canvas = element.appendChild(createElement("div"));
    this.canvas.setAttribute("role", "presentation");
    /** @type {Photo[]} */
    this.photos = [];
    /** @type {Set<string>} */
    this.selected = new Set();
    /** @type {Map<string, HTMLElement>} */
    this.shown = new Map();
    this.current = 0;
    this.anchor = 0;
    this.columns = 1;
    this.side = 64;
    this.frame = 0;
    element.addEventListener("scroll", () => this.requestDraw(), { passive: true });
    element.addEventListener("keydown", (event) => this.handleKey(event));
    element.addEventListener("click", (event) => this.handleClick(event));
    element.addEventListener("dblclick", (event) => this.openAt(this.indexAt(event)));
    new ResizeObserver(() => this.requestDraw()).observe(element);
  }

  /** @param {Photo[]} photos */
  setPhotos(photos) {
    this.retry();
    const names = new Set(photos.map(({ name }) => name));
    const before = this.selected.size;
    for (const name of this.selected) if (!names.has(name)) this.selected.delete(name);
    this.photos = photos;
    this.current = Math.max(0, Math.min(this.current, photos.length - 1));
    this.requestDraw();
    if (this.selected.size !== before) this.callbacks.onSelect();
  }

  /** Load the thumbnails again that couldn't be loaded. */
  retry() {
    for (const option of this.shown.values()) {
      const image = option.querySelector("img");
      if (image && option.dataset.failed) image.src = option.dataset.failed;
    }
  }

  requestDraw() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const { element, photos } = this;
    const style = getComputedStyle(document.documentElement);
    const rem = parseFloat(style.fontSize);
    const width = element.clientWidth - 2 * rem;
    if (width <= 0) return;
    this.columns = Math.max(2, Math.round((width + GAP) / (WIDTH_REM * rem + GAP)));
    this.side = (width + GAP) / this.columns - GAP;
    const step = this.side + GAP;
    const rows = Math.ceil(photos.length / this.columns);
    this.canvas.style.height = `${rows * step + rem}px`;
    const first = Math.max(0, Math.floor(element.scrollTop / step) - SPARE_ROWS);
    const last = Math.ceil((element.scrollTop + element.clientHeight) / step) + SPARE_ROWS;
    /** @type {Map<string, HTMLElement>} */
    const shown = new Map();
    const end = Math.min(photos.length, last * this.columns);
    for (let i = first * this.columns; i < end; i++) {
      const photo = photos[i];
      const option = this.shown.get(photo.name) ?? this.makeOption(photo);
      this.shown.delete(photo.name);
      shown.set(photo.name, option);
      this.updateOption(option, photo, i);
      option.style.width = option.style.height = `${this.side}px`;
      option.style.translate = `${rem + (i % this.columns) * step}px ${
        Math.floor(i / this.columns) * step}px`;
    }
    for (const option of this.shown.values()) {
      // An image that isn't visible any more isn't loaded any more.
      option.querySelector("img")?.removeAttribute("src");
      option.remove();
    }
    this.shown = shown;
    const current = photos[this.current] && shown.get(photos[this.current].name);
    if (current) element.setAttribute("aria-activedescendant", current.id);
    else element.removeAttribute("aria-activedescendant");
  }

  /** @param {Photo} photo */
  makeOption(photo) {
    const option = createElement("div", { id: `photo-${encodeURIComponent(photo.name)}` });
    option.setAttribute("role", "option");
    const wanted = this.side * devicePixelRatio;
    const side = SIDES.find((candidate) => candidate >= wanted) ?? SIDES[SIDES.length - 1];
    const image = createElement("img", { alt: "", decoding: "async", draggable: false });
    image.addEventListener("load", () => {
      image.classList.add("loaded");
      delete option.dataset.failed;
    });
    image.addEventListener("error", () => { option.dataset.failed = image.src; });
    image.src = serverAddress("photos/thumbnail", { name: photo.name, side });
    option.append(image);
    return this.canvas.appendChild(option);
  }

  /**
   * @param {HTMLElement} option
   * @param {Photo} photo
   * @param {number} index
   */
  updateOption(option, photo, index) {
    const isCurrent = index === this.current;
    option.className = `photo ${photo.state}${isCurrent ? " current" : ""}`;
    option.dataset.index = String(index);
    option.title = photo.reason ? `${photo.name}: ${photo.reason}` : photo.name;
    option.setAttribute("aria-label", describe(photo));
    option.setAttribute("aria-selected", String(this.selected.has(photo.name)));
    option.setAttribute("aria-setsize", String(this.photos.length));
    option.setAttribute("aria-posinset", String(index + 1));
    const text = photo.state === "skipped" ? "!" : photo.uses > 0 ? `${photo.uses}×` : "";
    let badge = option.querySelector(".badge");
    if (!text) badge?.remove();
    else if (badge?.textContent !== text) {
      badge ??= option.appendChild(createElement("span"));
      badge.className = photo.state === "skipped" ? "badge warning" : "badge";
      badge.textContent = text;
    }
  }

  // ---- selection ----

  /** @param {MouseEvent} event */
  indexAt({ target }) {
    const option = target instanceof Element ? target.closest(".photo") : null;
    return option instanceof HTMLElement ? Number(option.dataset.index) : -1;
  }

  /** @param {MouseEvent} event */
  handleClick(event) {
    const index = this.indexAt(event);
    if (index < 0) return;
    const { name } = this.photos[index];
    const isTouch = /** @type {PointerEvent} */ (event).pointerType === "touch";
    this.current = index;
    if (event.shiftKey) this.selectRange(index);
    else if (event.ctrlKey || event.metaKey || isTouch) this.toggle(name);
    else {
      const wasOnly = this.selected.size === 1 && this.selected.has(name);
      this.selected.clear();
      if (!wasOnly) this.selected.add(name);
    }
    if (!event.shiftKey) this.anchor = index;
    this.requestDraw();
    this.callbacks.onSelect();
  }

  /** @param {string} name */
  toggle(name) {
    if (!this.selected.delete(name)) this.selected.add(name);
  }

  /** @param {number} index */
  selectRange(index) {
    this.selected.clear();
    const [first, last] = [Math.min(index, this.anchor), Math.max(index, this.anchor)];
    for (const { name } of this.photos.slice(first, last + 1)) this.selected.add(name);
  }

  clearSelection() {
    this.selected.clear();
    this.requestDraw();
    this.callbacks.onSelect();
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / (this.side + GAP)));
    /** @type {Record<string, number>} */
    const steps = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.columns,
      ArrowDown: this.columns,
      PageUp: -page * this.columns,
      PageDown: page * this.columns,
      Home: -Infinity,
      End: Infinity,
    };
    const photo = this.photos[this.current];
    if (event.key in steps) {
      this.moveTo(this.current + steps[event.key]);
      if (event.shiftKey) this.selectRange(this.current);
      else this.anchor = this.current;
    } else if (event.key === " " && photo) this.toggle(photo.name);
    else if (event.key === "a" && (event.ctrlKey || event.metaKey))
      this.selected = new Set(this.photos.map(({ name }) => name));
    else if (event.key === "Enter") this.openAt(this.current);
    else if (event.key === "Delete" && this.selected.size) this.callbacks.onRemove();
    else if (event.key === "Escape" && this.selected.size) this.selected.clear();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.requestDraw();
    this.callbacks.onSelect();
  }

  /** @param {number} index */
  moveTo(index) {
    this.current = Math.max(0, Math.min(index, this.photos.length - 1));
    const step = this.side + GAP;
    const top = Math.floor(this.current / this.columns) * step;
    const { element } = this;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + step > element.scrollTop + element.clientHeight)
      element.scrollTop = top + step - element.clientHeight;
  }

  /** @param {number} index */
  openAt(index) {
    if (this.photos[index]) this.callbacks.onOpen(this.photos[index]);
  }
}

/** @param {Photo} photo */
function describe(photo) {
  if (photo.state === "skipped") return `${photo.name}, can’t be used: ${photo.reason ?? ""}`;
  if (photo.state === "waiting") return `${photo.name}, not ready yet`;
  return `${photo.name}, ${photo.uses ? formatCount(photo.uses, "use") : "not used"}`;
}
