// @ts-check
/** Collect edits of a mosaic for its next run. */

/** @import { Catalog } from "../shared/catalog.js" */

/** Edits in the form that the setting `mosaic.edits` reads. */
export class Edits {
  /** @param {() => void} onChange */
  constructor(onChange) {
    this.onChange = onChange;
    /** @type {Set<number>} Tiles that must not be used. */
    this.banned = new Set();
    /** @type {Map<number, number>} The tile that a cell must show. */
    this.pinned = new Map();
    /** @type {Map<number, number>} The tile to use instead of another. */
    this.replaced = new Map();
  }

  clear() {
    this.banned.clear();
    this.pinned.clear();
    this.replaced.clear();
    this.onChange();
  }

  get count() {
    return this.banned.size + this.pinned.size + this.replaced.size;
  }

  /**
   * Ban a tile, or allow it again.
   *
   * @param {number} tile
   */
  toggleBan(tile) {
    if (!this.banned.delete(tile)) {
      this.banned.add(tile);
      this.replaced.delete(tile);
      // A banned tile can't be pinned and can't replace another.
      for (const map of [this.pinned, this.replaced])
        for (const [key, other] of map) if (other === tile) map.delete(key);
    }
    this.onChange();
  }

  /**
   * Pin a tile to a cell, or unpin it.
   *
   * @param {number} cell
   * @param {number} tile
   */
  togglePin(cell, tile) {
    if (this.pinned.get(cell) === tile) this.pinned.delete(cell);
    else {
      this.pinned.set(cell, tile);
      this.banned.delete(tile);
    }
    this.onChange();
  }

  /**
   * Use a tile instead of another; a tile instead of itself undoes that.
   *
   * @param {number} old
   * @param {number} tile
   */
  replace(old, tile) {
    if (old === tile) this.replaced.delete(old);
    else {
      // Tiles that the old one was to replace get the new one.
      for (const [key, other] of this.replaced)
        if (other === old) this.replaced.set(key, tile);
      this.replaced.set(old, tile);
      this.replaced.delete(tile);
      this.banned.delete(old);
      this.banned.delete(tile);
    }
    this.onChange();
  }

  /**
   * Return edits.json: tiles by id, cells by row and column.
   *
   * @param {Catalog} catalog
   */
  serialize(catalog) {
    /** @param {number} tile */
    const id = (tile) => catalog.tiles[tile].id;
    /** @param {Map<number, number>} map */
    const ordered = (map) => [...map].sort((a, b) => a[0] - b[0]);
    const edits = {
      ban: [...this.banned].sort((a, b) => a - b).map(id),
      pin: ordered(this.pinned).map(([cell, tile]) =>
        ({ ...catalog.positionOf(cell), tile: id(tile) })),
      replace: Object.fromEntries(
        ordered(this.replaced).map(([old, tile]) => [id(old), id(tile)])),
    };
    return `${JSON.stringify(edits, null, 2)}\n`;
  }

  /**
   * Return the tile that a cell will show, as far as the edits decide it.
   *
   * @param {number} cell
   * @param {number} tile The tile that it shows now.
   * @param {number} tiles Number of tiles, from which mirror images are counted.
   */
  preview(cell, tile, tiles) {
    const pinned = this.pinned.get(cell);
    if (pinned !== undefined) return pinned;
    const mirrorOffset = tile >= tiles ? tiles : 0;
    const replacement = this.replaced.get(tile - mirrorOffset);
    return replacement === undefined ? tile : replacement + mirrorOffset;
  }
}
