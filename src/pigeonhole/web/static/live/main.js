// @ts-check
/** Run the live page: send frames of the camera, and show the placements. */
import { byId, onClick } from "../shared/dom.js";
import { Camera } from "./camera.js";
import { Connection, FRAME, token } from "./connection.js";
import { FrameStats } from "./frame_stats.js";
import { GuestControls } from "./guest_controls.js";
import { LiveMosaic } from "./live_mosaic.js";
import { Recorder, saveSnapshot } from "./recording.js";
import { TileCard } from "./tile_card.js";

/** @import { Hello, PlacementMessage, ServerMessage } from "./connection.js" */

const NOTICE_MS = 4000;
const IDLE_MS = 3000;

/** The whole page. */
class LivePage {
  constructor() {
    const canvas = byId("mosaic", HTMLCanvasElement);
    this.canvas = canvas;
    this.mosaic = new LiveMosaic(canvas, byId("highlight", HTMLCanvasElement));
    this.stats = new FrameStats();
    this.recorder = new Recorder(canvas);
    this.card = new TileCard(this.mosaic);
    this.camera = new Camera((time) => {
      this.capturedAt = time;
      this.sendFrame();
    });
    /** @type {Hello | null} */
    this.hello = null;
    /** @type {GuestControls | null} */
    this.guestControls = null;
    /** Number of the tile set. */
    this.set = 0;
    this.isMirrored = true;
    this.isSteady = true;
    /** Whether the user has chosen `isSteady`, so that the server's default is ignored. */
    this.hasChosenSteady = false;
    this.isFrozen = false;
    /**
     * When the camera captured the image that wasn't sent yet.
     *
     * @type {number | null}
     */
    this.capturedAt = null;
    /**
     * The frame that the server is working on; there is at most one.
     *
     * @type {{ seq: number, capturedAt: number } | null}
     */
    this.pendingFrame = null;
    this.noticeTimer = 0;
    this.idleTimer = 0;
    /** @type {Record<string, () => void>} */
    this.actionsByKey = {
      m: () => this.toggleMirror(),
      h: () => this.toggleSteady(),
      " ": () => this.toggleFreeze(),
      s: () => this.takeSnapshot(),
      r: () => this.toggleRecording(),
      f: () => this.toggleFullScreen(),
      n: () => this.nextTileSet(),
      w: () => this.toggleFind(),
      "?": () => byId("help", HTMLDialogElement).showModal(),
    };
    this.listen();
    this.connection = new Connection({
      onMessage: (message) => this.handleMessage(message),
      onPlacement: (placement) => this.showPlacement(placement),
      onLost: (reason) => this.handleLost(reason),
      onEnd: () => this.end(),
    });
  }

  /* Frames and placements. */

  sendFrame() {
    const { hello, capturedAt, connection } = this;
    if (capturedAt === null || this.pendingFrame || this.isFrozen
        || hello?.camera !== "own" || !connection.isOpen) return;
    this.capturedAt = null;
    const [width, height] = hello.frame;
    const { color } = hello.sets[this.set];
    const seq = connection.sendImage(FRAME, this.set, width * height * (color ? 3 : 1),
      (pixels) => this.camera.writePixels(pixels, hello.frame,
        { color, mirror: this.isMirrored }));
    this.pendingFrame = { seq, capturedAt };
  }

  /** @param {PlacementMessage} placement */
  showPlacement(placement) {
    const frame = this.pendingFrame;
    this.pendingFrame = null;
    if (!this.isFrozen && this.mosaic.show(placement)) {
      const latency = frame?.seq === placement.seq ? performance.now() - frame.capturedAt
        : placement.latency;
      this.stats.add(latency, placement.changed);
      this.card.update();
      byId("welcome").hidden = true;
    }
    this.sendFrame();
  }

  /* Messages of the server. */

  /** @param {ServerMessage} message */
  handleMessage({ hello, guests, guest, refused }) {
    if (hello) this.start(hello);
    if (guests) this.mosaic.updateGuests(guests);
    if (guest !== undefined) this.guestControls?.setGuest(guest);
    if (refused) this.guestControls?.showRefusal(refused);
  }

  /** @param {Hello} hello */
  start(hello) {
    this.hello = hello;
    this.pendingFrame = null;
    byId("notice").hidden = true;
    this.mosaic.setTileSets(hello.sets);
    const [width, height] = hello.frame;
    byId("frame").style.setProperty("--aspect-ratio", String(width / height));
    this.set = Math.min(this.set, hello.sets.length - 1);
    const isOwnCamera = hello.camera === "own";
    if (!this.camera.isRunning)
      byId("start").hidden = byId("privacy").hidden = !isOwnCamera;
    if (!isOwnCamera) {
      byId("welcome-title").textContent = "Live mosaic";
      byId("welcome-text").textContent = "Waiting for the first image…";
    }
    for (const id of ["mirror", "steady"]) byId(id).hidden = !isOwnCamera;
    setOptions(byId("set", HTMLSelectElement), String(this.set),
      hello.sets.map(({ name }, set) => ({ id: String(set), name })));
    byId("set-choice").hidden = !isOwnCamera || hello.sets.length < 2;
    byId("guest-bar").hidden = !hello.guests;
    if (hello.guests) {
      this.guestControls ??= new GuestControls(this.connection, this.camera,
        hello.portrait, (seat) => this.setOwnSeat(seat));
      this.guestControls.restore();
    }
    if (isOwnCamera) {
      if (!this.hasChosenSteady) this.isSteady = hello.steady;
      this.applySteady();
      this.mosaic.atlasOf(this.set);
    }
  }

  /** @param {string} reason */
  handleLost(reason) {
    this.pendingFrame = null;
    const text = reason ? `The connection was closed: ${reason}.`
      : "The connection was lost. Reconnecting…";
    this.showNotice(text, Infinity);
  }

  /** Stop everything: the program has ended, and its guests are deleted. */
  end() {
    this.card.close();
    byId("guest-dialog", HTMLDialogElement).close();
    this.camera.stop();
    if (this.recorder.isRunning) this.toggleRecording();
    this.guestControls?.setGuest(null);
    this.mosaic.updateGuests([]);
    for (const id of ["welcome", "guest-bar", "camera-choice", "set-choice"])
      byId(id).hidden = true;
    this.showNotice("The mosaic has ended. The next one will have a new address.",
      Infinity);
  }

  /* What the user can do. */

  listen() {
    onClick({
      mirror: () => this.toggleMirror(),
      steady: () => this.toggleSteady(),
      freeze: () => this.toggleFreeze(),
      snapshot: () => this.takeSnapshot(),
      record: () => this.toggleRecording(),
      "full-screen": () => this.toggleFullScreen(),
      "show-help": () => byId("help", HTMLDialogElement).showModal(),
      find: () => this.toggleFind(),
      start: () => this.startCamera(""),
    });
    const [cameras, sets] = [byId("camera", HTMLSelectElement),
      byId("set", HTMLSelectElement)];
    cameras.addEventListener("change", () => this.startCamera(cameras.value));
    sets.addEventListener("change", () => this.selectTileSet(Number(sets.value)));
    document.addEventListener("keydown", (event) => this.handleKey(event));
    document.addEventListener("fullscreenchange", () => {
      const isFull = Boolean(document.fullscreenElement);
      document.body.classList.toggle("full-screen", isFull);
      setPressed("full-screen", isFull);
    });
    for (const name of ["pointermove", "keydown", "pointerdown"])
      document.addEventListener(name, () => this.resetIdleTimer());
    this.listenToCanvas();
  }

  listenToCanvas() {
    const { canvas, card } = this;
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse")
        card.showCell(this.mosaic.cellAt(event.clientX, event.clientY));
    });
    canvas.addEventListener("click", (event) => {
      card.close();
      card.showCell(this.mosaic.cellAt(event.clientX, event.clientY));
      card.pin();
    });
    canvas.addEventListener("keydown", (event) => this.handleCanvasKey(event));
    for (const name of ["pointerleave", "blur"])
      canvas.addEventListener(name, () => { if (!card.isPinned) card.close(); });
  }

  /** @param {KeyboardEvent} event */
  handleKey(event) {
    if (event.key === "Escape") this.card.close();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const control = event.target instanceof Element
      ? event.target.closest("dialog, select, input, button, a") : null;
    if (control && (event.key === " " || control.matches("dialog, select, input"))) return;
    const action = this.actionsByKey[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  /**
   * Move from cell to cell.
   *
   * @param {KeyboardEvent} event
   */
  handleCanvasKey(event) {
    const { mosaic, card } = this;
    if (!mosaic.hasMosaic) return;
    if (event.key === "Enter") card.pin();
    const { columns } = mosaic;
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const count = mosaic.numbers.length;
    const center = Math.floor(count / 2 + columns / 2);
    const cell = card.cell < 0 ? center : (card.cell + step + count) % count;
    if (card.isPinned) card.close();
    card.showCell(cell, true);
  }

  /** @param {string} id An empty one chooses the front camera. */
  async startCamera(id) {
    if (!this.hello) return;
    const button = byId("start", HTMLButtonElement);
    button.disabled = true;
    try {
      await this.camera.start(id, this.hello.portrait);
      const cameras = await Camera.list();
      setOptions(byId("camera", HTMLSelectElement), this.camera.id, cameras);
      byId("camera-choice").hidden = cameras.length < 2;
    } catch (error) {
      this.showNotice(/** @type {Error} */ (error).message, Infinity);
    }
    button.disabled = false;
  }

  /** @param {number} set */
  selectTileSet(set) {
    this.set = set;
    byId("set", HTMLSelectElement).value = String(set);
    this.mosaic.atlasOf(set);
  }

  nextTileSet() {
    if (!this.hello || byId("set-choice").hidden) return;
    this.selectTileSet((this.set + 1) % this.hello.sets.length);
    this.showNotice(`Tiles: ${this.hello.sets[this.set].name}`);
  }

  toggleMirror() {
    this.isMirrored = !this.isMirrored;
    setPressed("mirror", this.isMirrored);
  }

  toggleSteady() {
    this.isSteady = !this.isSteady;
    this.hasChosenSteady = true;
    this.applySteady();
  }

  applySteady() {
    setPressed("steady", this.isSteady);
    this.connection.sendCommand({ do: "steady", on: this.isSteady });
  }

  toggleFreeze() {
    this.isFrozen = !this.isFrozen;
    setPressed("freeze", this.isFrozen);
    this.sendFrame();
  }

  async takeSnapshot() {
    if (!this.mosaic.hasMosaic) return;
    await saveSnapshot(this.mosaic.renderFullSize());
    this.showNotice("The snapshot is in your downloads.");
  }

  toggleRecording() {
    if (!this.mosaic.hasMosaic) return;
    if (this.recorder.isRunning) this.recorder.stop();
    else this.recorder.start();
    // The size of a video can't change.
    this.mosaic.isSizeFixed = this.recorder.isRunning;
    this.mosaic.resizeSoon();
    setPressed("record", this.recorder.isRunning);
    this.showNotice(this.recorder.isRunning ? "Recording…"
      : "The recording is in your downloads.");
  }

  async toggleFullScreen() {
    if (document.fullscreenElement) {
      await document.exitFullscreen();
      return;
    }
    try {
      await document.documentElement.requestFullscreen();
    } catch {
      this.showNotice("This browser doesn’t support full screen.");
    }
  }

  toggleFind() {
    const seat = this.guestControls?.seat ?? null;
    if (seat !== null) this.highlightOwnTile(this.mosaic.highlightedSeat === null);
  }

  /** @param {boolean} isOn */
  highlightOwnTile(isOn) {
    this.mosaic.highlightGuest(isOn ? this.guestControls?.seat ?? null : null);
    setPressed("find", isOn);
  }

  /** @param {number | null} seat */
  setOwnSeat(seat) {
    this.card.ownSeat = seat;
    if (seat === null) this.highlightOwnTile(false);
  }

  /**
   * @param {string} text
   * @param {number} [milliseconds] How long to show it.
   */
  showNotice(text, milliseconds = NOTICE_MS) {
    const notice = byId("notice");
    notice.textContent = text;
    notice.hidden = false;
    clearTimeout(this.noticeTimer);
    if (milliseconds !== Infinity)
      this.noticeTimer = setTimeout(() => { notice.hidden = true; }, milliseconds);
  }

  /** Show the controls, which are hidden in full screen while the user does nothing. */
  resetIdleTimer() {
    document.body.classList.remove("idle");
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => document.body.classList.add("idle"), IDLE_MS);
  }
}

/**
 * @param {string} id
 * @param {boolean} isPressed
 */
function setPressed(id, isPressed) {
  byId(id).setAttribute("aria-pressed", String(isPressed));
}

/**
 * @param {HTMLSelectElement} select
 * @param {string} selected
 * @param {{ id: string, name: string }[]} options
 */
function setOptions(select, selected, options) {
  select.replaceChildren(...options.map(({ id, name }) =>
    new Option(name, id, false, id === selected)));
}

if (token) new LivePage();
else {
  const notice = byId("notice");
  notice.textContent = "This address is incomplete. Open the whole address that the "
    + "program printed.";
  notice.hidden = false;
}
