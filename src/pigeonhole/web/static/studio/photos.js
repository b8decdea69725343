// @ts-check
/** The panel of photos. */
import { byId, createElement, formatCount, formatNumber, onClick } from "../shared/dom.js";
import { serverAddress } from "./connection.js";
import { confirm, dialog, openDialog } from "./dialogs.js";
import { announce } from "./layout.js";
import { showNotice } from "./notice.js";
import { PhotoGrid } from "./photo_grid.js";
import { describeProgress, icon, setProgress } from "./progress.js";

/** @import { Connection } from "./connection.js" */
/** @import { Photo, PhotoList } from "./photo_list.js" */
/** @import { Store, StudioState, Work } from "./store.js" */

const VIEW_SIDE = 1600;
const SEARCH_DELAY_MS = 120;

/** The thumbnails, what is selected, and how tiles are cut. */
class PhotosPanel {
  /**
   * @param {Store} store
   * @param {Connection} connection
   * @param {PhotoList} list
   */
  constructor(store, connection, list) {
    this.store = store;
    this.connection = connection;
    this.list = list;
    this.search = byId("photo-search", HTMLInputElement);
    this.sort = byId("photo-sort", HTMLSelectElement);
    this.timer = 0;
    this.grid = new PhotoGrid(byId("photo-grid"), {
      onSelect: () => this.showSelection(),
      onOpen: (photo) => this.view(photo),
      onRemove: () => this.remove(),
    });
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.showPhotos(), SEARCH_DELAY_MS);
    });
    this.sort.addEventListener("change", () => this.showPhotos());
    for (const choice of cutChoices())
      choice.addEventListener("change", () => {
        const name = choice.value === "photos" ? "whole photos" : choice.value;
        this.store.change({ cut: choice.value }, `cut: ${name}`);
      });
    onClick({
      "selection-target": () => this.useAsTarget(),
      "selection-remove": () => this.remove(),
      "selection-clear": () => this.grid.clearSelection(),
      "selection-open": () => this.openSelected(),
      "selection-erase": () => this.erase(),
      "skipped-button": () => this.listSkipped(),
      "skipped-clear": () => this.clearSkipped(),
    });
    list.onChange(() => {
      this.showCount();
      this.showPhotos();
      this.showFolders();
      this.showSkipped();
    });
    store.subscribe((state, previous) => this.update(state, previous));
    store.onOpen((isOpen) => { if (isOpen) this.grid.retry(); });
  }

  // ---- state ----

  /**
   * @param {StudioState} state
   * @param {StudioState | null} previous
   */
  update(state, previous) {
    const { photos } = state;
    this.showCount();
    for (const choice of cutChoices()) choice.checked = choice.value === state.document.cut;
    byId("cut-text").textContent = describeCut(state);
    this.showWork(workOf(state));
    if (previous && previous.photos.tiles_version !== photos.tiles_version && photos.tiles)
      announce(`${formatCount(photos.usable, "photo")} ready.`);
  }

  showCount() {
    const count = Math.max(this.store.state?.photos.count ?? 0, this.list.photos.length);
    byId("photo-count").textContent = count ? formatNumber(count) : "";
  }

  /** @param {Work | null} work */
  showWork(work) {
    byId("work").hidden = !work;
    if (!work) return;
    byId("work-text").textContent = work.text;
    byId("work-left").textContent = describeProgress(work);
    setProgress(byId("work-bar", HTMLProgressElement), work.done, work.total);
  }

  showPhotos() {
    const photos = this.list.find(this.search.value, this.sort.value);
    byId("photo-empty").hidden = photos.length > 0 || !this.list.photos.length;
    byId("photo-grid").hidden = !photos.length;
    this.grid.setPhotos(photos);
  }

  showFolders() {
    byId("linked-folders").replaceChildren(...this.list.folders.map((folder) => {
      const row = createElement("div", { className: "folder-row", title: folder.path });
      const text = createElement("span", { textContent: folder.name });
      text.append(createElement("span",
        { className: "muted", textContent: folder.found
          ? ` ${formatNumber(folder.photos)}` : " not found" }));
      const button = createElement("button", { className: "icon-button" });
      button.setAttribute("aria-label", `Unlink ${folder.name}`);
      button.append(icon("close"));
      button.addEventListener("click", () =>
        this.run("remove_folder", { name: folder.name }));
      row.append(text, button);
      return row;
    }));
  }

  // ---- photos that can't be used ----

  showSkipped() {
    const { length } = this.skipped();
    const button = byId("skipped-button");
    button.hidden = !length;
    button.textContent = `${formatCount(length, "file")} can’t be used. See why`;
  }

  skipped() {
    const listed = new Set(this.list.skipped.map(({ name }) => name));
    const photos = this.list.photos
      .filter(({ state, name }) => state === "skipped" && !listed.has(name))
      .map(({ name, reason }) => ({ name, text: reason ?? "" }));
    return [...this.list.failures, ...this.list.skipped, ...photos];
  }

  listSkipped() {
    byId("skipped-list").replaceChildren(...this.skipped().map(({ name, text }) => {
      const item = createElement("li");
      item.append(createElement("b", { textContent: name }),
        createElement("span", { className: "muted", textContent: text }));
      return item;
    }));
    openDialog("skipped");
  }

  /** Clear the list of files that aren't in the project. */
  async clearSkipped() {
    this.list.failures = [];
    await this.run("clear_skipped", {});
    this.list.reload();
    dialog("skipped").close();
  }

  // ---- selection ----

  showSelection() {
    const { size } = this.grid.selected;
    byId("selection-bar").hidden = !size;
    byId("selection-count").textContent = `${formatNumber(size)} selected`;
    byId("selection-target").hidden = byId("selection-open").hidden = size !== 1;
  }

  openSelected() {
    const [name] = this.grid.selected;
    const photo = this.list.photos.find((candidate) => candidate.name === name);
    if (photo) this.view(photo);
  }

  /** @param {Photo} photo */
  view(photo) {
    const { name, width, height, photographer, license, uses, tiles, reason } = photo;
    byId("photo-view-title").textContent = name;
    const image = byId("photo-view-image", HTMLImageElement);
    image.src = serverAddress("photos/image", { name, side: VIEW_SIDE });
    image.alt = name;
    byId("photo-view-text").textContent = [
      width && `${formatNumber(width)} × ${formatNumber(height)}`,
      photographer && `by ${photographer}`,
      license,
      reason ?? (!tiles ? "" : uses ? `used ${formatCount(uses, "time")}` : "not used"),
    ].filter(Boolean).join(" · ");
    openDialog("photo-view");
  }

  useAsTarget() {
    const [photo] = this.grid.selected;
    this.run("choose_target", { photo });
    this.grid.clearSelection();
  }

  async remove() {
    const names = [...this.grid.selected];
    const answer = await confirm({
      title: `Remove ${formatCount(names.length, "photo")} from the project?`,
      text: "The studio deletes its own copies. Files in your folders stay as they are; "
        + "they are only left out of this project.",
      yes: "Remove",
    });
    if (answer) await this.run("remove_photos", { names });
  }

  async erase() {
    const names = [...this.grid.selected];
    const answer = await confirm({
      title: `Remove ${formatCount(names.length, "photo")} for good?`,
      text: "For people who don’t want to be in the mosaic. The studio deletes its copies and "
        + "adds the photos to the removal list of the project, so that they never come back, "
        + "from whatever folder or search, even as a smaller copy. Files in your folders stay "
        + "as they are. This can’t be undone.",
      yes: "Remove for good",
    });
    if (!answer) return;
    for (const photo of names) if (!await this.run("erase", { photo })) return;
  }

  /**
   * Send a command; return whether the server has done it.
   *
   * @param {string} type
   * @param {Record<string, any>} fields
   */
  async run(type, fields) {
    try {
      await this.connection.send(type, fields);
      return true;
    } catch (error) {
      showNotice(error);
      return false;
    }
  }
}

/**
 * @param {Store} store
 * @param {Connection} connection
 * @param {PhotoList} list
 */
export function mountPhotos(store, connection, list) {
  new PhotosPanel(store, connection, list);
}

/**
 * Return the work on the photos that is running: what the server reports, or a job.
 *
 * @param {StudioState} state
 * @returns {Work | null}
 */
function workOf(state) {
  if (state.work) return state.work;
  const job = state.jobs.find(({ kind, state: jobState }) =>
    kind !== "export" && (jobState === "running" || jobState === "waiting"));
  return job ? { ...job, text: job.text || job.title } : null;
}

/**
 * Return what the tiles are, and why.
 *
 * @param {StudioState} state
 */
function describeCut({ document: { cut }, photos }) {
  const { cut: found, tiles, usable, with_faces: withFaces } = photos;
  if (!found || (cut !== "auto" && cut !== found)) return "";
  if (found === "faces")
    return `${formatCount(tiles, "tile")} from ${formatCount(usable, "photo")} with faces.`;
  if (cut === "photos" || !usable) return "";
  return `${withFaces ? formatNumber(withFaces) : "None"} of ${formatCount(usable, "photo")} ${
    withFaces === 1 ? "shows" : "show"} faces, so whole photos are used.`;
}

/** @returns {HTMLInputElement[]} */
function cutChoices() {
  return [...document.querySelectorAll("#cut input")]
    .filter((input) => input instanceof HTMLInputElement);
}
