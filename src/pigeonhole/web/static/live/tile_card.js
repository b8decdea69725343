// @ts-check
/** Show one tile of the live mosaic, enlarged and with its credit. */
import { linkTo, orderCredit } from "../shared/credit.js";
import { byId, context2d } from "../shared/dom.js";
import { serverAddress } from "./connection.js";

/** @import { LiveMosaic } from "./live_mosaic.js" */

/**
 * The credit of a tile; see live/page/atlas.py.
 *
 * @typedef {object} Credit
 * @property {string} photo
 * @property {string} photographer
 * @property {string} photographer_url
 * @property {string} page_url
 * @property {string} license
 * @property {string} license_url
 */

/** @typedef {(Node | string)[]} Content */

const TILE_WIDTH = 544;
/** Distance between the cell and the card, in pixels. */
const GAP = 14;
/** Smallest distance between the card and the sides of the stage. */
const EDGE = 8;

/** A card that follows the pointer or the cursor, and can be pinned. */
export class TileCard {
  /** @param {LiveMosaic} mosaic */
  constructor(mosaic) {
    this.mosaic = mosaic;
    this.element = byId("card");
    this.cursor = byId("cursor");
    this.closeButton = byId("close-card");
    this.tileCanvas = byId("tile", HTMLCanvasElement);
    /** The cell of the card; -1 is none. */
    this.cell = -1;
    /** Tile set and number of the tile that is shown. */
    this.tileKey = "";
    this.isPinned = false;
    /**
     * The seat of the guest who joined on this page.
     *
     * @type {number | null}
     */
    this.ownSeat = null;
    /** @type {Map<string, Promise<Credit | null>>} */
    this.credits = new Map();
    this.closeButton.addEventListener("click", () => this.close());
  }

  /**
   * Show the tile of a cell, unless the card is pinned.
   *
   * @param {number} cell -1 closes the card.
   * @param {boolean} [hasCursor] Whether to mark the cell, for keyboard users.
   */
  showCell(cell, hasCursor = false) {
    if (this.isPinned) return;
    this.cell = cell;
    if (cell < 0 || !this.mosaic.hasMosaic) {
      this.close();
      return;
    }
    this.cursor.hidden = !hasCursor;
    this.move();
    this.update();
  }

  /** Show the tile that the cell has now. */
  update() {
    const { mosaic } = this;
    if (this.cell < 0 || this.isPinned || !mosaic.atlas) return;
    const number = mosaic.numbers[this.cell];
    const key = `${mosaic.atlas.set}/${number}`;
    if (key === this.tileKey && !this.element.hidden) return;
    this.tileKey = key;
    this.element.hidden = false;
    this.drawTile(number);
    this.showCredit(number, key);
  }

  /** Keep the card open, so that the user can follow its links. */
  pin() {
    if (this.element.hidden) return;
    this.isPinned = true;
    this.element.classList.add("pinned");
    this.closeButton.hidden = false;
  }

  close() {
    this.isPinned = false;
    this.cell = -1;
    this.tileKey = "";
    this.element.classList.remove("pinned");
    this.element.hidden = this.closeButton.hidden = this.cursor.hidden = true;
  }

  /** Move the card next to its cell, and the cursor to the cell. */
  move() {
    const box = this.mosaic.cellBox(this.cell);
    const canvas = this.mosaic.canvas.getBoundingClientRect();
    const stage = byId("stage").getBoundingClientRect();
    this.element.hidden = false;
    const x = canvas.left - stage.left + box.left * canvas.width;
    const y = canvas.top - stage.top + box.top * canvas.height;
    const { offsetWidth: width, offsetHeight: height, style } = this.element;
    const right = x + box.width * canvas.width + GAP;
    const left = right + width <= stage.width - EDGE ? right : x - width - GAP;
    const top = y + (box.height * canvas.height - height) / 2;
    style.setProperty("--x", `${Math.max(EDGE, left)}px`);
    style.setProperty("--y",
      `${Math.min(Math.max(EDGE, top), stage.height - height - EDGE)}px`);
    for (const [name, share] of Object.entries(box))
      this.cursor.style.setProperty(name, `${100 * share}%`);
  }

  /** @param {number} number */
  drawTile(number) {
    const { atlas } = this.mosaic;
    if (!atlas) return;
    const height = Math.round((TILE_WIDTH * atlas.height) / atlas.width);
    Object.assign(this.tileCanvas, { width: TILE_WIDTH, height });
    const context = context2d(this.tileCanvas);
    context.imageSmoothingQuality = "high";
    atlas.paint(context, number, 0, 0, TILE_WIDTH, height);
  }

  /**
   * @param {number} number
   * @param {string} key
   */
  async showCredit(number, key) {
    const seat = this.mosaic.seatOf(number);
    if (seat >= 0) {
      const isOwn = seat === this.ownSeat;
      this.showText([isOwn ? "You" : "A guest"],
        [isOwn ? "“Remove me” deletes your tile." : "Shown with consent."]);
      return;
    }
    const request = this.credits.get(key) ?? fetchCredit(key);
    this.credits.set(key, request);
    const credit = await request;
    // After a lost connection, ask again.
    if (!credit) this.credits.delete(key);
    if (key === this.tileKey) this.showText(...describeCredit(credit));
  }

  /**
   * @param {Content} title
   * @param {Content} details
   */
  showText(title, details) {
    byId("who").replaceChildren(...title);
    byId("from").replaceChildren(...details);
    if (this.cell >= 0 && !this.isPinned) this.move();
  }
}

/**
 * @param {string} key
 * @returns {Promise<Credit | null>}
 */
async function fetchCredit(key) {
  try {
    const response = await fetch(serverAddress(`credit/${key}`));
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/**
 * @param {Credit | null} credit
 * @returns {[title: Content, details: Content]}
 */
function describeCredit(credit) {
  if (!credit) return [[], []];
  const [first, second] = orderCredit([credit.photographer, credit.photographer_url],
    [credit.photo, credit.page_url]);
  return [[linkTo(first)],
    [linkTo(second), " · ", linkTo([credit.license, credit.license_url])]];
}
