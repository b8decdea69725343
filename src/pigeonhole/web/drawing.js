/*
 * Draws mosaics on a canvas: for the viewer, which works from file: and so has neither
 * modules nor fetch, and for the live page.
 *
 * Atlas            tiles of one size on pages, loaded when they are needed
 * Cells            the boxes of a mosaic, and which of them is where
 * PlacementCanvas  a canvas of one mosaic that keeps changing
 *
 * Lengths of a mosaic are in its own pixels (a tile at its matched size), those of a
 * canvas in its device pixels. A cell without a tile has the number -1.
 */
"use strict";

/** Tiles of one size on pages: pictures that hold them row by row. */
class Atlas {
  /**
   * facts: {width, height} of a tile, {columns, rows} of a page, the number of
   * {tiles}, and the addresses of the {pages}. A page of one tile may have any size.
   * Tile numbers from `tiles` on are the mirror images.
   * changed is called whenever a page has come, or can't.
   */
  constructor(facts, changed = () => {}) {
    Object.assign(this, facts);
    this.changed = changed;
    this.images = new Map();
  }

  /** Return whether a tile is on any page: a page without an address isn't there. */
  has(tile) {
    const number = tile % this.tiles;
    return Boolean(this.pages[Math.floor(number / (this.columns * this.rows))]);
  }

  /** Return a page that has come, or null; the first asking starts its coming. */
  page(number, load = true) {
    if (!this.images.has(number) && load) this.load(number);
    return this.images.get(number)?.bitmap ?? null;
  }

  /** Load a page; the promise ends when it has come or can't. */
  load(number) {
    const page = { address: this.pages[number], bitmap: null };
    this.images.set(number, page);
    page.coming = decoded(page.address).then(
      (bitmap) => { page.bitmap = bitmap; },
      () => { page.failed = true; },
    ).then(() => this.changed(page));
    return page.coming;
  }

  /** Load all pages. */
  async loadAll() {
    await Promise.all(this.pages.map((_, number) =>
      this.images.get(number)?.coming ?? this.load(number)));
  }

  /** Paint a tile; return whether its page was there. */
  paint(context, tile, x, y, width, height, load = true) {
    const number = tile % this.tiles;
    const size = this.columns * this.rows;
    const image = this.page(Math.floor(number / size), load);
    if (!image) return false;
    const place = number % size;
    const wide = size === 1 ? image.width : this.width;
    const tall = size === 1 ? image.height : this.height;
    const left = (place % this.columns) * wide;
    const top = Math.floor(place / this.columns) * tall;
    if (tile >= this.tiles) {
      context.save();
      context.translate(2 * x + width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(image, left, top, wide, tall, x, y, width, height);
    if (tile >= this.tiles) context.restore();
    return true;
  }
}

/** The boxes of a mosaic's cells. */
class Cells {
  /** boxes: x, y, width and height of each cell, one after the other. */
  constructor(boxes, width, height) {
    Object.assign(this, { boxes, width, height, length: boxes.length / 4 });
    // Cells are found by way of buckets about as large as a cell.
    this.side = Math.max(1, Math.sqrt((width * height) / Math.max(1, this.length)));
    this.across = Math.ceil(width / this.side);
    this.down = Math.ceil(height / this.side);
    this.buckets = Array.from({ length: this.across * this.down }, () => []);
    for (let cell = 0; cell < this.length; cell++) {
      const box = this.box(cell);
      this.around(box.x, box.y, box.width, box.height, (bucket) => bucket.push(cell));
    }
    this.smallest = 0;
    for (let cell = 1; cell < this.length; cell++)
      if (boxes[4 * cell + 2] < boxes[4 * this.smallest + 2]) this.smallest = cell;
    this.seen = new Uint32Array(this.length);
    this.turn = 0;
  }

  /** Cells of one size, row by row. */
  static grid(rows, columns, width, height) {
    const boxes = new Int32Array(4 * rows * columns);
    for (let cell = 0; cell < rows * columns; cell++) {
      const column = cell % columns;
      const row = (cell - column) / columns;
      boxes.set([column * width, row * height, width, height], 4 * cell);
    }
    return new Cells(boxes, columns * width, rows * height);
  }

  box(cell) {
    const [x, y, width, height] = this.boxes.subarray(4 * cell, 4 * cell + 4);
    return { x, y, width, height };
  }

  /** Call back with each bucket that a box touches. */
  around(x, y, width, height, visit) {
    const place = (value, limit) =>
      Math.min(limit - 1, Math.max(0, Math.floor(value / this.side)));
    const right = place(x + width, this.across);
    const bottom = place(y + height, this.down);
    for (let row = place(y, this.down); row <= bottom; row++)
      for (let column = place(x, this.across); column <= right; column++)
        visit(this.buckets[row * this.across + column]);
  }

  /** Return the cell at a point, or -1. */
  at(x, y) {
    return this.within(x, y, 1e-9, 1e-9)[0] ?? -1;
  }

  /** Return the cells that a box touches, each once. */
  within(x, y, width, height) {
    const found = [];
    const turn = ++this.turn;
    const { boxes, seen } = this;
    this.around(x, y, width, height, (bucket) => {
      for (const cell of bucket) {
        const left = boxes[4 * cell];
        const top = boxes[4 * cell + 1];
        if (seen[cell] !== turn && left < x + width && top < y + height
            && x < left + boxes[4 * cell + 2] && y < top + boxes[4 * cell + 3]) {
          seen[cell] = turn;
          found.push(cell);
        }
      }
    });
    return found;
  }
}

/** A canvas that shows a whole mosaic with one atlas; a change repaints what changed. */
class PlacementCanvas {
  /** The atlas should be loaded: what isn't there when it's shown is left as it was. */
  constructor(canvas, atlas, rows, columns) {
    Object.assign(this, { canvas, atlas, rows, columns });
    canvas.width = columns * atlas.width;
    canvas.height = rows * atlas.height;
    this.context = canvas.getContext("2d", { alpha: false });
    this.shown = new Int32Array(rows * columns).fill(-1);
  }

  /** Show a placement: numbers of tiles, row by row; return how many cells changed. */
  show(placement) {
    const { width, height } = this.atlas;
    let changed = 0;
    for (let cell = 0; cell < this.shown.length; cell++) {
      if (placement[cell] === this.shown[cell]) continue;
      const column = cell % this.columns;
      const row = (cell - column) / this.columns;
      if (this.atlas.paint(this.context, placement[cell], column * width, row * height,
        width, height)) this.shown[cell] = placement[cell];
      changed++;
    }
    return changed;
  }

  /** Return the cell under a point of the window (clientX, clientY), or -1. */
  cellAt(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((clientY - box.top) / box.height) * this.rows);
    const inside = column >= 0 && column < this.columns && row >= 0 && row < this.rows;
    return inside ? row * this.columns + column : -1;
  }
}

/** Load a picture as pixels: what is drawn often must not be decoded again. */
async function decoded(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return createImageBitmap(image);
}
