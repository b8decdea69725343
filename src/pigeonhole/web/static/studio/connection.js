// @ts-check
/** Talk to the server: a WebSocket that reconnects, and addresses with the token. */

/**
 * A message of the server that holds a preview: a header and named arrays.
 *
 * @typedef {{ header: PreviewHeader, parts: Record<string, Uint8Array> }} Preview
 */

/**
 * @typedef {object} PreviewHeader
 * @property {number} revision
 * @property {"draft" | "exact" | "final"} stage
 * @property {[width: number, height: number]} size
 * @property {[width: number, height: number]} cell
 * @property {{ rows: number, columns: number } | null} grid
 * @property {number} cells
 * @property {number} tile_count
 * @property {number | string} tiles_version
 * @property {number} overlay
 * @property {string} image_type
 * @property {{ name: string, length: number }[]} parts
 * @property {{ numbers: Record<string, any>, sentences: string[], advice: any[] } | null} summary
 * @property {string | null} error
 */

/**
 * @typedef {object} ConnectionCallbacks
 * @property {(message: any) => void} onState
 * @property {(preview: Preview) => void} onPreview
 * @property {(isOpen: boolean) => void} onChange Called when the connection opens or closes.
 */

const RETRY_DELAYS_MS = [500, 1000, 2000, 4000];
const ALIGNMENT = 8;

/** The server's password, from the address that the program opened. */
export const token =
  new URLSearchParams(location.search).get("token") ?? location.hash.slice(1);

/**
 * Return an address of the server, with the token.
 *
 * @param {string} path
 * @param {Record<string, string | number>} [parameters]
 */
export function serverAddress(path, parameters = {}) {
  const query = new URLSearchParams({ token });
  for (const [name, value] of Object.entries(parameters)) query.set(name, String(value));
  return `/${path}?${query}`;
}

/**
 * Return the JSON answer to a request; raise an Error with the server's sentence.
 *
 * @param {string} path
 * @param {Record<string, string | number>} [parameters]
 * @param {RequestInit} [options]
 */
export async function fetchJson(path, parameters, options) {
  let response;
  try {
    response = await fetch(serverAddress(path, parameters), options);
  } catch {
    throw new ConnectionLost();
  }
  if (!response.ok) throw new Error((await response.text()) || response.statusText);
  return response.json();
}

/** The server can't be reached. */
export class ConnectionLost extends Error {
  constructor() {
    super("The studio isn’t running: start it again, and try again.");
  }
}

/** A WebSocket that reconnects after an interruption. */
export class Connection {
  /** @param {ConnectionCallbacks} callbacks */
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.failures = 0;
    this.lastId = 0;
    /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
    this.waiting = new Map();
    /** @type {(() => void)[]} */
    this.openListeners = [];
    this.socket = this.open();
  }

  open() {
    const url = new URL(serverAddress("socket"), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.failures = 0;
      this.callbacks.onChange(true);
      for (const listener of this.openListeners.splice(0)) listener();
    };
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = () => {
      this.callbacks.onChange(false);
      for (const { reject } of this.waiting.values()) reject(new ConnectionLost());
      this.waiting.clear();
      const delay = RETRY_DELAYS_MS[Math.min(this.failures++, RETRY_DELAYS_MS.length - 1)];
      setTimeout(() => { this.socket = this.open(); }, delay);
    };
    return socket;
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Return a promise that is fulfilled when the connection is open. */
  whenOpen() {
    if (this.isOpen) return Promise.resolve();
    return new Promise((resolve) => this.openListeners.push(() => resolve(undefined)));
  }

  /**
   * Send a message; return the server's result or raise an Error with its sentence.
   *
   * @param {string} type
   * @param {Record<string, any>} [fields]
   * @returns {Promise<any>}
   */
  send(type, fields = {}) {
    if (!this.isOpen) return Promise.reject(new ConnectionLost());
    const id = ++this.lastId;
    this.socket.send(JSON.stringify({ type, id, ...fields }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** @param {string | ArrayBuffer} data */
  receive(data) {
    if (typeof data !== "string") {
      this.callbacks.onPreview(parsePreview(data));
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "answer") this.answer(message);
    else if (message.type === "state") this.callbacks.onState(message);
  }

  /** @param {{ id: number, error: string | null, result: any }} message */
  answer({ id, error, result }) {
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error) waiting?.reject(new Error(error));
    else waiting?.resolve(result);
  }
}

/**
 * @param {ArrayBuffer} message
 * @returns {Preview}
 */
function parsePreview(message) {
  const length = new DataView(message).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(message, 4, length)));
  /** @type {Record<string, Uint8Array>} */
  const parts = {};
  let offset = align(4 + length);
  for (const part of header.parts) {
    parts[part.name] = new Uint8Array(message, offset, part.length);
    offset = align(offset + part.length);
  }
  return { header, parts };
}

/** @param {number} offset */
function align(offset) {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}
