// @ts-check
/** Read what the user drops, pastes or chooses: files, and folders with all below them. */

/** @import { Upload } from "./uploads.js" */

const IMAGE_NAME = /\.(jpe?g|png|webp|gif|bmp|tiff?|heic|heif|avif|jxl|jp2)$/i;

/**
 * Return the files that were dropped. Call it while the event is handled.
 *
 * @param {DataTransfer} data
 * @returns {Promise<Upload[]>}
 */
export async function droppedFiles(data) {
  const entries = [...data.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry?.(), file: item.getAsFile() }));
  /** @type {Upload[]} */
  const uploads = [];
  for (const { entry, file } of entries) {
    if (entry?.isDirectory)
      await readFolder(/** @type {FileSystemDirectoryEntry} */ (entry), entry.name, uploads);
    else if (file) uploads.push({ file, folder: "" });
  }
  return uploads;
}

/**
 * Return the files that were chosen with an input element.
 *
 * @param {FileList | null} files
 * @returns {Upload[]}
 */
export function chosenFiles(files) {
  return [...(files ?? [])]
    .map((file) => ({ file, folder: parentOf(file.webkitRelativePath) }))
    // A folder may hold anything; files that the user chose are checked by the server.
    .filter(({ file, folder }) => !folder || isImage(file));
}

/** @param {File} file */
export function isImage(file) {
  return file.type.startsWith("image/") || IMAGE_NAME.test(file.name);
}

/**
 * @param {FileSystemDirectoryEntry} folder
 * @param {string} path
 * @param {Upload[]} uploads
 */
async function readFolder(folder, path, uploads) {
  const reader = folder.createReader();
  // A reader returns at most 100 entries at once.
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!entries.length) return;
    for (const entry of entries) {
      if (entry.name.startsWith(".")) continue;
      if (entry.isDirectory)
        await readFolder(/** @type {FileSystemDirectoryEntry} */ (entry),
          `${path}/${entry.name}`, uploads);
      else {
        const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
        if (file && isImage(file)) uploads.push({ file, folder: path });
      }
    }
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File | null>}
 */
function fileOf(entry) {
  return new Promise((resolve) => entry.file(resolve, () => resolve(null)));
}

/** @param {string} path */
function parentOf(path) {
  return path.split("/").slice(0, -1).join("/");
}
