// @ts-check
/** The first screen: a bird made of tiles. */
import { byId } from "../shared/dom.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const CELL = 10;
const GAP = 1.2;

/** Letters are shades, see SHADES; a dot is nothing. */
const BIRD = [
  "......hhhh........................",
  ".....hhhhhh.......................",
  "....hhhhhhhh......................",
  "....hhehhhhh......................",
  "..bbbhhhhhhhh.....................",
  ".bbbbhhhhhhhn.....................",
  "....hhhhhhhhnn....................",
  ".....hhhhhhnnnn...................",
  ".....nnhhnnnnnncccc...............",
  ".....nnnnnnnnnnncccccc............",
  ".....nnnnnnwwwwwwwwwccc...........",
  ".....nnnnnwwwwwwwwwwwccc..........",
  ".....nnnnnwwwwwwwwttwwccc.........",
  ".....cnnnnwwwwwttwwttwwcc.........",
  ".....cnnnnwwwwwwtwwwttwwc.........",
  ".....cnccccwwwwwttwwtttww.........",
  ".....cccccccwwwwwttwwttwww........",
  ".....ccccccccwwwwwtwwwttwwwtt.....",
  "......ccccccccwwwwttwwtttwwttttt..",
  ".......ccccccccccwctcwwtwwtttttttt",
  "........cccccccccccccc.tttttttttt.",
  "..........cccccccccc...ttttt......",
  ".............f....f...............",
  ".............f....f...............",
  "............fff..fff..............",
];
/** Hue, chroma and lightness of each part, in light and dark. */
const SHADES = {
  h: [250, 0.045, 0.5],
  e: [60, 0.16, 0.72],
  b: [55, 0.04, 0.35],
  n: [165, 0.09, 0.56],
  c: [38, 0.1, 0.72],
  w: [70, 0.03, 0.76],
  t: [265, 0.04, 0.42],
  f: [35, 0.17, 0.58],
};

/** Draw the bird. */
export function mountWelcome() {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${BIRD[0].length * CELL} ${BIRD.length * CELL}`);
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  BIRD.forEach((line, row) => [...line].forEach((letter, column) => {
    const shade = SHADES[/** @type {keyof SHADES} */ (letter)];
    if (!shade) return;
    const [hue, chroma, lightness] = shade;
    const tile = document.createElementNS(NAMESPACE, "rect");
    const side = CELL - GAP;
    for (const [name, value] of Object.entries(
      { x: column * CELL, y: row * CELL, width: side, height: side, rx: 1.6 }))
      tile.setAttribute(name, String(value));
    tile.style.fill = `oklch(${lightness + 0.16 * (random() - 0.5)} ${
      chroma * (0.6 + 0.8 * random())} ${hue + 50 * (random() - 0.5)})`;
    tile.style.animationDelay = `${(BIRD.length - row) * 35 + random() * 300}ms`;
    svg.append(tile);
  }));
  byId("welcome-art").append(svg);
}
