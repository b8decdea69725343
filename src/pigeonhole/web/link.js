/* The socket: pictures up, tile numbers down. See live/page/protocol.py. */

const HEAD_UP = 8;
const HEAD_DOWN = 20;
const PATIENCE = [500, 1000, 2000, 4000];
/** With this code the server parts when the program ends: it won't come back. */
const GOING_AWAY = 1001;
export const FRAME = 1;
export const GUEST = 2;

/** The part of the address that no browser sends; the server's pass. */
export const token = location.hash.slice(1);

/** An address of this server, with the token. */
export const address = (path) => `${path}?token=${encodeURIComponent(token)}`;

/** Talks to the server, and comes back when the connection is lost. */
export class Link {
  /**
   * heard: called with each message in text; placed: with each placement;
   * lost: with the reason, when the connection is gone; ended: when it is so for good.
   */
  constructor({ heard, placed, lost, ended }) {
    Object.assign(this, { heard, placed, lost, ended, fails: 0, seq: 0 });
    this.open();
  }

  open() {
    const url = new URL(address("live"), location);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.fails = 0;
      if (typeof data === "string") this.heard(JSON.parse(data));
      else this.placed(unpack(data));
    };
    socket.onclose = ({ code, reason }) => {
      if (code === GOING_AWAY) return this.ended();
      this.lost(reason);
      const pause = PATIENCE[Math.min(this.fails++, PATIENCE.length - 1)];
      setTimeout(() => this.open(), pause);
    };
    this.socket = socket;
  }

  get ready() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Ask the server for something. */
  ask(wish) {
    if (this.ready) this.socket.send(JSON.stringify(wish));
  }

  /** Send a picture made by `fill(bytes)`; return its number. */
  send(kind, set, size, fill) {
    const message = new Uint8Array(HEAD_UP + size);
    const seq = ++this.seq;
    const head = new DataView(message.buffer);
    head.setUint8(0, kind);
    head.setUint8(1, set);
    head.setUint32(4, seq, true);
    fill(message.subarray(HEAD_UP));
    this.socket.send(message);
    return seq;
  }
}

function unpack(data) {
  const head = new DataView(data);
  const Numbers = head.getUint8(0) === 2 ? Uint16Array : Uint32Array;
  return {
    set: head.getUint8(1),
    rows: head.getUint16(2, true),
    columns: head.getUint16(4, true),
    seq: head.getUint32(8, true),
    latency: head.getFloat32(12, true),
    changed: head.getFloat32(16, true),
    numbers: new Numbers(data, HEAD_DOWN),
  };
}
