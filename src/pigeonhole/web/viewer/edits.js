"use strict";

/** Marks for the next solve: what `mosaic.edits` reads. */
class Edits {
  constructor(changed) {
    this.changed = changed;
    this.clear();
  }

  clear() {
    this.banned = new Set();
    this.pinned = new Map();
    this.replaced = new Map();
    this.changed();
  }

  get count() {
    return this.banned.size + this.pinned.size + this.replaced.size;
  }

  /** Ban a tile from the mosaic, or let it in again. */
  ban(tile) {
    if (!this.banned.delete(tile)) {
      this.banned.add(tile);
      this.replaced.delete(tile);
      // What is banned can neither stay in a cell nor take another's place.
      for (const map of [this.pinned, this.replaced])
        for (const [key, other] of map) if (other === tile) map.delete(key);
    }
    this.changed();
  }

  /** Keep a tile in a cell, or let the cell go. */
  pin(cell, tile) {
    if (this.pinned.get(cell) === tile) this.pinned.delete(cell);
    else {
      this.pinned.set(cell, tile);
      this.banned.delete(tile);
    }
    this.changed();
  }

  /** Put a tile wherever another is. */
  replace(old, tile) {
    if (old === tile) this.replaced.delete(old);
    else {
      // Who was to become the old one becomes the new one.
      for (const [key, other] of this.replaced) if (other === old) this.replaced.set(key, tile);
      this.replaced.set(old, tile);
      this.replaced.delete(tile);
      this.banned.delete(old);
      this.banned.delete(tile);
    }
    this.changed();
  }

  /** The list as a file: tiles by id, cells by row and column. */
  toJSON(catalogue) {
    const id = (tile) => catalogue.tiles[tile].id;
    const ordered = (map) => [...map].sort((a, b) => a[0] - b[0]);
    return JSON.stringify({
      ban: [...this.banned].sort((a, b) => a - b).map(id),
      pin: ordered(this.pinned).map(([cell, tile]) =>
        ({ ...catalogue.nameOf(cell), tile: id(tile) })),
      replace: Object.fromEntries(
        ordered(this.replaced).map(([old, tile]) => [id(old), id(tile)])),
    }, null, 2) + "\n";
  }

  /** What a cell will show, as far as the marks alone tell. */
  preview(cell, tile, tiles) {
    if (this.pinned.has(cell)) return this.pinned.get(cell);
    const mirrored = tile >= tiles ? tiles : 0;
    const other = this.replaced.get(tile - mirrored);
    return other === undefined ? tile : other + mirrored;
  }
}
