// @ts-check
/** Helpers for documents, canvases and texts. */

/**
 * Return the element with this id.
 *
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @param {new () => T} [type] Class that the element must have.
 * @returns {T}
 */
export function byId(id, type) {
  const element = document.getElementById(id);
  if (!(element instanceof (type ?? HTMLElement)))
    throw new TypeError(`#${id} is missing or isn't of class ${type?.name}`);
  return /** @type {T} */ (element);
}

/**
 * Create an element and set properties of it.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Partial<HTMLElementTagNameMap[Name]>} [properties]
 */
export function createElement(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

/**
 * Call functions when buttons are clicked.
 *
 * @param {Record<string, () => void>} actions By the ids of the buttons.
 */
export function onClick(actions) {
  for (const [id, action] of Object.entries(actions))
    byId(id).addEventListener("click", () => action());
}

/**
 * Return a canvas's drawing context.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [options]
 */
export function context2d(canvas, options) {
  const context = canvas.getContext("2d", options);
  if (!context) throw new Error("This browser can't draw on a canvas.");
  return context;
}

/**
 * Save data as a file on the user's computer.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function download(blob, name) {
  const link = createElement("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser reads the address only after the click: keep it for a minute.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** @param {number} value */
export function formatNumber(value) {
  return value.toLocaleString("en");
}

/**
 * Return a number with its noun, such as "1 cell" or "2,000 cells".
 *
 * @param {number} value
 * @param {string} noun
 */
export function formatCount(value, noun) {
  return `${formatNumber(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** @param {string} text */
export function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
