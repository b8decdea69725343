"use strict";

/** What is marked on the page, in the list beside it, and as a file to save. */
class Marks {
  constructor(viewer) {
    this.viewer = viewer;
    this.choosing = null;
    this.edits = new Edits(() => this.changed());
    const { edits } = this;
    onClick({
      ban: () => edits.ban(viewer.tile),
      pin: () => edits.pin(viewer.cell,
        edits.pinned.get(viewer.cell) ?? viewer.tile),
      "pin-other": () => this.choose({ cell: viewer.cell }),
      replace: () => this.choose({ old: viewer.tile }),
      cancel: () => this.choose(null),
      clear: () => edits.clear(),
      save: () => this.save(),
    });
    window.addEventListener("beforeunload", (event) => {
      if (edits.count && !this.saved) event.preventDefault();
    });
  }

  /** Name the buttons after what they would do. */
  describe() {
    const { edits, viewer: { cell, tile } } = this;
    if (cell < 0) return;
    byId("ban").textContent = edits.banned.has(tile) ? "Let it in again" : "Ban this tile";
    byId("pin").textContent = edits.pinned.has(cell) ? "Unpin this cell" : "Pin it here";
  }

  /** Ask for a tile to put somewhere; null ends the asking. */
  choose(place) {
    this.choosing = place;
    document.querySelector("main").classList.toggle("choosing", Boolean(place));
    byId("choosing").hidden = !place;
    if (!place) return;
    const text = `${"old" in place ? "Which tile shall take its place everywhere?"
      : "Which tile shall be pinned here?"} Click it in the mosaic, or find it below.`;
    byId("choosing").firstElementChild.textContent = text;
    this.viewer.tell(text);
  }

  chosen(tile) {
    const { old, cell } = this.choosing;
    this.choose(null);
    if (old === undefined) this.edits.pin(cell, tile);
    else this.edits.replace(old, tile);
    this.viewer.tell(`${counted(this.edits.count, "change")} marked.`);
  }

  /** Show the marks, and what they alone tell of the next mosaic. */
  changed() {
    this.saved = false;
    if (!this.edits) return;
    const { edits, viewer: { catalogue, view } } = this;
    byId("marks").hidden = edits.count === 0;
    byId("mark-list").replaceChildren(...this.lines());
    catalogue.placement.forEach((tile, cell) => {
      view.placement[cell] = edits.preview(cell, tile, catalogue.tiles.length);
    });
    view.overview = edits.count ? null : view.whole;
    view.chunks.clear();
    view.ask();
    this.describe();
  }

  lines() {
    const { banned, pinned, replaced } = this.edits;
    const { catalogue } = this.viewer;
    const at = (cell) => this.viewer.whereIs(cell);
    return [
      ...[...banned].map((tile) =>
        this.line(tile, "banned", () => this.edits.ban(tile))),
      ...[...pinned].map(([cell, tile]) =>
        this.line(tile, `pinned in ${at(cell)}`, () => this.edits.pin(cell, tile))),
      ...[...replaced].map(([old, tile]) =>
        this.line(tile, `instead of ${catalogue.photoOf(old).name}`,
          () => this.edits.replace(old, old))),
    ];
  }

  line(tile, what, undo) {
    const { name } = this.viewer.catalogue.photoOf(tile);
    const button = element("button", { textContent: "×", onclick: undo,
      ariaLabel: `Undo: ${name} ${what}` });
    const line = element("li");
    line.append(this.viewer.thumb(tile),
      element("span", { textContent: `${name} ${what}` }), button);
    return line;
  }

  save() {
    const content = this.edits.toJSON(this.viewer.catalogue);
    const address = URL.createObjectURL(new Blob([content], { type: "application/json" }));
    element("a", { href: address, download: "edits.json" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
    this.saved = true;
    this.viewer.tell("edits.json saved.");
  }

  /** Cross out banned tiles, frame pinned cells and, most of all, the chosen one. */
  draw(context) {
    const { edits, viewer: { view, catalogue, cell } } = this;
    const pixel = window.devicePixelRatio || 1;
    const crosses = new Path2D();
    for (const tile of edits.banned)
      for (const place of catalogue.uses[tile]) {
        const { x, y, width, height } = view.shownBox(place);
        crosses.moveTo(x, y);
        crosses.lineTo(x + width, y + height);
        crosses.moveTo(x + width, y);
        crosses.lineTo(x, y + height);
      }
    context.strokeStyle = "#e11d48";
    context.lineWidth = 1.5 * pixel;
    context.stroke(crosses);
    for (const place of edits.pinned.keys()) this.frame(context, place, "#3b82f6", 2);
    if (cell < 0) return;
    this.frame(context, cell, "rgb(255 255 255 / .9)", 5);
    this.frame(context, cell, view.accent, 2.5);
  }

  /** Frame a cell around its photo, not over it, and never too small to be seen. */
  frame(context, cell, colour, thickness) {
    const pixel = window.devicePixelRatio || 1;
    const { x, y, width, height } = this.viewer.view.shownBox(cell);
    const more = 1.5 * pixel + Math.max(0, (10 * pixel - width) / 2);
    context.strokeStyle = colour;
    context.lineWidth = thickness * pixel;
    context.strokeRect(x - more, y - more, width + 2 * more, height + 2 * more);
  }
}
