"use strict";

/** What tint and overlay add to the tiles of a mosaic, and what they take away. */
class Shade {
  /** facts: addresses of two pictures of the whole, {added} and {taken}. */
  constructor(facts, changed) {
    for (const [name, address] of Object.entries(facts))
      decoded(address).then((picture) => { this[name] = picture; changed(); }, () => {});
  }

  /** Change the colours of painted cells; return whether both pictures were there. */
  paint(context, cells, painted) {
    if (!this.added || !this.taken) return false;
    context.imageSmoothingEnabled = false;
    this.blend(context, cells, painted, "lighter", this.added);
    // Taking away is adding to the negative: exact, and never below black.
    this.blend(context, cells, painted, "difference");
    this.blend(context, cells, painted, "lighter", this.taken);
    this.blend(context, cells, painted, "difference");
    context.globalCompositeOperation = "source-over";
    context.imageSmoothingEnabled = true;
    return true;
  }

  /** Blend each cell with its part of a picture, or with white. */
  blend(context, cells, painted, how, picture) {
    context.globalCompositeOperation = how;
    context.fillStyle = "#fff";
    for (const [cell, x, y, width, height] of painted) {
      const [left, top, wide, tall] = cells.boxes.subarray(4 * cell, 4 * cell + 4);
      if (picture) context.drawImage(picture, left, top, wide, tall, x, y, width, height);
      else context.fillRect(x, y, width, height);
    }
  }
}
