// @ts-check
/**
 * The pages of staff with lessons in progress: the list, and one to read along in. Without this script they show what
 * was so when they were loaded.
 */
import { RoomSocket, socketAddress } from "./net/socket.js";
import { dropArrived } from "./ui/arrivals.js";
import { byId, setText } from "./ui/dom.js";
import { KeptFields } from "./ui/kept_fields.js";
import { merge } from "./ui/merge.js";
import { gettext } from "./words.js";

/** Milliseconds from the news to the look, so that many cost one; and between two looks without any news. */
const SOON = 300;
const REGULARLY = 15_000;

/** @type {{socket: string, part: string}} */
const data = JSON.parse(byId("live-data").textContent ?? "");
const live = byId("live");
const state = byId("live-state");
const socket = new RoomSocket({ url: socketAddress(data.socket, window.location) });

/** Words under way, by their item. @type {Map<string, {item_id: string, speaker: string, status: string, text: string}>} */
const sketches = new Map();
let isPlanned = false;

function plan() {
  if (!isPlanned) {
    isPlanned = true;
    setTimeout(look, SOON);
  }
}

async function look() {
  isPlanned = false;
  try {
    const response = await fetch(data.part, { credentials: "same-origin" });
    if (response.ok && !response.redirected) {
      show(await response.text());
    }
  } catch {
    // No network: the next look may have one.
  }
}

/** @param {string} html rendered and escaped by our own server */
function show(html) {
  const fresh = document.createElement("div");
  fresh.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  const wasAtEnd = isAtEnd();
  merge(live, fresh);
  sketches.forEach(draw);
  const visit = live.querySelector("[data-visit]")?.getAttribute("value") ?? "";
  document.querySelectorAll("form [data-visit]").forEach((input) => {
    // Who is just deciding decides on what they saw.
    if (!input.closest("form")?.contains(document.activeElement)) {
      input.setAttribute("value", visit);
    }
  });
  follow(wasAtEnd);
  tidyMessages();
  if (isOver()) {
    sayItIsOver();
  }
}

/** What has arrived in the room is no longer said to be on its way to it. */
function tidyMessages() {
  const coming = isOver() ? [] : [...live.querySelectorAll("[data-coming]")];
  const list = document.querySelector(".messages");
  if (list) {
    dropArrived([...list.children], new Set(coming.map((act) => act.getAttribute("data-coming") ?? "")));
    list.toggleAttribute("hidden", list.children.length === 0);
  }
}

/** The fields of what one can do here, but for one form. @param {EventTarget|null} [sent] */
function fieldsBeside(sent = null) {
  const forms = [...document.querySelectorAll("#acts form")].filter((form) => form !== sent);
  return /** @type {HTMLInputElement[]} */ (forms.flatMap((form) => [...form.querySelectorAll("input, textarea, select")]));
}

/** Whether the lesson of this page has ended; lists of lessons have no end. */
function isOver() {
  return live.querySelector("[data-over]") !== null;
}

/** Nobody sees that one reads along any more, and there is nothing left to do here but to read. */
function sayItIsOver() {
  const note = byId("over-note");
  const acts = document.getElementById("acts");
  const hadFocus = acts?.contains(document.activeElement) ?? false;
  byId("live-note").hidden = true;
  note.hidden = false;
  acts?.remove();
  if (hadFocus) {
    note.focus();
  }
}

/** @param {{item_id: string, speaker: string, status: string, text: string}} caption */
function draw(caption) {
  const said = document.getElementById("said");
  if (said === null) {
    return;
  }
  const key = `line-${caption.item_id}`;
  let line = [...said.children].find((child) => child.getAttribute("data-key") === key);
  if (line && !line.hasAttribute("data-sketch") && line.getAttribute("data-status") !== "partial") {
    // It is in the record by now.
    sketches.delete(caption.item_id);
    return;
  }
  if (!line) {
    line = /** @type {Element} */ (byId("line", HTMLTemplateElement).content.cloneNode(true)).firstElementChild ?? undefined;
    if (!line) {
      return;
    }
    line.setAttribute("data-key", key);
    line.setAttribute("data-sketch", "");
    line.classList.add(`bubble--${caption.speaker}`);
    setText(/** @type {HTMLElement} */ (line.querySelector(".bubble__who")), caption.speaker === "learner" ? gettext("Learner") : gettext("Tutor"));
    said.append(line);
  }
  line.setAttribute("data-status", caption.status);
  const mark = /** @type {HTMLElement|null} */ (line.querySelector(".bubble__mark"));
  if (mark) {
    mark.hidden = caption.status !== "interrupted";
  }
  const words = line.querySelector("bdi");
  if (words && caption.text !== "") {
    setText(words, caption.text);
  }
}

function isAtEnd() {
  const said = document.getElementById("said");
  return said !== null && said.scrollHeight - said.scrollTop - said.clientHeight < 40;
}

/** @param {boolean} wasAtEnd */
function follow(wasAtEnd) {
  const said = document.getElementById("said");
  if (said && wasAtEnd) {
    said.scrollTop = said.scrollHeight;
  }
}

const kept = new KeptFields(data.part);
kept.giveBack(fieldsBeside());
document.addEventListener("submit", (event) => event.defaultPrevented || kept.keep(fieldsBeside(event.target)));
tidyMessages();
socket.addEventListener("news", (event) => {
  const news = /** @type {CustomEvent} */ (event).detail;
  setText(state, gettext("Live"));
  if (news.type === "captions") {
    const wasAtEnd = isAtEnd();
    news.captions.forEach((/** @type {any} */ caption) => {
      sketches.set(caption.item_id, caption);
      draw(caption);
    });
    follow(wasAtEnd);
  } else {
    plan();
  }
});
socket.addEventListener("open", () => {
  setText(state, gettext("Live"));
  plan();
});
socket.addEventListener("lost", () => setText(state, gettext("No live news just now: this page looks every few seconds.")));
window.addEventListener("pagehide", () => socket.close());
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());
// What comes late of a lesson that is over is news.
setInterval(() => isOver() || look(), REGULARLY);
const said = document.getElementById("said");
if (said) {
  said.scrollTop = said.scrollHeight;
}
socket.open();
