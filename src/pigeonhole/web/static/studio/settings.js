// @ts-check
/** Read values of the document. */

/**
 * Return the value at a dotted path, such as "mosaic.width".
 *
 * @param {any} document
 * @param {string} path
 */
export function valueAt(document, path) {
  return path.split(".").reduce((section, key) => section?.[key], document);
}

/**
 * Return a patch that sets the value at a dotted path.
 *
 * @param {string} path
 * @param {any} value
 */
export function patchOf(path, value) {
  return path.split(".").reduceRight((inner, key) => ({ [key]: inner }), value);
}

/**
 * Return a size that is written as "12x16" or as [12, 16].
 *
 * @param {string | [number, number]} size
 */
export function readSize(size) {
  const [width, height] = typeof size === "string" ? size.split("x").map(Number) : size;
  return { width, height };
}

/**
 * Return the number of tiles across the mosaic.
 *
 * @param {any} document
 */
export function numberAcross({ mosaic, tiles }) {
  return Math.max(1, Math.round(mosaic.width / readSize(tiles.size).width));
}

/**
 * Return whether a document has all values of a patch.
 *
 * @param {any} values
 * @param {any} patch
 * @returns {boolean}
 */
export function hasValues(values, patch) {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch))
    return JSON.stringify(values) === JSON.stringify(patch);
  return Object.entries(patch).every(([key, value]) => hasValues(values?.[key], value));
}
