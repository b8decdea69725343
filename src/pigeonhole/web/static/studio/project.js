// @ts-check
/** The project: undo, save, open, new; and the entries of the menu. */
import { byId, createElement, onClick } from "../shared/dom.js";
import { dialog, openDialog, showError } from "./dialogs.js";
import { showNotice } from "./notice.js";

/** @import { Connection } from "./connection.js" */
/** @import { FolderDialog } from "./folders.js" */
/** @import { PhotoList } from "./photo_list.js" */
/** @import { Store } from "./store.js" */

const COPIED_MS = 1600;

/**
 * @param {Store} store
 * @param {Connection} connection
 * @param {FolderDialog} folders
 * @param {PhotoList} list
 */
export function mountProject(store, connection, folders, list) {
  /**
   * Send a command; show an error as a notice.
   *
   * @param {string} type
   * @param {Record<string, any>} [fields]
   */
  async function run(type, fields) {
    try {
      return await connection.send(type, fields);
    } catch (error) {
      showNotice(error);
      return null;
    }
  }

  /**
   * Open another page of the studio in a tab of its own.
   *
   * @param {string} type
   */
  async function openPage(type) {
    // Browsers allow new tabs only right after a click, and the address comes later.
    const tab = window.open("", "_blank");
    const result = await run(type);
    if (result && tab) tab.location.href = result.address;
    else if (result) location.href = result.address;
    else tab?.close();
  }

  function openSave() {
    showError("save-error");
    openDialog("save");
    byId("save-folder", HTMLInputElement).select();
  }

  async function save() {
    const field = byId("save-folder", HTMLInputElement);
    if (!field.reportValidity()) return;
    const button = byId("save-start", HTMLButtonElement);
    button.disabled = true;
    showError("save-error");
    try {
      const result = await connection.send("save_as", { folder: field.value });
      dialog("save").close();
      showNotice(`Saved in ${result?.folder ?? field.value}.`);
    } catch (error) {
      showError("save-error", error);
    } finally {
      button.disabled = false;
    }
  }

  async function showRecent() {
    const recent = await run("recent_projects");
    byId("recent-projects").replaceChildren(...(recent ?? [])
      .filter((/** @type {any} */ { folder }) => folder !== store.state?.project.folder)
      .slice(0, 6)
      .map((/** @type {{ name: string, folder: string }} */ { name, folder }) => {
        const button = createElement("button", { className: "recent", title: folder });
        button.append(createElement("span", { textContent: name }),
          createElement("span", { className: "muted", textContent: folder }));
        button.addEventListener("click", () => run("open_project", { folder }));
        return button;
      }));
  }

  async function showCommand() {
    const result = await run("command");
    if (!result) return;
    byId("command-text").textContent = result.text;
    openDialog("command");
  }

  async function copyCommand() {
    const label = byId("command-copy").querySelector("span");
    try {
      await navigator.clipboard.writeText(byId("command-text").textContent ?? "");
      if (label) label.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(byId("command-text"));
      if (label) label.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { if (label) label.textContent = "Copy"; }, COPIED_MS);
  }

  function showAbout() {
    byId("about-credits").replaceChildren(...creditLines());
    openDialog("about");
  }

  function creditLines() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { photographer, license } of list.photos) {
      const line = [photographer || "Your own photos", license].filter(Boolean).join(", ");
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    if (!counts.size) return [createElement("p", { className: "muted", textContent: "No photos yet." })];
    return [...counts].sort((a, b) => b[1] - a[1]).map(([line, count]) => {
      const paragraph = createElement("p", { textContent: line });
      paragraph.append(createElement("span", { className: "muted", textContent: ` · ${count}` }));
      return paragraph;
    });
  }

  const undo = byId("undo", HTMLButtonElement);
  const redo = byId("redo", HTMLButtonElement);
  store.subscribe(({ project, history, error }, previous) => {
    byId("project-name").textContent = project.name;
    byId("project-button").title = project.name;
    byId("project-folder").textContent = project.folder;
    document.title = `${project.name} – Pigeonhole studio`;
    undo.disabled = history.undo == null;
    redo.disabled = history.redo == null;
    undo.title = history.undo ? `Undo ${history.undo} (Ctrl+Z)` : "Undo (Ctrl+Z)";
    redo.title = history.redo ? `Redo ${history.redo} (Ctrl+Shift+Z)` : "Redo (Ctrl+Shift+Z)";
    byId("problem").hidden = !error;
    // The sentence of the server is about options of commands.
    const isWithoutFaces = /no face was kept/.test(error ?? "");
    byId("problem-text").textContent = isWithoutFaces
      ? "No faces were found in your photos." : error ?? "";
    byId("problem-photos").hidden = !isWithoutFaces;
    if (!previous || previous.project.folder !== project.folder)
      byId("save-folder", HTMLInputElement).value = `~/${project.name}`;
  });
  byId("project-menu").addEventListener("toggle", (event) => {
    if (/** @type {ToggleEvent} */ (event).newState === "open") showRecent();
  });
  byId("save-folder").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    save();
  });
  onClick({
    undo: () => run("undo"),
    redo: () => run("redo"),
    "save-as": openSave,
    "menu-save-as": openSave,
    "save-start": save,
    "save-browse": () => {
      const field = byId("save-folder", HTMLInputElement);
      const name = field.value.split(/[/\\]/).filter(Boolean).at(-1) ?? "mosaic";
      folders.open({
        title: "Where should the project go?",
        text: `The studio makes a new folder “${name}” in the folder that you choose.`,
        yes: "Choose",
      }, async (path) => { field.value = `${path.replace(/[/\\]$/, "")}/${name}`; });
    },
    "menu-open": () => folders.open({
      title: "Open a project",
      text: "Choose a folder that the studio saved.",
      yes: "Open",
    }, (folder) => connection.send("open_project", { folder })),
    "menu-new": () => run("new_project"),
    "problem-photos": () => store.change({ cut: "photos" }, "cut: whole photos"),
    "menu-command": showCommand,
    "command-copy": copyCommand,
    "menu-live": () => openPage("open_live"),
    "menu-review": () => openPage("open_review"),
    "menu-keys": () => openDialog("keys"),
    "menu-about": showAbout,
  });
  return { undo: () => run("undo"), redo: () => run("redo") };
}
