// @ts-check
/** Add photos from folders of this computer, from services, and demo photos. */
import { byId, onClick } from "../shared/dom.js";
import { dialog, openDialog, showError } from "./dialogs.js";
import { showNotice } from "./notice.js";

/** @import { Connection } from "./connection.js" */
/** @import { FolderDialog } from "./folders.js" */
/** @import { Store } from "./store.js" */

const DEMO_COUNT = 60;

const LICENSES = {
  openverse: "Photos under CC0 or CC BY from Flickr, museums and Wikimedia. Every export credits "
    + "the photographers.",
  pexels: "Photos that are free to use under the Pexels license. Every export credits the "
    + "photographers.",
  noKey: "Pexels needs a free key: get one at pexels.com/api, set the environment variable "
    + "PEXELS_API_KEY to it, and start the studio again.",
};

/**
 * @param {Store} store
 * @param {Connection} connection
 * @param {FolderDialog} folders
 */
export function mountSources(store, connection, folders) {
  const linkFolder = () => folders.open({
    title: "Link a folder",
    text: "The studio reads the photos in it, and in its subfolders, where they are. Nothing in it is changed.",
    yes: "Use this folder",
  }, (path) => connection.send("add_folder", { path }));

  const addDemo = async () => {
    try {
      await connection.send("search", { source: "demo", query: "", count: DEMO_COUNT });
    } catch (error) {
      showNotice(error);
    }
  };

  const openSearch = () => {
    showError("search-error");
    update();
    openDialog("search");
    byId("search-query").focus();
  };

  const query = byId("search-query", HTMLInputElement);
  const start = byId("search-start", HTMLButtonElement);

  async function search() {
    if (!query.reportValidity()) return;
    start.disabled = true;
    showError("search-error");
    try {
      const count = Number(byId("search-count", HTMLSelectElement).value);
      await connection.send("search", { source: source(), query: query.value.trim(), count });
      dialog("search").close();
    } catch (error) {
      showError("search-error", error);
    } finally {
      start.disabled = false;
    }
  }

  function update() {
    const isMissing = source() === "pexels" && !store.state?.limits.pexels;
    byId("search-license").textContent = LICENSES[isMissing ? "noKey" : source()];
    start.disabled = isMissing;
  }

  for (const input of document.querySelectorAll("#search [name=source]"))
    input.addEventListener("change", update);
  query.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    search();
  });
  onClick({
    "welcome-link": linkFolder,
    "add-link": linkFolder,
    "welcome-search": openSearch,
    "add-search": openSearch,
    "welcome-demo": addDemo,
    "add-demo": addDemo,
    "search-start": search,
  });
}

/** @returns {"openverse" | "pexels"} */
function source() {
  return document.querySelector("#search [value=pexels]:checked") ? "pexels" : "openverse";
}
