"use strict";

/** Who and what is in a mosaic: its tiles, their photos and photographers, their uses. */
class Catalogue {
  /** facts: what the page carries, see mosaic/viewer.py. */
  constructor(facts) {
    Object.assign(this, facts);
    this.uses = this.tiles.map(() => []);
    this.placement.forEach((tile, cell) => {
      if (tile >= 0) this.uses[tile % this.tiles.length].push(cell);
    });
    this.groups = [...this.photographerGroups(), ...this.photoGroups()];
  }

  /** The tile in a cell, its mirror image counted as the same. */
  tileAt(cell) {
    return this.placement[cell] % this.tiles.length;
  }

  photoOf(tile) {
    return this.photos[this.tiles[tile].photo];
  }

  /** Row and column by which a cell is called, both from 0. */
  nameOf(cell) {
    if (this.names) return { row: this.names[2 * cell], column: this.names[2 * cell + 1] };
    const column = cell % this.grid.columns;
    return { row: (cell - column) / this.grid.columns, column };
  }

  /** The cell of that name, or -1. */
  cellOf(row, column) {
    if (!this.names) {
      const { rows, columns } = this.grid;
      const inside = row >= 0 && row < rows && column >= 0 && column < columns;
      return inside ? row * columns + column : -1;
    }
    for (let cell = 0; cell < this.placement.length; cell++)
      if (this.names[2 * cell] === row && this.names[2 * cell + 1] === column) return cell;
    return -1;
  }

  photographerGroups() {
    return this.grouped("photographer", (tile) => this.photoOf(tile).photographer,
      (person) => this.photographers[person].name);
  }

  photoGroups() {
    return this.grouped("photo", (tile) => this.tiles[tile].photo,
      (photo) => this.photos[photo].name);
  }

  /** Tiles that have something in common, those with most uses first. */
  grouped(kind, keyOf, nameOf) {
    const found = new Map();
    this.tiles.forEach((_, tile) => {
      const key = keyOf(tile);
      if (!found.has(key)) found.set(key, []);
      found.get(key).push(tile);
    });
    return [...found].map(([key, tiles]) => {
      const name = nameOf(key);
      tiles.sort((a, b) => this.uses[b].length - this.uses[a].length || a - b);
      const uses = tiles.reduce((sum, tile) => sum + this.uses[tile].length, 0);
      return { kind, name, tiles, uses, folded: folded(name) };
    }).filter((group) => group.name).sort((a, b) => b.uses - a.uses);
  }

  /** Groups whose names hold all words; whole words at the start of a name first. */
  search(text) {
    const words = folded(text).split(" ").filter(Boolean);
    const found = this.groups.filter((group) =>
      words.every((word) => group.folded.includes(word)));
    const early = (group) => (group.folded.startsWith(words[0] || "") ? 0 : 1);
    return words.length ? found.sort((a, b) => early(a) - early(b)) : found;
  }

  /** All cells of some tiles, in reading order. */
  cellsOf(tiles) {
    return tiles.flatMap((tile) => this.uses[tile]).sort((a, b) => a - b);
  }
}

/** Without case, accents and signs: what a person types and a name agree in. */
function folded(text) {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}
