// @ts-check
/** Progress in words. */
import { createElement, formatNumber } from "../shared/dom.js";

/** @import { Job, Work } from "./store.js" */

const MEGABYTE = 1_000_000;

/** @param {number} bytes */
export function formatBytes(bytes) {
  const megabytes = bytes / MEGABYTE;
  if (megabytes >= 1000) return `${(megabytes / 1000).toFixed(1)} GB`;
  return megabytes < 10 ? `${megabytes.toFixed(1)} MB` : `${Math.round(megabytes)} MB`;
}

/**
 * Return "5 s left" or "3 min left"; an unknown time is empty.
 *
 * @param {number | null | undefined} seconds
 */
export function formatLeft(seconds) {
  if (seconds == null || !Number.isFinite(seconds)) return "";
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min left` : `${(minutes / 60).toFixed(1)} h left`;
}

/**
 * Return the rate and the time left of a piece of work.
 *
 * @param {Work | Job} work
 */
export function describeProgress({ done, total, unit, rate, seconds_left: left }) {
  const parts = [];
  if (total) parts.push(`${formatNumber(done)} of ${formatNumber(total)} ${plural(unit)}`.trim());
  else if (done) parts.push(`${formatNumber(done)} ${plural(unit)}`.trim());
  if (rate) parts.push(`${formatRate(rate)}/s`);
  if (total && done < total) parts.push(formatLeft(left));
  return parts.filter(Boolean).join(", ");
}

/**
 * Show how far a piece of work is in a progress bar.
 *
 * @param {HTMLProgressElement} bar
 * @param {number} done
 * @param {number | null} total
 */
export function setProgress(bar, done, total) {
  if (!total) bar.removeAttribute("value");
  else bar.value = Math.min(1, done / total);
}

/**
 * Return an icon of the page.
 *
 * @param {string} name
 */
export function icon(name) {
  const holder = createElement("span");
  holder.innerHTML = `<svg class="icon" aria-hidden="true"><use href="#i-${name}"/></svg>`;
  return /** @type {Node} */ (holder.firstChild);
}

/**
 * Return a text of the server with a multiplication sign between the sides of sizes.
 *
 * @param {string} text
 */
export function withTimesSigns(text) {
  return text.replaceAll(" x ", " × ");
}

/** @param {string} unit */
function plural(unit) {
  return unit && !unit.endsWith("s") ? `${unit}s` : unit ?? "";
}

/** @param {number} rate */
function formatRate(rate) {
  return rate < 10 ? rate.toFixed(1) : formatNumber(Math.round(rate));
}
