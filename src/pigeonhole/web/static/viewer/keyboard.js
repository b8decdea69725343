// @ts-check
/** Control the viewer by keyboard. */
import { byId } from "../shared/dom.js";
import { MosaicKeys } from "../shared/mosaic_keys.js";

/** @import { Viewer } from "./main.js" */

/** The keys that work while the mosaic has the focus. */
export class Keyboard extends MosaicKeys {
  /** @param {Viewer} viewer */
  constructor(viewer) {
    super(viewer, {
      Escape: () => this.escape(),
      l: () => viewer.toggleHighlight(),
      n: () => viewer.step(1),
      p: () => viewer.step(-1),
      f: () => viewer.togglePanel(),
      t: () => viewer.setTargetOpacity(viewer.view.targetOpacity > 0.5 ? 0 : 1),
      e: () => viewer.errorPanel.toggle(),
      w: () => viewer.errorPanel.step(),
      b: () => { if (viewer.cell >= 0) viewer.editPanel.edits.toggleBan(viewer.tile); },
      "/": () => viewer.focusSearch(),
      h: () => this.showHelp(),
    });
    this.viewer = viewer;
  }

  escape() {
    const { viewer } = this;
    if (viewer.editPanel.request) viewer.editPanel.requestTile(null);
    else if (viewer.highlighted) viewer.toggleHighlight();
    else viewer.view.showAll();
  }

  showHelp() {
    const help = byId("keys", HTMLDetailsElement);
    this.viewer.togglePanel(true);
    help.open = true;
    help.querySelector("summary")?.focus();
    help.scrollIntoView({ block: "end" });
  }
}
