// @ts-check
/** The list of photos: loaded when it changes, searched and sorted. */
import { fetchJson } from "./connection.js";
import { isDownloading } from "./layout.js";
import { showNotice } from "./notice.js";

/** @import { Store } from "./store.js" */

/**
 * @typedef {object} Photo
 * @property {string} name
 * @property {number} width
 * @property {number} height
 * @property {string} source
 * @property {string} photographer
 * @property {string} page
 * @property {string} license
 * @property {number | null} faces
 * @property {number} tiles
 * @property {number} uses
 * @property {"waiting" | "ready" | "skipped"} state
 * @property {string | null} reason
 */

/** @typedef {{ name: string, reason: string, text: string }} Skipped */
/** @typedef {{ name: string, path: string, photos: number, found: boolean }} LinkedFolder */

/** Shortest time between two requests while photos arrive. */
const RELOAD_MS = 1200;

const ORDERS = {
  name: (/** @type {Photo} */ a, /** @type {Photo} */ b) => compareNames(a, b),
  uses: (/** @type {Photo} */ a, /** @type {Photo} */ b) => b.uses - a.uses || compareNames(a, b),
  unused: (/** @type {Photo} */ a, /** @type {Photo} */ b) => a.uses - b.uses || compareNames(a, b),
  skipped: (/** @type {Photo} */ a, /** @type {Photo} */ b) =>
    Number(b.state === "skipped") - Number(a.state === "skipped") || compareNames(a, b),
};

const collator = new Intl.Collator("en", { numeric: true });

/** The photos of the project. */
export class PhotoList {
  /** @param {Store} store */
  constructor(store) {
    /** @type {Photo[]} */
    this.photos = [];
    /** @type {Skipped[]} */
    this.skipped = [];
    /**
     * Files that this page couldn't send.
     *
     * @type {Skipped[]}
     */
    this.failures = [];
    /** @type {LinkedFolder[]} */
    this.folders = [];
    this.revision = -1;
    this.isLoading = false;
    this.nextLoad = 0;
    /** @type {Set<() => void>} */
    this.listeners = new Set();
    this.store = store;
    store.subscribe((state, previous) => {
      const isOther = previous && state.project.folder !== previous.project.folder;
      // The server learns of downloaded photos only when all are there.
      if (isOther || isDownloading(state)) this.revision = -1;
      this.update();
    });
    // A server that was restarted counts from the start.
    store.onOpen((isOpen) => { if (isOpen) this.revision = -1; });
    store.onPreview(({ header }) => {
      // The uses have changed.
      if (header.stage === "final") this.reload();
    });
  }

  /** @param {() => void} listener */
  onChange(listener) {
    this.listeners.add(listener);
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  addFailure(name, text) {
    this.failures.push({ name, reason: "failed", text });
    for (const listener of this.listeners) listener();
  }

  reload() {
    this.revision = -1;
    this.update();
  }

  async update() {
    const { state } = this.store;
    if (!state || this.isLoading || state.photos.revision === this.revision) return;
    const wait = this.nextLoad - Date.now();
    this.isLoading = true;
    try {
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      this.revision = this.store.state?.photos.revision ?? -1;
      const { photos, skipped, folders } = await fetchJson("photos");
      this.photos = photos;
      this.skipped = skipped;
      this.folders = folders ?? [];
      for (const listener of this.listeners) listener();
    } catch (error) {
      if (this.store.isOpen) showNotice(error);
    } finally {
      this.nextLoad = Date.now() + RELOAD_MS;
      this.isLoading = false;
    }
    if (this.store.isOpen) this.update();
  }

  /**
   * Return the photos whose name or photographer contains all words, in some order.
   *
   * @param {string} words
   * @param {string} order
   */
  find(words, order) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const found = wanted.length === 0 ? [...this.photos] : this.photos.filter((photo) => {
      const text = `${photo.name} ${photo.photographer}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    return found.sort(ORDERS[/** @type {keyof ORDERS} */ (order)]);
  }
}

/**
 * @param {Photo} a
 * @param {Photo} b
 */
function compareNames(a, b) {
  return collator.compare(a.name, b.name);
}
