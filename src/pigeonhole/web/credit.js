/* Whose a photo is: in the same words in the viewer and on the live page. */
"use strict";

/** Return a name, as a link if it has an address on the web. */
function linked(name, address) {
  if (!/^https?:\/\//.test(address || "")) return name;
  return Object.assign(document.createElement("a"), { href: address, textContent: name,
    target: "_blank", rel: "noopener noreferrer" });
}

/** Order a photographer and a photo, each [name, address]: who is known comes first. */
function credited([name, address], photo) {
  // Whose own photos they are knows them by their files.
  return name ? [[name, address], photo] : [photo, ["Photographer unknown", address]];
}
