// @ts-check
/** A slider for one setting: its label, its value in words, and a reset to the default. */
import { createElement } from "../shared/dom.js";
import { iconButton, rangeInput } from "./controls.js";
import { patchOf, valueAt } from "./settings.js";
import { newGesture } from "./store.js";

/** @import { Store, StudioState } from "./store.js" */

/**
 * How a slider shows and changes a setting.
 *
 * @typedef {object} SliderSetting
 * @property {string} path Dotted path in the document.
 * @property {string} label
 * @property {number} min Range of the slider's positions.
 * @property {number} max
 * @property {number} [step]
 * @property {(value: any, document: any) => number} [toPosition] The position for a value;
 *   without it, values are positions.
 * @property {(position: number, document: any) => any} [toValue]
 * @property {(value: any, state: StudioState) => string} text The value with its unit.
 * @property {(value: any, state: StudioState) => string} [hint] What it means.
 * @property {[left: string, right: string]} [ends] Names of the ends.
 * @property {(document: any) => string | null} [disabled] Why it has no effect, if so.
 */

/** Changes of one slider that follow each other this closely are one gesture. */
const GESTURE_PAUSE_MS = 800;

/** A labeled slider. */
export class Slider {
  /**
   * @param {Store} store
   * @param {SliderSetting} setting
   */
  constructor(store, setting) {
    this.store = store;
    this.setting = setting;
    /** @type {number | null} */
    this.gesture = null;
    this.gestureTimer = 0;
    const { min, max, step = 1, label, ends } = setting;
    const id = `setting-${setting.path.replaceAll(/\W/g, "-")}`;
    this.input = rangeInput(min, max, step, label);
    this.output = createElement("output");
    this.hint = createElement("p", { id: `${id}-hint`, className: "hint" });
    this.input.setAttribute("aria-describedby", this.hint.id);
    this.resetButton = iconButton("reset", `Reset ${label.toLowerCase()}`, "",
      () => this.reset());
    const title = createElement("div", { className: "setting-title" });
    title.append(createElement("span", { textContent: label }), this.resetButton,
      this.output);
    this.element = createElement("div", { className: "setting", id });
    this.element.append(title, this.input);
    if (ends) {
      const names = createElement("div", { className: "ends" });
      names.setAttribute("aria-hidden", "true");
      names.append(...ends.map((text) => createElement("span", { textContent: text })));
      this.element.append(names);
    }
    this.element.append(this.hint);
    this.input.addEventListener("input", () => this.handleInput());
    this.input.addEventListener("change", () => this.endGesture());
    this.input.addEventListener("dblclick", () => this.reset());
  }

  handleInput() {
    const { state } = this.store;
    if (!state) return;
    clearTimeout(this.gestureTimer);
    this.gesture ??= newGesture();
    const position = this.input.valueAsNumber;
    const { toValue } = this.setting;
    const value = toValue ? toValue(position, state.document) : position;
    this.showValue(value, state);
    this.change(value, this.gesture);
  }

  /** Begin a new step of the history with the next change, unless it follows at once. */
  endGesture() {
    clearTimeout(this.gestureTimer);
    this.gestureTimer = setTimeout(() => {
      this.gesture = null;
      if (this.store.state) this.update(this.store.state);
    }, GESTURE_PAUSE_MS);
  }

  /**
   * @param {any} value
   * @param {number | null} gesture
   */
  change(value, gesture) {
    const { setting, store } = this;
    store.change(patchOf(setting.path, value), setting.label, gesture);
  }

  reset() {
    const value = this.defaultValue;
    if (value === undefined || this.input.disabled) return;
    this.gesture = null;
    this.change(value, null);
  }

  get defaultValue() {
    return valueAt(this.store.state?.defaults, this.setting.path);
  }

  /** @param {StudioState} state */
  update(state) {
    const { input, setting } = this;
    const { document } = state;
    const reason = setting.disabled?.(document) ?? null;
    input.disabled = reason !== null;
    this.element.classList.toggle("disabled", reason !== null);
    // The user's hand is ahead of the server.
    if (this.gesture !== null) return;
    const value = valueAt(document, setting.path);
    const position = setting.toPosition?.(value, document) ?? value;
    input.min = String(Math.min(setting.min, position));
    input.max = String(Math.max(setting.max, position));
    input.valueAsNumber = position;
    this.showValue(value, state);
    if (reason) this.hint.textContent = reason;
  }

  /**
   * @param {any} value
   * @param {StudioState} state
   */
  showValue(value, state) {
    const { hint, input, output, setting } = this;
    const text = setting.text(value, state);
    output.textContent = text;
    hint.textContent = setting.hint?.(value, state) ?? "";
    input.setAttribute("aria-valuetext", text);
    const { min, max, valueAsNumber } = input;
    const share = (valueAsNumber - Number(min)) / (Number(max) - Number(min));
    input.style.setProperty("--share", `${100 * share}%`);
    const isDefault = this.defaultValue === undefined
      || JSON.stringify(value) === JSON.stringify(this.defaultValue);
    this.resetButton.classList.toggle("unneeded", isDefault);
    this.resetButton.tabIndex = isDefault ? -1 : 0;
  }
}
