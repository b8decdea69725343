"use strict";

const byId = (id) => document.getElementById(id);
const number = (value) => value.toLocaleString("en");
const counted = (value, word) => `${number(value)} ${word}${value === 1 ? "" : "s"}`;
const capital = (text) => text[0].toUpperCase() + text.slice(1);

function element(name, facts = {}) {
  return Object.assign(document.createElement(name), facts);
}

/** Give buttons their actions, by id. */
function onClick(actions) {
  for (const [id, action] of Object.entries(actions))
    byId(id).addEventListener("click", () => action());
}

/** Put a name into an element, as a link if it has an address on the web. */
function link(place, name, address) {
  const known = /^https?:\/\//.test(address || "");
  place.replaceChildren(known ? element("a", { href: address, textContent: name,
    target: "_blank", rel: "noopener noreferrer" }) : name);
}
