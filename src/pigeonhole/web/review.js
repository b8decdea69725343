"use strict";
// The contact sheet: which boxes are shown, which are marked, and saving the list.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const [sheet, room] = [at("sheet"), at("room")];
// Served, the page may write the list itself; from disk it offers it as a download.
const isServed = location.protocol.startsWith("http");
const token = isServed && new URLSearchParams(location.search).get("token");

// ---- what there is ----

const FIELDS = [
  "at", "x", "y", "width", "height", "score", "contrast", "sharpness", "reason", "like",
];
const faces = data.faces.map((values, number) => {
  const face = Object.fromEntries(FIELDS.map((name, place) => [name, values[place]]));
  const photo = data.photos[face.at];
  const line = [photo.name, face.x, face.y, face.width, face.height].join(" ");
  return { ...face, number, photo, line, crop: data.crops[number] };
});
for (const face of faces) face.twin = faces[face.like]?.crop;
// Photos that were left out have no box, so that nobody can mark them.
const twins = data.alike.map((pair) => ({
  ...pair, at: pair.photo, photo: data.photos[pair.photo],
}));

/** A line of the list with single spaces between its numbers. */
function words(line) {
  return line.trim().replace(/\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)$/, " $1 $2 $3 $4");
}

const listed = new Set(data.list.split("\n").map(words));
const saved = new Set(faces.map((face) => face.line).filter((line) => listed.has(line)));
const marked = new Set(saved);
const byScore = (one, other) => one.score - other.score || one.number - other.number;
const isRejected = (face) => face.reason && face.like < 0;
const lists = {
  Kept: faces.filter((face) => !face.reason).sort(byScore),
  Rejected: faces.filter(isRejected).sort((one, other) => byScore(other, one)),
  Alike: [...twins, ...faces.filter((face) => face.like >= 0).sort(byScore)],
  Marked: [],
};
let [list, shown, here] = ["Kept", [], 0];

// ---- the sheet: only what is in view exists ----

const NOTE = 24;
const cells = new Map();
const style = getComputedStyle(document.documentElement);
const least = () => parseFloat(style.getPropertyValue("--cell"));
const across = () => Math.max(1, Math.floor(room.clientWidth / least()));
const size = () => room.clientWidth / across();
const rise = () => size() + NOTE;

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
  }
  const note = document.createElement("span");
  note.className = "note";
  note.textContent = item.line ? item.score.toFixed(1) : "photo";
  cell.append(crop, note);
  // The pointer's own place, so that what is hovered needs no click.
  cell.onpointerenter = (event) => event.pointerType === "mouse" && tell(item);
  cell.onclick = () => {
    go(number);
    mark(item);
    sheet.focus({ preventScroll: true });
  };
  return cell;
}

function draw() {
  const [step, tall, columns] = [size(), rise(), across()];
  room.style.height = `${Math.ceil(shown.length / columns) * tall + 12}px`;
  const [top, bottom] = [sheet.scrollTop, sheet.scrollTop + sheet.clientHeight];
  const first = Math.max(0, Math.floor(top / tall) - 2) * columns;
  const last = Math.min(shown.length, Math.ceil(bottom / tall + 2) * columns);
  for (const [number, cell] of cells) {
    if (number >= first && number < last) continue;
    cell.remove();
    cells.delete(number);
  }
  for (let number = first; number < last; number++) {
    let cell = cells.get(number);
    if (!cell) {
      cell = cellOf(shown[number], number);
      cells.set(number, cell);
      room.append(cell);
    }
    cell.style.width = `${step}px`;
    cell.style.left = `${(number % columns) * step}px`;
    cell.style.top = `${Math.floor(number / columns) * tall + 10}px`;
    cell.classList.toggle("here", number === here);
    cell.setAttribute("aria-selected", marked.has(shown[number].line));
    cell.setAttribute("aria-posinset", number + 1);
    cell.setAttribute("aria-setsize", shown.length);
  }
  sheet.setAttribute("aria-activedescendant", shown.length ? `cell-${here}` : "");
}

function fill() {
  const wanted = at("filter").value.trim().toLowerCase();
  head();
  shown = lists[list].filter((item) => item.photo.name.toLowerCase().includes(wanted));
  here = 0;
  cells.clear();
  room.replaceChildren();
  at("none").hidden = shown.length > 0;
  at("told").textContent = list === "Alike" ? data.chance : data.told;
  sheet.scrollTop = 0;
  draw();
  tell(shown[here]);
}

function tabOf(name) {
  const tab = document.createElement("button");
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-selected", name === list);
  const count = document.createElement("span");
  count.textContent = lists[name].length.toLocaleString("en");
  tab.append(`${name} `, count);
  tab.onclick = () => turn(name);
  return tab;
}

function turn(name) {
  list = name;
  fill();
  sheet.focus({ preventScroll: true });
}

function head() {
  lists.Marked = faces.filter((face) => marked.has(face.line)).sort(byScore);
  at("tabs").replaceChildren(...Object.keys(lists).map(tabOf));
  const changes = added().length + removed().length;
  const told = changes === 1 ? "Save 1 change" : `Save ${changes} changes`;
  at("save").disabled = !changes;
  at("save").textContent = changes ? told : "Nothing to save";
}

// ---- one box ----

function tell(item) {
  document.querySelector("aside").classList.toggle("empty", !item);
  if (!item) return;
  show(item);
  at("verdict").textContent = verdict(item);
  at("verdict").classList.toggle("out", marked.has(item.line));
  at("facts").replaceChildren(...Object.entries(facts(item)).flatMap(([name, value]) => {
    const [term, told] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, told.textContent] = [name, value];
    return [term, told];
  }));
  credit(item.photo);
}

/** Show the photo with the box on it; where it isn't there, the crop alone. */
function show(item) {
  const [frame, image, { photo }] = [at("frame"), at("photo"), item];
  const source = token ? `photo/${item.at}?token=${token}` : photo.href;
  frame.classList.toggle("alone", !item.line);
  image.onerror = () => {
    image.onerror = null;
    image.src = `data:image/webp;base64,${item.crop}`;
    frame.classList.add("alone");
  };
  if (image.getAttribute("src") !== source) image.src = source;
  Object.assign(at("box").style, {
    left: `${100 * item.x / photo.width}%`,
    top: `${100 * item.y / photo.height}%`,
    width: `${100 * item.width / photo.width}%`,
    height: `${100 * item.height / photo.height}%`,
  });
}

function verdict(item) {
  if (!item.line) return `Looks like ${item.like}: left out`;
  if (marked.has(item.line)) return "Marked: it will be excluded";
  if (item.reason === data.excluded) return "It will be judged again";
  return item.reason ? `Rejected: ${item.reason}` : "Kept";
}

function facts(item) {
  const { photo } = item;
  if (!item.line) return { Photo: photo.name, Size: `${photo.width}×${photo.height}` };
  return {
    Photo: photo.name,
    Box: `${item.width}×${item.height} at ${item.x}, ${item.y}`,
    Score: item.score,
    Contrast: item.contrast,
    Sharpness: item.sharpness,
  };
}

function credit(photo) {
  const isLinked = /^https?:/.test(photo.page);
  const by = document.createElement(isLinked ? "a" : "span");
  by.textContent = photo.by;
  if (isLinked) Object.assign(by, { href: photo.page, target: "_blank", rel: "noreferrer" });
  at("credit").replaceChildren(...(photo.by ? ["Photo by ", by] : []));
}

function go(number) {
  here = Math.max(0, Math.min(shown.length - 1, number));
  const top = Math.floor(here / across()) * rise();
  const least = top + rise() + 12 - sheet.clientHeight;
  sheet.scrollTop = Math.min(top, Math.max(least, sheet.scrollTop));
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

/** Have the server write the list; return whether it did. */
async function send() {
  const asked = {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ add: added(), remove: removed() }),
  };
  try {
    const answer = await fetch(`exclusions?token=${token}`, asked);
    notice(await answer.text());
    return answer.ok;
  } catch {
    notice("The server doesn’t answer: is make review still running? Your marks stay here.");
    return false;
  }
}

function offer() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([edited()], { type: "text/plain" }));
  link.download = data.exclude.split(/[\\/]/).pop();
  link.click();
  notice(
    `Put ${link.download} where faces.exclude says (${data.exclude}), then run ` +
    "snakemake --cores 4. With make review this page writes it itself.",
  );
}

async function save() {
  if (at("save").disabled) return;
  if (!token) offer();
  else if (!(await send())) return;
  data.list = edited();
  saved.clear();
  for (const line of marked) saved.add(line);
  head();
}

// ---- keys and the rest ----

const page = () => across() * Math.max(1, Math.floor(sheet.clientHeight / rise()));
const MOVES = {
  ArrowLeft: () => here - 1,
  ArrowRight: () => here + 1,
  ArrowUp: () => here - across(),
  ArrowDown: () => here + across(),
  PageUp: () => here - page(),
  PageDown: () => here + page(),
  Home: () => 0,
  End: () => shown.length - 1,
};
const isChord = (event) => event.ctrlKey || event.metaKey || event.altKey;

sheet.onkeydown = (event) => {
  if (isChord(event)) return;
  if (MOVES[event.key]) go(MOVES[event.key]());
  else if (event.key === " " || event.key === "Enter") mark(shown[here]);
  else return;
  event.preventDefault();
};

function typed(event) {
  if (event.key !== "Escape") return;
  at("filter").value = "";
  turn(list);
}

document.onkeydown = (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "s") {
    event.preventDefault();
    save();
  } else if (isChord(event)) return;
  else if (document.activeElement === at("filter")) typed(event);
  else if (event.key === "/") {
    event.preventDefault();
    at("filter").focus();
  } else if ("1234".includes(event.key)) turn(Object.keys(lists)[event.key - 1]);
};
at("filter").oninput = () => fill();
at("save").onclick = save;
sheet.onscroll = () => requestAnimationFrame(draw);
new ResizeObserver(() => draw()).observe(sheet);
window.onbeforeunload = (event) => {
  if (!at("save").disabled) event.preventDefault();
};
fill();
sheet.focus({ preventScroll: true });
