// @ts-check
/** Look up the tiles, photos and photographers of a mosaic. */

/** @import { AtlasData } from "./atlas.js" */
/** @import { ColorCorrectionData } from "./color_correction.js" */
/** @import { ErrorData } from "./error_map.js" */

/** @typedef {{ id: string, photo: number, brightness: number }} Tile */
/** @typedef {{ name: string, page: string, photographer: number, license: number }} Photo */
/** @typedef {{ name: string, url: string }} Named A name with its web address, if any. */

/**
 * The data that mosaic/viewer.py writes into the page.
 *
 * @typedef {object} ViewerData
 * @property {[width: number, height: number]} size Size of the mosaic, in pixels.
 * @property {[width: number, height: number]} cell Size of a tile as it was matched.
 * @property {{ rows: number, columns: number }} [grid] Set if the layout is a grid;
 *   else `boxes` and `positions` are.
 * @property {number[]} [boxes] x, y, width and height of each cell.
 * @property {number[]} [positions] Row and column of each cell.
 * @property {number[]} placement Tile number of each cell; -1 is none.
 * @property {number[]} banned Tiles that the mosaic was made without.
 * @property {Tile[]} tiles
 * @property {Photo[]} photos
 * @property {Named[]} photographers
 * @property {Named[]} licenses
 * @property {AtlasData[]} atlases From the smallest tiles to the largest.
 * @property {string} overview Address of an image of the mosaic.
 * @property {string} target Address of an image of the target.
 * @property {ColorCorrectionData | null} correction
 * @property {ErrorData} errors
 */

/**
 * Tiles of one photo or one photographer.
 *
 * @typedef {object} TileGroup
 * @property {"photo" | "photographer"} kind
 * @property {string} name
 * @property {number[]} tiles The most used first.
 * @property {number} uses Number of cells.
 * @property {string} searchText
 */

/**
 * What a catalog needs of the data.
 *
 * @typedef {Pick<ViewerData, "tiles" | "photos" | "photographers" | "licenses" | "grid">
 *   & { placement: ArrayLike<number>, positions?: ArrayLike<number>, banned?: number[] }
 * } CatalogData
 */

/** The tiles of a mosaic, their photos and photographers, and where they are used. */
export class Catalog {
  /** @param {CatalogData} data */
  constructor(data) {
    this.data = data;
    this.tiles = data.tiles;
    this.photos = data.photos;
    this.photographers = data.photographers;
    this.licenses = data.licenses;
    this.placement = data.placement;
    this.banned = new Set(data.banned ?? []);
    /**
     * The cells of each tile.
     *
     * @type {number[][]}
     */
    this.uses = this.tiles.map(() => []);
    for (let cell = 0; cell < this.placement.length; cell++)
      if (this.placement[cell] >= 0) this.uses[this.tileAt(cell)].push(cell);
    /** @type {TileGroup[] | null} */
    this.cachedGroups = null;
  }

  /** All photographers and photos. */
  get groups() {
    this.cachedGroups ??= [...this.photographerGroups(), ...this.photoGroups()];
    return this.cachedGroups;
  }

  /**
   * Return the tile of a cell; mirror images count as the tile itself.
   *
   * @param {number} cell
   */
  tileAt(cell) {
    return this.placement[cell] % this.tiles.length;
  }

  /** @param {number} tile */
  photoOf(tile) {
    return this.photos[this.tiles[tile].photo];
  }

  /**
   * Return the row and the column of a cell, counted from 0 as in placement.csv.
   *
   * @param {number} cell
   */
  positionOf(cell) {
    const { grid, positions } = this.data;
    if (positions) return { row: positions[2 * cell], column: positions[2 * cell + 1] };
    const columns = grid?.columns ?? 1;
    const column = cell % columns;
    return { row: (cell - column) / columns, column };
  }

  /**
   * Return the cell in a row and a column, or -1.
   *
   * @param {number} row
   * @param {number} column
   */
  cellAt(row, column) {
    const { grid, positions } = this.data;
    if (positions) {
      for (let cell = 0; cell < this.placement.length; cell++)
        if (positions[2 * cell] === row && positions[2 * cell + 1] === column) return cell;
    } else if (grid && row < grid.rows && column < grid.columns)
      return row * grid.columns + column;
    return -1;
  }

  photographerGroups() {
    return this.groupTiles("photographer", (tile) => this.photoOf(tile).photographer,
      (photographer) => this.photographers[photographer].name);
  }

  photoGroups() {
    return this.groupTiles("photo", (tile) => this.tiles[tile].photo,
      (photo) => this.photos[photo].name);
  }

  /**
   * Return named groups of tiles, the most used first.
   *
   * @param {TileGroup["kind"]} kind
   * @param {(tile: number) => number} keyOf
   * @param {(key: number) => string} nameOf
   */
  groupTiles(kind, keyOf, nameOf) {
    /** @type {Map<number, number[]>} */
    const tilesByKey = new Map();
    this.tiles.forEach((_, tile) => {
      const key = keyOf(tile);
      const tiles = tilesByKey.get(key);
      if (tiles) tiles.push(tile);
      else tilesByKey.set(key, [tile]);
    });
    const groups = [...tilesByKey].map(([key, tiles]) => {
      const name = nameOf(key);
      tiles.sort((a, b) => this.uses[b].length - this.uses[a].length || a - b);
      const uses = tiles.reduce((sum, tile) => sum + this.uses[tile].length, 0);
      return { kind, name, tiles, uses, searchText: normalize(name) };
    });
    return groups.filter(({ name }) => name).sort((a, b) => b.uses - a.uses);
  }

  /**
   * Return the groups whose names contain all words; names that start with the first
   * word come first.
   *
   * @param {string} text
   */
  search(text) {
    const words = normalize(text).split(" ").filter(Boolean);
    const groups = this.groups.filter(({ searchText }) =>
      words.every((word) => searchText.includes(word)));
    /** @param {TileGroup} group */
    const rank = ({ searchText }) => (searchText.startsWith(words[0]) ? 0 : 1);
    return words.length ? groups.sort((a, b) => rank(a) - rank(b)) : groups;
  }

  /**
   * Return all cells of some tiles, in reading order.
   *
   * @param {number[]} tiles
   */
  cellsOf(tiles) {
    return tiles.flatMap((tile) => this.uses[tile]).sort((a, b) => a - b);
  }
}

/**
 * Drop case, accents and punctuation, so that names match however they are typed.
 *
 * @param {string} text
 */
function normalize(text) {
  return text.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}
