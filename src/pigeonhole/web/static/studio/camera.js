// @ts-check
/** Take the target with the camera, which is on only while the dialog is open. */
import { byId, context2d, createElement, onClick } from "../shared/dom.js";
import { dialog, openDialog, showError } from "./dialogs.js";

const REASONS = {
  NotAllowedError: "The browser doesn’t allow the camera: allow it for this page, and try again.",
  NotFoundError: "There is no camera.",
  NotReadableError: "The camera is used by another program: close that one, and try again.",
};

/** The dialog. */
export class CameraDialog {
  /** @param {(image: Blob, name: string) => void} setTarget */
  constructor(setTarget) {
    this.setTarget = setTarget;
    this.video = byId("camera-video", HTMLVideoElement);
    /** @type {MediaStream | null} */
    this.stream = null;
    dialog("camera").addEventListener("close", () => this.stop());
    onClick({ "camera-take": () => this.take() });
  }

  async open() {
    showError("camera-error");
    this.setReady(false);
    openDialog("camera");
    try {
      const stream = await navigator.mediaDevices.getUserMedia(
        { video: { width: { ideal: 1920 }, height: { ideal: 1440 } } });
      // The dialog may have been closed while the browser asked.
      if (!dialog("camera").open) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.stream = stream;
      this.video.srcObject = stream;
      await this.video.play();
      this.setReady(true);
    } catch (error) {
      const name = /** @type {keyof REASONS} */ (error instanceof Error ? error.name : "");
      if (dialog("camera").open) showError("camera-error", REASONS[name] ?? error);
    }
  }

  take() {
    const { video } = this;
    const canvas = createElement("canvas",
      { width: video.videoWidth, height: video.videoHeight });
    // As in a mirror, as the dialog shows it.
    const context = context2d(canvas);
    context.scale(-1, 1);
    context.drawImage(video, -canvas.width, 0);
    canvas.toBlob((image) => { if (image) this.setTarget(image, "camera.png"); });
    dialog("camera").close();
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  /** @param {boolean} isReady */
  setReady(isReady) {
    byId("camera-take", HTMLButtonElement).disabled = !isReady;
  }
}
