// @ts-check
/** Save snapshots and recordings on the user's computer. */
import { download } from "../shared/dom.js";

const FORMATS = ["video/webm;codecs=vp9", "video/webm", "video/mp4"];
const BITS_PER_SECOND = 12e6;
const FRAMES_PER_SECOND = 30;

/**
 * Return a file name with the local time, such as pigeonhole-2026-01-31T120000.png.
 *
 * @param {string} suffix
 */
function fileName(suffix) {
  const localTime = Date.now() - new Date().getTimezoneOffset() * 60_000;
  const text = new Date(localTime).toISOString().slice(0, 19).replaceAll(":", "");
  return `pigeonhole-${text}.${suffix}`;
}

/**
 * Save a canvas as an image.
 *
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<void>}
 */
export function saveSnapshot(canvas) {
  return new Promise((resolve, reject) => canvas.toBlob((blob) => {
    if (!blob) {
      reject(new Error("This browser can't save the image."));
      return;
    }
    download(blob, fileName("png"));
    resolve();
  }));
}

/** Records a canvas as a video. */
export class Recorder {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
  }

  get isRunning() {
    return this.recorder !== null;
  }

  start() {
    const mimeType = FORMATS.find((format) => MediaRecorder.isTypeSupported(format)) ?? "";
    /** @type {Blob[]} */
    const parts = [];
    const recorder = new MediaRecorder(this.canvas.captureStream(FRAMES_PER_SECOND),
      { mimeType, videoBitsPerSecond: BITS_PER_SECOND });
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => download(new Blob(parts, { type: mimeType }),
      fileName(mimeType.includes("mp4") ? "mp4" : "webm"));
    recorder.start(1000);
    this.recorder = recorder;
  }

  /** Stop, and save the video. */
  stop() {
    this.recorder?.stop();
    for (const track of this.recorder?.stream.getTracks() ?? []) track.stop();
    this.recorder = null;
  }
}
