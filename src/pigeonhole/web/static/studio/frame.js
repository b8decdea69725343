// @ts-check
/** Turn previews of the server into frames that the stage can draw. */
import { Cells } from "../shared/cells.js";
import { ColorCorrection } from "../shared/color_correction.js";

/** @import { Preview, PreviewHeader } from "./connection.js" */

/**
 * A decoded preview.
 *
 * @typedef {object} Frame
 * @property {PreviewHeader} header
 * @property {Cells} cells
 * @property {Int32Array} placement Tile number of each cell; -1 is none.
 * @property {Int32Array | null} positions Row and column of each cell, if not a grid.
 * @property {Uint8Array | null} errors Error of each cell, in levels of 255.
 * @property {ColorCorrection} correction
 * @property {ImageBitmap | null} image The whole mosaic.
 */

/**
 * Decodes previews, one at a time. Of the previews that arrive in the meantime only the
 * newest is decoded.
 */
export class FrameDecoder {
  /** @param {(frame: Frame) => void} onFrame */
  constructor(onFrame) {
    this.onFrame = onFrame;
    this.isDecoding = false;
    /** @type {Preview | null} */
    this.waiting = null;
    /** @type {Cells | null} */
    this.cells = null;
  }

  /** @param {Preview} preview */
  receive(preview) {
    this.waiting = preview;
    if (!this.isDecoding) this.decodeWaiting();
  }

  async decodeWaiting() {
    this.isDecoding = true;
    for (let preview; (preview = this.waiting);) {
      this.waiting = null;
      try {
        this.onFrame(await this.decode(preview));
      } catch (error) {
        // The next preview may be fine.
        console.error(error);
      }
    }
    this.isDecoding = false;
  }

  /**
   * @param {Preview} preview
   * @returns {Promise<Frame>}
   */
  async decode({ header, parts }) {
    const { image } = parts;
    // Browsers decode the image in another thread.
    const bitmap = image?.length
      ? await createImageBitmap(new Blob([/** @type {any} */ (image)],
        { type: header.image_type }))
      : null;
    const { gains, offsets } = parts;
    const correction = new ColorCorrection(gains ?? null,
      offsets ? toArray(Int16Array, offsets) : null, header.overlay);
    this.cells = cellsOf(header, parts, this.cells);
    return {
      header,
      cells: this.cells,
      placement: toArray(Int32Array, parts.placement),
      positions: parts.positions ? toArray(Int32Array, parts.positions) : null,
      errors: parts.errors ?? null,
      correction,
      image: bitmap,
    };
  }
}

/**
 * Return the cells of a preview; the old ones if they are the same.
 *
 * @param {PreviewHeader} header
 * @param {Record<string, Uint8Array>} parts
 * @param {Cells | null} old
 */
function cellsOf({ grid, cell, size }, { boxes }, old) {
  const cells = grid ? gridBoxes(grid.rows, grid.columns, ...cell)
    : toArray(Int32Array, boxes);
  const [width, height] = size;
  const isSame = old && old.width === width && old.height === height
    && old.boxes.length === cells.length
    && old.boxes.every((value, index) => value === cells[index]);
  return isSame ? old : new Cells(cells, width, height);
}

/**
 * @param {number} rows
 * @param {number} columns
 * @param {number} width Width of a cell.
 * @param {number} height
 */
function gridBoxes(rows, columns, width, height) {
  const boxes = new Int32Array(4 * rows * columns);
  for (let cell = 0; cell < rows * columns; cell++) {
    const column = cell % columns;
    boxes[4 * cell] = column * width;
    boxes[4 * cell + 1] = ((cell - column) / columns) * height;
    boxes[4 * cell + 2] = width;
    boxes[4 * cell + 3] = height;
  }
  return boxes;
}

/**
 * Return numbers of another type in the same memory.
 *
 * @template T
 * @param {{ new (buffer: ArrayBufferLike, offset: number, length: number): T,
 *   BYTES_PER_ELEMENT: number }} type
 * @param {Uint8Array} bytes
 */
function toArray(type, { buffer, byteOffset, byteLength }) {
  return new type(buffer, byteOffset, byteLength / type.BYTES_PER_ELEMENT);
}
