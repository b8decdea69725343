"use strict";
// The contact sheet: which boxes are shown, which are marked, and saving the list.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const [sheet, room] = [at("sheet"), at("room")];
// Served, the page may write the list itself; from disk it offers it as a download.
const token = location.protocol.startsWith("http") && new URLSearchParams(location.search).get("token");

// ---- what there is ----

const faces = data.faces.map(([photo, x, y, width, height, score, contrast, sharpness, reason, like], number) => ({
  number, photo: data.photos[photo], at: photo, x, y, width, height, score, contrast, sharpness, reason, like,
  crop: data.crops[number], line: `${data.photos[photo].name} ${x} ${y} ${width} ${height}`,
}));
const twins = data.alike.map((pair) => ({ ...pair, photo: data.photos[pair.photo], at: pair.photo }));
const words = (line) => line.trim().replace(/\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/, " $1 $2 $3 $4");
const listed = new Set(data.list.split("\n").map(words));
const isExcluded = (face) => face.reason === data.excluded;
const saved = new Set(faces.map((face) => face.line).filter((line) => listed.has(line)));
const marked = new Set(saved);
const byScore = (one, other) => one.score - other.score || one.number - other.number;
const lists = {
  Kept: faces.filter((face) => !face.reason).sort(byScore),
  Rejected: faces.filter((face) => face.reason && face.like < 0).sort((one, other) => byScore(other, one)),
  Alike: [...twins, ...faces.filter((face) => face.like >= 0).sort(byScore)],
  Marked: [],
};
let [list, shown, here] = ["Kept", [], 0];

// ---- the sheet: only what is in view exists ----

const NOTE = 24;
const cells = new Map();
const least = () => parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--cell"));
const across = () => Math.max(1, Math.floor(room.clientWidth / least()));
const size = () => room.clientWidth / across();

function picture(source) {
  const image = new Image();
  image.src = `data:image/webp;base64,${source}`;
  image.alt = "";
  return image;
}

function cellOf(item, number) {
  const cell = document.createElement("div");
  cell.className = "cell";
  cell.id = `cell-${number}`;
  cell.setAttribute("role", "option");
  cell.title = item.line ?? `${item.photo.name} looks like ${item.like}`;
  const crop = document.createElement("span");
  crop.className = "crop";
  crop.append(picture(item.crop));
  if (item.twin) {
    crop.append(picture(item.twin));
    cell.classList.add("twin");
  } else if (item.like >= 0) {
    crop.append(picture(faces[item.like].crop));
    cell.classList.add("twin");
  }
  const note = document.createElement("span");
  note.className = "note";
  note.textContent = item.line ? item.score.toFixed(1) : "photo";
  cell.append(crop, note);
  // The pointer's own place, so that what is hovered needs no click.
  cell.onpointerenter = (event) => event.pointerType === "mouse" && tell(item);
  cell.onclick = () => { go(number); mark(item); sheet.focus({ preventScroll: true }); };
  return cell;
}

function draw() {
  const [step, columns] = [size(), across()];
  const rise = step + NOTE;
  room.style.height = `${Math.ceil(shown.length / columns) * rise + 12}px`;
  const first = Math.max(0, Math.floor(sheet.scrollTop / rise) - 2) * columns;
  const last = Math.min(shown.length, Math.ceil((sheet.scrollTop + sheet.clientHeight) / rise + 2) * columns);
  for (const [number, cell] of cells) {
    if (number < first || number >= last) { cell.remove(); cells.delete(number); }
  }
  for (let number = first; number < last; number++) {
    let cell = cells.get(number);
    if (!cell) { cell = cellOf(shown[number], number); cells.set(number, cell); room.append(cell); }
    cell.style.width = `${step}px`;
    cell.style.left = `${(number % columns) * step}px`;
    cell.style.top = `${Math.floor(number / columns) * rise + 10}px`;
    cell.classList.toggle("here", number === here);
    cell.setAttribute("aria-selected", marked.has(shown[number].line));
    cell.setAttribute("aria-posinset", number + 1);
    cell.setAttribute("aria-setsize", shown.length);
  }
  sheet.setAttribute("aria-activedescendant", shown.length ? `cell-${here}` : "");
}

function fill(keep = false) {
  const wanted = at("filter").value.trim().toLowerCase();
  lists.Marked = faces.filter((face) => marked.has(face.line)).sort(byScore);
  shown = lists[list].filter((item) => item.photo.name.toLowerCase().includes(wanted));
  here = keep ? Math.min(here, Math.max(0, shown.length - 1)) : 0;
  cells.clear();
  room.replaceChildren();
  at("none").hidden = shown.length > 0;
  at("told").textContent = list === "Alike" ? data.chance : data.told;
  if (!keep) sheet.scrollTop = 0;
  draw();
  head();
  tell(shown[here]);
}

function head() {
  at("tabs").replaceChildren(...Object.keys(lists).map((name) => {
    const tab = document.createElement("button");
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-selected", name === list);
    const count = document.createElement("span");
    count.textContent = (name === "Marked" ? marked.size : lists[name].length).toLocaleString("en");
    tab.append(`${name} `, count);
    tab.onclick = () => { list = name; fill(); };
    return tab;
  }));
  const changes = added().length + removed().length;
  at("save").disabled = !changes;
  at("save").textContent = changes ? `Save ${changes} change${changes > 1 ? "s" : ""}` : "Nothing to save";
}

// ---- one box ----

function tell(item) {
  const frame = at("frame");
  if (!item) { at("photo").removeAttribute("src"); at("verdict").textContent = ""; at("facts").replaceChildren(); at("credit").textContent = ""; frame.classList.add("alone"); return; }
  const { photo } = item;
  frame.classList.toggle("alone", !item.line);
  const source = token ? `photo/${item.at}?token=${token}` : photo.href;
  at("photo").onerror = () => { frame.classList.add("alone"); at("photo").onerror = null; at("photo").src = `data:image/webp;base64,${item.crop}`; };
  if (at("photo").getAttribute("src") !== source) at("photo").src = source;
  if (item.line) {
    Object.assign(at("box").style, {
      left: `${100 * item.x / photo.width}%`, top: `${100 * item.y / photo.height}%`,
      width: `${100 * item.width / photo.width}%`, height: `${100 * item.height / photo.height}%`,
    });
  }
  const out = marked.has(item.line);
  at("verdict").classList.toggle("out", out);
  at("verdict").textContent = out ? "Marked: it will be excluded" : !item.line ? `Looks like ${item.like}: left out` : item.reason && !isExcluded(item) ? `Rejected: ${item.reason}` : isExcluded(item) ? "Will be judged again" : "Kept";
  const facts = item.line
    ? { Photo: photo.name, Box: `${item.width}×${item.height} at ${item.x}, ${item.y}`, Score: item.score, Contrast: item.contrast, Sharpness: item.sharpness }
    : { Photo: photo.name, Size: `${photo.width}×${photo.height}` };
  at("facts").replaceChildren(...Object.entries(facts).flatMap(([name, value]) => {
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, told.textContent] = [name, value];
    return [term, told];
  }));
  at("credit").textContent = photo.by ? "Photo by " : "";
  if (photo.by) {
    const by = document.createElement(/^https?:/.test(photo.page) ? "a" : "span");
    by.textContent = photo.by;
    if (by.tagName === "A") Object.assign(by, { href: photo.page, target: "_blank", rel: "noreferrer" });
    at("credit").append(by);
  }
}

function go(number) {
  here = Math.max(0, Math.min(shown.length - 1, number));
  const [rise, row] = [size() + NOTE, Math.floor(here / across())];
  if (row * rise < sheet.scrollTop) sheet.scrollTop = row * rise;
  if ((row + 1) * rise + 12 > sheet.scrollTop + sheet.clientHeight) sheet.scrollTop = (row + 1) * rise + 12 - sheet.clientHeight;
  draw();
  tell(shown[here]);
}

function mark(item) {
  if (!item?.line) return;
  marked.delete(item.line) || marked.add(item.line);
  draw();
  head();
  tell(item);
}

// ---- saving ----

const added = () => [...marked].filter((line) => !saved.has(line));
const removed = () => [...saved].filter((line) => !marked.has(line));

function edited() {
  const out = new Set(removed());
  const old = data.list.split("\n").filter((line) => !out.has(words(line)));
  while (old.length && !old[old.length - 1].trim()) old.pop();
  const head = data.list.trim() ? [] : [data.head];
  return [...head, ...old, ...added()].join("\n") + "\n";
}

function notice(text) {
  at("notice").textContent = text;
  at("notice").hidden = false;
  clearTimeout(notice.timer);
  notice.timer = setTimeout(() => { at("notice").hidden = true; }, 15000);
}

async function save() {
  if (at("save").disabled) return;
  if (token) {
    try {
      const answer = await fetch(`exclusions?token=${token}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ add: added(), remove: removed() }) });
      const told = await answer.text();
      notice(told);
      if (!answer.ok) return;
    } catch {
      notice("The server doesn’t answer: is `make review` still running? Nothing is lost on this page.");
      return;
    }
  } else {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([edited()], { type: "text/plain" }));
    link.download = data.exclude.split(/[\\/]/).pop();
    link.click();
    notice(`Put ${link.download} where faces.exclude says (${data.exclude}), then run snakemake --cores 4. With make review this page writes it itself.`);
  }
  data.list = edited();
  saved.clear();
  for (const line of marked) saved.add(line);
  head();
}

// ---- keys and the rest ----

const MOVES = {
  ArrowLeft: () => here - 1, ArrowRight: () => here + 1,
  ArrowUp: () => here - across(), ArrowDown: () => here + across(),
  Home: () => 0, End: () => shown.length - 1,
  PageUp: () => here - across() * Math.max(1, Math.floor(sheet.clientHeight / (size() + NOTE))),
  PageDown: () => here + across() * Math.max(1, Math.floor(sheet.clientHeight / (size() + NOTE))),
};
sheet.onkeydown = (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (MOVES[event.key]) go(MOVES[event.key]());
  else if (event.key === " " || event.key === "Enter") mark(shown[here]);
  else return;
  event.preventDefault();
};
document.onkeydown = (event) => {
  const typing = document.activeElement === at("filter");
  if ((event.ctrlKey || event.metaKey) && event.key === "s") { save(); event.preventDefault(); }
  else if (event.ctrlKey || event.metaKey || event.altKey) return;
  else if (typing && event.key === "Escape") { at("filter").value = ""; fill(); sheet.focus(); }
  else if (!typing && event.key === "/") { at("filter").focus(); event.preventDefault(); }
  else if (!typing && "1234".includes(event.key)) { list = Object.keys(lists)[event.key - 1]; fill(); sheet.focus(); }
};
at("filter").oninput = () => fill();
at("save").onclick = save;
sheet.onscroll = () => requestAnimationFrame(draw);
new ResizeObserver(() => draw()).observe(sheet);
window.onbeforeunload = (event) => { if (!at("save").disabled) event.preventDefault(); };
fill();
sheet.focus({ preventScroll: true });
