// @ts-check
/** Run the studio: connect to the server, and mount the parts of the page. */
import { byId } from "../shared/dom.js";
import { Connection } from "./connection.js";
import { mountDialogs, openDialog } from "./dialogs.js";
import { mountDrop } from "./drop.js";
import { mountExports } from "./exports.js";
import { FolderDialog } from "./folders.js";
import { mountInspector } from "./inspector.js";
import { mountJobs } from "./jobs.js";
import { listenToKeys, mountLayout } from "./layout.js";
import { mountLook } from "./look.js";
import { showNotice } from "./notice.js";
import { PhotoList } from "./photo_list.js";
import { mountPhotos } from "./photos.js";
import { mountProject } from "./project.js";
import { mountSources } from "./sources.js";
import { mountStage } from "./stage.js";
import { Store } from "./store.js";
import { mountTarget } from "./target.js";
import { Uploads } from "./uploads.js";
import { mountWelcome } from "./welcome.js";

const store = new Store();
const connection = new Connection({
  onState: (state) => store.setState(state),
  onPreview: (preview) => store.setPreview(preview),
  onChange: (isOpen) => store.setOpen(isOpen),
});
store.connection = connection;

mountDialogs();
mountWelcome();
mountLayout(store);
const list = new PhotoList(store);
const folders = new FolderDialog();
const uploads = new Uploads(store, connection, (name, text) => list.addFailure(name, text));
mountPhotos(store, connection, list);
mountSources(store, connection, folders);
const setTarget = mountTarget(store, connection, list);
mountDrop(store, uploads, setTarget);
const openExport = mountExports(store, connection);
mountJobs(store, connection);
const { undo, redo } = mountProject(store, connection, folders, list);
const stage = mountStage(store, connection);
mountLook(store, connection, stage);
mountInspector(store, connection, stage);

store.subscribe(({ notice }, previous) => {
  if (previous && notice && notice.number !== previous.notice?.number)
    showNotice(notice.text);
});
listenToKeys({
  "Control+z": undo,
  "Control+Shift+z": redo,
  "Control+y": redo,
  "Control+e": () => { if (!byId("export-button", HTMLButtonElement).disabled) openExport(); },
  "?": () => openDialog("keys"),
});
