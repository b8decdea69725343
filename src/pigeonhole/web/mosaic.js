/* The mosaic on its canvas, with guests among the tiles. */
/* global Atlas, PlacementCanvas */
import { address } from "./link.js";

/** An atlas whose numbers beyond the tiles are guests. */
class LiveAtlas extends Atlas {
  constructor(facts, number, guests) {
    super({ ...facts.atlas, pages: Array.from({ length: facts.pages },
      (_, page) => address(`atlas/${number}/${page}`)) });
    Object.assign(this, { number, guests });
    this.coming = this.loadAll().then(() => { this.come = true; });
  }

  paint(context, tile, x, y, width, height) {
    if (tile < this.tiles) return super.paint(context, tile, x, y, width, height);
    const guest = this.guests.get(tile - this.tiles);
    const picture = guest && guest.pictures[this.number];
    if (picture) context.drawImage(picture, x, y, width, height);
    return Boolean(picture);
  }
}

/** An atlas made smaller once, so that each frame only copies pixels. */
class SmallAtlas {
  constructor(atlas, width, height) {
    Object.assign(this, { atlas, width, height, pages: [] });
    this.size = atlas.columns * atlas.rows;
    for (let first = 0; first < atlas.tiles; first += this.size) this.add(first);
  }

  add(first) {
    const { atlas, width, height } = this;
    const count = Math.min(this.size, atlas.tiles - first);
    const page = document.createElement("canvas");
    page.width = atlas.columns * width;
    page.height = Math.ceil(count / atlas.columns) * height;
    const context = page.getContext("2d", { alpha: false });
    context.imageSmoothingQuality = "high";
    for (let tile = 0; tile < count; tile++)
      atlas.paint(context, first + tile, (tile % atlas.columns) * width,
        Math.floor(tile / atlas.columns) * height, width, height);
    this.pages.push(page);
  }

  paint(context, tile, x, y, width, height) {
    const { atlas } = this;
    if (tile >= atlas.tiles) return atlas.paint(context, tile, x, y, width, height);
    const place = tile % this.size;
    context.drawImage(this.pages[Math.floor(tile / this.size)],
      (place % atlas.columns) * width, Math.floor(place / atlas.columns) * height,
      width, height, x, y, width, height);
    return true;
  }
}

export class Mosaic {
  constructor(canvas, light) {
    Object.assign(this, { canvas, light, guests: new Map(), atlases: [], lit: null });
    this.numbers = new Uint16Array(0);
    new ResizeObserver(() => this.refit()).observe(canvas);
  }

  /** Take in what the server tells of its tile sets. */
  use(sets) {
    this.sets = sets;
    this.atlases = [];
    this.painter = null;
  }

  /** Return a set's atlas; the first asking starts its coming. */
  atlas(number) {
    this.atlases[number] ||= new LiveAtlas(this.sets[number], number, this.guests);
    return this.atlases[number];
  }

  /** Show a placement; return whether its tiles were there to be shown. */
  show({ set, rows, columns, numbers }) {
    const atlas = this.atlas(set);
    if (!atlas.come) return false;
    const { painter } = this;
    if (!painter || this.shown !== atlas || painter.rows !== rows || painter.columns !== columns)
      this.fit(atlas, rows, columns);
    this.numbers = numbers;
    this.painter.show(numbers);
    this.drawLight();
    return true;
  }

  /** Draw tiles as they are, or smaller where the screen has fewer pixels. */
  fit(atlas, rows, columns) {
    const wide = this.canvas.clientWidth * devicePixelRatio;
    const share = Math.min(1, Math.ceil(wide / columns) / atlas.width);
    const [width, height] = [atlas.width, atlas.height].map((side) =>
      Math.max(1, Math.round(side * share)));
    const small = share < 1 && wide > 0;
    this.painter = new PlacementCanvas(this.canvas,
      small ? new SmallAtlas(atlas, width, height) : atlas, rows, columns);
    this.shown = atlas;
    const tall = Math.round((16 * atlas.height) / atlas.width);
    Object.assign(this.light, { width: columns * 16, height: rows * tall });
  }

  /** Draw all anew where the screen gives the canvas another size. */
  refit() {
    clearTimeout(this.refitting);
    if (this.painter && !this.fixed) this.refitting = setTimeout(() => {
      this.fit(this.shown, this.painter.rows, this.painter.columns);
      this.painter.show(this.numbers);
    }, 150);
  }

  /** Return a canvas with every pixel of the tiles that are shown. */
  whole() {
    const canvas = document.createElement("canvas");
    const { rows, columns } = this.painter;
    new PlacementCanvas(canvas, this.shown, rows, columns).show(this.numbers);
    return canvas;
  }

  /** Return the number in a cell and where the cell is, in shares of the canvas. */
  cell(cell) {
    const { rows, columns } = this.painter;
    const column = cell % columns;
    const row = (cell - column) / columns;
    return { number: this.numbers[cell], row, column, left: column / columns,
      top: row / rows, width: 1 / columns, height: 1 / rows };
  }

  cellAt(x, y) {
    return this.painter ? this.painter.cellAt(x, y) : -1;
  }

  /** Tell guests by their seats; return the seat of a tile's guest, or -1. */
  seatOf(number) {
    return this.shown && number >= this.shown.tiles ? number - this.shown.tiles : -1;
  }

  /** Take in who is there; who has gone is painted over at once. */
  async meet(guests) {
    const there = new Map(guests.map((guest) => [guest.seat, guest]));
    for (const [seat, known] of this.guests)
      if (there.get(seat)?.since !== known.since) this.forget(seat);
    this.here = there;
    await Promise.all(guests.filter(({ tiles }) => tiles).map(async (guest) => {
      const pictures = await Promise.all(guest.tiles.map(decode));
      // It may have left while its picture was decoded.
      if (this.here.get(guest.seat)?.since === guest.since)
        this.guests.set(guest.seat, { since: guest.since, pictures });
    }));
  }

  forget(seat) {
    for (const picture of this.guests.get(seat).pictures) picture.close();
    this.guests.delete(seat);
    if (!this.painter) return;
    const { painter } = this;
    const { width, height } = painter.atlas;
    const gone = this.shown.tiles + seat;
    painter.shown.forEach((number, cell) => {
      if (number !== gone) return;
      const { row, column } = this.cell(cell);
      painter.context.clearRect(column * width, row * height, width, height);
      painter.shown[cell] = -1;
    });
  }

  /** Light up all cells of a guest, or none. */
  shine(seat) {
    this.lit = seat;
    this.light.classList.toggle("lit", seat !== null);
    this.drawLight();
  }

  drawLight() {
    if (this.lit === null || !this.painter) return;
    const { width, height } = this.light;
    const context = this.light.getContext("2d");
    const cells = [];
    this.numbers.forEach((number, cell) => {
      if (this.seatOf(number) === this.lit) cells.push(this.cell(cell));
    });
    context.clearRect(0, 0, width, height);
    context.fillStyle = "#08070ab8";
    context.fillRect(0, 0, width, height);
    for (const box of cells) {
      const [x, y] = [(box.left + box.width / 2) * width, (box.top + box.height / 2) * height];
      const glow = context.createRadialGradient(x, y, 10, x, y, 46);
      glow.addColorStop(0, "#4fd1c0cc");
      glow.addColorStop(1, "#4fd1c000");
      context.fillStyle = glow;
      context.fillRect(x - 46, y - 46, 92, 92);
    }
    const boxes = cells.map(({ left, top, width: wide, height: tall }) =>
      [left * width, top * height, wide * width, tall * height]);
    context.strokeStyle = "#fff";
    context.lineWidth = 4;
    for (const box of boxes) context.strokeRect(...box);
    for (const box of boxes) context.clearRect(...box);
  }
}

async function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }));
}
