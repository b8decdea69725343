// @ts-check
/** Choose a folder on the computer that runs the studio. */
import { byId, createElement, formatCount, formatNumber, onClick } from "../shared/dom.js";
import { fetchJson } from "./connection.js";
import { dialog, openDialog, showError } from "./dialogs.js";
import { icon } from "./progress.js";

/**
 * @typedef {object} FolderList
 * @property {string} path
 * @property {string | null} parent
 * @property {number} images
 * @property {boolean} [is_more]
 * @property {{ name: string, path: string, images: number, is_more?: boolean }[]} folders
 */

/** The dialog, which several commands use. */
export class FolderDialog {
  constructor() {
    this.path = "";
    /** @type {string | null} */
    this.parent = null;
    /** @type {(path: string) => Promise<unknown>} */
    this.choose = () => Promise.resolve();
    const field = byId("folders-path", HTMLInputElement);
    field.addEventListener("change", () => this.show(field.value));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      this.show(field.value);
    });
    onClick({
      "folders-parent": () => { if (this.parent) this.show(this.parent); },
      "folders-choose": () => this.accept(),
    });
  }

  /**
   * Ask for a folder; the dialog closes when the function that gets it succeeds.
   *
   * @param {{ title: string, text: string, yes: string }} texts
   * @param {(path: string) => Promise<unknown>} choose
   */
  open({ title, text, yes }, choose) {
    byId("folders-title").textContent = title;
    byId("folders-text").textContent = text;
    byId("folders-choose").textContent = yes;
    this.choose = choose;
    showError("folders-error");
    openDialog("folders");
    this.show(this.path);
  }

  /** @param {string} path */
  async show(path) {
    showError("folders-error");
    try {
      this.draw(await fetchJson("folders", { path }));
    } catch (error) {
      showError("folders-error", error);
    }
  }

  /** @param {FolderList} list */
  draw(list) {
    this.path = list.path;
    this.parent = list.parent;
    byId("folders-path", HTMLInputElement).value = list.path;
    byId("folders-parent", HTMLButtonElement).disabled = !list.parent;
    byId("folders-images").textContent =
      `${list.is_more ? `${formatNumber(list.images)}+ images`
        : formatCount(list.images, "image")} here and below`;
    byId("folders-list").replaceChildren(...list.folders.map(({ name, path, images, is_more: more }) => {
      const button = createElement("button", { type: "button" });
      const count = images ? `${formatNumber(images)}${more ? "+" : ""}` : "";
      button.append(icon("folder"), createElement("span", { textContent: name }),
        createElement("small", { className: "muted", textContent: count }));
      button.addEventListener("click", () => this.show(path));
      const item = createElement("li");
      item.append(button);
      return item;
    }));
    if (!list.folders.length) byId("folders-list").append(
      createElement("li", { className: "muted", textContent: "There are no subfolders here." }));
    byId("folders-list").scrollTop = 0;
  }

  async accept() {
    const button = byId("folders-choose", HTMLButtonElement);
    button.disabled = true;
    try {
      await this.choose(byId("folders-path", HTMLInputElement).value);
      dialog("folders").close();
    } catch (error) {
      showError("folders-error", error);
    } finally {
      button.disabled = false;
    }
  }
}
