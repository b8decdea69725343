// @ts-check
/** Find the cells of a mosaic by position. */

/**
 * A box in the pixels of the mosaic, in which a tile has its matched size.
 *
 * @typedef {{ x: number, y: number, width: number, height: number }} Box
 */

/** The boxes of a mosaic's cells, indexed by buckets about as large as a cell. */
export class Cells {
  /**
   * @param {Int32Array} boxes x, y, width and height of each cell, one after the other.
   * @param {number} width Width of the mosaic.
   * @param {number} height
   */
  constructor(boxes, width, height) {
    this.boxes = boxes;
    this.width = width;
    this.height = height;
    this.length = boxes.length / 4;
    this.bucketSide = Math.max(1, Math.sqrt((width * height) / Math.max(1, this.length)));
    this.bucketColumns = Math.ceil(width / this.bucketSide);
    this.bucketRows = Math.ceil(height / this.bucketSide);
    /** @type {number[][]} */
    this.buckets = Array.from({ length: this.bucketColumns * this.bucketRows }, () => []);
    this.smallest = 0;
    for (let cell = 0; cell < this.length; cell++) {
      this.forEachBucket(this.box(cell), (bucket) => bucket.push(cell));
      if (boxes[4 * cell + 2] < boxes[4 * this.smallest + 2]) this.smallest = cell;
    }
    // The number of the last search that found each cell.
    this.lastFound = new Uint32Array(this.length);
    this.searches = 0;
  }

  /**
   * Return cells of one size, row by row.
   *
   * @param {number} rows
   * @param {number} columns
   * @param {number} width Width of a cell.
   * @param {number} height
   */
  static grid(rows, columns, width, height) {
    const boxes = new Int32Array(4 * rows * columns);
    for (let cell = 0; cell < rows * columns; cell++) {
      const column = cell % columns;
      const row = (cell - column) / columns;
      boxes.set([column * width, row * height, width, height], 4 * cell);
    }
    return new Cells(boxes, columns * width, rows * height);
  }

  /**
   * @param {number} cell
   * @returns {Box}
   */
  box(cell) {
    const [x, y, width, height] = this.boxes.subarray(4 * cell, 4 * cell + 4);
    return { x, y, width, height };
  }

  /**
   * Call a function with each bucket that a box touches.
   *
   * @param {Box} box
   * @param {(bucket: number[]) => void} visit
   */
  forEachBucket({ x, y, width, height }, visit) {
    /** @type {(value: number, count: number) => number} */
    const index = (value, count) =>
      Math.min(count - 1, Math.max(0, Math.floor(value / this.bucketSide)));
    const right = index(x + width, this.bucketColumns);
    const bottom = index(y + height, this.bucketRows);
    for (let row = index(y, this.bucketRows); row <= bottom; row++)
      for (let column = index(x, this.bucketColumns); column <= right; column++)
        visit(this.buckets[row * this.bucketColumns + column]);
  }

  /**
   * Return the cell at a point, or -1.
   *
   * @param {number} x
   * @param {number} y
   */
  at(x, y) {
    return this.within({ x, y, width: 1e-9, height: 1e-9 })[0] ?? -1;
  }

  /**
   * Return the cells that a box touches, each once.
   *
   * @param {Box} box
   */
  within(box) {
    const { x, y, width, height } = box;
    const { boxes, lastFound } = this;
    const search = ++this.searches;
    /** @type {number[]} */
    const cells = [];
    this.forEachBucket(box, (bucket) => {
      for (const cell of bucket) {
        const left = boxes[4 * cell];
        const top = boxes[4 * cell + 1];
        if (lastFound[cell] !== search && left < x + width && top < y + height
            && x < left + boxes[4 * cell + 2] && y < top + boxes[4 * cell + 3]) {
          lastFound[cell] = search;
          cells.push(cell);
        }
      }
    });
    return cells;
  }
}
