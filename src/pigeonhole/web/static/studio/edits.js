// @ts-check
/** Return patches that edit the mosaic: bans, pins, replacements and crops by hand. */

/** @typedef {{ row: number, column: number, tile: string }} Pin */
/** @typedef {[x: number, y: number, width: number, height: number]} Crop */

/**
 * Ban a photo or face, or allow it again. What is banned can't be pinned or replace
 * another one.
 *
 * @param {any} document
 * @param {string} name The photo, or the id of a tile of the face.
 * @param {Set<string>} tiles Ids of all tiles of the photo or face.
 */
export function toggleBan({ mosaic }, name, tiles) {
  /** @type {string[]} */
  const allowed = mosaic.ban.filter((/** @type {string} */ other) =>
    other !== name && !tiles.has(other));
  if (allowed.length < mosaic.ban.length) return { mosaic: { ban: allowed } };
  return { mosaic: {
    ban: [...mosaic.ban, name],
    pin: mosaic.pin.filter((/** @type {Pin} */ { tile }) => !tiles.has(tile)),
    replace: Object.fromEntries(Object.entries(mosaic.replace)
      .filter(([old, tile]) => !tiles.has(old) && !tiles.has(String(tile)))),
  } };
}

/**
 * Pin a tile to a cell.
 *
 * @param {any} document
 * @param {Pin} pin
 */
export function addPin({ mosaic }, pin) {
  return { mosaic: { pin: [...otherPins(mosaic.pin, pin), pin] } };
}

/**
 * @param {any} document
 * @param {{ row: number, column: number }} cell
 */
export function removePin({ mosaic }, cell) {
  return { mosaic: { pin: otherPins(mosaic.pin, cell) } };
}

/**
 * Use a tile instead of all tiles of another one's photo or face.
 *
 * @param {any} document
 * @param {string} old
 * @param {string} tile
 */
export function addReplacement({ mosaic }, old, tile) {
  // Tiles that the old one was to replace get the new one.
  const others = Object.entries(mosaic.replace).map(([key, other]) =>
    [key, other === old ? tile : other]).filter(([key]) => key !== tile);
  return { mosaic: { replace: { ...Object.fromEntries(others), [old]: tile } } };
}

/**
 * @param {any} document
 * @param {string} old
 */
export function removeReplacement({ mosaic }, old) {
  return { mosaic: { replace: withoutKey(mosaic.replace, old) } };
}

/**
 * Cut the tiles of a photo by hand; null cuts them automatically again.
 *
 * @param {any} document
 * @param {string} photo
 * @param {Crop | null} crop
 */
export function setCrop({ tiles }, photo, crop) {
  const crops = withoutKey(tiles.crops ?? {}, photo);
  return { tiles: { crops: crop ? { ...crops, [photo]: crop } : crops } };
}

/**
 * @param {Pin[]} pins
 * @param {{ row: number, column: number }} cell
 */
function otherPins(pins, { row, column }) {
  return pins.filter((pin) => pin.row !== row || pin.column !== column);
}

/**
 * @param {Record<string, any>} mapping
 * @param {string} key
 */
function withoutKey(mapping, key) {
  return Object.fromEntries(Object.entries(mapping).filter(([other]) => other !== key));
}
