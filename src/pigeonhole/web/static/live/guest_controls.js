// @ts-check
/** Let guests join the mosaic with their consent, find themselves, and leave. */
import { byId, onClick } from "../shared/dom.js";
import { GUEST } from "./connection.js";

/** @import { Camera } from "./camera.js" */
/** @import { Connection, OwnGuest, Size } from "./connection.js" */

/** Where the browser keeps the key of the guest. */
const STORAGE_KEY = "pigeonhole-guest";

/** The buttons and the consent dialog for guests. */
export class GuestControls {
  /**
   * @param {Connection} connection
   * @param {Camera} camera
   * @param {Size} portraitSize
   * @param {(seat: number | null) => void} onSeat Called with the seat of this page's
   *   guest, or null.
   */
  constructor(connection, camera, portraitSize, onSeat) {
    this.connection = connection;
    this.camera = camera;
    this.portraitSize = portraitSize;
    this.onSeat = onSeat;
    /** @type {number | null} */
    this.seat = null;
    this.hasStartedCamera = false;
    this.dialog = byId("guest-dialog", HTMLDialogElement);
    this.preview = byId("preview", HTMLVideoElement);
    this.agree = byId("agree", HTMLInputElement);
    this.consent = byId("consent", HTMLButtonElement);
    this.error = byId("guest-error");
    onClick({ join: () => this.openDialog(), leave: () => this.leave() });
    this.agree.addEventListener("change", () => this.updateConsent());
    this.consent.addEventListener("click", (event) => {
      // The dialog closes when the server has accepted the guest.
      event.preventDefault();
      this.sendPortrait();
    });
    this.dialog.addEventListener("close", () => this.stopPreview());
  }

  updateConsent() {
    this.consent.disabled = !this.agree.checked;
  }

  /** Become the guest again who joined before the page was reloaded. */
  restore() {
    const key = localStorage.getItem(STORAGE_KEY);
    if (key) this.connection.sendCommand({ do: "return", key });
  }

  async openDialog() {
    this.agree.checked = false;
    this.updateConsent();
    this.error.textContent = "";
    this.dialog.showModal();
    try {
      if (!this.camera.isRunning) {
        await this.camera.start("", this.portraitSize);
        this.hasStartedCamera = true;
      }
      this.preview.srcObject = this.camera.stream;
      await this.preview.play();
    } catch (error) {
      this.error.textContent = /** @type {Error} */ (error).message;
    }
  }

  /** Stop the preview, and the camera if only the dialog used it. */
  stopPreview() {
    this.preview.srcObject = null;
    if (this.hasStartedCamera) this.camera.stop();
    this.hasStartedCamera = false;
  }

  sendPortrait() {
    if (!this.camera.isRunning || !this.connection.isOpen) return;
    this.consent.disabled = true;
    this.error.textContent = "";
    const [width, height] = this.portraitSize;
    this.connection.sendImage(GUEST, 0, 3 * width * height, (pixels) =>
      this.camera.writePixels(pixels, this.portraitSize, { color: true, mirror: true }));
  }

  leave() {
    const key = localStorage.getItem(STORAGE_KEY) ?? "";
    this.connection.sendCommand({ do: "leave", key });
  }

  /** @param {string} reason */
  showRefusal(reason) {
    this.error.textContent = reason;
    this.updateConsent();
  }

  /**
   * Show whether this page has a guest.
   *
   * @param {OwnGuest | null} guest
   */
  setGuest(guest) {
    this.seat = guest?.seat ?? null;
    if (guest) localStorage.setItem(STORAGE_KEY, guest.key);
    else localStorage.removeItem(STORAGE_KEY);
    if (guest && this.dialog.open) this.dialog.close();
    byId("join").hidden = guest !== null;
    byId("find").hidden = byId("leave").hidden = guest === null;
    this.onSeat(this.seat);
  }
}
