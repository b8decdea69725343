// @ts-check
/** Describe the sliders of the look: ranges, words and what else changes with them. */
import { formatCount, formatNumber } from "../shared/dom.js";
import { numberAcross, readSize } from "./settings.js";

/** @import { SliderSetting } from "./slider.js" */

/** The largest weight of the settings. */
const MAX_WEIGHT = 1000;
/** The weight at the first position after 0. */
const MIN_WEIGHT = 0.1;
/** Positions of a slider with a logarithmic scale. */
const POSITIONS = 100;
/** The largest limit on uses; the position after it means no limit. */
const MAX_USES = 30;

/** @param {number} value */
const percent = (value) => `${Math.round(100 * value)}%`;

/** @param {any} document */
const onlyPerceptual = ({ mosaic }) => (mosaic.match === "perceptual" ? null
  : `Has no effect with match mode “${mosaic.match}”. Choose “perceptual” under Advanced.`);

/** Map weights to positions; both begin at 0. */
const logarithmic = {
  min: 0,
  max: POSITIONS,
  /** @param {number} weight */
  toPosition: (weight) => (weight <= 0 ? 0 : Math.max(1, Math.round(1 + (POSITIONS - 1)
    * Math.log(weight / MIN_WEIGHT) / Math.log(MAX_WEIGHT / MIN_WEIGHT)))),
  /** @param {number} position */
  toValue: (position) => (position <= 0 ? 0 : Number((MIN_WEIGHT
    * (MAX_WEIGHT / MIN_WEIGHT) ** ((position - 1) / (POSITIONS - 1))).toPrecision(2))),
};

/** @type {Pick<SliderSetting, "min" | "max" | "step">} */
const share = { min: 0, max: 1, step: 0.01 };

/** @type {SliderSetting} */
export const ACROSS = {
  path: "mosaic.width",
  label: "Photos across",
  min: 10,
  max: 160,
  toPosition: (_, document) => numberAcross(document),
  toValue: (position, { tiles }) => position * readSize(tiles.size).width,
  text: (width, { document }) => formatNumber(Math.max(1,
    Math.round(width / readSize(document.tiles.size).width))),
};

/** @type {SliderSetting} */
export const LEVELS = {
  path: "mosaic.levels",
  label: "Cell sizes",
  min: 2,
  max: 3,
  text: (levels) => formatNumber(levels),
  hint: (levels) => `The smallest cell is 1/${2 ** (levels - 1)} of the largest.`,
};

/** @type {SliderSetting[]} */
export const COLOR = [
  {
    path: "mosaic.color_transfer",
    label: "Color transfer",
    ...share,
    text: percent,
    hint: (value) => (value === 0 ? "Photos keep their own colors."
      : value < 1 ? "Photos move toward the colors of their cells."
        : "Photos take on the colors of their cells, up to the limit."),
  },
  {
    path: "mosaic.max_color_transfer",
    label: "Transfer limit",
    min: 0,
    max: 40,
    step: 0.5,
    text: (value) => `ΔE ${formatNumber(value)}`,
    hint: (value) => (value <= 2 ? "Not noticeable."
      : value <= 5 ? "Noticeable only next to the original photo."
        : value <= 12 ? "Noticeable, and the photos still look natural."
          : "Photos look tinted."),
    disabled: ({ mosaic }) => (mosaic.color_transfer > 0 ? null
      : "Has no effect without color transfer."),
  },
  {
    path: "mosaic.overlay",
    label: "Target overlay",
    ...share,
    text: (value) => (value ? percent(value) : "none"),
    hint: (value) => (value === 0 ? "Only the photos form the image."
      : value <= 0.25 ? "A light veil over the photos."
        : "The photos fade behind the target."),
  },
];

/** @type {SliderSetting[]} */
export const LIKENESS = [
  {
    path: "mosaic.structure_weight",
    label: "Structure",
    ...share,
    ends: ["colors", "edges and shapes"],
    text: percent,
    disabled: (document) => (document.mosaic.layout === "quadtree" ? null
      : onlyPerceptual(document)),
  },
  {
    path: "mosaic.lowpass_weight",
    label: "Viewing distance",
    ...logarithmic,
    ends: ["up close", "across the room"],
    text: (value) => (value ? `× ${formatNumber(value)}` : "off"),
    disabled: onlyPerceptual,
  },
];

/** @type {SliderSetting[]} */
export const REPETITION = [
  {
    path: "mosaic.repetition_weight",
    label: "Keep repeats apart",
    ...logarithmic,
    text: (value) => (value ? `× ${formatNumber(value)}` : "off"),
    hint: (value) => (value === 0 ? "A photo may be next to itself."
      : value < 2 ? "Repeats move apart where that costs little."
        : value < 20 ? "Repeats stay apart, at some cost of likeness."
          : "Variety comes before likeness."),
    disabled: onlyPerceptual,
  },
  {
    path: "mosaic.repetition.min_distance",
    label: "Minimum distance",
    min: 0,
    max: 15,
    text: (value) => (value ? formatCount(value, "cell") : "none"),
    hint: (value) => (value ? `At least ${formatCount(value, "cell")} between two uses of `
      + "a photo." : ""),
  },
  {
    path: "mosaic.repetition.max_uses",
    label: "Uses of each photo",
    min: 1,
    max: MAX_USES + 1,
    toPosition: (value) => value ?? MAX_USES + 1,
    toValue: (position) => (position > MAX_USES ? null : position),
    text: (value) => (value === null ? "no limit" : `at most ${formatNumber(value)}`),
    hint: (value, { photos }) => (value === null || !photos.usable ? ""
      : `${formatCount(photos.usable, "photo")} fill up to `
        + `${formatCount(value * photos.usable, "cell")}.`),
  },
];

/** @type {SliderSetting[]} */
export const ADVANCED = [
  {
    path: "mosaic.histogram_matching",
    label: "Histogram matching",
    ...share,
    text: (value) => (value ? percent(value) : "off"),
    hint: () => "Adapts the target’s tones to those of the photos.",
  },
  {
    path: "tiles.variants",
    label: "Crops of each photo",
    min: 1,
    max: 24,
    text: (value) => (value === 1 ? "1" : `up to ${value}`),
    hint: () => "More crops match better; the photos are cut again.",
  },
  {
    path: "tiles.min_crop",
    label: "Smallest crop",
    min: 0.5,
    max: 1,
    step: 0.05,
    text: (value) => percent(value),
    hint: () => "A crop shows at least this share of its photo.",
    disabled: ({ cut }) => (cut === "faces" ? "Faces are always whole." : null),
  },
];
