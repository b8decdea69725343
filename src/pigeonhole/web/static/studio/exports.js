// @ts-check
/** The dialog of exports. */
import { byId, createElement, onClick } from "../shared/dom.js";
import { serverAddress } from "./connection.js";
import { dialog, offerMenu, openDialog, showError } from "./dialogs.js";
import { FORMATS, exportOptions, paperSides } from "./export_options.js";
import { icon, withTimesSigns } from "./progress.js";

/** @import { Connection } from "./connection.js" */
/** @import { Field, Format } from "./export_options.js" */
/** @import { Store } from "./store.js" */

const DESCRIBE_DELAY_MS = 150;
const SIDE = 640;
const MEMORY = "pigeonhole-export";

/** The chosen format and its options. */
class ExportDialog {
  /**
   * @param {Store} store
   * @param {Connection} connection
   */
  constructor(store, connection) {
    this.store = store;
    this.connection = connection;
    const remembered = recall();
    this.format = FORMATS.find(({ name }) => name === remembered.format) ?? FORMATS[0];
    /**
     * The values of each format's fields.
     *
     * @type {Record<string, Record<string, any>>}
     */
    this.values = Object.fromEntries(FORMATS.map(({ name, fields }) => [name, {
      ...Object.fromEntries(fields.map(({ path, value }) => [path, value])),
      ...remembered.values?.[name],
    }]));
    this.timer = 0;
    this.request = 0;
    store.onPreview(() => { if (dialog("export").open) this.showPreview(); });
    byId("formats").append(...FORMATS.map((format) => this.makeCard(format)));
    onClick({
      "export-button": () => this.open(),
      "export-start": () => this.start(),
    });
  }

  open() {
    showError("export-error");
    openDialog("export");
    this.showPreview();
    this.showOptions();
    const chosen = document.querySelector("#formats :checked");
    if (chosen instanceof HTMLElement) chosen.focus();
  }

  get options() {
    const { state } = this.store;
    return state && exportOptions(this.format, this.values[this.format.name], state);
  }

  // ---- form ----

  /** @param {Format} format */
  makeCard(format) {
    const card = createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "format";
    input.value = format.name;
    input.checked = format === this.format;
    input.addEventListener("change", () => {
      this.format = format;
      showError("export-error");
      this.showOptions();
    });
    card.append(input, icon(format.icon), createElement("b", { textContent: format.title }),
      createElement("small", { textContent: format.text }));
    return card;
  }

  showOptions() {
    const values = this.values[this.format.name];
    // Without PyAV, the server can write only GIF animations.
    if (!this.store.state?.limits.video && values["film.format"]) values["film.format"] = "gif";
    const fields = this.format.fields.filter(({ isShown }) => isShown?.(values) ?? true);
    byId("export-options").replaceChildren(...fields.map((field) => this.makeField(field)));
    remember({ format: this.format.name, values: this.values });
    this.describe();
  }

  /** @param {Field} field */
  makeField(field) {
    const values = this.values[this.format.name];
    const { path, label, hint } = field;
    const frame = createElement("label");
    frame.className = field.isCheck ? "check" : "field";
    const text = createElement("span", { textContent: label });
    const control = makeControl(field, values[path]);
    if (field.isCheck) frame.append(control, text);
    else frame.append(text, control);
    if (hint) frame.append(createElement("small", { textContent: hint }));
    const output = field.range ? text.appendChild(createElement("output")) : null;
    const show = () => {
      if (!output || !field.range) return;
      const [minimum, maximum] = field.range;
      output.textContent = ` ${values[path]}`;
      control.style.setProperty("--share",
        `${(100 * (values[path] - minimum)) / (maximum - minimum)}%`);
    };
    show();
    control.addEventListener("input", () => {
      values[path] = readControl(control, field);
      show();
      this.describe();
    });
    // Other fields may depend on it.
    if (this.format.fields.some(({ isShown }) => isShown))
      control.addEventListener("change", () => {
        this.showOptions();
        const again = document.querySelector(`#export-options [name="${path}"]`);
        if (again instanceof HTMLElement) again.focus();
      });
    return frame;
  }

  /** Show the mosaic on its paper. */
  showPreview() {
    const { state, preview } = this.store;
    if (!state?.target) return;
    const image = byId("export-image", HTMLImageElement);
    URL.revokeObjectURL(image.src);
    image.src = preview?.parts.image
      ? URL.createObjectURL(
        new Blob([preview.parts.image.slice()], { type: preview.header.image_type }))
      : serverAddress("target/cropped", { side: SIDE, version: state.target.version });
    this.showSheet();
  }

  showSheet() {
    const { state } = this.store;
    const sheet = byId("export-sheet");
    const size = this.options?.print?.size;
    const paper = paperSides(size) ?? state?.target?.cropped_size ?? [1, 1];
    sheet.style.aspectRatio = `${paper[0]} / ${paper[1]}`;
    sheet.classList.toggle("pad", this.options?.print?.fit === "pad");
    byId("export-caption").textContent = size ? size.replace("x", " × ") : this.format.title;
  }

  // ---- server ----

  describe() {
    this.showSheet();
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      const request = ++this.request;
      let sentence = "";
      /** @type {string[]} */
      let warnings = [];
      try {
        const described = await this.connection.send("describe_export", { options: this.options });
        sentence = described.sentence;
        warnings = described.warnings;
        this.setReady(true);
        if (request === this.request) showError("export-error");
      } catch (error) {
        if (request !== this.request) return;
        showError("export-error", error);
        this.setReady(false);
      }
      if (request !== this.request) return;
      byId("export-sentence").textContent = withTimesSigns(sentence);
      byId("export-warnings").replaceChildren(...warnings.map((text) => {
        const item = createElement("li");
        item.append(icon("info"), withTimesSigns(text));
        return item;
      }));
    }, DESCRIBE_DELAY_MS);
  }

  async start() {
    this.setReady(false);
    try {
      await this.connection.send("export", { options: this.options });
      dialog("export").close();
      offerMenu("jobs");
    } catch (error) {
      showError("export-error", error);
    } finally {
      this.setReady(true);
    }
  }

  /** @param {boolean} isReady */
  setReady(isReady) {
    byId("export-start", HTMLButtonElement).disabled = !isReady;
  }
}

/**
 * @param {Store} store
 * @param {Connection} connection
 */
export function mountExports(store, connection) {
  const exports = new ExportDialog(store, connection);
  return () => exports.open();
}

/**
 * @param {Field} field
 * @param {any} value
 * @returns {HTMLInputElement | HTMLSelectElement}
 */
function makeControl({ path, choices, range, isCheck }, value) {
  if (choices) {
    const select = document.createElement("select");
    select.name = path;
    for (const [choice, text] of choices)
      select.append(new Option(text, String(choice), false, choice === value));
    return select;
  }
  const input = document.createElement("input");
  input.name = path;
  input.type = isCheck ? "checkbox" : range ? "range" : "text";
  if (range) {
    input.className = "slider";
    [input.min, input.max, input.step] = range.map(String);
  }
  if (isCheck) input.checked = value;
  else input.value = value;
  return input;
}

/**
 * @param {HTMLInputElement | HTMLSelectElement} control
 * @param {Field} field
 */
function readControl(control, { choices, range }) {
  if (choices) return choices[/** @type {HTMLSelectElement} */ (control).selectedIndex][0];
  const input = /** @type {HTMLInputElement} */ (control);
  if (input.type === "checkbox") return input.checked;
  return range ? input.valueAsNumber : input.value;
}

/** Return the options of the last export on this computer. */
function recall() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY) ?? "{}");
  } catch {
    return {};
  }
}

/** @param {any} value */
function remember(value) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify(value));
  } catch {
    // The browser may not allow it; the defaults come back then.
  }
}
