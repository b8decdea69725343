"use strict";

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
    // Thumbs of the last list aren't wanted any more.
    for (const thumb of this.list.querySelectorAll("canvas")) this.viewer.thumbs.delete(thumb);
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
    const { banned } = this.viewer.catalogue;
    const uses = group.uses ? counted(group.uses, "use")
      : group.tiles.every((tile) => banned.includes(tile)) ? "banned" : "not used";
    const more = group.kind === "photographer" || group.tiles.length > 1
      ? `${counted(group.tiles.length, "tile")}, ${uses}` : uses;
    const words = element("div");
    words.append(element("b", { textContent: group.name }),
      element("small", { textContent: more }));
    item.append(this.viewer.thumb(group.tiles[0]), words);
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
const LISTED = 40;
