/* What a person takes home: snapshots and recordings, saved by the browser. */

const FORMS = ["video/webm;codecs=vp9", "video/webm", "video/mp4"];
const BITS = 12e6;

function save(blob, ending) {
  const time = new Date(Date.now() - new Date().getTimezoneOffset() * 60000)
    .toISOString().slice(0, 19).replaceAll(":", "");
  const link = Object.assign(document.createElement("a"),
    { href: URL.createObjectURL(blob), download: `pigeonhole-${time}.${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** Save a canvas as a picture. */
export function snapshot(canvas) {
  return new Promise((done) => canvas.toBlob((blob) => { save(blob, "png"); done(); }));
}

export class Recorder {
  constructor(canvas) {
    this.canvas = canvas;
  }

  get running() {
    return Boolean(this.recorder);
  }

  start() {
    const mimeType = FORMS.find((form) => MediaRecorder.isTypeSupported(form));
    const parts = [];
    this.recorder = new MediaRecorder(this.canvas.captureStream(30),
      { mimeType, videoBitsPerSecond: BITS });
    this.recorder.ondataavailable = ({ data }) => parts.push(data);
    this.recorder.onstop = () =>
      save(new Blob(parts, { type: mimeType }), mimeType.includes("mp4") ? "mp4" : "webm");
    this.recorder.start(1000);
  }

  stop() {
    this.recorder.stop();
    for (const track of this.recorder.stream.getTracks()) track.stop();
    this.recorder = null;
  }
}
