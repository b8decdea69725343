// @ts-check
/** The panel of the target, and the ways to choose one. */
import { byId, context2d, createElement, formatNumber, onClick } from "../shared/dom.js";
import { CameraDialog } from "./camera.js";
import { fetchJson, serverAddress } from "./connection.js";
import { CropDialog, rotateBox } from "./crop.js";
import { showNotice } from "./notice.js";

/** @import { Connection, Preview } from "./connection.js" */
/** @import { PhotoList } from "./photo_list.js" */
/** @import { Store, StudioState } from "./store.js" */

const SIDE = 640;
const STRIP_LENGTH = 12;
const SAMPLE_SIDE = 192;
const SAMPLES = {
  astronaut: "Astronaut",
  chelsea: "Cat",
  coffee: "Coffee",
  rocket: "Rocket",
  camera: "Photographer",
};
/** Cells narrower than this aren't drawn: the lines would hide the target. */
const MIN_CELL_WIDTH = 3;

/** The target with its grid. */
class TargetPanel {
  /**
   * @param {Store} store
   * @param {Connection} connection
   * @param {PhotoList} list
   */
  constructor(store, connection, list) {
    this.store = store;
    this.connection = connection;
    this.list = list;
    this.image = byId("target-image", HTMLImageElement);
    this.grid = byId("target-grid", HTMLCanvasElement);
    this.crop = new CropDialog(store, connection);
    this.camera = new CameraDialog((image, name) => this.set(image, name));
    /** The names of the photos that can be chosen, one a line. */
    this.strip = "";
    onClick({
      "target-crop": () => this.crop.open(),
      "target-frame": () => this.crop.open(),
      "target-rotate": () => this.rotate(),
      "target-camera": () => this.camera.open(),
      "replace-camera": () => this.camera.open(),
    });
    this.addSamples();
    this.image.addEventListener("load", () => this.drawGrid());
    new ResizeObserver(() => this.drawGrid()).observe(this.image);
    list.onChange(() => this.showStrip());
    store.subscribe((state, previous) => this.update(state, previous));
    store.onPreview(() => this.drawGrid());
    store.onOpen(() => { this.strip = ""; });
  }

  /**
   * @param {StudioState} state
   * @param {StudioState | null} previous
   */
  update({ target }, previous) {
    if (!target) {
      this.image.removeAttribute("src");
      return;
    }
    const [width, height] = target.cropped_size;
    byId("target-size").textContent = `${formatNumber(width)} × ${formatNumber(height)}`;
    byId("target-name").textContent = byId("target-name").title = target.name;
    if (previous?.target?.version === target.version) return;
    this.image.src = serverAddress("target/cropped", { side: SIDE, version: target.version });
    byId("target-frame").setAttribute("aria-label", `Crop the target, ${target.name}`);
  }

  drawGrid() {
    const { grid, image, store: { preview } } = this;
    const { clientWidth: width, clientHeight: height } = image;
    if (!width || !height) return;
    grid.width = Math.round(width * devicePixelRatio);
    grid.height = Math.round(height * devicePixelRatio);
    if (!preview) return;
    const context = context2d(grid);
    context.strokeStyle = "#ffffff66";
    context.beginPath();
    if (preview.header.grid) traceGrid(context, preview.header.grid);
    else if (preview.parts.boxes) traceBoxes(context, preview);
    context.stroke();
  }

  async rotate() {
    const { state } = this.store;
    if (!state?.target) return;
    const { crop, rotation, straighten } = state.document.target;
    const [width, height] = state.target.size;
    let turned = null;
    if (crop) {
      const box = { x: crop[0], y: crop[1], width: crop[2], height: crop[3] };
      const { x, y, width: w, height: h } = rotateBox(box, rotation % 180 ? width : height);
      turned = [x, y, w, h];
    }
    await this.send("set_target", { crop: turned, rotation: (rotation + 90) % 360, straighten });
  }

  // ---- choosing ----

  /**
   * @param {Blob} image
   * @param {string} name
   */
  async set(image, name) {
    try {
      await fetchJson("target", { name }, { method: "POST", body: image });
    } catch (error) {
      showNotice(error);
    }
  }

  addSamples() {
    for (const id of ["target-samples", "replace-samples"])
      byId(id).append(...Object.entries(SAMPLES).map(([sample, name]) => {
        const button = this.makeChoice(name,
          serverAddress("target/sample", { name: sample, side: SAMPLE_SIDE }));
        button.addEventListener("click", () => this.send("choose_target", { sample }));
        return id === "target-samples" ? listItem(button) : button;
      }));
  }

  showStrip() {
    const photos = this.list.photos.slice(0, STRIP_LENGTH);
    const names = photos.map(({ name }) => name).join("\n");
    byId("target-own").hidden = !photos.length;
    if (byId("welcome-target").hidden || names === this.strip) return;
    this.strip = names;
    byId("target-strip").replaceChildren(...photos.map(({ name }) => {
      const button = this.makeChoice(name,
        serverAddress("photos/thumbnail", { name, side: SAMPLE_SIDE }));
      button.addEventListener("click", () => this.send("choose_target", { photo: name }));
      return listItem(button);
    }));
  }

  /**
   * @param {string} name
   * @param {string} address
   */
  makeChoice(name, address) {
    const button = createElement("button", { title: name });
    button.setAttribute("aria-label", name);
    const image = createElement("img", { alt: "", src: address, loading: "lazy" });
    image.addEventListener("error", () => image.replaceWith(name));
    button.append(image);
    return button;
  }

  /**
   * @param {string} type
   * @param {Record<string, any>} fields
   */
  async send(type, fields) {
    try {
      await this.connection.send(type, fields);
    } catch (error) {
      showNotice(error);
    }
  }
}

/**
 * Mount the panel; return the function that makes an image the target.
 *
 * @param {Store} store
 * @param {Connection} connection
 * @param {PhotoList} list
 */
export function mountTarget(store, connection, list) {
  const panel = new TargetPanel(store, connection, list);
  return (/** @type {Blob} */ image, /** @type {string} */ name) => panel.set(image, name);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{ rows: number, columns: number }} grid
 */
function traceGrid(context, { rows, columns }) {
  const { width, height } = context.canvas;
  if (width / columns < MIN_CELL_WIDTH) return;
  for (let column = 1; column < columns; column++) {
    const x = Math.round((column * width) / columns) - 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, height);
  }
  for (let row = 1; row < rows; row++) {
    const y = Math.round((row * height) / rows) - 0.5;
    context.moveTo(0, y);
    context.lineTo(width, y);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Preview} preview
 */
function traceBoxes(context, { header, parts: { boxes: bytes } }) {
  const boxes = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const scale = [context.canvas.width / header.size[0], context.canvas.height / header.size[1]];
  for (let i = 0; i < boxes.length; i += 4) {
    const width = boxes[i + 2] * scale[0];
    if (width < MIN_CELL_WIDTH) continue;
    context.rect(Math.round(boxes[i] * scale[0]) + 0.5, Math.round(boxes[i + 1] * scale[1]) + 0.5,
      width, boxes[i + 3] * scale[1]);
  }
}

/** @param {HTMLElement} content */
function listItem(content) {
  const item = createElement("li");
  item.append(content);
  return item;
}
