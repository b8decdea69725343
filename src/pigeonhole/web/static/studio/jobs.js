// @ts-check
/** The list of jobs: progress, results, cancel. */
import { byId, createElement, formatCount } from "../shared/dom.js";
import { serverAddress } from "./connection.js";
import { offerMenu } from "./dialogs.js";
import { announce } from "./layout.js";
import { showNotice } from "./notice.js";
import { describeProgress, icon, setProgress, withTimesSigns } from "./progress.js";

/** @import { Connection } from "./connection.js" */
/** @import { Job, Store, StudioState } from "./store.js" */

/** Results are such files, or folders, which are downloaded as ZIP archives. */
const FILE_NAME = /\.(png|jpg|tif|webm|gif)$/;

/**
 * @param {Store} store
 * @param {Connection} connection
 */
export function mountJobs(store, connection) {
  /** @type {Map<string, HTMLLIElement>} */
  const items = new Map();

  store.subscribe((state, previous) => {
    const jobs = state.jobs.filter(isListed).reverse();
    showButton(jobs);
    const gone = new Set(items.keys());
    for (const job of jobs) {
      gone.delete(String(job.id));
      const known = items.get(String(job.id));
      const item = known ?? createElement("li");
      if (!known) {
        items.set(String(job.id), item);
        byId("job-list").prepend(item);
      }
      fill(item, job, state);
    }
    for (const id of gone) {
      items.get(id)?.remove();
      items.delete(id);
    }
    if (previous) announceFinished(state, previous);
  });

  /**
   * @param {HTMLLIElement} item
   * @param {Job} job
   * @param {StudioState} state
   */
  function fill(item, job, state) {
    // Buttons must not be replaced while a pointer is on them.
    if (item.dataset.state !== job.state) {
      item.dataset.state = job.state;
      item.replaceChildren(createElement("b", { textContent: withTimesSigns(job.title) }), buttons(job));
      if (isActive(job)) {
        const bar = createElement("progress");
        bar.setAttribute("aria-label", job.title);
        item.append(bar);
      }
      item.append(createElement("p", { className: "muted" }));
      if (job.state === "done") item.append(results(job, state));
    }
    const bar = item.querySelector("progress");
    if (bar) setProgress(bar, job.done, job.total);
    const text = item.querySelector("p");
    if (text) text.textContent = describe(job);
  }

  /** @param {Job} job */
  function buttons(job) {
    const active = isActive(job);
    const button = createElement("button", { className: "icon-button" });
    const label = active ? `Cancel: ${job.title}` : `Remove from the list: ${job.title}`;
    button.title = active ? "Cancel" : "Remove from the list";
    button.setAttribute("aria-label", label);
    button.append(icon("close"));
    button.addEventListener("click", async () => {
      try {
        await connection.send(active ? "cancel_job" : "remove_job", { job: job.id });
      } catch (error) {
        showNotice(error);
      }
    });
    return button;
  }
}

/**
 * @param {Job} job
 * @param {StudioState} state
 */
function results(job, state) {
  const paragraph = createElement("p", { className: "results" });
  for (const path of job.result ?? []) {
    const last = path.split("/").at(-1) ?? path;
    const name = FILE_NAME.test(last) ? last : `${last}.zip`;
    const link = createElement("a", {
      href: serverAddress(`exports/${job.id}/${encodeURIComponent(name)}`),
      textContent: `Download ${name}`,
      download: "",
      title: `${state.project.folder}/${path}`,
    });
    paragraph.append(link, createElement("span",
      { className: "muted", textContent: `${state.project.folder}/${path}` }));
  }
  return paragraph;
}

/** @param {Job[]} jobs */
function showButton(jobs) {
  const active = jobs.filter(isActive);
  byId("jobs-button").hidden = !jobs.length;
  const [job] = active;
  const share = job?.total ? job.done / job.total : job ? 0.05 : 1;
  document.querySelector("#jobs-progress")
    ?.setAttribute("stroke-dasharray", `${100 * share} 100`);
  const text = active.length ? (job.total ? `${Math.floor(100 * share)}%` : "…") : "Done";
  byId("jobs-label").textContent = text;
  byId("jobs-button").setAttribute("aria-label",
    active.length ? `${formatCount(active.length, "job")} running, ${text}` : "Jobs: done");
}

/**
 * @param {StudioState} state
 * @param {StudioState} previous
 */
function announceFinished(state, previous) {
  const before = new Map(previous.jobs.map((job) => [job.id, job.state]));
  for (const job of state.jobs) {
    const old = before.get(job.id);
    if (!isListed(job) || !old || old === job.state) continue;
    if (job.state === "done" && job.kind === "export") {
      if (offerMenu("jobs")) announce(`${job.title}: done.`);
      else showNotice(`${job.title}: done.`);
    }
    if (job.state === "failed") showNotice(`${job.title}: ${job.error}`);
  }
}

/** @param {Job} job */
function describe(job) {
  if (job.state === "waiting") return "Waiting";
  if (job.state === "canceled") return "Canceled";
  if (job.state === "failed") return job.error ?? "Failed";
  if (job.state === "done") return job.kind === "export" ? "" : job.text;
  return [job.text, describeProgress(job)].filter(Boolean).join(": ");
}

/** @param {Job} job */
function isActive({ state }) {
  return state === "running" || state === "waiting";
}

/**
 * Return whether the list shows a job: tiles are cut often, and the panel of photos shows it.
 *
 * @param {Job} job
 */
function isListed({ kind, state }) {
  return kind !== "cut" || state === "failed";
}
