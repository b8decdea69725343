/* The card of one tile: large, with whom it is from. */
/* global credited, linked */
import { address } from "./link.js";

const WIDE = 544;

export class Card {
  constructor(mosaic, parts) {
    Object.assign(this, { mosaic, ...parts, at: -1, pinned: false, own: null });
    this.credits = new Map();
    this.unpin.onclick = () => this.close();
  }

  get open() {
    return !this.card.hidden;
  }

  /** Show what is in a cell; a card that is kept open stays as it is. */
  point(cell, walking = false) {
    if (this.pinned) return;
    this.at = cell;
    if (cell < 0 || !this.mosaic.painter) return this.close();
    this.cursor.hidden = !walking;
    this.update(true);
  }

  /** Follow the mosaic: another tile may be in the cell now. */
  update(moved = false) {
    if (this.at < 0 || this.pinned || !this.mosaic.painter) return;
    const box = this.mosaic.cell(this.at);
    const key = `${this.mosaic.shown.number}/${box.number}`;
    if (moved) this.place(box);
    if (key === this.key && this.open) return;
    this.key = key;
    this.card.hidden = false;
    this.draw(box.number);
    this.name(box.number, key);
  }

  /** Keep the card open, so that its links can be followed. */
  pin() {
    if (!this.open) return;
    this.pinned = true;
    this.card.classList.add("pinned");
    this.unpin.hidden = false;
  }

  close() {
    this.pinned = false;
    this.at = -1;
    this.key = "";
    this.card.classList.remove("pinned");
    this.card.hidden = this.unpin.hidden = this.cursor.hidden = true;
  }

  place({ left, top, width, height }) {
    const frame = this.mosaic.canvas.getBoundingClientRect();
    const stage = this.card.parentElement.getBoundingClientRect();
    this.card.hidden = false;
    const [x, y] = [frame.left - stage.left + left * frame.width,
      frame.top - stage.top + top * frame.height];
    const [wide, tall] = [this.card.offsetWidth, this.card.offsetHeight];
    const gap = 14;
    const right = x + width * frame.width + gap;
    const beside = right + wide <= stage.width - 8 ? right : x - wide - gap;
    const middle = y + (height * frame.height - tall) / 2;
    const style = this.card.style;
    style.setProperty("--x", `${Math.max(8, beside)}px`);
    style.setProperty("--y", `${Math.min(Math.max(8, middle), stage.height - tall - 8)}px`);
    for (const [name, share] of Object.entries({ left, top, width, height }))
      this.cursor.style.setProperty(name, `${100 * share}%`);
  }

  draw(number) {
    const { shown } = this.mosaic;
    const tall = Math.round((WIDE * shown.height) / shown.width);
    Object.assign(this.tile, { width: WIDE, height: tall });
    const context = this.tile.getContext("2d");
    context.imageSmoothingQuality = "high";
    shown.paint(context, number, 0, 0, WIDE, tall);
  }

  async name(number, key) {
    const seat = this.mosaic.seatOf(number);
    if (seat >= 0) {
      const you = seat === this.own;
      this.tell([you ? "You" : "A guest"],
        [you ? "“Take me out” removes you." : "Here with consent."]);
      return;
    }
    if (!this.credits.has(key)) this.credits.set(key, credit(key));
    const facts = await this.credits.get(key);
    // Whoever comes back after a lost connection asks again.
    if (!facts) this.credits.delete(key);
    if (key === this.key) this.tell(...sentences(facts));
  }

  tell(who, from) {
    this.who.replaceChildren(...who);
    this.from.replaceChildren(...from);
    if (this.at >= 0 && !this.pinned) this.place(this.mosaic.cell(this.at));
  }
}

async function credit(key) {
  const answer = await fetch(address(`credit/${key}`)).catch(() => null);
  return answer && answer.ok ? answer.json() : null;
}

function sentences(facts) {
  if (!facts) return [[], []];
  const { photographer, photographer_url, photo, page_url, licence, licence_url } = facts;
  const [first, second] = credited([photographer, photographer_url], [photo, page_url]);
  return [[linked(...first)], [linked(...second), " · ", linked(licence, licence_url)]];
}
