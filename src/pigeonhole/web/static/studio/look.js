// @ts-check
/** The panel with the look of the mosaic: presets, sliders and the mosaic in words. */
import { byId, createElement, formatCount, formatNumber } from "../shared/dom.js";
import { SummaryPanel } from "./advice.js";
import { checkBox, segmentedControl } from "./controls.js";
import { EditList } from "./edit_list.js";
import { ACROSS, ADVANCED, COLOR, LEVELS, LIKENESS, REPETITION }
  from "./look_settings.js";
import { showNotice } from "./notice.js";
import { hasValues, numberAcross, patchOf, readSize, valueAt } from "./settings.js";
import { Slider } from "./slider.js";

/** @import { Connection, PreviewHeader } from "./connection.js" */
/** @import { SliderSetting } from "./slider.js" */
/** @import { Stage } from "./stage.js" */
/** @import { Store, StudioState } from "./store.js" */

/** @type {[value: string, text: string][]} */
const LAYOUTS = [["grid", "Grid"], ["brick", "Brick"], ["quadtree", "Quadtree"]];
/** @type {[value: string, text: string][]} */
const SHAPES = [["portrait", "Portrait"], ["square", "Square"], ["landscape", "Landscape"]];
/**
 * Sizes of a tile at each level of detail.
 *
 * @type {Record<string, Record<string, [width: number, height: number]>>}
 */
const TILE_SIZES = {
  coarse: { portrait: [6, 8], square: [7, 7], landscape: [8, 6] },
  normal: { portrait: [12, 16], square: [14, 14], landscape: [16, 12] },
  fine: { portrait: [24, 32], square: [28, 28], landscape: [32, 24] },
};
/**
 * Sides of square tiles that a quadtree can halve twice.
 *
 * @type {Record<string, number>}
 */
const SQUARES = { coarse: 8, normal: 16, fine: 32 };
/** @type {[value: string, text: string][]} */
const DETAILS = [["coarse", "Fast"], ["normal", "Normal"], ["fine", "Fine"]];
/** @type {[value: string, text: string][]} */
const MATCH_MODES = [["perceptual", "perceptual – the way eyes see"],
  ["exact", "exact – every pixel"], ["mean-2x2", "mean-2x2 – brightness of four blocks"],
  ["mean", "mean – brightness"]];
/** @type {[value: string, text: string][]} */
const SPACES = [["rgb", "RGB"], ["lab", "CIELAB"], ["gray", "Gray"]];

/**
 * Build the panel.
 *
 * @param {Store} store
 * @param {Connection} connection
 * @param {Stage} stage
 */
export function mountLook(store, connection, stage) {
  return new LookPanel(store, connection, stage, byId("look"));
}

/** All settings of the look. */
class LookPanel {
  /**
   * @param {Store} store
   * @param {Connection} connection
   * @param {Stage} stage
   * @param {HTMLElement} element
   */
  constructor(store, connection, stage, element) {
    this.store = store;
    this.connection = connection;
    /** @type {PreviewHeader | null} */
    this.header = null;
    /** The presets that are shown, as JSON. */
    this.shownPresets = "";
    /** @type {Slider[]} */
    this.sliders = [];
    /** @type {((state: StudioState) => void)[]} */
    this.updates = [];
    this.presets = createElement("div", { className: "presets" });
    this.presets.setAttribute("role", "group");
    this.presets.setAttribute("aria-label", "Presets");
    this.cellCount = createElement("p", { className: "hint" });
    const title = createElement("div", { className: "panel-title" });
    title.append(createElement("h2", { textContent: "Look" }));
    const edits = new EditList(store, stage);
    element.append(title, this.presets, new SummaryPanel(store).element, this.makeCells(),
      this.makeGroup("Color", COLOR),
      this.makeGroup("Likeness", LIKENESS), this.makeRepetition(), edits.element,
      this.makeAdvanced());
    store.onPreview(({ header }) => {
      this.header = header;
      this.updateCellCount();
      // Announce changes to users who move sliders and can't see the mosaic.
      if (header.stage === "final" && element.contains(document.activeElement))
        stage.announce([this.cellCount.textContent, ...header.summary?.sentences ?? []]
          .join(". "));
    });
    store.subscribe((state) => this.update(state));
  }

  /** @param {StudioState} state */
  update(state) {
    this.updatePresets(state);
    for (const slider of this.sliders) slider.update(state);
    for (const update of this.updates) update(state);
    this.updateCellCount();
  }

  /** @param {StudioState} state */
  updatePresets({ document, presets }) {
    const content = JSON.stringify(presets);
    if (content !== this.shownPresets) {
      this.shownPresets = content;
      this.presets.replaceChildren(...presets.map(({ name, title, text }) => {
        const button = createElement("button", { type: "button", className: "preset",
          onclick: () => {
            this.connection.send("preset", { name }).catch(showNotice);
          } });
        button.append(createElement("b", { textContent: title }),
          createElement("small", { textContent: text }));
        return button;
      }));
    }
    presets.forEach(({ patch }, index) => this.presets.children[index]
      .setAttribute("aria-pressed", String(hasValues(document, patch))));
  }

  /**
   * @param {string} title
   * @param {SliderSetting[]} settings
   */
  makeGroup(title, settings) {
    const group = createElement("section", { className: "setting-group" });
    group.append(createElement("h3", { textContent: title }),
      ...settings.map((setting) => this.makeSlider(setting)));
    return group;
  }

  /** @param {SliderSetting} setting */
  makeSlider(setting) {
    const slider = new Slider(this.store, setting);
    this.sliders.push(slider);
    return slider.element;
  }

  makeCells() {
    const group = this.makeGroup("Cells", [ACROSS]);
    const layout = this.makeSegments("layout", "Layout", LAYOUTS,
      (value) => this.changeLayout(value), ({ document }) => document.mosaic.layout);
    const levels = this.makeSlider(LEVELS);
    this.updates.push(({ document }) => {
      levels.hidden = document.mosaic.layout !== "quadtree";
    });
    const shape = this.makeSegments("shape", "Photo shape", SHAPES,
      (value) => this.changeTile(value, null), ({ document }) => shapeOf(document));
    const detail = this.makeSegments("detail", "Detail", DETAILS,
      (value) => this.changeTile(null, value), ({ document }) => detailOf(document));
    group.append(this.cellCount, layout, levels, shape, detail);
    return group;
  }

  makeRepetition() {
    const group = this.makeGroup("Repeats", REPETITION);
    group.append(
      this.makeCheckBox("mosaic.repetition.use_all", "Use every photo at least once"),
      this.makeCheckBox("mosaic.mirror", "Use mirrored photos, too"));
    return group;
  }

  makeAdvanced() {
    const details = createElement("details", { className: "advanced" });
    details.append(createElement("summary", { textContent: "Advanced" }),
      this.makeSelect("mosaic.match", "Match mode", MATCH_MODES),
      this.makeSelect("mosaic.space", "Color space", SPACES),
      ...ADVANCED.map((setting) => this.makeSlider(setting)));
    return details;
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {[value: string, text: string][]} choices
   * @param {(value: string) => void} onChoose
   * @param {(state: StudioState) => string} valueOf
   */
  makeSegments(name, label, choices, onChoose, valueOf) {
    const control = segmentedControl(`look-${name}`, label, choices, onChoose);
    const element = createElement("div", { className: "setting" });
    const title = createElement("div", { className: "setting-title" });
    title.append(createElement("span", { textContent: label }));
    element.append(title, control);
    this.updates.push((state) => {
      const value = valueOf(state);
      for (const input of control.querySelectorAll("input"))
        input.checked = input.value === value;
    });
    return element;
  }

  /**
   * @param {string} path
   * @param {string} text
   */
  makeCheckBox(path, text) {
    const { label, input } = checkBox(text, (isChecked) =>
      this.store.change(patchOf(path, isChecked), text));
    this.updates.push(({ document }) => { input.checked = valueAt(document, path); });
    return label;
  }

  /**
   * @param {string} path
   * @param {string} label
   * @param {[value: string, text: string][]} choices
   */
  makeSelect(path, label, choices) {
    const select = document.createElement("select");
    select.append(...choices.map(([value, text]) => new Option(text, value)));
    select.addEventListener("change", () =>
      this.store.change(patchOf(path, select.value), label));
    this.updates.push(({ document }) => { select.value = valueAt(document, path); });
    const field = createElement("label", { className: "field" });
    field.append(createElement("span", { textContent: label }), select);
    return field;
  }

  /** @param {string} layout */
  changeLayout(layout) {
    const { document } = this.store.state ?? {};
    if (!document) return;
    const { tiles, mosaic } = this.tilePatch(document, layout, null, null);
    const patch = layout === "quadtree" ? { tiles, mosaic: { layout, ...mosaic } }
      : { mosaic: { layout } };
    this.store.change(patch, "Layout");
  }

  /**
   * Change the shape or the detail of the tiles; the number across stays.
   *
   * @param {string | null} shape
   * @param {string | null} detail
   */
  changeTile(shape, detail) {
    const { document } = this.store.state ?? {};
    if (!document) return;
    const patch = this.tilePatch(document, document.mosaic.layout, shape, detail);
    this.store.change(patch, shape ? "Photo shape" : "Detail");
  }

  /**
   * @param {any} document
   * @param {string} layout
   * @param {string | null} shape
   * @param {string | null} detail
   */
  tilePatch(document, layout, shape, detail) {
    const isQuadtree = layout === "quadtree";
    const wanted = detail ?? detailOf(document);
    // The smallest tiles can't be halved twice.
    const newDetail = isQuadtree && wanted === "coarse" ? "normal" : wanted;
    const newShape = shape ?? shapeOf(document);
    const square = SQUARES[newDetail];
    const [width, height] = newShape === "square" && isQuadtree ? [square, square]
      : TILE_SIZES[newDetail][newShape];
    return { tiles: { size: `${width}x${height}` },
      mosaic: { width: numberAcross(document) * width } };
  }

  /** Show how many cells the mosaic has. */
  updateCellCount() {
    const { header, store: { state } } = this;
    if (!header || !state?.target) {
      this.cellCount.textContent = "";
      return;
    }
    const { cells, grid } = header;
    this.cellCount.textContent = grid
      ? `${formatNumber(grid.columns)} × ${formatNumber(grid.rows)} = `
        + `${formatCount(cells, "cell")}`
      : formatCount(cells, "cell");
  }
}

/** @param {any} document */
function shapeOf({ tiles }) {
  const { width, height } = readSize(tiles.size);
  return width === height ? "square" : width < height ? "portrait" : "landscape";
}

/** @param {any} document */
function detailOf({ tiles }) {
  const { width, height } = readSize(tiles.size);
  const side = Math.max(width, height);
  return Object.keys(TILE_SIZES).find((detail) => side <= SQUARES[detail]) ?? "fine";
}
