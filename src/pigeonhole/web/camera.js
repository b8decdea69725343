/* This device's camera: newest picture only, at the size that is matched. */

/** What to tell a person for each way in which a camera can fail. */
const FAILURES = {
  NotAllowedError: "The camera isn’t allowed: allow it for this page in the browser’s "
    + "address bar, then start again.",
  NotFoundError: "No camera was found: plug one in, then start again.",
  NotReadableError: "The camera is busy: close the other program that uses it, then "
    + "start again.",
  OverconstrainedError: "That camera is gone: choose another one.",
};

export class Camera {
  /** shown: called with the time of capture whenever there is a new picture. */
  constructor(shown) {
    this.shown = shown;
    this.video = Object.assign(document.createElement("video"), {
      muted: true, playsInline: true,
    });
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.turn = 0;
  }

  get running() {
    return Boolean(this.stream && this.stream.active);
  }

  /** Open a camera, the usual one or one by its id; an Error says what to do. */
  async start(id, [width, height]) {
    if (!navigator.mediaDevices)
      throw new Error("Browsers give a camera to secure pages only: open the address "
        + "that begins with https, or localhost on this computer.");
    this.stop();
    const turn = ++this.turn;
    try {
      const wish = { width: { ideal: width }, height: { ideal: height },
        frameRate: { ideal: 30 } };
      if (id) wish.deviceId = { exact: id };
      else wish.facingMode = "user";
      this.stream = await navigator.mediaDevices.getUserMedia({ video: wish });
    } catch (error) {
      throw new Error(FAILURES[error.name] || `The camera can’t be opened: ${error.message}`);
    }
    this.video.srcObject = this.stream;
    await this.video.play();
    this.watch(turn);
  }

  stop() {
    this.turn++;
    for (const track of this.stream ? this.stream.getTracks() : []) track.stop();
    this.stream = null;
  }

  /** List the cameras, by names that are known once one was allowed. */
  static async list() {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === "videoinput").map((device, number) =>
      ({ id: device.deviceId, name: device.label || `Camera ${number + 1}` }));
  }

  get id() {
    return this.stream ? this.stream.getVideoTracks()[0].getSettings().deviceId : "";
  }

  watch(turn) {
    const next = (now, facts) => {
      if (turn !== this.turn) return;
      this.shown((facts && facts.captureTime) || now);
      this.watch(turn);
    };
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(next);
    else requestAnimationFrame(next);
  }

  /** Write the newest picture's bytes, grey or RGB, cropped around its centre. */
  fill(bytes, [width, height], { colour, mirror }) {
    const { canvas, context, video } = this;
    if (canvas.width !== width || canvas.height !== height)
      Object.assign(canvas, { width, height });
    const scale = Math.max(width / video.videoWidth, height / video.videoHeight);
    const [wide, tall] = [width / scale, height / scale];
    context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? width : 0, 0);
    context.drawImage(video, (video.videoWidth - wide) / 2, (video.videoHeight - tall) / 2,
      wide, tall, 0, 0, width, height);
    const pixels = new Uint32Array(context.getImageData(0, 0, width, height).data.buffer);
    if (colour) toColour(pixels, bytes);
    else toGrey(pixels, bytes);
  }
}

/** Luma as OpenCV rounds it, so that grey here is grey there. */
export function toGrey(pixels, bytes) {
  for (let i = 0; i < pixels.length; i++) {
    const pixel = pixels[i];
    bytes[i] = ((pixel & 255) * 9798 + ((pixel >> 8) & 255) * 19235
      + ((pixel >> 16) & 255) * 3735 + 16384) >> 15;
  }
}

function toColour(pixels, bytes) {
  for (let i = 0, at = 0; i < pixels.length; i++) {
    const pixel = pixels[i];
    bytes[at++] = pixel & 255;
    bytes[at++] = (pixel >> 8) & 255;
    bytes[at++] = (pixel >> 16) & 255;
  }
}
