/* Guests: joining with consent, being found, leaving for good. */
import { Camera } from "./camera.js";
import { GUEST } from "./link.js";

const STORE = "pigeonhole-guest";

export class Guest {
  /** changed: called with the own seat, or null. */
  constructor(link, portrait, camera, parts, changed) {
    Object.assign(this, { link, portrait, camera, changed, seat: null }, parts);
    this.join.onclick = () => this.ask();
    this.agree.onchange = () => { this.consent.disabled = !this.agree.checked; };
    this.consent.onclick = (event) => { event.preventDefault(); this.send(); };
    this.leave.onclick = () => this.go();
    this.dialog.onclose = () => this.dark();
  }

  /** Come back after a page was loaded again: this browser kept the key. */
  remember() {
    const key = localStorage.getItem(STORE);
    if (key) this.link.ask({ do: "return", key });
  }

  async ask() {
    this.agree.checked = false;
    this.consent.disabled = true;
    this.refusal.textContent = "";
    this.dialog.showModal();
    try {
      if (!this.camera.running) {
        await this.camera.start("", this.portrait);
        this.opened = true;
      }
      this.glass.srcObject = this.camera.stream;
      await this.glass.play();
    } catch (error) {
      this.refusal.textContent = error.message;
    }
  }

  /** A camera that was opened for this alone is closed again. */
  dark() {
    this.glass.srcObject = null;
    if (this.opened) this.camera.stop();
    this.opened = false;
  }

  send() {
    if (!this.camera.running || !this.link.ready) return;
    this.consent.disabled = true;
    this.refusal.textContent = "";
    const [width, height] = this.portrait;
    this.link.send(GUEST, 0, 3 * width * height, (bytes) =>
      this.camera.fill(bytes, this.portrait, { colour: true, mirror: true }));
  }

  go() {
    this.link.ask({ do: "leave", key: localStorage.getItem(STORE) || "" });
  }

  refuse(reason) {
    this.refusal.textContent = reason;
    this.consent.disabled = !this.agree.checked;
  }

  /** Take in what the server says of oneself. */
  settle(own) {
    this.seat = own ? own.seat : null;
    if (own) localStorage.setItem(STORE, own.key);
    else localStorage.removeItem(STORE);
    if (own && this.dialog.open) this.dialog.close();
    this.join.hidden = Boolean(own);
    this.find.hidden = this.leave.hidden = !own;
    this.changed(this.seat);
  }
}
