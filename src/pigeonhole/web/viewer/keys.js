"use strict";

/** The keyboard on the mosaic: all that a mouse can do. */
class Keys {
  constructor(viewer) {
    this.viewer = viewer;
    const nearer = () => viewer.zoom(1.5);
    const enter = () => this.enter();
    this.actions = {
      "+": nearer, "=": nearer, "-": () => viewer.zoom(1 / 1.5),
      "0": () => viewer.all(), Home: () => viewer.all(),
      Enter: enter, " ": enter, Escape: () => this.escape(),
      l: () => viewer.light(), n: () => viewer.step(1), p: () => viewer.step(-1),
      f: () => viewer.wide(), t: () => viewer.mix(viewer.view.mix > 0.5 ? 0 : 1),
      b: () => viewer.cell >= 0 && viewer.marks.edits.ban(viewer.tile),
      "/": () => viewer.seek(), h: () => this.help(),
    };
    viewer.view.canvas.addEventListener("keydown", (event) => this.press(event));
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { key, shiftKey } = event;
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
      ArrowDown: [0, 1] }[key];
    const action = this.actions[key.length === 1 ? key.toLowerCase() : key];
    if (!way && !action) return;
    event.preventDefault();
    if (!way) action();
    else if (shiftKey) this.slide(...way);
    else this.walk(...way);
  }

  slide(right, down) {
    const { view } = this.viewer;
    view.pan((-right * view.canvas.width) / 8, (-down * view.canvas.height) / 8);
  }

  /** Go to the next cell that way; the first step takes the cell in the middle. */
  walk(right, down) {
    const { viewer } = this;
    const { view } = viewer;
    const middle = view.middle(view.goal || view.look);
    const box = viewer.cell < 0 ? { ...middle, width: 0, height: 0 }
      : view.cells.box(viewer.cell);
    const step = viewer.cell < 0 ? 0 : 0.5;
    const cell = view.cells.at(
      box.x + box.width / 2 + right * (box.width / 2 + step),
      box.y + box.height / 2 + down * (box.height / 2 + step));
    if (cell < 0) return;
    viewer.pick(cell);
    if (!view.inSight(cell)) view.go(view.aroundCell(cell, view.look.scale), viewer.pace / 2);
  }

  /** One photo as large as it goes, and back. */
  enter() {
    const { viewer } = this;
    const { view } = viewer;
    if (viewer.cell < 0) this.walk(0, 0);
    else if (view.look.scale > 0.7 * view.filling(view.cells.box(viewer.cell)))
      view.go(this.before || view.fitting(), viewer.pace);
    else {
      this.before = view.look;
      viewer.near(viewer.cell);
    }
  }

  escape() {
    const { viewer } = this;
    if (viewer.marks.choosing) viewer.marks.choose(null);
    else if (viewer.lit) viewer.light();
    else viewer.all();
  }

  help() {
    const keys = byId("keys");
    this.viewer.wide(false);
    keys.open = true;
    keys.querySelector("summary").focus();
    keys.scrollIntoView({ block: "end" });
  }
}
