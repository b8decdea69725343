// @ts-check
/** Run the review page: lists of boxes, the details of one, and saving the marks. */
import { linkTo } from "../shared/credit.js";
import { byId, createElement, download, formatCount, formatNumber }
  from "../shared/dom.js";
import { ExclusionList, readDuplicates, readFaces } from "./data.js";
import { Grid, cropAddress } from "./grid.js";

/** @import { Face, Item, ReviewData } from "./data.js" */

/** @typedef {"Kept" | "Rejected" | "Duplicates" | "Marked"} Tab */

const NOTICE_MS = 15_000;

/** @type {ReviewData} */
const data = JSON.parse(byId("data").textContent ?? "");
const faces = readFaces(data);
const exclusions = new ExclusionList(data);
// The server adds a token to the address and saves the list. Opened from the disk, the
// page offers the list as a download.
const isServed = location.protocol.startsWith("http");
const token = isServed ? new URLSearchParams(location.search).get("token") : null;

/** @type {(a: Face, b: Face) => number} */
const byScore = (a, b) => a.score - b.score || a.number - b.number;
/** @type {Record<Exclude<Tab, "Marked">, Item[]>} */
const lists = {
  Kept: faces.filter(({ rejection }) => !rejection).sort(byScore),
  Rejected: faces.filter(({ rejection }) => rejection && rejection !== "duplicate")
    .sort((a, b) => byScore(b, a)),
  Duplicates: [...readDuplicates(data),
    ...faces.filter(({ rejection }) => rejection === "duplicate").sort(byScore)],
};
/** @type {Tab[]} */
const TABS = ["Kept", "Rejected", "Duplicates", "Marked"];
/** @type {Tab} */
let tab = "Kept";
let noticeTimer = 0;

const filter = byId("filter", HTMLInputElement);
const saveButton = byId("save", HTMLButtonElement);
const grid = new Grid({
  isMarked: (item) => exclusions.has(item),
  onShow: showDetails,
  onMark: toggleMark,
});

/* The lists. */

/**
 * @param {Tab} name
 * @returns {Item[]}
 */
function itemsOf(name) {
  if (name !== "Marked") return lists[name];
  return faces.filter((face) => exclusions.has(face)).sort(byScore);
}

function showList() {
  updateHeader();
  const text = filter.value.trim().toLowerCase();
  const items = itemsOf(tab).filter(({ photo }) => photo.name.toLowerCase().includes(text));
  byId("empty").hidden = items.length > 0;
  byId("summary").textContent = tab === "Duplicates" ? data.duplicates_summary
    : data.summary;
  byId("details").classList.toggle("hidden", items.length === 0);
  grid.setItems(items);
  if (items.length) showDetails(items[0]);
}

/** @param {Tab} name */
function selectTab(name) {
  tab = name;
  showList();
  grid.focus();
}

/** @param {Tab} name */
function makeTab(name) {
  const button = createElement("button", { onclick: () => selectTab(name) });
  button.setAttribute("role", "tab");
  button.setAttribute("aria-selected", String(name === tab));
  button.append(`${name} `,
    createElement("span", { textContent: formatNumber(itemsOf(name).length) }));
  return button;
}

function updateHeader() {
  byId("tabs").replaceChildren(...TABS.map(makeTab));
  const { changes } = exclusions;
  saveButton.disabled = !changes;
  saveButton.textContent = changes ? `Save ${formatCount(changes, "change")}`
    : "Nothing to save";
}

/* The details of one item. */

/** @param {Item} item */
function showDetails(item) {
  showPhoto(item);
  const verdict = byId("verdict");
  verdict.textContent = describeVerdict(item);
  verdict.classList.toggle("marked", exclusions.has(item));
  byId("facts").replaceChildren(...Object.entries(describeItem(item)).flatMap(
    ([name, value]) => [createElement("dt", { textContent: name }),
      createElement("dd", { textContent: String(value) })]));
  const { photographer, page } = item.photo;
  byId("credit").replaceChildren(
    ...(photographer ? ["Photo by ", linkTo([photographer, page])] : []));
}

/**
 * Show the photo with the box on it, or the crop if the photo is missing.
 *
 * @param {Item} item
 */
function showPhoto(item) {
  const frame = byId("frame");
  const image = byId("photo", HTMLImageElement);
  const { photo } = item;
  const source = token ? `photo/${item.photoNumber}?token=${token}` : photo.href;
  frame.classList.toggle("no-box", item.kind === "photo");
  image.onerror = () => {
    image.onerror = null;
    image.src = cropAddress(item.crop);
    frame.classList.add("no-box");
  };
  if (image.getAttribute("src") !== source) image.src = source;
  if (item.kind === "face") Object.assign(byId("box").style, {
    left: `${(100 * item.x) / photo.width}%`,
    top: `${(100 * item.y) / photo.height}%`,
    width: `${(100 * item.width) / photo.width}%`,
    height: `${(100 * item.height) / photo.height}%`,
  });
}

/** @param {Item} item */
function describeVerdict(item) {
  if (item.kind === "photo") return `Dropped: near-duplicate of ${item.duplicateOf}`;
  if (exclusions.has(item)) return "Marked: will be excluded";
  if (item.rejection === "excluded") return "Will be judged again";
  return item.reason ? `Rejected: ${item.reason}` : "Kept";
}

/**
 * @param {Item} item
 * @returns {Record<string, string | number>}
 */
function describeItem(item) {
  const { photo } = item;
  if (item.kind === "photo")
    return { Photo: photo.name, Size: `${photo.width}×${photo.height}` };
  return {
    Photo: photo.name,
    Box: `${item.width}×${item.height} at ${item.x}, ${item.y}`,
    Score: item.score,
    Contrast: item.contrast,
    Sharpness: item.sharpness,
  };
}

/**
 * Mark a face, or remove its mark. Dropped photos have no box to mark.
 *
 * @param {Item} item
 */
function toggleMark(item) {
  if (item.kind !== "face") return;
  exclusions.toggle(item);
  grid.draw();
  updateHeader();
  showDetails(item);
}

/* Saving. */

/** @param {string} text */
function showNotice(text) {
  const notice = byId("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { notice.hidden = true; }, NOTICE_MS);
}

/** Send the changes to the server; return whether it saved them. */
async function sendChanges() {
  try {
    const response = await fetch(`exclusions?token=${token}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ add: exclusions.added, remove: exclusions.removed }),
    });
    showNotice(await response.text());
    return response.ok;
  } catch {
    showNotice("The server doesn’t respond. Check that make review is still running, then "
      + "save again: your marks are still here.");
    return false;
  }
}

function downloadList() {
  const name = data.list_path.split(/[\\/]/).pop() ?? "";
  download(new Blob([exclusions.changedText()], { type: "text/plain" }), name);
  showNotice(`Move ${name} to ${data.list_path}, the path in the setting faces.exclude, `
    + "then run snakemake --cores 4. A page opened by make review saves the file itself.");
}

async function save() {
  if (saveButton.disabled) return;
  if (!token) downloadList();
  else if (!(await sendChanges())) return;
  exclusions.commit();
  updateHeader();
}

/* Keys. */

/** @param {KeyboardEvent} event */
function handleKey(event) {
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && key === "s") {
    event.preventDefault();
    save();
  } else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (document.activeElement === filter) {
    if (key !== "Escape") return;
    filter.value = "";
    selectTab(tab);
  } else if (key === "/") {
    event.preventDefault();
    filter.focus();
  } else if (TABS[Number(key) - 1]) selectTab(TABS[Number(key) - 1]);
}

document.addEventListener("keydown", handleKey);
filter.addEventListener("input", showList);
saveButton.addEventListener("click", save);
window.addEventListener("beforeunload", (event) => {
  if (!saveButton.disabled) event.preventDefault();
});
showList();
grid.focus();
