// @ts-check
/** Make controls of the panels: icons, buttons and sliders. */
import { createElement } from "../shared/dom.js";

const SVG = "http://www.w3.org/2000/svg";

/**
 * Return an icon of the page.
 *
 * @param {string} name Name of the symbol in the page, without "i-".
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/**
 * Return a button that shows only an icon.
 *
 * @param {string} name
 * @param {string} label
 * @param {string} key The key that does the same, if any.
 * @param {() => void} onclick
 */
export function iconButton(name, label, key, onclick) {
  const button = createElement("button", { className: "icon-button", type: "button",
    title: key ? `${label} (${key})` : label, onclick });
  button.setAttribute("aria-label", label);
  button.append(icon(name));
  return button;
}

/**
 * Return a button with an icon and a text.
 *
 * @param {string} name
 * @param {string} text
 * @param {() => void} onclick
 */
export function textButton(name, text, onclick) {
  const button = createElement("button", { type: "button", onclick });
  button.append(icon(name), createElement("span", { textContent: text }));
  return button;
}

/**
 * Return a slider.
 *
 * @param {number} min
 * @param {number} max
 * @param {number} step
 * @param {string} label
 */
export function rangeInput(min, max, step, label) {
  const input = document.createElement("input");
  Object.assign(input, { className: "slider", type: "range", min, max, step });
  input.setAttribute("aria-label", label);
  return input;
}

/**
 * Return a choice of a few values, as one control.
 *
 * @param {string} name
 * @param {string} label
 * @param {[value: string, text: string][]} choices
 * @param {(value: string) => void} onChoose
 */
export function segmentedControl(name, label, choices, onChoose) {
  const field = document.createElement("fieldset");
  field.className = "segmented";
  const legend = createElement("legend", { className: "visually-hidden",
    textContent: label });
  field.append(legend, ...choices.map(([value, text]) => {
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name, value });
    input.addEventListener("change", () => onChoose(value));
    const item = createElement("label");
    item.append(input, createElement("span", { textContent: text }));
    return item;
  }));
  return field;
}

/**
 * Return a check box with its text.
 *
 * @param {string} text
 * @param {(isChecked: boolean) => void} onChange
 */
export function checkBox(text, onChange) {
  const input = document.createElement("input");
  input.type = "checkbox";
  input.addEventListener("change", () => onChange(input.checked));
  const label = createElement("label", { className: "check" });
  label.append(input, createElement("span", { textContent: text }));
  return { label, input };
}
