/* Frames a second, time from camera to canvas, share of tiles that change. */

const SPAN = 2000;

export class Meter {
  constructor(fps, latency, flips, summary) {
    Object.assign(this, { fps, latency, flips, summary, shown: [] });
    setInterval(() => this.tell(), 500);
    setInterval(() => this.say(), 30000);
  }

  /** Count a frame that came on the canvas now. */
  add(latency, changed) {
    this.shown.push({ at: performance.now(), latency, changed });
  }

  /** Return the numbers of the last two seconds. */
  get numbers() {
    const since = performance.now() - SPAN;
    this.shown = this.shown.filter(({ at }) => at > since);
    const { shown } = this;
    if (shown.length < 2) return null;
    const times = shown.map(({ latency }) => latency).sort((a, b) => a - b);
    const changes = shown.map(({ changed }) => changed).filter((share) => share >= 0);
    const sum = changes.reduce((total, share) => total + share, 0);
    return {
      fps: (1000 * (shown.length - 1)) / (shown.at(-1).at - shown[0].at),
      latency: times[times.length >> 1],
      flips: changes.length ? (100 * sum) / changes.length : null,
    };
  }

  tell() {
    const { numbers } = this;
    this.fps.textContent = numbers ? Math.round(numbers.fps) : "–";
    this.latency.textContent = numbers ? Math.round(numbers.latency) : "–";
    this.flips.textContent = numbers?.flips == null ? "–" : numbers.flips.toFixed(1);
  }

  say() {
    const { numbers } = this;
    if (numbers) this.summary.textContent = `${Math.round(numbers.fps)} frames a second, `
      + `${Math.round(numbers.latency)} milliseconds from camera to mosaic.`;
  }
}
