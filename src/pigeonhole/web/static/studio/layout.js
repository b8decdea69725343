// @ts-check
/** Show the part of the page that fits the step: photos, then the target, then the mosaic. */
import { byId, onClick } from "../shared/dom.js";

/** @import { StudioState, Store } from "./store.js" */

/** @typedef {"photos" | "target" | "look" | ""} Panel */

const TWO_COLUMNS = matchMedia("(max-width: 68.74em)");
/** The panel is below the mosaic, and can be closed. */
const UPRIGHT = matchMedia("(max-width: 68.74em) and (orientation: portrait), (max-width: 35em)");

/** @param {Store} store */
export function mountLayout(store) {
  for (const tab of tabs())
    tab.addEventListener("click", () => {
      const panel = /** @type {Panel} */ (tab.dataset.panel);
      // On phones, the same tab again closes the panel, and the mosaic fills the screen.
      showPanel(UPRIGHT.matches && document.body.dataset.panel === panel ? "" : panel);
    });
  onClick({ "tab-export": () => byId("export-button").click() });
  store.subscribe((state, previous) => {
    const step = stepOf(state);
    if (previous && step === document.body.dataset.step) return;
    document.body.dataset.step = step;
    byId("welcome").hidden = step !== "photos";
    byId("welcome-target").hidden = step !== "target";
    byId("stage").hidden = step !== "mosaic";
    byId("export-button", HTMLButtonElement).disabled = step !== "mosaic";
    byId("tab-export", HTMLButtonElement).disabled = step !== "mosaic";
    for (const tab of tabs())
      tab.disabled = step !== "mosaic" && tab.dataset.panel !== "photos";
    if (step === "target") showPanel(UPRIGHT.matches ? "" : "photos");
    if (step === "mosaic") showPanel(UPRIGHT.matches ? "" : "look");
  });
  store.onOpen((isOpen) => { byId("offline").hidden = isOpen; });
  TWO_COLUMNS.addEventListener("change", () => {
    if (TWO_COLUMNS.matches && !UPRIGHT.matches && !document.body.dataset.panel)
      showPanel("look");
  });
}

/** @param {Panel} panel */
export function showPanel(panel) {
  document.body.dataset.panel = panel;
  for (const tab of tabs())
    tab.setAttribute("aria-pressed", String(tab.dataset.panel === panel));
}

/**
 * Have screen readers read a text.
 *
 * @param {string} text
 */
export function announce(text) {
  byId("live").textContent = text;
}

/**
 * Run what keys do anywhere on the page.
 *
 * @param {Record<string, () => void>} actions By the names of keys, such as "Control+z".
 */
export function listenToKeys(actions) {
  window.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const isText = event.target instanceof HTMLElement
      && event.target.matches("input:not([type=range], [type=radio], [type=checkbox]), select, textarea");
    const control = event.ctrlKey || event.metaKey;
    if (isText && !(control && event.key === "e")) return;
    const name = [control && "Control", control && event.shiftKey && "Shift",
      event.key.length === 1 ? event.key.toLowerCase() : event.key].filter(Boolean).join("+");
    if (!actions[name]) return;
    event.preventDefault();
    actions[name]();
  });
}

/** @param {StudioState} state */
function stepOf(state) {
  // Photos that are being downloaded are awaited in their panel.
  if (!state.photos.count && !isDownloading(state)) return "photos";
  return state.target ? "mosaic" : "target";
}

/** @param {StudioState} state */
export function isDownloading({ jobs }) {
  return jobs.some(({ kind, state }) =>
    kind === "download" && (state === "running" || state === "waiting"));
}

/** @returns {HTMLButtonElement[]} */
function tabs() {
  return [...document.querySelectorAll("#tabs [data-panel]")]
    .filter((tab) => tab instanceof HTMLButtonElement);
}
