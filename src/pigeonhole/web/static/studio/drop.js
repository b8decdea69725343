// @ts-check
/** Take photos and targets that the user drops, pastes or chooses, anywhere on the page. */
import { byId, onClick } from "../shared/dom.js";
import { chosenFiles, droppedFiles, isImage } from "./files.js";
import { showNotice } from "./notice.js";

/** @import { Store } from "./store.js" */
/** @import { Upload, Uploads } from "./uploads.js" */

/**
 * @param {Store} store
 * @param {Uploads} uploads
 * @param {(file: Blob, name: string) => void} setTarget
 */
export function mountDrop(store, uploads, setTarget) {
  const overlay = byId("drop");
  const photosHalf = half("photos");
  const targetHalf = half("target");

  /** @param {DragEvent} event */
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
  /** @param {boolean} isShown */
  const show = (isShown) => {
    overlay.hidden = !isShown;
    if (!isShown) for (const each of [photosHalf, targetHalf]) each.classList.remove("over");
  };

  window.addEventListener("dragenter", (event) => {
    if (hasFiles(event) && !document.querySelector("dialog[open]")) show(true);
  });
  window.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    for (const each of [photosHalf, targetHalf])
      each.classList.toggle("over", event.target === each);
  });
  window.addEventListener("dragleave", (event) => {
    // The pointer has left the window.
    if (!event.relatedTarget) show(false);
  });
  window.addEventListener("drop", async (event) => {
    if (!hasFiles(event) || !event.dataTransfer) return;
    event.preventDefault();
    show(false);
    const isTarget = event.target === targetHalf;
    const dropped = await droppedFiles(event.dataTransfer);
    // Several files, or a folder, are photos wherever they are dropped.
    if (isTarget && dropped.length < 2) takeTarget(dropped);
    else takePhotos(dropped);
  });

  window.addEventListener("paste", async (event) => {
    const isText = event.target instanceof HTMLElement && event.target.matches("input, textarea");
    if (isText || !event.clipboardData?.files.length) return;
    event.preventDefault();
    const pasted = [...event.clipboardData.files]
      .map((file) => ({ file: withPasteName(file), folder: "" }));
    // One image is the target while it is missing and there are photos for the tiles.
    const { state } = store;
    if (pasted.length === 1 && state?.photos.count && !state.target) takeTarget(pasted);
    else takePhotos(pasted);
  });

  /** @param {Upload[]} files */
  function takePhotos(files) {
    if (files.length) uploads.add(files);
    else showNotice("There are no photos in what you chose.");
  }

  /** @param {Upload[]} files */
  function takeTarget(files) {
    const image = files.find(({ file }) => isImage(file)) ?? files[0];
    if (image) setTarget(image.file, image.file.name);
    else showNotice("There is no image in what you chose.");
  }

  /**
   * @param {string} id
   * @param {(files: Upload[]) => void} take
   */
  function listen(id, take) {
    const input = byId(id, HTMLInputElement);
    input.addEventListener("change", () => {
      take(chosenFiles(input.files));
      // The same file can be chosen again.
      input.value = "";
    });
    return () => input.click();
  }

  const chooseFiles = listen("file-input", takePhotos);
  const chooseFolder = listen("directory-input", takePhotos);
  const chooseTarget = listen("target-input", takeTarget);
  onClick({
    "welcome-files": chooseFiles,
    "add-files": chooseFiles,
    "welcome-folder": chooseFolder,
    "add-directory": chooseFolder,
    "target-file": chooseTarget,
    "replace-file": chooseTarget,
  });
}

/**
 * Return a pasted file; browsers call all images from the clipboard "image.png".
 *
 * @param {File} file
 */
function withPasteName(file) {
  if (file.name !== "image.png") return file;
  const now = new Date();
  const minutes = new Date(now.getTime() - now.getTimezoneOffset() * 60_000);
  const time = minutes.toISOString().slice(0, 16).replace("T", " ").replace(":", ".");
  return new File([file], `Pasted ${time}.png`, { type: file.type });
}

/** @param {string} name */
function half(name) {
  const element = document.querySelector(`[data-drop="${name}"]`);
  if (!(element instanceof HTMLElement)) throw new TypeError(`No half for ${name}`);
  return element;
}
