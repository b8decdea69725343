// @ts-check
/** Load the tiles of the studio: their credits, an atlas, and crops of photos on demand. */
import { Atlas, BitmapBudget } from "../shared/atlas.js";
import { fetchJson, serverAddress } from "./connection.js";

/** @import { AtlasData, AtlasPage } from "../shared/atlas.js" */
/** @import { ViewerData } from "../shared/catalog.js" */
/** @import { ErrorScale } from "../shared/error_map.js" */

/**
 * The answer to /tiles.
 *
 * @typedef {Pick<ViewerData, "tiles" | "photos" | "photographers" | "licenses"> & {
 *   sources: number[], atlases: AtlasData[], errors?: ErrorScale }} TilesData Tiles with the
 *   same source are of the same photo or face.
 */

/**
 * The tiles of one version of the tile set.
 *
 * @typedef {object} TileSource
 * @property {number | string} version
 * @property {TilesData} data
 * @property {Atlas[]} atlases
 * @property {() => void} close Frees the memory of the images.
 */

/** Width of the smallest crops; each following size is twice as wide. */
const SMALLEST_CROP = 64;
/** Number of crops to load at the same time. */
const PARALLEL_LOADS = 6;
/** Number of crops that may wait; older ones are asked for again when they're seen. */
const MAX_WAITING = 600;
/** Pixels of all crops in memory, if the screen doesn't need more. */
const CROP_PIXELS = 40_000_000;

/**
 * Load the tiles of a version.
 *
 * @param {number | string} version
 * @param {(page: AtlasPage) => void} onPage Called when a page has loaded or failed.
 * @returns {Promise<TileSource>}
 */
export async function loadTiles(version, onPage) {
  /** @type {TilesData} */
  const data = await fetchJson("tiles", { version });
  const atlases = data.atlases.slice(0, -1).map((atlas) => new Atlas(atlas, onPage));
  const single = data.atlases[data.atlases.length - 1];
  const screenPixels = screen.width * screen.height * devicePixelRatio ** 2;
  const budget = new BitmapBudget(Math.max(CROP_PIXELS, 5 * screenPixels));
  const loader = new CropLoader();
  for (let width = SMALLEST_CROP; ; width *= 2) {
    const last = Math.min(width, single.width);
    atlases.push(new CropAtlas(single, last, version, budget, loader, onPage));
    if (last === single.width) break;
  }
  const close = () => {
    loader.waiting = [];
    for (const { requested } of atlases)
      for (const { bitmap } of requested.values()) bitmap?.close();
  };
  return { version, data, atlases, close };
}

/** Loads crops, the newest request first, because it's for what the user sees now. */
class CropLoader {
  constructor() {
    this.running = 0;
    /** @type {{ start: () => Promise<void>, drop: () => void }[]} */
    this.waiting = [];
  }

  /**
   * @param {() => Promise<void>} start
   * @param {() => void} drop Called instead of `start` if too many others are waiting.
   */
  add(start, drop) {
    this.waiting.push({ start, drop });
    if (this.waiting.length > MAX_WAITING) this.waiting.shift()?.drop();
    this.startNext();
  }

  startNext() {
    if (this.running >= PARALLEL_LOADS) return;
    const next = this.waiting.pop();
    if (!next) return;
    this.running++;
    next.start().finally(() => {
      this.running--;
      this.startNext();
    });
  }
}

/** Tiles of one width, each cut from its photo when it's first seen. */
export class CropAtlas extends Atlas {
  /**
   * @param {AtlasData} data
   * @param {number} width
   * @param {number | string} version
   * @param {BitmapBudget} budget
   * @param {CropLoader} loader
   * @param {(page: AtlasPage) => void} onPage
   */
  constructor(data, width, version, budget, loader, onPage) {
    super({ ...data, width, height: Math.round((width * data.height) / data.width),
      columns: 1, rows: 1, pages: [] }, onPage);
    this.version = version;
    this.budget = budget;
    this.loader = loader;
  }

  /** @override */
  has() {
    return true;
  }

  /**
   * @override
   * @param {number} number
   * @param {boolean} load
   */
  bitmap(number, load) {
    const bitmap = super.bitmap(number, load);
    if (bitmap) this.budget.use(bitmap, () => this.requested.delete(number));
    return bitmap;
  }

  /**
   * @override
   * @param {number} number
   */
  load(number) {
    const { version, width } = this;
    const address = serverAddress("tiles/crop", { tile: number, width, version });
    /** @type {AtlasPage} */
    const page = { address, bitmap: null, failed: false, loading: Promise.resolve() };
    this.requested.set(number, page);
    page.loading = new Promise((resolve) => this.loader.add(async () => {
      try {
        const response = await fetch(address);
        if (!response.ok) throw new Error(response.statusText);
        page.bitmap = await createImageBitmap(await response.blob());
      } catch {
        page.failed = true;
      }
      this.onPage(page);
      resolve();
    }, () => {
      this.requested.delete(number);
      resolve();
    }));
    return page.loading;
  }
}
