// @ts-check
/** Open dialogs and menus. */
import { byId } from "../shared/dom.js";

const MARGIN = 8;
const HEADER_HEIGHT = 52;

/** @param {string} id */
export function dialog(id) {
  return byId(id, HTMLDialogElement);
}

/**
 * Open a dialog that closes at a click outside of it.
 *
 * @param {string} id
 */
export function openDialog(id) {
  const element = dialog(id);
  hideMenus();
  if (!element.open) element.showModal();
  return element;
}

/**
 * Ask a question; return whether the answer was yes.
 *
 * @param {{ title: string, text: string, yes: string }} question
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, yes }) {
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  const element = openDialog("confirm");
  element.returnValue = "";
  return new Promise((resolve) => {
    element.addEventListener("close", () => resolve(element.returnValue === "yes"),
      { once: true });
  });
}

/**
 * Show a text in a dialog's element for errors; an empty text hides it.
 *
 * @param {string} id
 * @param {unknown} [error]
 */
export function showError(id, error) {
  byId(id).textContent = error instanceof Error ? error.message : String(error ?? "");
}

/** Place menus next to their buttons, and close them and dialogs as users expect. */
export function mountDialogs() {
  for (const button of document.querySelectorAll("[popovertarget]"))
    if (button instanceof HTMLButtonElement) placeMenu(button);
  for (const menu of document.querySelectorAll(".menu"))
    menu.addEventListener("click", ({ target }) => {
      if (target instanceof Element && target.closest("button:not(.icon-button)"))
        hideMenus();
    });
  for (const element of document.querySelectorAll("dialog"))
    element.addEventListener("pointerdown", (event) => {
      if (event.target === element && !contains(element, event)) element.close("cancel");
    });
}

/**
 * Show a menu unless the user is busy with another one or with a dialog; return whether
 * it is visible.
 *
 * @param {string} id
 */
export function offerMenu(id) {
  const menu = byId(id);
  if (menu.matches(":popover-open")) return true;
  if (document.querySelector("dialog[open], .menu:popover-open")) return false;
  menu.showPopover();
  return true;
}

export function hideMenus() {
  for (const menu of document.querySelectorAll(".menu:popover-open"))
    if (menu instanceof HTMLElement) menu.hidePopover();
}

/** @param {HTMLButtonElement} button */
function placeMenu(button) {
  const menu = byId(button.getAttribute("popovertarget") ?? "");
  menu.addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState !== "open") return;
    const box = button.getBoundingClientRect();
    // The button may not be visible yet.
    const anchor = box.width ? box : new DOMRect(innerWidth - MARGIN, 0, 0, HEADER_HEIGHT);
    const { offsetWidth, offsetHeight } = menu;
    const left = anchor.left + offsetWidth > innerWidth - MARGIN
      ? anchor.right - offsetWidth : anchor.left;
    const below = anchor.bottom + MARGIN / 2;
    const top = below + offsetHeight > innerHeight - MARGIN
      ? anchor.top - offsetHeight - MARGIN / 2 : below;
    menu.style.left = `${clamp(left, innerWidth - offsetWidth)}px`;
    menu.style.top = `${clamp(top, innerHeight - offsetHeight)}px`;
  });
}

/**
 * @param {number} value
 * @param {number} limit
 */
function clamp(value, limit) {
  return Math.max(MARGIN, Math.min(value, limit - MARGIN));
}

/**
 * @param {HTMLElement} element
 * @param {PointerEvent} event
 */
function contains(element, { clientX, clientY }) {
  const box = element.getBoundingClientRect();
  return clientX >= box.left && clientX <= box.right
    && clientY >= box.top && clientY <= box.bottom;
}
