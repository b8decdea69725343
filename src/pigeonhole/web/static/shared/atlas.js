// @ts-check
/** Draw tiles from atlas pages: images that hold many tiles each. */

/**
 * @typedef {object} AtlasData
 * @property {number} width Width of a tile, in pixels.
 * @property {number} height
 * @property {number} columns Tiles in a row of a page.
 * @property {number} rows Rows of a page.
 * @property {number} tiles Number of tiles.
 * @property {string[]} pages Addresses of the pages; an empty one has no page.
 */

/**
 * @typedef {object} AtlasPage
 * @property {string} address
 * @property {ImageBitmap | null} bitmap Set when the page has loaded.
 * @property {boolean} failed
 * @property {Promise<void>} loading Settles when the page has loaded or failed.
 */

/**
 * Something that draws tiles.
 *
 * @typedef {object} TilePainter
 * @property {number} width Width of a tile, in pixels.
 * @property {number} height
 * @property {(context: CanvasRenderingContext2D, tile: number, x: number, y: number,
 *   width: number, height: number) => boolean} paint
 *   Draws a tile into a box; returns whether the tile was available.
 */

/**
 * The tiles of one size.
 *
 * Tile numbers from `tiles` on are the mirror images. A page that holds a single tile
 * may have any size.
 */
export class Atlas {
  /**
   * @param {AtlasData} data
   * @param {(page: AtlasPage) => void} [onPage] Called when a page has loaded or failed.
   */
  constructor(data, onPage = () => {}) {
    this.width = data.width;
    this.height = data.height;
    this.columns = data.columns;
    this.rows = data.rows;
    this.tiles = data.tiles;
    this.pages = data.pages;
    this.onPage = onPage;
    /** @type {Map<number, AtlasPage>} */
    this.requested = new Map();
  }

  get tilesPerPage() {
    return this.columns * this.rows;
  }

  /**
   * Return whether a tile is on any page.
   *
   * @param {number} tile
   */
  has(tile) {
    const number = tile % this.tiles;
    return Boolean(this.pages[Math.floor(number / this.tilesPerPage)]);
  }

  /**
   * Return the image of a page, or null while it is loading.
   *
   * @param {number} number
   * @param {boolean} load Whether to load a page that was never requested.
   */
  bitmap(number, load) {
    if (!this.requested.has(number) && load) this.load(number);
    return this.requested.get(number)?.bitmap ?? null;
  }

  /**
   * Load a page. The promise settles when it has loaded or failed, and never rejects.
   *
   * @param {number} number
   */
  load(number) {
    /** @type {AtlasPage} */
    const page = { address: this.pages[number], bitmap: null, failed: false,
      loading: Promise.resolve() };
    this.requested.set(number, page);
    page.loading = loadBitmap(page.address).then(
      (bitmap) => { page.bitmap = bitmap; },
      () => { page.failed = true; },
    ).then(() => this.onPage(page));
    return page.loading;
  }

  /** Load all pages. */
  async loadAll() {
    await Promise.all(this.pages.map((_, number) =>
      this.requested.get(number)?.loading ?? this.load(number)));
  }

  /**
   * Draw a tile into a box; return whether its page was there.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {number} tile
   * @param {number} x
   * @param {number} y
   * @param {number} width
   * @param {number} height
   * @param {boolean} [load] Whether to load a page that was never requested.
   */
  paint(context, tile, x, y, width, height, load = true) {
    const number = tile % this.tiles;
    const image = this.bitmap(Math.floor(number / this.tilesPerPage), load);
    if (!image) return false;
    const place = number % this.tilesPerPage;
    const isSingle = this.tilesPerPage === 1;
    const tileWidth = isSingle ? image.width : this.width;
    const tileHeight = isSingle ? image.height : this.height;
    const left = (place % this.columns) * tileWidth;
    const top = Math.floor(place / this.columns) * tileHeight;
    const isMirrored = tile >= this.tiles;
    if (isMirrored) {
      context.save();
      context.translate(2 * x + width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(image, left, top, tileWidth, tileHeight, x, y, width, height);
    if (isMirrored) context.restore();
    return true;
  }
}

/** Keeps the images of pages within a number of pixels. */
export class BitmapBudget {
  /** @param {number} pixels */
  constructor(pixels) {
    this.pixels = pixels;
    this.used = 0;
    /** @type {Map<ImageBitmap, () => void>} The least recently used image comes first. */
    this.evictions = new Map();
  }

  /**
   * Note that an image was used; drop others if there are too many pixels.
   *
   * @param {ImageBitmap} bitmap
   * @param {() => void} evict Called when the image is dropped.
   */
  use(bitmap, evict) {
    if (!this.evictions.delete(bitmap)) this.used += bitmap.width * bitmap.height;
    this.evictions.set(bitmap, evict);
    for (const [oldest, drop] of this.evictions) {
      if (this.used <= this.pixels || oldest === bitmap) break;
      this.evictions.delete(oldest);
      this.used -= oldest.width * oldest.height;
      drop();
      oldest.close();
    }
  }
}

/**
 * Load an image and decode it at once: images that are drawn often must not be decoded
 * again.
 *
 * @param {string} address
 */
export async function loadBitmap(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return createImageBitmap(image);
}
