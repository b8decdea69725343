// @ts-check
/** Draw the error of each cell in colors. */
import { context2d, createElement } from "./dom.js";

/** @import { Cells } from "./cells.js" */

/**
 * A color scale of errors.
 *
 * @typedef {object} ErrorScale
 * @property {number} maximum Error at the end of the scale.
 * @property {string[]} colors As #RRGGBB, evenly spaced from 0.
 */

/**
 * The error of each cell: the root mean square difference between the target and the
 * mosaic as shown.
 *
 * @typedef {ErrorScale & { cells: number[], worst: number[] }} ErrorData `cells` are in
 *   levels of 255; `worst` are the cells with the largest errors, the worst first.
 */

/** Longest side of the map, in its pixels. */
const MAP_SIDE = 4096;

/**
 * Return an image of all cells, each in the color of its error.
 *
 * @param {Cells} cells
 * @param {ArrayLike<number>} errors
 * @param {ErrorScale} errorScale
 */
export function drawErrorMap(cells, errors, errorScale) {
  const scale = Math.min(1, MAP_SIDE / Math.max(cells.width, cells.height));
  const map = createElement("canvas", { width: Math.ceil(cells.width * scale),
    height: Math.ceil(cells.height * scale) });
  const context = context2d(map);
  const colors = Array.from({ length: 256 }, (_, error) => colorOf(error, errorScale));
  for (let cell = 0; cell < cells.length; cell++) {
    const { x, y, width, height } = cells.box(cell);
    const left = Math.round(x * scale);
    const top = Math.round(y * scale);
    context.fillStyle = colors[errors[cell]];
    context.fillRect(left, top, Math.round((x + width) * scale) - left,
      Math.round((y + height) * scale) - top);
  }
  return map;
}

/**
 * Draw a color scale from 0 to its maximum.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {ErrorScale} errorScale
 */
export function drawErrorScale(canvas, { colors }) {
  const context = context2d(canvas);
  const { width, height } = canvas;
  const gradient = context.createLinearGradient(0, 0, width, 0);
  colors.forEach((color, index) => gradient.addColorStop(index / (colors.length - 1), color));
  context.fillStyle = gradient;
  context.fillRect(0, 0, width, height);
}

/**
 * @param {number} error
 * @param {ErrorScale} errorScale
 */
function colorOf(error, { colors, maximum }) {
  const place = Math.min(error / maximum, 1) * (colors.length - 1);
  const index = Math.min(Math.floor(place), colors.length - 2);
  const mix = 100 * (place - index);
  return `color-mix(in srgb, ${colors[index + 1]} ${mix}%, ${colors[index]})`;
}
