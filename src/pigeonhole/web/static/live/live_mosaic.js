// @ts-check
/** Draw the live mosaic, with guests among its tiles. */
import { Atlas } from "../shared/atlas.js";
import { context2d, createElement } from "../shared/dom.js";
import { PlacementCanvas } from "../shared/placement_canvas.js";
import { serverAddress } from "./connection.js";

/** @import { TilePainter } from "../shared/atlas.js" */
/** @import { GuestData, PlacementMessage, TileSetData } from "./connection.js" */

/**
 * The tiles of a guest, one for each tile set.
 *
 * @typedef {{ since: number, images: ImageBitmap[] }} GuestTiles
 */

/** Width of a cell on the canvas that highlights a guest, in pixels. */
const HIGHLIGHT_CELL_WIDTH = 16;
const GLOW_RADIUS = 46;
const REDRAW_DELAY_MS = 150;

/**
 * The atlas of a tile set. Numbers from `tiles` on are the seats of guests, instead of
 * mirror images.
 */
export class LiveAtlas extends Atlas {
  /**
   * @param {TileSetData} data
   * @param {number} set Number of the tile set.
   * @param {Map<number, GuestTiles>} guests By seat.
   */
  constructor(data, set, guests) {
    const pages = Array.from({ length: data.pages },
      (_, page) => serverAddress(`atlas/${set}/${page}`));
    super({ ...data.atlas, pages });
    this.set = set;
    this.guests = guests;
    this.isLoaded = false;
    this.loadAll().then(() => { this.isLoaded = true; });
  }

  /** @type {TilePainter["paint"]} */
  paint(context, tile, x, y, width, height) {
    if (tile < this.tiles) return super.paint(context, tile, x, y, width, height);
    const image = this.guests.get(tile - this.tiles)?.images[this.set];
    if (!image) return false;
    context.drawImage(image, x, y, width, height);
    return true;
  }
}

/** An atlas scaled down once, so that drawing a frame only copies pixels. */
class ScaledAtlas {
  /**
   * @param {LiveAtlas} atlas
   * @param {number} width
   * @param {number} height
   */
  constructor(atlas, width, height) {
    this.atlas = atlas;
    this.width = width;
    this.height = height;
    /** @type {HTMLCanvasElement[]} */
    this.pages = [];
    for (let first = 0; first < atlas.tiles; first += atlas.tilesPerPage)
      this.pages.push(this.makePage(first));
  }

  /** @param {number} first The first tile of the page. */
  makePage(first) {
    const { atlas, width, height } = this;
    const count = Math.min(atlas.tilesPerPage, atlas.tiles - first);
    const page = createElement("canvas", { width: atlas.columns * width,
      height: Math.ceil(count / atlas.columns) * height });
    const context = context2d(page, { alpha: false });
    context.imageSmoothingQuality = "high";
    for (let tile = 0; tile < count; tile++)
      atlas.paint(context, first + tile, (tile % atlas.columns) * width,
        Math.floor(tile / atlas.columns) * height, width, height);
    return page;
  }

  /** @type {TilePainter["paint"]} */
  paint(context, tile, x, y, width, height) {
    const { atlas } = this;
    if (tile >= atlas.tiles) return atlas.paint(context, tile, x, y, width, height);
    const place = tile % atlas.tilesPerPage;
    context.drawImage(this.pages[Math.floor(tile / atlas.tilesPerPage)],
      (place % atlas.columns) * width, Math.floor(place / atlas.columns) * height,
      width, height, x, y, width, height);
    return true;
  }
}

/** The mosaic, and a canvas above it that highlights a guest. */
export class LiveMosaic {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLCanvasElement} highlightCanvas
   */
  constructor(canvas, highlightCanvas) {
    this.canvas = canvas;
    this.highlightCanvas = highlightCanvas;
    /** @type {TileSetData[]} */
    this.tileSets = [];
    /** @type {LiveAtlas[]} */
    this.atlases = [];
    /** @type {Map<number, GuestTiles>} */
    this.guests = new Map();
    /** @type {Map<number, GuestData>} */
    this.presentGuests = new Map();
    /** @type {PlacementCanvas | null} */
    this.placementCanvas = null;
    /**
     * The atlas of the mosaic that is shown.
     *
     * @type {LiveAtlas | null}
     */
    this.atlas = null;
    /** @type {Uint16Array | Uint32Array} */
    this.numbers = new Uint16Array(0);
    /**
     * The seat of the highlighted guest.
     *
     * @type {number | null}
     */
    this.highlightedSeat = null;
    /** Keeps the canvas at its size, whatever the window does. */
    this.isSizeFixed = false;
    this.resizeTimer = 0;
    new ResizeObserver(() => this.resizeSoon()).observe(canvas);
  }

  get hasMosaic() {
    return this.placementCanvas !== null;
  }

  get columns() {
    return this.placementCanvas?.columns ?? 1;
  }

  /** @param {TileSetData[]} tileSets */
  setTileSets(tileSets) {
    this.tileSets = tileSets;
    this.atlases = [];
    this.placementCanvas = null;
  }

  /**
   * Return the atlas of a tile set; the first call starts to load it.
   *
   * @param {number} set
   */
  atlasOf(set) {
    this.atlases[set] ||= new LiveAtlas(this.tileSets[set], set, this.guests);
    return this.atlases[set];
  }

  /**
   * Show a placement; return false if its tiles haven't loaded yet.
   *
   * @param {PlacementMessage} placement
   */
  show({ set, rows, columns, numbers }) {
    const atlas = this.atlasOf(set);
    if (!atlas.isLoaded) return false;
    const old = this.placementCanvas;
    const isSame = old && this.atlas === atlas && old.rows === rows
      && old.columns === columns;
    const placementCanvas = isSame ? old : this.makeCanvas(atlas, rows, columns);
    this.numbers = numbers;
    placementCanvas.draw(numbers);
    this.drawHighlight();
    return true;
  }

  /**
   * Prepare the canvas for a mosaic whose tiles have their own size, or less where the
   * screen has fewer pixels.
   *
   * @param {LiveAtlas} atlas
   * @param {number} rows
   * @param {number} columns
   */
  makeCanvas(atlas, rows, columns) {
    const screenWidth = this.canvas.clientWidth * devicePixelRatio;
    const scale = Math.min(1, Math.ceil(screenWidth / columns) / atlas.width);
    const painter = scale < 1 && screenWidth > 0
      ? new ScaledAtlas(atlas, Math.max(1, Math.round(atlas.width * scale)),
        Math.max(1, Math.round(atlas.height * scale)))
      : atlas;
    this.placementCanvas = new PlacementCanvas(this.canvas, painter, rows, columns);
    this.atlas = atlas;
    const cellHeight = Math.round((HIGHLIGHT_CELL_WIDTH * atlas.height) / atlas.width);
    this.highlightCanvas.width = columns * HIGHLIGHT_CELL_WIDTH;
    this.highlightCanvas.height = rows * cellHeight;
    return this.placementCanvas;
  }

  /** Draw everything again at the new size of the canvas on the screen. */
  resizeSoon() {
    clearTimeout(this.resizeTimer);
    if (!this.placementCanvas || this.isSizeFixed) return;
    this.resizeTimer = setTimeout(() => {
      if (!this.placementCanvas || !this.atlas) return;
      const { rows, columns } = this.placementCanvas;
      this.makeCanvas(this.atlas, rows, columns).draw(this.numbers);
    }, REDRAW_DELAY_MS);
  }

  /** Return a canvas with the mosaic, its tiles in their own size. */
  renderFullSize() {
    const canvas = createElement("canvas");
    if (this.placementCanvas && this.atlas) {
      const { rows, columns } = this.placementCanvas;
      new PlacementCanvas(canvas, this.atlas, rows, columns).draw(this.numbers);
    }
    return canvas;
  }

  /**
   * Return where a cell is, as shares of the canvas.
   *
   * @param {number} cell
   */
  cellBox(cell) {
    const { columns } = this;
    const rows = this.placementCanvas?.rows ?? 1;
    const column = cell % columns;
    const row = (cell - column) / columns;
    return { left: column / columns, top: row / rows, width: 1 / columns,
      height: 1 / rows };
  }

  /**
   * Return the cell under a point of the window, or -1.
   *
   * @param {number} x
   * @param {number} y
   */
  cellAt(x, y) {
    return this.placementCanvas?.cellAt(x, y) ?? -1;
  }

  /**
   * Return the seat of the guest with a tile number, or -1.
   *
   * @param {number} number
   */
  seatOf(number) {
    return this.atlas && number >= this.atlas.tiles ? number - this.atlas.tiles : -1;
  }

  /**
   * Add and remove guests; removed ones disappear from the canvas at once.
   *
   * @param {GuestData[]} guests All guests who are present.
   */
  async updateGuests(guests) {
    this.presentGuests = new Map(guests.map((guest) => [guest.seat, guest]));
    for (const [seat, { since }] of this.guests)
      if (this.presentGuests.get(seat)?.since !== since) this.removeGuest(seat);
    await Promise.all(guests.map(async ({ seat, since, tiles }) => {
      if (!tiles) return;
      const images = await Promise.all(tiles.map(decodeWebp));
      // The guest may have left in the meantime.
      if (this.presentGuests.get(seat)?.since === since)
        this.guests.set(seat, { since, images });
    }));
  }

  /** @param {number} seat */
  removeGuest(seat) {
    for (const image of this.guests.get(seat)?.images ?? []) image.close();
    this.guests.delete(seat);
    if (this.atlas) this.placementCanvas?.erase(this.atlas.tiles + seat);
  }

  /**
   * Highlight all cells of a guest, or none.
   *
   * @param {number | null} seat
   */
  highlightGuest(seat) {
    this.highlightedSeat = seat;
    this.highlightCanvas.classList.toggle("visible", seat !== null);
    this.drawHighlight();
  }

  /** Darken the mosaic, but for the cells of the highlighted guest. */
  drawHighlight() {
    if (this.highlightedSeat === null || !this.placementCanvas) return;
    const { width, height } = this.highlightCanvas;
    const context = context2d(this.highlightCanvas);
    /** @type {[x: number, y: number, width: number, height: number][]} */
    const boxes = [];
    this.numbers.forEach((number, cell) => {
      if (this.seatOf(number) !== this.highlightedSeat) return;
      const box = this.cellBox(cell);
      boxes.push([box.left * width, box.top * height, box.width * width,
        box.height * height]);
    });
    context.clearRect(0, 0, width, height);
    context.fillStyle = "#08070ab8";
    context.fillRect(0, 0, width, height);
    for (const box of boxes) drawGlow(context, box[0] + box[2] / 2, box[1] + box[3] / 2);
    context.strokeStyle = "#fff";
    context.lineWidth = 4;
    for (const box of boxes) context.strokeRect(...box);
    for (const box of boxes) context.clearRect(...box);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 */
function drawGlow(context, x, y) {
  const glow = context.createRadialGradient(x, y, 10, x, y, GLOW_RADIUS);
  glow.addColorStop(0, "#ff9a57cc");
  glow.addColorStop(1, "#ff9a5700");
  context.fillStyle = glow;
  context.fillRect(x - GLOW_RADIUS, y - GLOW_RADIUS, 2 * GLOW_RADIUS, 2 * GLOW_RADIUS);
}

/** @param {string} base64 */
async function decodeWebp(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }));
}
