// @ts-check
/** Show one tile on a canvas of its own, sharper when its crop has loaded. */
import { context2d, createElement } from "../shared/dom.js";

/** @import { Stage } from "./stage.js" */

/** An image of a tile. */
export class TileImage {
  /**
   * @param {Stage} stage
   * @param {number} width
   * @param {number} [tile]
   */
  constructor(stage, width, tile = -1) {
    this.stage = stage;
    this.width = width;
    this.tile = tile;
    this.canvas = createElement("canvas", { className: "thumbnail" });
    this.canvas.setAttribute("aria-hidden", "true");
    this.repaint = () => this.paint();
    if (tile >= 0) this.paint();
  }

  /** @param {number} tile */
  show(tile) {
    this.tile = tile;
    this.paint();
  }

  /** Paint the best image that has loaded, and again when a better one has. */
  paint() {
    const { canvas, stage, tile, width } = this;
    const { atlases } = stage.view;
    stage.imageListeners.delete(this.repaint);
    if (!atlases.length || tile < 0) return;
    const height = Math.round((width * atlases[0].height) / atlases[0].width);
    if (canvas.width !== width || canvas.height !== height)
      Object.assign(canvas, { width, height });
    const context = context2d(canvas);
    context.imageSmoothingQuality = "high";
    const best = Math.max(0, atlases.findIndex((atlas) => atlas.width >= width));
    const wanted = atlases.at(best || -1) ?? atlases[0];
    const order = [wanted, ...[...atlases].reverse().filter((atlas) => atlas !== wanted)];
    const isPainted = order.find((atlas) => atlas.paint(context, tile, 0, 0, width, height,
      atlas === wanted || atlas === atlases[0]));
    if (isPainted !== wanted) stage.imageListeners.add(this.repaint);
  }
}
