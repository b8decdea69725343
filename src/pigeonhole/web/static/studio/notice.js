// @ts-check
/** Show a message at the bottom of the window. */
import { byId } from "../shared/dom.js";

const SHOWN_MS = 6000;

let timer = 0;

/**
 * Show a sentence, or the sentence of an error, for a few seconds.
 *
 * @param {unknown} message
 */
export function showNotice(message) {
  const notice = byId("notice");
  notice.textContent = message instanceof Error ? message.message : String(message);
  // A popover that is shown last is above all dialogs.
  notice.hidePopover();
  notice.showPopover();
  clearTimeout(timer);
  timer = setTimeout(() => notice.hidePopover(), SHOWN_MS);
}
