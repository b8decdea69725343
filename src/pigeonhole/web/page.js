/* The live page: camera -> tile numbers -> mosaic, and all that a person can touch. */
import { Camera } from "./camera.js";
import { Card } from "./card.js";
import { Guest } from "./guest.js";
import { Recorder, snapshot } from "./keep.js";
import { FRAME, Link, token } from "./link.js";
import { Meter } from "./meter.js";
import { Mosaic } from "./mosaic.js";

const part = (id) => document.getElementById(id);
const state = { set: 0, mirror: true, steady: true, frozen: false, fresh: null, flight: null };
const mosaic = new Mosaic(part("mosaic"), part("light"));
const meter = new Meter(part("fps"), part("latency"), part("flips"), part("summary"));
const recorder = new Recorder(part("mosaic"));
const card = new Card(mosaic, { card: part("card"), tile: part("tile"), who: part("who"),
  from: part("from"), unpin: part("unpin"), cursor: part("cursor") });
const camera = new Camera((captured) => { state.fresh = captured; pump(); });
let link, hello, guest;

/* Frames up, one in flight; placements down. */

function pump() {
  const { set, mirror, fresh, flight, frozen } = state;
  if (fresh === null || flight || frozen || !hello || hello.camera !== "own" || !link.ready) return;
  state.fresh = null;
  const [width, height] = hello.frame;
  const { colour } = hello.sets[set];
  const seq = link.send(FRAME, set, width * height * (colour ? 3 : 1), (bytes) =>
    camera.fill(bytes, hello.frame, { colour, mirror }));
  state.flight = { seq, captured: fresh };
}

function placed(placement) {
  const flight = state.flight;
  state.flight = null;
  if (!state.frozen && mosaic.show(placement)) {
    const own = flight && flight.seq === placement.seq;
    meter.add(own ? performance.now() - flight.captured : placement.latency, placement.changed);
    card.update();
    part("welcome").hidden = true;
  }
  pump();
}

function heard(message) {
  if (message.hello) greet(message.hello);
  if (message.guests) mosaic.meet(message.guests);
  if ("guest" in message) guest.settle(message.guest);
  if (message.refused) guest.refuse(message.refused);
}

function greet(facts) {
  hello = facts;
  state.flight = null;
  part("notice").hidden = true;
  mosaic.use(facts.sets);
  const [width, height] = facts.frame;
  part("frame").style.setProperty("--shape", width / height);
  state.set = Math.min(state.set, facts.sets.length - 1);
  const own = facts.camera === "own";
  if (!camera.running) part("start").hidden = part("promise").hidden = !own;
  if (!own) {
    part("welcome-title").textContent = "A picture, made of others";
    part("welcome-text").textContent = "Waiting for the first picture…";
  }
  for (const id of ["mirror", "steady"]) part(id).hidden = !own;
  fill(part("set"), facts.sets.map(({ name }, number) => ({ id: number, name })), state.set);
  part("set-choice").hidden = !own || facts.sets.length < 2;
  part("guest-bar").hidden = !facts.guests;
  if (facts.guests) {
    guest ||= new Guest(link, facts.portrait, camera, { join: part("join"), find: part("find"),
      leave: part("leave"), dialog: part("guest"), glass: part("glass"), agree: part("agree"),
      consent: part("consent"), refusal: part("refusal") }, mine);
    guest.remember();
  }
  if (own) {
    toggle("steady", state.steady = state.touched ? state.steady : facts.steady);
    link.ask({ do: "steady", on: state.steady });
    mosaic.atlas(state.set);
  }
}

function lost(reason) {
  state.flight = null;
  tell(reason ? `The connection was closed: ${reason}.` : "The connection is lost; trying again…", 0);
}

/** The program has ended: nothing is left to send to, and no guest is left. */
function ended() {
  card.close();
  part("guest").close();
  camera.stop();
  if (recorder.running) actions.record();
  if (guest) guest.settle(null);
  mosaic.meet([]);
  for (const id of ["welcome", "guest-bar", "camera-choice", "set-choice"])
    part(id).hidden = true;
  tell("The mosaic has ended. The next one will have another address.", 0);
}

/* What a person can touch. */

function tell(text, seconds = 4) {
  const notice = part("notice");
  notice.textContent = text;
  notice.hidden = false;
  clearTimeout(tell.timer);
  if (seconds) tell.timer = setTimeout(() => { notice.hidden = true; }, 1000 * seconds);
}

function toggle(id, on) {
  part(id).setAttribute("aria-pressed", on);
}

function fill(select, options, chosen) {
  select.replaceChildren(...options.map(({ id, name }) =>
    new Option(name, id, false, String(id) === String(chosen))));
}

function mine(seat) {
  card.own = seat;
  if (seat === null) shine(false);
}

function shine(on) {
  mosaic.shine(on ? guest.seat : null);
  toggle("find", on);
}

async function openCamera(id) {
  part("start").disabled = true;
  try {
    await camera.start(id, hello.portrait);
    const cameras = await Camera.list();
    fill(part("camera"), cameras, camera.id);
    part("camera-choice").hidden = cameras.length < 2;
  } catch (error) {
    tell(error.message, 0);
  }
  part("start").disabled = false;
}

const actions = {
  mirror: () => toggle("mirror", state.mirror = !state.mirror),
  steady: () => {
    toggle("steady", state.steady = !state.steady);
    state.touched = true;
    link.ask({ do: "steady", on: state.steady });
  },
  freeze: () => {
    toggle("freeze", state.frozen = !state.frozen);
    pump();
  },
  shot: async () => {
    if (!mosaic.painter) return;
    await snapshot(mosaic.whole());
    tell("The snapshot is in your downloads.");
  },
  record: () => {
    if (!mosaic.painter) return;
    if (recorder.running) recorder.stop();
    else recorder.start();
    // A recording keeps its size, whatever becomes of the window.
    mosaic.fixed = recorder.running;
    if (!mosaic.fixed) mosaic.refit();
    toggle("record", recorder.running);
    tell(recorder.running ? "Recording…" : "The recording is in your downloads.");
  },
  full: async () => {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen?.().catch(() =>
      tell("This browser has no full screen for pages."));
  },
  keys: () => part("help").showModal(),
  next: () => {
    if (part("set-choice").hidden) return;
    state.set = (state.set + 1) % hello.sets.length;
    part("set").value = state.set;
    mosaic.atlas(state.set);
    tell(`Tiles: ${hello.sets[state.set].name}`);
  },
  find: () => guest && guest.seat !== null && shine(mosaic.lit === null),
};
const keys = { m: "mirror", h: "steady", " ": "freeze", s: "shot", r: "record", f: "full",
  "?": "keys", n: "next", w: "find" };

for (const id of ["mirror", "steady", "freeze", "shot", "record", "full", "keys", "find"])
  part(id).onclick = actions[id];
part("start").onclick = () => openCamera("");
part("camera").onchange = ({ target }) => openCamera(target.value);
part("set").onchange = ({ target }) => {
  state.set = Number(target.value);
  mosaic.atlas(state.set);
};

document.addEventListener("keydown", (event) => {
  const within = event.target.closest("dialog, select, input, button, a");
  if (event.key === "Escape") card.close();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (within && (event.key === " " || within.matches("dialog, select, input"))) return;
  const action = actions[keys[event.key]];
  if (!action) return;
  event.preventDefault();
  action();
});

const canvas = part("mosaic");
canvas.addEventListener("pointermove", (event) => {
  if (event.pointerType === "mouse") card.point(mosaic.cellAt(event.clientX, event.clientY));
});
canvas.addEventListener("pointerleave", () => card.pinned || card.close());
canvas.addEventListener("click", (event) => {
  card.close();
  card.point(mosaic.cellAt(event.clientX, event.clientY));
  card.pin();
});
canvas.addEventListener("keydown", (event) => {
  const { painter } = mosaic;
  if (!painter) return;
  if (event.key === "Enter") return card.pin();
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -painter.columns,
    ArrowDown: painter.columns }[event.key];
  if (!step) return;
  event.preventDefault();
  const all = mosaic.numbers.length;
  const from = card.at < 0 ? Math.floor(all / 2 + painter.columns / 2) - step : card.at;
  if (card.pinned) card.close();
  card.point((from + step + all) % all, true);
});
canvas.addEventListener("blur", () => card.pinned || card.close());

let idle;
function move() {
  document.body.classList.remove("idle");
  clearTimeout(idle);
  idle = setTimeout(() => document.body.classList.add("idle"), 3000);
}
for (const name of ["pointermove", "keydown", "pointerdown"]) document.addEventListener(name, move);
document.addEventListener("fullscreenchange", () => {
  const full = Boolean(document.fullscreenElement);
  document.body.classList.toggle("wall", full);
  toggle("full", full);
});

if (token) link = new Link({ heard, placed, lost, ended });
else tell("This address lacks its token: open the one that the program printed, to the end.", 0);
