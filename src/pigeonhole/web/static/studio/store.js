// @ts-check
/** The newest state of the studio, and changes of its document. */
import { ConnectionLost } from "./connection.js";
import { showNotice } from "./notice.js";

/** @import { Connection, Preview } from "./connection.js" */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {"cut" | "download" | "export"} kind
 * @property {string} title
 * @property {"waiting" | "running" | "done" | "failed" | "canceled"} state
 * @property {number} done
 * @property {number | null} total
 * @property {string} unit
 * @property {number | null} rate
 * @property {number | null} seconds_left
 * @property {string} text
 * @property {string[] | null} result Paths relative to the project folder.
 * @property {string | null} error
 */

/**
 * Work on the photos that isn't a job in the list, such as cutting tiles.
 *
 * @typedef {object} Work
 * @property {string} text
 * @property {number} done
 * @property {number | null} total
 * @property {string} unit
 * @property {number | null} rate
 * @property {number | null} seconds_left
 */

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {[width: number, height: number]} size Size of the upright original.
 * @property {[width: number, height: number]} cropped_size
 * @property {number | string} version
 */

/**
 * @typedef {object} StudioState
 * @property {number} revision
 * @property {{ name: string, folder: string }} project
 * @property {any} document Settings, as in `config.yaml`.
 * @property {any} [defaults] The document with which a project begins.
 * @property {{ undo: string | null, redo: string | null }} history
 * @property {{ revision: number, count: number, usable: number, skipped: number,
 *   with_faces: number, cut: "faces" | "photos" | null, tiles: number,
 *   tiles_version: number | string }} photos
 * @property {Target | null} target
 * @property {Work | null} work
 * @property {Job[]} jobs
 * @property {{ name: string, title: string, text: string, patch: any }[]} presets
 * @property {{ max_file_bytes: number, pexels: boolean, heic: boolean, video: boolean }} limits
 * @property {{ number: number, text: string } | null} notice The newest message.
 * @property {string | null} error
 */

/** @typedef {(state: StudioState, previous: StudioState | null) => void} StateListener */
/** @typedef {{ patch: any, label: string, gesture: number | null }} Change */

let lastGesture = Date.now();

/** Return a number for a new gesture; all changes of a gesture are undone as one. */
export function newGesture() {
  return ++lastGesture;
}

/** The newest state, the newest preview, and who wants to know of them. */
export class Store {
  constructor() {
    /** @type {StudioState | null} */
    this.state = null;
    /** @type {Preview | null} */
    this.preview = null;
    this.isOpen = false;
    /** @type {Connection | null} */
    this.connection = null;
    /** @type {Change[]} */
    this.changes = [];
    this.isSending = false;
    /** @type {Set<StateListener>} */
    this.stateListeners = new Set();
    /** @type {Set<(preview: Preview) => void>} */
    this.previewListeners = new Set();
    /** @type {Set<(isOpen: boolean) => void>} */
    this.openListeners = new Set();
  }

  /**
   * Call a function now, if there is a state, and after every change of it.
   *
   * @param {StateListener} listener
   */
  subscribe(listener) {
    this.stateListeners.add(listener);
    if (this.state) listener(this.state, null);
  }

  /** @param {(preview: Preview) => void} listener */
  onPreview(listener) {
    this.previewListeners.add(listener);
    if (this.preview) listener(this.preview);
  }

  /** @param {(isOpen: boolean) => void} listener */
  onOpen(listener) {
    this.openListeners.add(listener);
  }

  /** @param {StudioState} state */
  setState(state) {
    const previous = this.state;
    this.state = state;
    if (previous && previous.project.folder !== state.project.folder) this.preview = null;
    for (const listener of this.stateListeners) listener(state, previous);
  }

  /** @param {Preview} preview */
  setPreview(preview) {
    this.preview = preview;
    for (const listener of this.previewListeners) listener(preview);
  }

  /** @param {boolean} isOpen */
  setOpen(isOpen) {
    this.isOpen = isOpen;
    for (const listener of this.openListeners) listener(isOpen);
  }

  /**
   * Change the document. While the server answers, newer changes of the same gesture
   * replace older ones, so that a dragged slider never queues up.
   *
   * @param {any} patch
   * @param {string} label The name of the change in "Undo ...".
   * @param {number | null} [gesture]
   */
  change(patch, label, gesture = null) {
    const last = this.changes.at(-1);
    if (last && gesture !== null && last.gesture === gesture)
      last.patch = merge(last.patch, patch);
    else this.changes.push({ patch, label, gesture });
    if (!this.isSending) this.sendChanges();
  }

  async sendChanges() {
    const { connection } = this;
    if (!connection) return;
    this.isSending = true;
    for (let change; (change = this.changes.shift());) {
      try {
        await connection.whenOpen();
        await connection.send("change", change);
      } catch (error) {
        if (error instanceof ConnectionLost) this.changes.unshift(change);
        else showNotice(error);
      }
    }
    this.isSending = false;
  }
}

/**
 * Return a nested object with the values of another one on top.
 *
 * @param {any} base
 * @param {any} patch
 * @returns {any}
 */
function merge(base, patch) {
  if (!isMapping(base) || !isMapping(patch)) return patch;
  const merged = { ...base };
  for (const [key, value] of Object.entries(patch)) merged[key] = merge(base[key], value);
  return merged;
}

/** @param {any} value */
function isMapping(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
