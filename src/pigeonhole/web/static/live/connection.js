// @ts-check
/** Exchange frames and placements with the server; see live/page/protocol.py. */

/** @import { AtlasData } from "../shared/atlas.js" */

/** @typedef {[width: number, height: number]} Size */

/**
 * A tile set that the server offers.
 *
 * @typedef {object} TileSetData
 * @property {string} name
 * @property {boolean} color Whether frames must be sent in color.
 * @property {Omit<AtlasData, "pages">} atlas
 * @property {number} pages Number of atlas pages.
 */

/**
 * The first message of the server.
 *
 * @typedef {object} Hello
 * @property {"own" | "machine"} camera Whether this page sends frames of its own camera.
 * @property {Size} frame Size of the frames.
 * @property {Size} portrait Size of the image of a guest.
 * @property {boolean} mirror
 * @property {boolean} steady Whether tiles are kept from frame to frame.
 * @property {TileSetData[]} sets
 * @property {number} guests Maximum number of guests.
 */

/**
 * A guest of the mosaic. `tiles` holds a WebP image in Base64 for each tile set, or is
 * false if the page has the guest's tiles already.
 *
 * @typedef {{ seat: number, since: number, tiles: string[] | false }} GuestData
 */

/** @typedef {{ seat: number, key: string }} OwnGuest The guest who joined on this page. */

/**
 * A text message of the server.
 *
 * @typedef {object} ServerMessage
 * @property {Hello} [hello]
 * @property {GuestData[]} [guests] All guests who are present.
 * @property {OwnGuest | null} [guest]
 * @property {string} [refused] Why a guest couldn't join.
 */

/**
 * A text message of the page.
 *
 * @typedef {{ do: "steady", on: boolean } | { do: "return", key: string }
 *   | { do: "leave", key: string }} Command
 */

/**
 * @typedef {object} PlacementMessage
 * @property {number} set Number of the tile set.
 * @property {number} rows
 * @property {number} columns
 * @property {number} seq Sequence number of the frame.
 * @property {number} latency Milliseconds that the server took.
 * @property {number} changed Share of the cells that changed; -1 if unknown.
 * @property {Uint16Array | Uint32Array} numbers Tile numbers, row by row.
 */

/**
 * @typedef {object} ConnectionCallbacks
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(placement: PlacementMessage) => void} onPlacement
 * @property {(reason: string) => void} onLost Called before reconnecting.
 * @property {() => void} onEnd Called when the program has ended.
 */

/** The kinds of images that a page sends. */
export const FRAME = 1;
export const GUEST = 2;

const IMAGE_HEADER_BYTES = 8;
const PLACEMENT_HEADER_BYTES = 20;
const RETRY_DELAYS_MS = [500, 1000, 2000, 4000];
/** The close code that the server sends when the program ends. */
const GOING_AWAY = 1001;

/** The server's password; browsers don't send this part of an address. */
export const token = location.hash.slice(1);

/**
 * Return an address of the server, with the token.
 *
 * @param {string} path
 */
export function serverAddress(path) {
  return `${path}?token=${encodeURIComponent(token)}`;
}

/** A WebSocket that reconnects after an interruption. */
export class Connection {
  /** @param {ConnectionCallbacks} callbacks */
  constructor(callbacks) {
    this.callbacks = callbacks;
    this.failures = 0;
    this.lastSeq = 0;
    this.socket = this.open();
  }

  open() {
    const url = new URL(serverAddress("live"), location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.failures = 0;
      if (typeof data === "string") this.callbacks.onMessage(JSON.parse(data));
      else this.callbacks.onPlacement(parsePlacement(data));
    };
    socket.onclose = ({ code, reason }) => {
      if (code === GOING_AWAY) {
        this.callbacks.onEnd();
        return;
      }
      this.callbacks.onLost(reason);
      const delay = RETRY_DELAYS_MS[Math.min(this.failures++, RETRY_DELAYS_MS.length - 1)];
      setTimeout(() => { this.socket = this.open(); }, delay);
    };
    return socket;
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** @param {Command} command */
  sendCommand(command) {
    if (this.isOpen) this.socket.send(JSON.stringify(command));
  }

  /**
   * Send an image; return its sequence number.
   *
   * @param {typeof FRAME | typeof GUEST} kind
   * @param {number} set Number of the tile set.
   * @param {number} bytes
   * @param {(pixels: Uint8Array) => void} writePixels
   */
  sendImage(kind, set, bytes, writePixels) {
    const message = new Uint8Array(IMAGE_HEADER_BYTES + bytes);
    const seq = ++this.lastSeq;
    const header = new DataView(message.buffer);
    header.setUint8(0, kind);
    header.setUint8(1, set);
    header.setUint32(4, seq, true);
    writePixels(message.subarray(IMAGE_HEADER_BYTES));
    this.socket.send(message);
    return seq;
  }
}

/**
 * @param {ArrayBuffer} message
 * @returns {PlacementMessage}
 */
function parsePlacement(message) {
  const header = new DataView(message);
  const NumberArray = header.getUint8(0) === 2 ? Uint16Array : Uint32Array;
  return {
    set: header.getUint8(1),
    rows: header.getUint16(2, true),
    columns: header.getUint16(4, true),
    seq: header.getUint32(8, true),
    latency: header.getFloat32(12, true),
    changed: header.getFloat32(16, true),
    numbers: new NumberArray(message, PLACEMENT_HEADER_BYTES),
  };
}
