// @ts-check
/** Move the crop of a photo by hand: a frame with the shape of a tile over the photo. */
import { createElement } from "../shared/dom.js";
import { serverAddress } from "./connection.js";
import { icon, rangeInput } from "./controls.js";

/** @import { Crop } from "./edits.js" */

const IMAGE_SIDE = 1600;
/** Smallest crop, as a share of the largest. */
const MIN_SHARE = 0.15;
/** How far an arrow key moves the frame, as a share of its size. */
const STEP = 0.02;

/** A dialog that asks for a crop. */
export class CropFrame {
  /**
   * @param {string} photo
   * @param {[width: number, height: number]} size Size of the photo, in pixels.
   * @param {Crop} crop Where the tile is cut now, in pixels of the photo.
   * @param {boolean} isMoved Whether the crop was moved by hand before.
   */
  constructor(photo, size, crop, isMoved) {
    const [width, height] = size;
    this.size = size;
    this.ratio = crop[2] / crop[3];
    this.largest = Math.min(width, height * this.ratio);
    this.width = Math.min(crop[2], this.largest);
    this.center = [crop[0] + crop[2] / 2, crop[1] + crop[3] / 2];
    const address = serverAddress("photos/image", { name: photo, side: IMAGE_SIDE });
    const image = createElement("img", { src: address, alt: photo, draggable: false });
    image.style.aspectRatio = `${width} / ${height}`;
    image.style.setProperty("--ratio", String(width / height));
    this.frame = createElement("div", { className: "crop-frame", tabIndex: 0 });
    this.frame.setAttribute("role", "group");
    this.frame.setAttribute("aria-label", "Crop; arrow keys move it, + and − resize it");
    this.area = createElement("div", { className: "crop-photo" });
    this.area.append(image, this.frame);
    this.zoom = rangeInput(MIN_SHARE, 1, 0.01, "Size of the crop");
    this.zoom.addEventListener("input", () => this.resize(this.zoom.valueAsNumber));
    this.dialog = this.makeDialog(photo, isMoved);
    this.listen();
  }

  /**
   * @param {string} photo
   * @param {boolean} isMoved
   */
  makeDialog(photo, isMoved) {
    const dialog = createElement("dialog", { className: "wide" });
    const form = createElement("form", { method: "dialog" });
    const heading = createElement("h2", { textContent: "Move the crop", id: "frame-title" });
    const close = createElement("button", { className: "icon-button", value: "cancel" });
    close.setAttribute("aria-label", "Close");
    close.append(icon("close"));
    const title = createElement("div", { className: "dialog-title" });
    title.append(heading, close);
    const field = createElement("label", { className: "field" });
    field.append(createElement("span", { textContent: "Size" }), this.zoom);
    const menu = createElement("menu");
    if (isMoved)
      menu.append(createElement("button", { value: "auto", textContent: "Automatic crop" }));
    menu.append(createElement("span"),
      createElement("button", { value: "cancel", textContent: "Cancel" }),
      createElement("button", { value: "apply", textContent: "Use this crop",
        className: "primary pill" }));
    const stage = createElement("div", { className: "crop-stage" });
    stage.append(this.area);
    form.append(title, createElement("p", { className: "muted",
      textContent: `Tiles of ${photo} show only what is inside the frame.` }), stage, field,
    menu);
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(form);
    return dialog;
  }

  /**
   * Return the crop, null for the automatic one, or undefined if the user canceled.
   *
   * @returns {Promise<Crop | null | undefined>}
   */
  ask() {
    const { dialog } = this;
    document.body.append(dialog);
    dialog.showModal();
    this.frame.focus();
    this.resize(this.width / this.largest);
    return new Promise((resolve) => dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "apply" ? this.crop
        : dialog.returnValue === "auto" ? null : undefined);
    }, { once: true }));
  }

  /** @returns {Crop} */
  get crop() {
    const height = this.width / this.ratio;
    const [width, photoHeight] = this.size;
    const rounded = [Math.min(width, Math.max(1, Math.round(this.width))),
      Math.min(photoHeight, Math.max(1, Math.round(height)))];
    const left = Math.round(this.center[0] - rounded[0] / 2);
    const top = Math.round(this.center[1] - rounded[1] / 2);
    return [Math.max(0, Math.min(left, width - rounded[0])),
      Math.max(0, Math.min(top, photoHeight - rounded[1])), rounded[0], rounded[1]];
  }

  listen() {
    const { area, frame } = this;
    let last = { clientX: 0, clientY: 0 };
    area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      event.preventDefault();
      frame.focus();
      area.setPointerCapture(event.pointerId);
      last = event;
    });
    area.addEventListener("pointermove", (event) => {
      if (!area.hasPointerCapture(event.pointerId)) return;
      const scale = this.size[0] / area.clientWidth;
      this.move((event.clientX - last.clientX) * scale,
        (event.clientY - last.clientY) * scale);
      last = event;
    });
    area.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.resize((this.width / this.largest) * 2 ** (-event.deltaY / 600));
    }, { passive: false });
    frame.addEventListener("keydown", (event) => {
      const step = STEP * this.width * (event.shiftKey ? 5 : 1);
      const share = this.width / this.largest;
      /** @type {Record<string, () => void>} */
      const actions = {
        ArrowLeft: () => this.move(-step, 0),
        ArrowRight: () => this.move(step, 0),
        ArrowUp: () => this.move(0, -step),
        ArrowDown: () => this.move(0, step),
        "+": () => this.resize(share * 1.05),
        "-": () => this.resize(share / 1.05),
      };
      if (!(event.key in actions)) return;
      actions[event.key]();
      event.preventDefault();
    });
  }

  /**
   * @param {number} right
   * @param {number} down
   */
  move(right, down) {
    this.center = [this.center[0] + right, this.center[1] + down];
    this.draw();
  }

  /** @param {number} share Width, as a share of the largest crop's. */
  resize(share) {
    const limited = Math.min(1, Math.max(MIN_SHARE, share));
    this.width = limited * this.largest;
    this.zoom.valueAsNumber = limited;
    this.zoom.style.setProperty("--share",
      `${(100 * (limited - MIN_SHARE)) / (1 - MIN_SHARE)}%`);
    this.draw();
  }

  /** Keep the frame on the photo, and show it. */
  draw() {
    const [width, height] = this.size;
    const frameHeight = this.width / this.ratio;
    /** @type {(value: number, size: number, length: number) => number} */
    const clamp = (value, size, length) =>
      Math.min(Math.max(value, size / 2), length - size / 2);
    this.center = [clamp(this.center[0], this.width, width),
      clamp(this.center[1], frameHeight, height)];
    const { style } = this.frame;
    style.left = `${(100 * (this.center[0] - this.width / 2)) / width}%`;
    style.top = `${(100 * (this.center[1] - frameHeight / 2)) / height}%`;
    style.width = `${(100 * this.width) / width}%`;
    style.height = `${(100 * frameHeight) / height}%`;
  }
}
