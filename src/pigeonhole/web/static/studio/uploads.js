// @ts-check
/** Send photos to the server, a few at a time, also across a restart of the server. */
import { byId, formatCount, formatNumber, onClick } from "../shared/dom.js";
import { ConnectionLost, fetchJson } from "./connection.js";
import { announce } from "./layout.js";
import { showNotice } from "./notice.js";
import { formatBytes, formatLeft, setProgress } from "./progress.js";

/** @import { Connection } from "./connection.js" */
/** @import { Store } from "./store.js" */

/**
 * A file, and the folder that it was in.
 *
 * @typedef {{ file: File, folder: string, attempts?: number }} Upload
 */

const AT_ONCE = 4;
const MAX_ATTEMPTS = 5;
const UPDATE_MS = 200;
/** The rate is that of the newest seconds. */
const RATE_MS = 8000;

/** The files to send, and how far that is. */
export class Uploads {
  /**
   * @param {Store} store
   * @param {Connection} connection
   * @param {(name: string, text: string) => void} onFail Called for each file that isn't
   *   added, and that the server doesn't list.
   */
  constructor(store, connection, onFail) {
    this.store = store;
    this.connection = connection;
    /** @type {Upload[]} */
    this.queue = [];
    this.running = 0;
    this.abort = new AbortController();
    /** How many files the server, or this page, refused. */
    this.refused = 0;
    /** How many photos were in the project before. */
    this.known = 0;
    this.onFail = onFail;
    this.count = this.done = this.bytes = this.sent = 0;
    /**
     * Bytes that had been sent at some times.
     *
     * @type {{ time: number, sent: number }[]}
     */
    this.marks = [];
    this.timer = 0;
    onClick({ "upload-cancel": () => this.cancel() });
    window.addEventListener("beforeunload", (event) => {
      if (this.isActive) event.preventDefault();
    });
  }

  get isActive() {
    return this.running > 0 || this.queue.length > 0;
  }

  reset() {
    this.count = this.done = this.bytes = this.sent = this.refused = this.known = 0;
    this.marks = [];
  }

  /** @param {Upload[]} uploads */
  add(uploads) {
    if (!this.isActive) this.reset();
    const limit = this.store.state?.limits.max_file_bytes ?? Infinity;
    for (const upload of uploads) {
      const { size, name } = upload.file;
      if (size > limit)
        this.fail(name, `It is ${formatBytes(size)}; only files up to ${formatBytes(limit)} `
          + "can be added this way. Link its folder instead.");
      else {
        this.queue.push(upload);
        this.count++;
        this.bytes += size;
      }
    }
    while (this.running < AT_ONCE && this.queue.length) this.work();
    this.requestUpdate();
  }

  async work() {
    this.running++;
    for (let upload; (upload = this.queue.shift());) await this.send(upload);
    this.running--;
    this.requestUpdate();
    if (!this.isActive && this.count) this.report();
  }

  report() {
    const added = this.done - this.known;
    const parts = [];
    if (added) parts.push(`${formatCount(added, "photo")} added.`);
    if (this.known)
      parts.push(`${formatCount(this.known, "photo")} ${this.known === 1 ? "was" : "were"} `
        + "in the project already.");
    if (this.refused)
      parts.push(`${formatCount(this.refused, "file")} couldn’t be added: `
        + "see the list below the photos.");
    if (this.refused || this.known) showNotice(parts.join(" "));
    else announce(parts.join(" "));
  }

  /** @param {Upload} upload */
  async send(upload) {
    const { file, folder } = upload;
    const { signal } = this.abort;
    try {
      const parameters = { name: file.name, folder };
      const { is_new } =
        await fetchJson("photos", parameters, { method: "POST", body: file, signal });
      this.done++;
      if (!is_new) this.known++;
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ConnectionLost) {
        await this.retry(upload);
        return;
      }
      // The server lists it, with the reason.
      this.refused++;
    }
    this.sent += file.size;
    this.requestUpdate();
  }

  /** @param {Upload} upload */
  async retry(upload) {
    upload.attempts = (upload.attempts ?? 0) + 1;
    // The server may be gone, or the file may have been moved or deleted.
    if (upload.attempts > MAX_ATTEMPTS) {
      this.sent += upload.file.size;
      this.fail(upload.file.name, "The file couldn’t be read or sent.");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 500 * (upload.attempts ?? 1)));
    await this.connection.whenOpen();
    if (!this.abort.signal.aborted) this.queue.unshift(upload);
  }

  cancel() {
    this.queue = [];
    this.abort.abort();
    this.abort = new AbortController();
    this.count = 0;
    this.requestUpdate();
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  fail(name, text) {
    this.refused++;
    this.onFail(name, text);
  }

  requestUpdate() {
    if (!this.timer) this.timer = setTimeout(() => this.update(), UPDATE_MS);
  }

  update() {
    this.timer = 0;
    byId("uploads").hidden = !this.isActive;
    byId("welcome-progress").textContent =
      this.isActive ? `Adding ${formatNumber(this.done)} of ${formatCount(this.count, "photo")}` : "";
    if (this.isActive) {
      const rate = this.measureRate();
      const finished = this.count - this.queue.length - this.running;
      byId("upload-text").textContent =
        `Adding ${formatNumber(Math.max(0, finished))} of ${formatCount(this.count, "photo")}`;
      const parts = [`${formatBytes(this.sent)} of ${formatBytes(this.bytes)}`];
      if (rate) parts.push(`${formatBytes(rate)}/s`, formatLeft((this.bytes - this.sent) / rate));
      byId("upload-left").textContent = parts.join(", ");
      setProgress(byId("upload-bar", HTMLProgressElement), this.sent, this.bytes);
      this.timer = setTimeout(() => this.update(), 1000);
    }
  }

  /** Return bytes per second, or 0 while it is unknown. */
  measureRate() {
    const now = performance.now();
    this.marks.push({ time: now, sent: this.sent });
    while (this.marks.length > 2 && now - this.marks[0].time > RATE_MS) this.marks.shift();
    const [first] = this.marks;
    return now > first.time ? ((this.sent - first.sent) * 1000) / (now - first.time) : 0;
  }
}
