// @ts-check
/** Control the stage by keyboard. */
import { MosaicKeys } from "../shared/mosaic_keys.js";

/** @import { Stage } from "./stage.js" */

/** The keys that work while the mosaic has the focus. */
export class StageKeys extends MosaicKeys {
  /** @param {Stage} stage */
  constructor(stage) {
    const { controls } = stage;
    super(stage, {
      Escape: () => this.escape(),
      l: () => stage.toggleHighlight(),
      n: () => stage.step(1),
      p: () => stage.step(-1),
      t: () => controls.setTargetOpacity(stage.view.targetOpacity > 0.5 ? 0 : 1),
      s: () => controls.toggleSplit(),
      g: () => controls.toggleGrid(),
      d: () => controls.toggleDistance(),
      e: () => controls.toggleErrors(),
      w: () => stage.stepWorst(),
      f: () => controls.toggleFullScreen(),
    });
    this.stage = stage;
  }

  /** Take back one thing: the question, the highlight, the selection, the zoom. */
  escape() {
    const { stage } = this;
    if (stage.answerPick) stage.finishPick(null);
    else if (stage.highlighted) stage.toggleHighlight();
    else if (stage.cell >= 0) stage.deselect();
    else stage.view.showAll();
  }
}
