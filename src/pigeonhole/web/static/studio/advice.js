// @ts-check
/** Show what a mosaic is made of in words, and advice that one click follows. */
import { createElement, formatCount } from "../shared/dom.js";
import { icon } from "./controls.js";

/** @import { PreviewHeader } from "./connection.js" */
/** @import { Store } from "./store.js" */

/** The newest summary of the mosaic. */
export class SummaryPanel {
  /** @param {Store} store */
  constructor(store) {
    this.store = store;
    /** The summary that is shown, as JSON. */
    this.shown = "";
    this.lead = createElement("p", { className: "lead" });
    this.firstAdvice = createElement("ul", { className: "advice" });
    this.sentences = createElement("ul", { className: "sentences" });
    this.moreAdvice = createElement("ul", { className: "advice" });
    this.moreTitle = createElement("summary");
    const details = createElement("details");
    details.append(this.moreTitle, this.sentences, this.moreAdvice);
    this.element = createElement("section", { className: "summary", hidden: true });
    this.element.setAttribute("aria-label", "The mosaic in words");
    this.element.append(this.lead, this.firstAdvice, details);
    store.onPreview(({ header }) => this.update(header));
    store.subscribe((state) => {
      if (!state.target || !state.photos.count) this.clear();
    });
  }

  clear() {
    this.element.hidden = true;
    this.shown = "";
  }

  /** @param {PreviewHeader} header */
  update({ summary }) {
    // Drafts have no summary: the last one stays.
    if (!summary) return;
    const content = JSON.stringify([summary.sentences, summary.advice]);
    if (content === this.shown) return;
    this.shown = content;
    this.element.hidden = false;
    const [lead, ...sentences] = summary.sentences;
    const [first, ...more] = summary.advice.map((advice) => this.makeAdvice(advice));
    this.lead.textContent = lead ?? "";
    this.firstAdvice.replaceChildren(...(first ? [first] : []));
    this.sentences.replaceChildren(...sentences.map((text) =>
      createElement("li", { textContent: text })));
    this.moreAdvice.replaceChildren(...more);
    this.moreTitle.textContent = more.length
      ? `Details and ${formatCount(more.length, "more suggestion")}` : "Details";
  }

  /** @param {{ text: string, label: string, patch: any }} advice */
  makeAdvice({ text, label, patch }) {
    const item = createElement("li");
    const button = createElement("button", { type: "button", textContent: label,
      onclick: () => this.store.change(patch, label) });
    item.append(icon("spark"), createElement("p", { textContent: text }), button);
    return item;
  }
}
