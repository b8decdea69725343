// @ts-check
/** Read the newest image of this device's camera. */
import { context2d, createElement } from "../shared/dom.js";

/** @import { Size } from "./connection.js" */

/**
 * What the user can do about the errors of `getUserMedia`.
 *
 * @type {Record<string, string>}
 */
const ERROR_MESSAGES = {
  NotAllowedError: "The camera is blocked. Allow it for this page in the browser’s "
    + "address bar, then start again.",
  NotFoundError: "There is no camera. Connect one, then start again.",
  NotReadableError: "Another program is using the camera. Close that program, then start "
    + "again.",
  OverconstrainedError: "That camera isn’t connected any more. Choose another one.",
};

/** A camera of this device. */
export class Camera {
  /** @param {(time: number) => void} onFrame Called with the time of each new image. */
  constructor(onFrame) {
    this.onFrame = onFrame;
    this.video = createElement("video", { muted: true, playsInline: true });
    this.canvas = createElement("canvas");
    this.context = context2d(this.canvas, { willReadFrequently: true });
    /** @type {MediaStream | null} */
    this.stream = null;
    // The number of the last start or stop, which ends an older watch.
    this.session = 0;
  }

  get isRunning() {
    return Boolean(this.stream?.active);
  }

  /** The id of the running camera. */
  get id() {
    return this.stream?.getVideoTracks()[0].getSettings().deviceId ?? "";
  }

  /**
   * Start a camera.
   *
   * @param {string} id An empty one chooses the front camera.
   * @param {Size} size Size to ask for.
   * @throws {Error} With a message for the user.
   */
  async start(id, [width, height]) {
    if (!navigator.mediaDevices)
      throw new Error("Browsers allow cameras only on secure pages. Open the address that "
        + "starts with https, or localhost on this computer.");
    this.stop();
    const session = this.session;
    /** @type {MediaTrackConstraints} */
    const constraints = { width: { ideal: width }, height: { ideal: height },
      frameRate: { ideal: 30 }, ...(id ? { deviceId: { exact: id } }
        : { facingMode: "user" }) };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ video: constraints });
    } catch (error) {
      const { name, message } = /** @type {Error} */ (error);
      throw new Error(ERROR_MESSAGES[name] ?? `The camera can’t be started: ${message}`,
        { cause: error });
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.watch(session);
  }

  stop() {
    this.session++;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }

  /** List the cameras. Browsers reveal their names once the user has allowed one. */
  static async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter(({ kind }) => kind === "videoinput").map((device, index) =>
      ({ id: device.deviceId, name: device.label || `Camera ${index + 1}` }));
  }

  /**
   * Report new images until the camera is stopped or started again.
   *
   * @param {number} session
   */
  watch(session) {
    /** @type {(now: number, metadata?: VideoFrameCallbackMetadata) => void} */
    const report = (now, metadata) => {
      if (session !== this.session) return;
      this.onFrame(metadata?.captureTime ?? now);
      this.watch(session);
    };
    // Firefox has this function only in newer versions.
    if ("requestVideoFrameCallback" in this.video)
      this.video.requestVideoFrameCallback(report);
    else requestAnimationFrame(report);
  }

  /**
   * Write the pixels of the newest image, scaled to a size and cropped at its center.
   *
   * @param {Uint8Array} pixels
   * @param {Size} size
   * @param {{ color: boolean, mirror: boolean }} options
   */
  writePixels(pixels, [width, height], { color, mirror }) {
    const { canvas, context, video } = this;
    if (canvas.width !== width || canvas.height !== height)
      Object.assign(canvas, { width, height });
    const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
    const [cropWidth, cropHeight] = [width / scale, height / scale];
    context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? width : 0, 0);
    context.drawImage(video, (video.videoWidth - cropWidth) / 2,
      (video.videoHeight - cropHeight) / 2, cropWidth, cropHeight, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    if (color) writeColor(new Uint32Array(data.buffer), pixels);
    else writeGray(new Uint32Array(data.buffer), pixels);
  }
}

/**
 * Convert RGBA to gray with the fixed-point weights of OpenCV, so that the browser and
 * the server get the same values.
 *
 * @param {Uint32Array} colors
 * @param {Uint8Array} pixels
 */
export function writeGray(colors, pixels) {
  for (let i = 0; i < colors.length; i++) {
    const color = colors[i];
    pixels[i] = ((color & 255) * 9798 + ((color >> 8) & 255) * 19235
      + ((color >> 16) & 255) * 3735 + 16384) >> 15;
  }
}

/**
 * @param {Uint32Array} colors
 * @param {Uint8Array} pixels
 */
function writeColor(colors, pixels) {
  for (let i = 0, k = 0; i < colors.length; i++) {
    const color = colors[i];
    pixels[k++] = color & 255;
    pixels[k++] = (color >> 8) & 255;
    pixels[k++] = (color >> 16) & 255;
  }
}
