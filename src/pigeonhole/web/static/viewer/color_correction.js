// @ts-check
/** Reproduce the color transfer and the overlay of a mosaic on its plain tiles. */
import { loadBitmap } from "../shared/atlas.js";

/** @import { Cells } from "../shared/cells.js" */

/**
 * Addresses of two images of the whole mosaic: what to add to the tiles, then what to
 * subtract.
 *
 * @typedef {{ added: string, subtracted: string }} ColorCorrectionData
 */

/**
 * A cell and the box of a canvas that shows it.
 *
 * @typedef {[cell: number, x: number, y: number, width: number, height: number]} CellBox
 */

/** What to add to the colors of the tiles, and what to subtract from them. */
export class ColorCorrection {
  /**
   * @param {ColorCorrectionData} data
   * @param {() => void} onLoad Called when an image has loaded.
   */
  constructor(data, onLoad) {
    /** @type {ImageBitmap | null} */
    this.added = null;
    /** @type {ImageBitmap | null} */
    this.subtracted = null;
    const ignore = () => {};
    loadBitmap(data.added).then((image) => { this.added = image; onLoad(); }, ignore);
    loadBitmap(data.subtracted).then((image) => { this.subtracted = image; onLoad(); },
      ignore);
  }

  /**
   * Correct the colors of painted cells; return whether both images were there.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {Cells} cells
   * @param {CellBox[]} painted
   */
  apply(context, cells, painted) {
    if (!this.added || !this.subtracted) return false;
    blend(context, cells, painted, "lighter", this.added);
    // To subtract is to add to the negative: exact, and never below black.
    blend(context, cells, painted, "difference");
    blend(context, cells, painted, "lighter", this.subtracted);
    blend(context, cells, painted, "difference");
    context.globalCompositeOperation = "source-over";
    return true;
  }
}

/**
 * Blend each cell with its part of an image, or with white.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Cells} cells
 * @param {CellBox[]} painted
 * @param {GlobalCompositeOperation} operation
 * @param {ImageBitmap} [image]
 */
function blend(context, cells, painted, operation, image) {
  context.globalCompositeOperation = operation;
  context.fillStyle = "#fff";
  for (const [cell, x, y, width, height] of painted) {
    const box = cells.box(cell);
    if (image)
      context.drawImage(image, box.x, box.y, box.width, box.height, x, y, width, height);
    else context.fillRect(x, y, width, height);
  }
}
