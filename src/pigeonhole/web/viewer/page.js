"use strict";

/** The page: one mosaic, the cell that is chosen, the tiles that are lit up. */
class Viewer {
  constructor(facts) {
    this.facts = facts;
    this.catalogue = new Catalogue(facts);
    this.cell = -1;
    this.lit = null;
    this.thumbs = new Map();
    this.view = this.makeView();
    this.marks = new Marks(this);
    this.view.marked = (context) => this.marks.draw(context);
    this.finder = new Finder(this);
    this.keys = new Keys(this);
    this.listen();
    this.summarise();
    this.colours();
    this.resized();
    this.view.set(this.view.fitting());
    this.picture("overview").then((image) => {
      this.view.whole = this.view.overview = image;
    });
    this.follow();
  }

  makeView() {
    const { facts } = this;
    const { rows, columns } = facts.grid || {};
    const view = new MosaicView(byId("mosaic"), {
      cells: facts.boxes ? new Cells(Int32Array.from(facts.boxes), ...facts.size)
        : Cells.grid(rows, columns, ...facts.cell),
      placement: Int32Array.from(facts.placement),
      atlases: facts.atlases.map((atlas) => new Atlas(atlas)),
      shade: facts.shade && new Shade(facts.shade, () => view.refresh()),
    });
    for (const atlas of view.atlases) atlas.changed = (page) => this.pageCame(page);
    return view;
  }

  listen() {
    const { view } = this;
    new Gestures(view, {
      clicked: ({ x, y }) => this.pick(view.cellAt(x, y)),
      doubled: ({ x, y }) => this.near(view.cellAt(x, y)),
    });
    onClick({
      whole: () => this.all(), in: () => this.zoom(2), out: () => this.zoom(0.5),
      wide: () => this.wide(), previous: () => this.step(-1), next: () => this.step(1),
      light: () => this.light(),
    });
    byId("mix").addEventListener("input", (event) => this.mix(event.target.value / 100));
    matchMedia("(prefers-color-scheme: dark)")
      .addEventListener("change", () => this.colours());
    window.addEventListener("hashchange", () => this.follow());
    new ResizeObserver(() => this.resized()).observe(view.canvas);
  }

  /** Say something to who can't see the page. */
  tell(text) {
    byId("told").textContent = text;
  }

  /** Load a picture of the whole. */
  async picture(name) {
    const address = this.facts[name];
    const picture = await decoded(address).catch(() => this.missing(address));
    this.view.ask();
    return picture || null;
  }

  pageCame({ failed, address }) {
    if (failed) this.missing(address);
    this.view.refresh();
    for (const paint of [...this.thumbs.values()]) paint();
  }

  missing(address) {
    const text = `${address} is missing: the folder of this page isn't whole.`;
    byId("missing").textContent = text;
    this.tell(text);
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    this.view.background = style.getPropertyValue("--wall");
    this.view.accent = style.getPropertyValue("--accent");
    this.view.ask();
  }

  /** The whole mosaic hangs free of the edges and of the bar below. */
  resized() {
    const pixel = window.devicePixelRatio || 1;
    const edge = this.view.canvas.clientWidth < 500 ? 10 : 24;
    this.view.margins = { top: edge * pixel, side: edge * pixel, bottom: 76 * pixel };
    this.view.resize();
  }

  summarise() {
    const { tiles, photos, photographers, placement, uses } = this.catalogue;
    const used = uses.filter((cells) => cells.length).length;
    const people = photographers.filter(({ name }) => name).length;
    byId("summary").textContent = `${counted(placement.length, "cell")}, filled with `
      + `${number(used)} of ${counted(tiles.length, "tile")} from `
      + `${counted(photos.length, "photo")}${people ? ` by ${counted(people, "photographer")}`
        : ""}.`;
  }

  /** Milliseconds of a flight; none for those who want no motion. */
  get pace() {
    return matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 420;
  }

  get tile() {
    return this.catalogue.tileAt(this.cell);
  }

  whereIs(cell) {
    const { row, column } = this.catalogue.nameOf(cell);
    return `row ${row + 1}, column ${column + 1}`;
  }

  /** A cell was chosen: by a click, a key, a search or the address. */
  pick(cell) {
    if (cell < 0 || this.catalogue.placement[cell] < 0) return;
    if (this.marks.choosing) {
      this.marks.chosen(this.catalogue.tileAt(cell));
      return;
    }
    this.cell = cell;
    if (this.lit && !this.view.lit.has(cell)) this.dark();
    this.describe();
    const { row, column } = this.catalogue.nameOf(cell);
    history.replaceState(null, "", `#cell=${row + 1},${column + 1}`);
    this.view.ask();
  }

  /** Go where the address says: #cell=ROW,COLUMN. */
  follow() {
    const found = /^#cell=(\d+),(\d+)$/.exec(location.hash);
    if (!found) return;
    const cell = this.catalogue.cellOf(found[1] - 1, found[2] - 1);
    if (cell >= 0 && cell !== this.cell) this.near(cell);
  }

  /** Come near enough to see one photo. */
  near(cell) {
    if (cell < 0) return;
    this.pick(cell);
    this.view.go(this.view.aroundCell(cell), this.pace);
  }

  all() {
    this.view.go(this.view.fitting(), this.pace);
  }

  zoom(factor) {
    const { view } = this;
    const { width, height } = view.canvas;
    const from = view.goal || view.look;
    view.go(view.zoomed(from, factor, width / 2, height / 2), this.pace / 2);
  }

  mix(share) {
    this.view.mix = share;
    byId("mix").value = 100 * share;
    this.target ??= this.picture("target").then((image) => { this.view.target = image; });
    this.view.ask();
  }

  /** Show the picture only, or the column beside it too. */
  wide(wide = byId("wide").getAttribute("aria-pressed") !== "true") {
    byId("wide").setAttribute("aria-pressed", wide);
    document.querySelector("main").classList.toggle("wide", wide);
  }

  seek() {
    this.wide(false);
    byId("search").focus();
  }

  /** Say who is in the chosen cell. */
  describe() {
    const { catalogue, tile } = this;
    const photo = catalogue.photoOf(tile);
    const licence = catalogue.licences[photo.licence];
    const person = catalogue.photographers[photo.photographer];
    const [first, second] = credited([person.name, person.url], [photo.name, photo.page]);
    const uses = catalogue.uses[tile];
    byId("label").hidden = false;
    byId("photographer").replaceChildren(linked(...first));
    byId("photo").replaceChildren(linked(...second));
    byId("licence").replaceChildren(linked(licence.name, licence.url));
    this.paint(byId("portrait"), tile, 640);
    byId("portrait").setAttribute("aria-label", `What the tile shows of ${photo.name}`);
    const times = uses.length === 1 ? "used once"
      : `use ${number(uses.indexOf(this.cell) + 1)} of ${number(uses.length)}`;
    byId("uses").textContent = `${capital(this.whereIs(this.cell))}: ${times}`;
    this.describeLights();
    this.marks.describe();
    this.tell(`${first[0]}, ${second[0]}, ${this.whereIs(this.cell)}, ${times}.`);
  }

  describeLights() {
    const lit = this.lit && this.lit.length;
    byId("light").setAttribute("aria-pressed", Boolean(lit));
    byId("light").textContent = !lit ? "Light up all its uses"
      : `Lights off (${number(this.lit.indexOf(this.cell) + 1)} of ${counted(lit, "cell")})`;
    byId("previous").disabled = byId("next").disabled = this.steps.length < 2;
  }

  /** The cells that next and previous go through. */
  get steps() {
    return this.lit || (this.cell < 0 ? [] : this.catalogue.uses[this.tile]);
  }

  step(by) {
    const cells = this.steps;
    if (!cells.length) return;
    const now = Math.max(cells.indexOf(this.cell), by > 0 ? -1 : 0);
    const cell = cells[(now + by + cells.length) % cells.length];
    this.pick(cell);
    this.show(cell);
  }

  /** Bring a cell into sight, near enough to tell what it is. */
  show(cell) {
    const { view } = this;
    const enough = (40 * (window.devicePixelRatio || 1)) / view.cells.box(cell).width;
    const scale = Math.max((view.goal || view.look).scale, enough);
    view.go(view.aroundCell(cell, scale), this.pace);
  }

  /** Light up all uses of the chosen tile, or put the lights out. */
  light() {
    if (this.lit) this.dark();
    else if (this.cell >= 0) this.lightUp([this.tile]);
    this.describeLights();
  }

  lightUp(tiles) {
    this.lit = this.catalogue.cellsOf(tiles);
    this.view.lit = new Set(this.lit);
    // Dark tiles stand out from a light wash, and light ones from a dark one.
    const tone = tiles.reduce((sum, tile) => sum + this.catalogue.tiles[tile].tone, 0);
    this.view.wash = tone / tiles.length < 90 ? "#f2efeadb" : "#000c";
    this.view.ask();
  }

  dark() {
    this.lit = this.view.lit = null;
    this.view.ask();
  }

  /** A photographer or a photo was found: light up all uses. */
  found({ kind, name, tiles, uses }) {
    if (this.marks.choosing) {
      this.marks.chosen(tiles[0]);
      return;
    }
    if (!uses) {
      this.tell(`${name} isn't in this mosaic.`);
      return;
    }
    this.lightUp(tiles);
    this.pick(this.lit[0]);
    this.all();
    const whose = kind === "photographer" ? "photos by " : "";
    this.tell(`${counted(uses, "use")} of ${whose}${name} lit up. N goes to the next.`);
  }

  /** Return a small picture of a tile. */
  thumb(tile) {
    return this.paint(element("canvas", { className: "thumb" }), tile, 48);
  }

  /** Paint a tile on a canvas, and again when a better page has come. */
  paint(canvas, tile, width) {
    const { width: wide, height: tall } = this.view.atlases[0];
    canvas.width = width;
    canvas.height = Math.round((width * tall) / wide);
    const paint = () => {
      const { width, height } = canvas;
      const context = canvas.getContext("2d");
      if (this.view.paint(context, tile, 0, 0, width, height)) this.thumbs.delete(canvas);
    };
    this.thumbs.set(canvas, paint);
    paint();
    return canvas;
  }
}

const viewer = new Viewer(JSON.parse(byId("facts").textContent));
