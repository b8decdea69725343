// @ts-check
/** Draw a whole mosaic that keeps changing, such as the live one. */
import { context2d } from "./dom.js";

/** @import { TilePainter } from "./atlas.js" */

/** A canvas that shows a grid of tiles; drawing repaints only the cells that changed. */
export class PlacementCanvas {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {TilePainter} painter
   * @param {number} rows
   * @param {number} columns
   */
  constructor(canvas, painter, rows, columns) {
    this.canvas = canvas;
    this.painter = painter;
    this.rows = rows;
    this.columns = columns;
    canvas.width = columns * painter.width;
    canvas.height = rows * painter.height;
    this.context = context2d(canvas, { alpha: false });
    /** The tile that each cell shows; -1 is none. */
    this.drawn = new Int32Array(rows * columns).fill(-1);
  }

  /**
   * Draw a placement; return how many cells changed. Cells whose tile isn't available
   * yet keep what they show.
   *
   * @param {ArrayLike<number>} placement Tile numbers, row by row.
   */
  draw(placement) {
    const { width, height } = this.painter;
    let changed = 0;
    for (let cell = 0; cell < this.drawn.length; cell++) {
      if (placement[cell] === this.drawn[cell]) continue;
      const column = cell % this.columns;
      const row = (cell - column) / this.columns;
      const isPainted = this.painter.paint(this.context, placement[cell],
        column * width, row * height, width, height);
      if (isPainted) this.drawn[cell] = placement[cell];
      changed++;
    }
    return changed;
  }

  /**
   * Clear the cells that show a tile, such as the tile of a guest who left.
   *
   * @param {number} tile
   */
  erase(tile) {
    const { width, height } = this.painter;
    this.drawn.forEach((number, cell) => {
      if (number !== tile) return;
      const column = cell % this.columns;
      const row = (cell - column) / this.columns;
      this.context.clearRect(column * width, row * height, width, height);
      this.drawn[cell] = -1;
    });
  }

  /**
   * Return the cell under a point of the window, or -1.
   *
   * @param {number} clientX
   * @param {number} clientY
   */
  cellAt(clientX, clientY) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor(((clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((clientY - box.top) / box.height) * this.rows);
    const isInside = column >= 0 && column < this.columns && row >= 0 && row < this.rows;
    return isInside ? row * this.columns + column : -1;
  }
}
