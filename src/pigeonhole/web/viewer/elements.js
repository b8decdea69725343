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
