// @ts-check
/** The formats of exports and their options, as data. */

/** @import { StudioState } from "./store.js" */

/**
 * A field of the dialog. `path` is the place of its value in the options of the server,
 * such as "print.dpi".
 *
 * @typedef {object} Field
 * @property {string} path
 * @property {string} label
 * @property {string} [hint]
 * @property {[value: string | number, text: string][]} [choices]
 * @property {[minimum: number, maximum: number, step: number]} [range]
 * @property {boolean} [isCheck]
 * @property {boolean} [isText]
 * @property {string | number | boolean} value The default.
 * @property {(options: any) => boolean} [isShown]
 */

/**
 * @typedef {object} Format
 * @property {string} name
 * @property {string} title
 * @property {string} text
 * @property {string} icon
 * @property {Field[]} fields
 */

const OTHER = "other";

/** @type {[string, string][]} */
const PAPERS = [
  ["60x90 cm", "60 × 90 cm"],
  ["50x70 cm", "50 × 70 cm"],
  ["40x50 cm", "40 × 50 cm"],
  ["30x40 cm", "30 × 40 cm"],
  ["A0", "A0"],
  ["A1", "A1"],
  ["A2", "A2"],
  ["A3", "A3"],
  ["A4", "A4"],
  ["24x36 in", "24 × 36 in"],
  ["16x20 in", "16 × 20 in"],
  [OTHER, "Another size…"],
];

/** @type {Field} */
const TILE_WIDTH = {
  path: "tile_width",
  label: "Size of each photo",
  choices: [
    ["document", "As in the preview"],
    [24, "24 pixels wide"],
    [48, "48 pixels wide"],
    [96, "96 pixels wide"],
    [192, "192 pixels wide"],
    ["full", "Full size"],
  ],
  value: "document",
};

/** @type {Field} */
const QUALITY = { path: "quality", label: "Quality", range: [50, 100, 1], value: 90 };

/** @type {Field} */
const LOSSLESS = { path: "lossless", label: "Lossless", isCheck: true, value: false };

/** @type {Format[]} */
export const FORMATS = [
  {
    name: "print",
    title: "Print",
    text: "From postcards to posters",
    icon: "print",
    fields: [
      { path: "paper", label: "Paper", choices: PAPERS, value: "60x90 cm" },
      {
        path: "other_paper",
        label: "Width × height",
        hint: "For example 70x100 cm or 24x36 in",
        isText: true,
        value: "70x100 cm",
        isShown: ({ paper }) => paper === OTHER,
      },
      {
        path: "orientation",
        label: "Orientation",
        choices: [["auto", "Like the target"], ["portrait", "Portrait"], ["landscape", "Landscape"]],
        value: "auto",
        isShown: ({ paper }) => paper !== OTHER,
      },
      {
        path: "print.dpi",
        label: "Resolution",
        choices: [[150, "150 DPI"], [200, "200 DPI"], [300, "300 DPI"], [600, "600 DPI"]],
        value: 300,
      },
      {
        path: "print.bleed",
        label: "Bleed",
        choices: [[0, "None"], [2, "2 mm"], [3, "3 mm"], [5, "5 mm"], [10, "10 mm"]],
        value: 0,
      },
      {
        path: "print.fit",
        label: "If the shapes differ",
        choices: [["crop", "Crop the target"], ["pad", "Add white borders"]],
        value: "crop",
      },
      {
        path: "print.format",
        label: "File",
        choices: [["tif", "TIFF, lossless"], ["png", "PNG, lossless"], ["jpg", "JPEG, small"]],
        value: "tif",
      },
    ],
  },
  {
    name: "png",
    title: "PNG",
    text: "Lossless, works everywhere",
    icon: "image",
    fields: [TILE_WIDTH],
  },
  {
    name: "jpg",
    title: "JPEG",
    text: "Small, easy to share",
    icon: "file",
    fields: [TILE_WIDTH, QUALITY],
  },
  {
    name: "tif",
    title: "TIFF",
    text: "For very large images",
    icon: "layers",
    fields: [TILE_WIDTH, LOSSLESS, { ...QUALITY, isShown: ({ lossless }) => !lossless }],
  },
  {
    name: "dzi",
    title: "Deep Zoom",
    text: "Zoom into every photo",
    icon: "zoom",
    fields: [
      { ...TILE_WIDTH, value: "full" },
      LOSSLESS,
      { ...QUALITY, isShown: ({ lossless }) => !lossless },
    ],
  },
  {
    name: "viewer",
    title: "Viewer",
    text: "A page to explore, with credits",
    icon: "search",
    fields: [],
  },
  {
    name: "film",
    title: "Film",
    text: "Photos fall into place",
    icon: "film",
    fields: [
      {
        path: "film_kind",
        label: "Film",
        choices: [["falling", "Photos fall in"], ["zooming", "Zoom into a photo"]],
        value: "falling",
      },
      {
        path: "film.format",
        label: "File",
        choices: [["webm", "WebM video"], ["gif", "GIF animation"]],
        value: "webm",
      },
      {
        path: "film.long_side",
        label: "Longer side",
        choices: [[640, "640 pixels"], [1280, "1,280 pixels"], [1920, "1,920 pixels"]],
        value: 640,
      },
      {
        path: "film.seconds",
        label: "Duration",
        choices: [[4, "4 seconds"], [6, "6 seconds"], [10, "10 seconds"], [20, "20 seconds"]],
        value: 6,
      },
    ],
  },
  {
    name: "credits",
    title: "Credits",
    text: "Photographers and licenses",
    icon: "credit",
    fields: [],
  },
  {
    name: "tables",
    title: "Tables",
    text: "Which photo is where, quality",
    icon: "table",
    fields: [],
  },
];

/**
 * Return the options that the server understands.
 *
 * @param {Format} format
 * @param {Record<string, any>} values By paths of fields.
 * @param {StudioState} state
 */
export function exportOptions(format, values, state) {
  /** @type {any} */
  const options = { format: format.name };
  for (const { path } of format.fields) {
    if (["paper", "other_paper", "orientation"].includes(path)) continue;
    const [first, second] = path.split(".");
    if (second) options[first] = { ...options[first], [second]: values[path] };
    else options[first] = values[path];
  }
  if (format.name === "print") options.print.size = paperSize(values, state);
  return options;
}

/**
 * Return the proportions of a paper size, such as "60x90 cm" or "A3 landscape".
 *
 * @param {string | undefined} size
 * @returns {[number, number] | null}
 */
export function paperSides(size) {
  const sides = size?.match(/^([\d.]+) ?[x×] ?([\d.]+)/);
  if (sides) return [Number(sides[1]), Number(sides[2])];
  if (!size?.startsWith("A")) return null;
  return size.endsWith("landscape") ? [Math.SQRT2, 1] : [1, Math.SQRT2];
}

/**
 * @param {Record<string, any>} values
 * @param {StudioState} state
 * @returns {string}
 */
function paperSize({ paper, other_paper: other, orientation }, { target }) {
  if (paper === OTHER) return other;
  const [width, height] = target?.cropped_size ?? [1, 1];
  const isLandscape = orientation === "landscape" || (orientation === "auto" && width > height);
  if (!isLandscape) return paper;
  if (paper.startsWith("A")) return `${paper} landscape`;
  return paper.replace(/^(\d+)x(\d+)/, "$2x$1");
}
