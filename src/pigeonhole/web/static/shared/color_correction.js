// @ts-check
/** Reproduce the color transfer and the overlay of a mosaic on its plain tiles. */

const WHITE = 0xffffff;

/**
 * Color transfer multiplies a tile by a gain and adds an offset to each channel.
 *
 * @typedef {object} ColorCorrectionData
 * @property {number[] | null} gains The gain of each cell times 255; null is 255.
 * @property {number[] | null} offsets Red, green and blue of each cell, -255 to 255.
 * @property {{ image: string, opacity: number } | null} overlay Address of the target,
 *   blended over the mosaic.
 */

/**
 * A cell and the box of a canvas that shows it.
 *
 * @typedef {[cell: number, x: number, y: number, width: number, height: number]} CellBox
 */

/** Corrects the colors of tiles where they are painted. */
export class ColorCorrection {
  /**
   * @param {ArrayLike<number> | null} gains See `ColorCorrectionData`.
   * @param {ArrayLike<number> | null} offsets
   * @param {number} opacity Opacity of the overlay; 0 has none.
   * @param {ImageBitmap | null} [overlay] The target; may be set later.
   */
  constructor(gains, offsets, opacity, overlay = null) {
    this.gains = gains;
    this.offsets = offsets;
    this.opacity = opacity;
    this.overlay = overlay;
  }

  /**
   * Correct the colors of painted cells; return whether everything needed was there.
   *
   * @param {CanvasRenderingContext2D} context
   * @param {CellBox[]} painted
   * @param {{ x: number, y: number, width: number, height: number }} mosaic Box of the
   *   whole mosaic, in pixels of the canvas.
   */
  apply(context, painted, { x, y, width, height }) {
    const { gains, offsets, opacity, overlay } = this;
    if (gains && offsets) {
      blend(context, painted, "multiply", (cell) => WHITE - 0x010101 * (255 - gains[cell]),
        WHITE);
      blend(context, painted, "lighter", (cell) => colorOf(offsets, cell, 1));
      // To subtract is to add to the negative: exact, and never below black.
      const darkened = painted.filter(([cell]) => colorOf(offsets, cell, -1));
      blend(context, darkened, "difference", () => WHITE);
      blend(context, darkened, "lighter", (cell) => colorOf(offsets, cell, -1));
      blend(context, darkened, "difference", () => WHITE);
    }
    if (opacity && overlay) {
      context.globalCompositeOperation = "source-atop";
      context.globalAlpha = opacity;
      context.imageSmoothingQuality = "high";
      context.drawImage(overlay, x, y, width, height);
      context.globalAlpha = 1;
    }
    context.globalCompositeOperation = "source-over";
    return opacity === 0 || overlay !== null;
  }
}

/**
 * Return the positive or the negative offsets of a cell as a color, 0xRRGGBB.
 *
 * @param {ArrayLike<number>} offsets
 * @param {number} cell
 * @param {1 | -1} sign
 */
function colorOf(offsets, cell, sign) {
  let color = 0;
  for (let channel = 0; channel < 3; channel++)
    color = 256 * color + Math.max(0, sign * offsets[3 * cell + channel]);
  return color;
}

/**
 * Blend each cell with a color of its own.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {CellBox[]} painted
 * @param {GlobalCompositeOperation} operation
 * @param {(cell: number) => number} colorAt Returns 0xRRGGBB.
 * @param {number} neutral The color that changes nothing.
 */
function blend(context, painted, operation, colorAt, neutral = 0) {
  context.globalCompositeOperation = operation;
  for (const [cell, x, y, width, height] of painted) {
    const color = colorAt(cell);
    if (color === neutral) continue;
    context.fillStyle = `#${color.toString(16).padStart(6, "0")}`;
    context.fillRect(x, y, width, height);
  }
}
