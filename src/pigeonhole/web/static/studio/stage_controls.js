// @ts-check
/** The controls over the mosaic: the view, the divider, and what is going on. */
import { createElement } from "../shared/dom.js";
import { drawErrorScale } from "../shared/error_map.js";
import { icon, iconButton, rangeInput } from "./controls.js";
import { showNotice } from "./notice.js";

/** @import { ErrorScale } from "../shared/error_map.js" */
/** @import { PreviewHeader } from "./connection.js" */
/** @import { Stage } from "./stage.js" */
/** @import { StudioState } from "./store.js" */

/** A refinement that takes longer than this is shown, in milliseconds. */
const SLOW_MS = 700;
/** How far arrow keys move the divider, as a share of the width. */
const DIVIDER_STEP = 0.02;
const DIVIDER_PAGE = 0.1;
/** Width of a print, and the angle that a cell has where the eye stops to resolve it. */
const PAPER_METERS = 0.6;
const RESOLVED_RADIANS = (2 / 60) * (Math.PI / 180);

/** The toolbar and the notes over the stage. */
export class StageControls {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.showsErrors = false;
    this.refiningTimer = 0;
    const { canvas, element } = stage;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-roledescription", "mosaic");
    canvas.setAttribute("aria-label", "Mosaic");
    canvas.setAttribute("aria-describedby", "stage-hint");
    const hint = createElement("p", { id: "stage-hint", className: "visually-hidden",
      textContent: "Arrow keys move from cell to cell, Enter zooms in, ? lists all shortcuts.",
    });
    this.refining = createElement("p", { className: "stage-note", hidden: true,
      textContent: "Refining…" });
    this.caption = createElement("p", { className: "stage-note", hidden: true });
    this.scale = createElement("canvas", { width: 160, height: 8 });
    this.legend = createElement("p", { className: "stage-note legend", hidden: true });
    this.legend.append("Close match", this.scale, "Rough match");
    this.problemText = createElement("p");
    this.solutions = createElement("div", { className: "button-row" });
    this.problem = createElement("div", { className: "stage-problem", hidden: true });
    this.problem.setAttribute("role", "alert");
    this.problem.append(icon("warning"), this.problemText, this.solutions);
    const notes = createElement("div", { className: "stage-notes" });
    notes.append(this.problem, this.caption, this.legend, this.refining);
    this.divider = this.makeDivider();
    this.opacity = rangeInput(0, 100, 1, "Fade from the mosaic to the target");
    this.opacity.valueAsNumber = 0;
    this.splitButton = this.makeToggle("split", "Mosaic and target side by side", "S",
      () => this.toggleSplit());
    this.distanceButton = this.makeToggle("distance", "View from a distance", "D",
      () => this.toggleDistance());
    this.gridButton = this.makeToggle("grid", "Grid", "G", () => this.toggleGrid());
    this.errorButton = this.makeToggle("errors", "How well each photo matches", "E",
      () => this.toggleErrors());
    this.toolbar = this.makeToolbar();
    element.append(canvas, hint, this.divider, notes, this.toolbar);
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {string} key
   * @param {() => void} toggle
   */
  makeToggle(name, label, key, toggle) {
    const button = iconButton(name, label, key, toggle);
    button.setAttribute("aria-pressed", "false");
    return button;
  }

  makeDivider() {
    const divider = createElement("div", { className: "divider", hidden: true,
      tabIndex: 0 });
    divider.setAttribute("role", "slider");
    divider.setAttribute("aria-label", "Divider between mosaic and target");
    divider.setAttribute("aria-valuemin", "0");
    divider.setAttribute("aria-valuemax", "100");
    divider.append(createElement("span", { textContent: "Mosaic" }), icon("split"),
      createElement("span", { textContent: "Target" }));
    divider.addEventListener("pointerdown", (event) => {
      divider.setPointerCapture(event.pointerId);
    });
    divider.addEventListener("pointermove", (event) => {
      if (!divider.hasPointerCapture(event.pointerId)) return;
      const { left, width } = this.stage.canvas.getBoundingClientRect();
      this.setSplit((event.clientX - left) / width);
    });
    divider.addEventListener("keydown", (event) => {
      const { split } = this.stage.view;
      /** @type {Record<string, number>} */
      const values = {
        ArrowLeft: split - DIVIDER_STEP,
        ArrowRight: split + DIVIDER_STEP,
        ArrowDown: split - DIVIDER_STEP,
        ArrowUp: split + DIVIDER_STEP,
        PageDown: split - DIVIDER_PAGE,
        PageUp: split + DIVIDER_PAGE,
        Home: 0,
        End: 1,
      };
      if (event.key === "Escape") this.toggleSplit();
      else if (event.key in values) this.setSplit(values[event.key]);
      else return;
      event.preventDefault();
    });
    return divider;
  }

  makeToolbar() {
    const { stage } = this;
    const toolbar = createElement("div", { className: "toolbar" });
    toolbar.setAttribute("role", "toolbar");
    toolbar.setAttribute("aria-label", "View");
    this.opacity.addEventListener("input", () =>
      this.setTargetOpacity(this.opacity.valueAsNumber / 100));
    const fade = createElement("label", { className: "fade" });
    fade.append(createElement("span", { textContent: "Mosaic" }), this.opacity,
      createElement("span", { textContent: "Target" }));
    const zoomOut = iconButton("minus", "Zoom out", "−", () => stage.view.flyCloser(0.5));
    const zoomIn = iconButton("plus", "Zoom in", "+", () => stage.view.flyCloser(2));
    for (const button of [zoomOut, zoomIn]) button.classList.add("zoom");
    toolbar.append(iconButton("fit", "Show all", "0", () => stage.view.showAll()),
      zoomOut, zoomIn, fade, this.splitButton, this.distanceButton, this.gridButton,
      this.errorButton);
    return toolbar;
  }

  /** @param {StudioState} state */
  updateState(state) {
    const { frame, view } = this.stage;
    const hasContent = Boolean(state.target && state.photos.count);
    this.toolbar.hidden = !frame && !hasContent;
    this.errorButton.disabled = this.distanceButton.disabled = !frame;
    this.stage.canvas.setAttribute("aria-label",
      state.target ? `Mosaic of ${state.target.name}` : "Mosaic");
    if (!frame && view.progress !== null && state.work)
      this.showCaption(`${state.work.text}…`);
    else if (!frame) this.showCaption("");
  }

  /**
   * Show what kind of frame there is, and its problem.
   *
   * @param {PreviewHeader} header
   */
  updateFrame({ stage, error, summary }) {
    clearTimeout(this.refiningTimer);
    if (stage === "final" || error) this.refining.hidden = true;
    else if (this.refining.hidden)
      this.refiningTimer = setTimeout(() => { this.refining.hidden = false; }, SLOW_MS);
    this.errorButton.disabled = this.distanceButton.disabled = false;
    this.updateCaption();
    this.showProblem(error, summary?.advice ?? []);
  }

  /**
   * Show a problem, and buttons that solve it.
   *
   * @param {string | null} text
   * @param {{ label: string, patch: any }[]} advice
   */
  showProblem(text, advice) {
    const { connection, store } = this.stage;
    this.problem.hidden = !text;
    if (!text || text === this.problemText?.textContent) return;
    this.problemText.textContent = text;
    const hide = () => { this.problem.hidden = true; };
    const solutions = advice.map(({ label, patch }) => createElement("button", {
      textContent: label, onclick: () => store.change(patch, label) }));
    const { ban, pin, replace } = store.state?.document.mosaic ?? {};
    if (ban?.length || pin?.length || Object.keys(replace ?? {}).length)
      solutions.push(createElement("button", { textContent: "Remove all edits",
        onclick: () => store.change({ mosaic: { ban: [], pin: [], replace: {} } },
          "Remove all edits") }));
    if (store.state?.history.undo)
      solutions.push(createElement("button", { textContent: "Undo",
        onclick: () => { connection.send("undo").catch(showNotice); } }));
    // The next mosaic takes a moment.
    for (const button of solutions) button.addEventListener("click", hide);
    this.solutions.replaceChildren(...solutions);
  }

  /** @param {string} text */
  showCaption(text) {
    this.caption.textContent = text;
    this.caption.hidden = !text;
  }

  /** Describe the view from a distance. */
  updateCaption() {
    const { cells, isDistant } = this.stage.view;
    if (!isDistant) {
      this.showCaption("");
      return;
    }
    const cell = (PAPER_METERS * cells.box(cells.smallest).width) / cells.width;
    const meters = Math.max(1, Math.round(cell / RESOLVED_RADIANS));
    this.showCaption(`Like a 60 cm wide print seen from ${meters} m away`);
  }

  /** @param {number} opacity From 0 (the mosaic) to 1 (the target). */
  setTargetOpacity(opacity) {
    this.stage.view.targetOpacity = opacity;
    this.opacity.valueAsNumber = 100 * opacity;
    this.opacity.style.setProperty("--share", `${100 * opacity}%`);
    this.stage.view.requestDraw();
  }

  toggleSplit() {
    const { view } = this.stage;
    const isShown = view.split >= 1;
    this.divider.hidden = !isShown;
    this.splitButton.setAttribute("aria-pressed", String(isShown));
    this.setSplit(isShown ? 0.5 : 1);
    if (!isShown) this.stage.canvas.focus();
  }

  /** @param {number} share Place of the divider, from 0 (left) to 1 (right). */
  setSplit(share) {
    const { view } = this.stage;
    const isShown = !this.divider.hidden;
    view.split = isShown ? Math.min(0.98, Math.max(0.02, share)) : 1;
    this.moveDivider();
    view.requestDraw();
  }

  moveDivider() {
    const percent = 100 * this.stage.view.split;
    this.divider.style.setProperty("left", `${percent}%`);
    this.divider.setAttribute("aria-valuenow", String(Math.round(percent)));
    this.divider.setAttribute("aria-valuetext", `${Math.round(percent)}% mosaic`);
  }

  toggleGrid() {
    const { view } = this.stage;
    view.hasGrid = !view.hasGrid;
    this.gridButton.setAttribute("aria-pressed", String(view.hasGrid));
    view.requestDraw();
  }

  toggleDistance() {
    const { view } = this.stage;
    view.isDistant = !view.isDistant;
    this.distanceButton.setAttribute("aria-pressed", String(view.isDistant));
    this.updateCaption();
    if (view.isDistant) this.stage.announce(this.caption.textContent ?? "");
    view.requestDraw();
  }

  toggleErrors() {
    this.showsErrors = !this.showsErrors;
    this.errorButton.setAttribute("aria-pressed", String(this.showsErrors));
    this.stage.updateErrorMap();
    this.stage.announce(this.showsErrors ? "Showing how well each photo matches."
      : "Showing the mosaic.");
  }

  /** @param {ErrorScale | null} scale */
  updateLegend(scale) {
    this.legend.hidden = !this.showsErrors || !scale;
    if (!scale) return;
    drawErrorScale(this.scale, scale);
    this.legend.title = `From no difference to ${scale.maximum} of 255 levels, or more`;
  }

  toggleFullScreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.stage.element.requestFullscreen?.().catch(() => {});
  }
}
