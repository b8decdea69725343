// @ts-check
/** Measure the frame rate, the latency and the share of changed cells. */
import { byId } from "../shared/dom.js";

const WINDOW_MS = 2000;
const UPDATE_MS = 500;
const ANNOUNCE_MS = 30_000;

/** Shows statistics of the last two seconds. */
export class FrameStats {
  constructor() {
    /** @type {{ time: number, latency: number, changed: number }[]} */
    this.frames = [];
    setInterval(() => this.update(), UPDATE_MS);
    setInterval(() => this.announce(), ANNOUNCE_MS);
  }

  /**
   * Count a frame that was just drawn.
   *
   * @param {number} latency In milliseconds.
   * @param {number} changed Share of the cells that changed; -1 if unknown.
   */
  add(latency, changed) {
    this.frames.push({ time: performance.now(), latency, changed });
  }

  /** Return the statistics, or null if there were too few frames. */
  compute() {
    const start = performance.now() - WINDOW_MS;
    this.frames = this.frames.filter(({ time }) => time > start);
    const { frames } = this;
    if (frames.length < 2) return null;
    const latencies = frames.map(({ latency }) => latency).sort((a, b) => a - b);
    const changes = frames.map(({ changed }) => changed).filter((share) => share >= 0);
    const sum = changes.reduce((total, share) => total + share, 0);
    const duration = frames[frames.length - 1].time - frames[0].time;
    return {
      fps: (1000 * (frames.length - 1)) / duration,
      latency: latencies[latencies.length >> 1],
      changedPercent: changes.length ? (100 * sum) / changes.length : null,
    };
  }

  update() {
    const stats = this.compute();
    byId("fps").textContent = stats ? stats.fps.toFixed(0) : "–";
    byId("latency").textContent = stats ? stats.latency.toFixed(0) : "–";
    byId("changed").textContent = stats?.changedPercent?.toFixed(1) ?? "–";
  }

  /** Have screen readers read the statistics. */
  announce() {
    const stats = this.compute();
    if (stats) byId("summary").textContent = `${stats.fps.toFixed(0)} frames per second, `
      + `${stats.latency.toFixed(0)} milliseconds from camera to mosaic.`;
  }
}
