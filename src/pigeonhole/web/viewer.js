"use strict";

/** The page: one mosaic, the tile that is chosen, what is lit up, what is marked. */
class Viewer {
  constructor(facts) {
    this.catalogue = new Catalogue(facts);
    this.facts = facts;
    this.cell = -1;
    this.choosing = null;
    this.edits = new Edits(() => this.marksChanged());
    const atlases = facts.atlases.map((atlas) => new Atlas(atlas));
    this.view = new MosaicView(byId("mosaic"), {
      cells: facts.boxes ? new Cells(Int32Array.from(facts.boxes), ...facts.size)
        : Cells.grid(facts.grid.rows, facts.grid.columns, ...facts.cell),
      placement: Int32Array.from(facts.placement),
      atlases,
      shade: facts.shade && new Shade(facts.shade, () => this.view.refresh()),
    });
    this.view.marked = (context) => this.drawMarks(context);
    this.thumbs = new Set();
    for (const atlas of atlases) atlas.changed = (image) => this.pageCame(image);
    this.whole("overview");
    this.whole("target");
    this.tell = (text) => { byId("told").textContent = text; };
    this.summarise();
    this.listen();
    this.finder = new Finder(this);
    this.colours();
    new ResizeObserver(() => this.view.resize()).observe(this.view.canvas);
    this.view.resize();
    this.view.set(this.view.fitting());
    this.follow();
  }

  /** Load a picture of the whole. */
  whole(name) {
    const image = new Image();
    image.src = this.facts[name];
    image.decode().then(() => { this.view[name] = image; this.view.ask(); },
      () => this.tell(`The file ${this.facts[name]} is missing.`));
  }

  pageCame(image) {
    if (image.failed) this.tell(`The file ${image.src.split("/").pop()} is missing.`);
    this.view.refresh();
    for (const paint of [...this.thumbs]) paint();
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    this.view.background = style.getPropertyValue("--wall");
    this.view.accent = style.getPropertyValue("--accent");
    this.view.ask();
  }

  summarise() {
    const { tiles, photos, photographers, placement, uses } = this.catalogue;
    const used = uses.filter((cells) => cells.length).length;
    byId("summary").textContent = `${counted(placement.length, "cell")}, filled with `
      + `${number(used)} of ${counted(tiles.length, "tile")} from `
      + `${counted(photos.length, "photo")} by `
      + `${counted(photographers.length, "photographer")}.`;
  }

  /** Milliseconds for a flight; none for those who want no motion. */
  get pace() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 420;
  }

  listen() {
    const { view } = this;
    new Gestures(view, {
      clicked: ({ x, y }) => this.pick(view.cellAt(x, y)),
      doubled: ({ x, y }) => this.near(view.cellAt(x, y)),
    });
    view.canvas.addEventListener("keydown", (event) => this.key(event));
    const actions = {
      whole: () => this.all(), in: () => this.zoom(2), out: () => this.zoom(0.5),
      wide: () => this.wide(), previous: () => this.step(-1), next: () => this.step(1),
      light: () => this.light(), cancel: () => this.choose(null),
      ban: () => this.edits.ban(this.tile), pin: () => this.edits.pin(this.cell, this.tile),
      "pin-other": () => this.choose({ cell: this.cell }),
      replace: () => this.choose({ old: this.tile }),
      clear: () => this.edits.clear(), save: () => this.save(),
    };
    for (const [id, action] of Object.entries(actions))
      byId(id).addEventListener("click", action);
    byId("mix").addEventListener("input", (event) => this.mix(event.target.value / 100));
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.colours());
    window.addEventListener("hashchange", () => this.follow());
    window.addEventListener("beforeunload", (event) => {
      if (this.edits.count && !this.saved) event.preventDefault();
    });
  }

  get tile() {
    return this.catalogue.tileAt(this.cell);
  }

  /** A cell was chosen: by a click, a key, a search or the address. */
  pick(cell) {
    if (cell < 0 || this.catalogue.placement[cell] < 0) return;
    if (this.choosing) { this.chosen(this.catalogue.tileAt(cell)); return; }
    this.cell = cell;
    if (this.lit && !this.lit.cells.includes(cell)) this.dark();
    this.describe();
    const { row, column } = this.catalogue.nameOf(cell);
    history.replaceState(null, "", `#cell=${row},${column}`);
    this.view.ask();
  }

  /** Go where the address says: #cell=ROW,COLUMN. */
  follow() {
    const found = /^#cell=(\d+),(\d+)$/.exec(location.hash);
    if (!found) return;
    const cell = this.catalogue.cellOf(Number(found[1]), Number(found[2]));
    if (cell >= 0 && cell !== this.cell) this.near(cell);
  }

  /** Come near enough to see one photo. */
  near(cell) {
    if (cell < 0) return;
    this.pick(cell);
    const { x, y, width, height } = this.view.cells.box(cell);
    const { canvas } = this.view;
    const scale = 0.72 * Math.min(canvas.width / width, canvas.height / height);
    this.view.go(this.view.around(x + width / 2, y + height / 2, scale), this.pace);
  }

  all() {
    this.view.go(this.view.fitting(), this.pace);
  }

  zoom(factor) {
    const { view } = this;
    const { width, height } = view.canvas;
    view.go(view.zoomed(view.goal || view.look, factor, width / 2, height / 2),
      this.pace / 2);
  }

  mix(share) {
    this.view.mix = share;
    byId("mix").value = 100 * share;
    this.view.ask();
  }

  wide() {
    const wide = byId("wide").ariaPressed !== "true";
    byId("wide").ariaPressed = wide;
    document.querySelector("main").classList.toggle("wide", wide);
  }

  /** Say who is in the chosen cell. */
  describe() {
    const { catalogue, tile } = this;
    const photo = catalogue.photoOf(tile);
    const person = catalogue.photographers[photo.photographer];
    const licence = catalogue.licences[photo.licence];
    byId("label").hidden = false;
    link(byId("photographer"), person.name || "Photographer unknown", person.url);
    link(byId("photo"), photo.name, photo.page);
    link(byId("licence"), licence.name || "Licence unknown", licence.url);
    this.thumb(byId("portrait"), tile, 2 * 320);
    byId("portrait").ariaLabel = `What the tile shows of ${photo.name}`;
    const uses = catalogue.uses[tile];
    const place = uses.indexOf(this.cell) + 1;
    const { row, column } = catalogue.nameOf(this.cell);
    const where = `row ${row + 1}, column ${column + 1}`;
    byId("uses").textContent = uses.length === 1 ? `Used once: ${where}`
      : `Use ${number(place)} of ${number(uses.length)}: ${where}`;
    byId("previous").disabled = byId("next").disabled = this.steps.length < 2;
    byId("light").ariaPressed = Boolean(this.lit);
    byId("light").disabled = uses.length === 0;
    this.describeMarks();
    this.tell(`${person.name || "Photographer unknown"}, ${photo.name}, ${where}, `
      + (uses.length === 1 ? "used once." : `used ${number(uses.length)} times.`));
  }

  describeMarks() {
    if (this.cell < 0) return;
    const { edits, tile } = this;
    byId("ban").textContent = edits.banned.has(tile) ? "Let it in again" : "Ban this tile";
    byId("pin").textContent = edits.pinned.has(this.cell) ? "Unpin this cell"
      : "Pin it here";
  }

  /** The cells that next and previous go through. */
  get steps() {
    return this.lit ? this.lit.cells : this.cell < 0 ? [] : this.catalogue.uses[this.tile];
  }

  step(by) {
    const cells = this.steps;
    if (!cells.length) return;
    const now = cells.indexOf(this.cell);
    const cell = cells[(Math.max(now, by > 0 ? -1 : 0) + by + cells.length) % cells.length];
    this.pick(cell);
    this.show(cell);
  }

  /** Bring a cell into sight, near enough to tell what it is. */
  show(cell) {
    const { view } = this;
    const { x, y, width, height } = view.cells.box(cell);
    const enough = (40 * (window.devicePixelRatio || 1)) / width;
    const scale = Math.max((view.goal || view.look).scale, enough);
    view.go(view.around(x + width / 2, y + height / 2, scale), this.pace);
  }

  /** Light up all uses of the chosen tile, or put the lights out. */
  light() {
    if (this.lit) this.dark();
    else if (this.cell >= 0) this.lightUp([this.tile]);
    if (this.cell >= 0) this.describe();
  }

  lightUp(tiles) {
    const cells = this.catalogue.cellsOf(tiles);
    this.lit = { cells };
    this.view.lit = new Set(cells);
    this.view.ask();
    return cells;
  }

  dark() {
    this.lit = this.view.lit = null;
    byId("light").ariaPressed = false;
    this.view.ask();
  }

  /** A photographer or a photo was found: light up all uses. */
  found({ kind, name, tiles, uses }) {
    if (this.choosing) { this.chosen(tiles[0]); return; }
    const cells = this.lightUp(tiles);
    if (!uses) { this.dark(); this.tell(`${name} isn't in this mosaic.`); return; }
    this.all();
    this.pick(cells[0]);
    const whose = kind === "photographer" ? "photos by " : "";
    this.tell(`${counted(uses, "use")} of ${whose}${name} lit up. N goes to the next.`);
  }

  /** Ask for a tile to put somewhere; null ends the asking. */
  choose(place) {
    this.choosing = place;
    document.querySelector("main").classList.toggle("choosing", Boolean(place));
    byId("choosing").hidden = !place;
    if (!place) return;
    const text = (place.old === undefined ? "Which tile shall be pinned here? "
      : "Which tile shall take its place everywhere? ")
      + "Click it in the mosaic, or find it below.";
    byId("choosing").firstElementChild.textContent = text;
    this.tell(text);
  }

  chosen(tile) {
    const { old, cell } = this.choosing;
    this.choose(null);
    if (old === undefined) this.edits.pin(cell, tile);
    else this.edits.replace(old, tile);
    this.tell(this.edits.count ? "Marked." : "Unmarked.");
  }

  marksChanged() {
    this.saved = false;
    if (!this.view) return;
    const { edits, catalogue, view } = this;
    byId("marks").hidden = edits.count === 0;
    byId("mark-list").replaceChildren(...this.markLines());
    catalogue.placement.forEach((tile, cell) => {
      view.placement[cell] = edits.preview(cell, tile, catalogue.tiles.length);
    });
    view.chunks.clear();
    view.ask();
    this.describeMarks();
  }

  markLines() {
    const { edits } = this;
    const at = (cell) => {
      const { row, column } = this.catalogue.nameOf(cell);
      return `row ${row + 1}, column ${column + 1}`;
    };
    return [
      ...[...edits.banned].map((tile) => this.markLine(tile, "banned",
        () => edits.ban(tile))),
      ...[...edits.pinned].map(([cell, tile]) => this.markLine(tile, `pinned in ${at(cell)}`,
        () => edits.pin(cell, tile))),
      ...[...edits.replaced].map(([old, tile]) => this.markLine(tile,
        `instead of ${this.catalogue.photoOf(old).name}`, () => edits.replace(old, old))),
    ];
  }

  markLine(tile, what, undo) {
    const { name } = this.catalogue.photoOf(tile);
    const thumb = element("canvas", { className: "thumb" });
    this.thumb(thumb, tile, 60);
    const button = element("button", { textContent: "×", onclick: undo,
      ariaLabel: `Undo: ${name} ${what}` });
    const text = element("span", { textContent: `${name} ${what}` });
    const line = element("li");
    line.append(thumb, text, button);
    return line;
  }

  save() {
    const content = this.edits.toJSON(this.catalogue);
    const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    element("a", { href: address, download: "edits.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    this.saved = true;
    this.tell("edits.json saved.");
  }

  /** Paint a tile on a small canvas, again whenever a better page has come. */
  thumb(canvas, tile, width) {
    const { atlases } = this.view;
    const { width: wide, height: tall } = atlases[0];
    canvas.width = width;
    canvas.height = Math.round((width * tall) / wide);
    if (canvas.repaint) this.thumbs.delete(canvas.repaint);
    canvas.repaint = () => {
      const gone = !canvas.isConnected && canvas.wasConnected;
      canvas.wasConnected = canvas.isConnected;
      const context = canvas.getContext("2d");
      if (gone || this.view.paint(context, tile, 0, 0, canvas.width, canvas.height))
        this.thumbs.delete(canvas.repaint);
    };
    this.thumbs.add(canvas.repaint);
    canvas.repaint();
  }

  /** Banned tiles are crossed out, pinned cells framed, the chosen one framed twice. */
  drawMarks(context) {
    const { edits, view, catalogue } = this;
    const pixel = window.devicePixelRatio || 1;
    const crosses = new Path2D();
    for (const tile of edits.banned)
      for (const cell of catalogue.uses[tile]) {
        const { x, y, width, height } = view.shownBox(cell);
        crosses.moveTo(x, y);
        crosses.lineTo(x + width, y + height);
        crosses.moveTo(x + width, y);
        crosses.lineTo(x, y + height);
      }
    context.strokeStyle = "#e11d48";
    context.lineWidth = 1.5 * pixel;
    context.stroke(crosses);
    for (const cell of edits.pinned.keys()) this.frame(context, cell, "#2563eb", 1.5);
    if (this.cell < 0) return;
    this.frame(context, this.cell, "rgb(255 255 255 / .9)", 5);
    this.frame(context, this.cell, view.accent, 2.5);
  }

  frame(context, cell, colour, width) {
    const pixel = window.devicePixelRatio || 1;
    const { x, y, width: wide, height: tall } = this.view.shownBox(cell);
    // Around the cell, not over its photo; never too small to be seen.
    const more = 1.5 * pixel + Math.max(0, (10 * pixel - wide) / 2);
    context.strokeStyle = colour;
    context.lineWidth = width * pixel;
    context.strokeRect(x - more, y - more, wide + 2 * more, tall + 2 * more);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
      ArrowDown: [0, 1] }[event.key];
    if (way) (event.shiftKey ? this.slide : this.walk).call(this, ...way);
    else {
      const action = this.actions[event.key.length === 1 ? event.key.toLowerCase()
        : event.key];
      if (!action) return;
      action.call(this);
    }
    event.preventDefault();
  }

  actions = {
    "+": () => this.zoom(1.5), "=": () => this.zoom(1.5), "-": () => this.zoom(1 / 1.5),
    "0": () => this.all(), Home: () => this.all(), Enter: () => this.enter(),
    " ": () => this.enter(), Escape: () => this.escape(), l: () => this.light(),
    n: () => this.step(1), p: () => this.step(-1), f: () => this.wide(),
    t: () => this.mix(this.view.mix > 0.5 ? 0 : 1),
    b: () => this.cell >= 0 && this.edits.ban(this.tile),
    "/": () => byId("search").focus(),
    h: () => { byId("keys").open = true; byId("keys").querySelector("summary").focus(); },
  };

  slide(right, down) {
    const { width, height } = this.view.canvas;
    this.view.pan((-right * width) / 8, (-down * height) / 8);
  }

  /** Go to the next cell that way; the first step takes the cell in the middle. */
  walk(right, down) {
    const { view } = this;
    const { cells } = view;
    const middle = view.middle(view.goal || view.look);
    const box = this.cell < 0 ? null : cells.box(this.cell);
    const cell = box ? cells.at(box.x + box.width / 2 + right * (box.width / 2 + 0.5),
      box.y + box.height / 2 + down * (box.height / 2 + 0.5)) : cells.at(middle.x, middle.y);
    if (cell < 0) return;
    this.pick(cell);
    const { x, y, width, height } = view.shownBox(cell);
    const inside = x >= 0 && y >= 0 && x + width <= view.canvas.width
      && y + height <= view.canvas.height;
    if (!inside) {
      const { x: left, y: top, width: wide, height: tall } = cells.box(cell);
      view.go(view.around(left + wide / 2, top + tall / 2, view.look.scale), this.pace / 2);
    }
  }

  /** One photo as large as it goes, and back. */
  enter() {
    if (this.cell < 0) { this.walk(0, 0); return; }
    const { width } = this.view.cells.box(this.cell);
    const large = width * this.view.look.scale > 0.4 * this.view.canvas.width
      || this.view.look.scale > 0.7 * this.view.largest;
    if (large) this.view.go(this.back || this.view.fitting(), this.pace);
    else { this.back = this.view.look; this.near(this.cell); }
  }

  escape() {
    if (this.choosing) this.choose(null);
    else if (this.lit) this.light();
    else this.all();
  }
}

/** The search field and its list: type, choose with the arrows, Enter lights up. */
class Finder {
  constructor(viewer) {
    this.viewer = viewer;
    this.field = byId("search");
    this.list = byId("found");
    this.field.addEventListener("input", () => this.find());
    this.field.addEventListener("keydown", (event) => this.key(event));
    this.find();
  }

  find() {
    const { catalogue } = this.viewer;
    const text = this.field.value.trim();
    const all = catalogue.search(text)
      .filter((group) => text || (group.kind === "photo" && group.uses));
    this.groups = all.slice(0, LISTED);
    this.active = -1;
    byId("count").textContent = !text ? "Used most"
      : all.length === 0 ? "Nobody and nothing of that name"
        : all.length > LISTED ? `The first ${LISTED} of ${number(all.length)}`
          : `${number(all.length)} found`;
    this.list.replaceChildren(...this.groups.map((group, place) => this.line(group, place)));
    this.field.removeAttribute("aria-activedescendant");
    if (text) this.viewer.tell(byId("count").textContent);
  }

  line(group, place) {
    const item = element("li", { id: `found-${place}`, role: "option",
      ariaSelected: "false", onclick: () => this.take(place) });
    const thumb = element("canvas", { className: "thumb" });
    this.viewer.thumb(thumb, group.tiles[0], 60);
    const uses = group.uses ? counted(group.uses, "use") : "not used";
    const more = group.kind === "photographer" || group.tiles.length > 1
      ? `${counted(group.tiles.length, "tile")}, ${uses}` : uses;
    const words = element("div");
    words.append(element("b", { textContent: group.name }),
      element("small", { textContent: more }));
    item.append(thumb, words);
    return item;
  }

  key(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) this.mark(Math.min(Math.max(this.active + by, 0), this.groups.length - 1));
    else if (event.key === "Enter") this.take(Math.max(this.active, 0));
    else if (event.key === "Escape") {
      this.field.value = "";
      this.find();
      this.viewer.view.canvas.focus();
    } else return;
    event.preventDefault();
  }

  mark(place) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = place;
    const item = this.list.children[place];
    if (!item) return;
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", item.id);
  }

  take(place) {
    if (!this.groups[place]) return;
    this.mark(place);
    this.viewer.found(this.groups[place]);
  }
}

/** How many groups are listed at most. */
const LISTED = 60;

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const counted = (value, word) => `${number(value)} ${word}${value === 1 ? "" : "s"}`;

function element(name, facts = {}) {
  return Object.assign(document.createElement(name), facts);
}

/** Put a name into an element, as a link if it has an address on the web. */
function link(place, name, address) {
  const known = /^https?:\/\//.test(address || "");
  place.replaceChildren(known ? element("a", { href: address, textContent: name,
    target: "_blank", rel: "noopener noreferrer" }) : name);
}

const viewer = new Viewer(JSON.parse(byId("facts").textContent));
