// @ts-check
/** Name the photographer of a photo, in the same way in the viewer and the live page. */
import { createElement } from "./dom.js";

/**
 * A text and the address that it links to, if any.
 *
 * @typedef {[text: string, address: string | null | undefined]} Link
 */

/**
 * Return a link, or the text alone if it has no web address.
 *
 * @param {Link} link
 */
export function linkTo([text, address]) {
  if (!/^https?:\/\//.test(address || "")) return text;
  return createElement("a", { href: address ?? "", textContent: text, target: "_blank",
    rel: "noopener noreferrer" });
}

/**
 * Return photographer and photo in the order in which to show them. A photo whose
 * photographer is unknown comes first: people know their own photos by the file name.
 *
 * @param {Link} photographer
 * @param {Link} photo
 * @returns {[Link, Link]}
 */
export function orderCredit([name, address], photo) {
  return name ? [[name, address], photo] : [photo, ["Photographer unknown", address]];
}
