// @ts-check
/**
 * The page where a lesson happens: makes the parts and joins them. What they do is theirs.
 */
import { Lesson } from "./lesson/lesson.js";
import { Line } from "./lesson/line.js";
import { Api } from "./net/api.js";
import { cookie } from "./net/cookie.js";
import { Journal } from "./net/journal.js";
import { Microphone } from "./net/microphone.js";
import { RoomSocket, socketAddress } from "./net/socket.js";
import { Account } from "./ui/account.js";
import { Captions } from "./ui/captions.js";
import { Cards } from "./ui/cards.js";
import { Controls } from "./ui/controls.js";
import { DebugPanel } from "./ui/debug_panel.js";
import { byId } from "./ui/dom.js";
import { Ending } from "./ui/ending.js";
import { LessonMap } from "./ui/lesson_map.js";
import { Notice } from "./ui/notice.js";
import { Presence } from "./ui/presence.js";
import { SavedSign } from "./ui/saved.js";
import { Stages } from "./ui/stages.js";
import { StatusLine } from "./ui/status_line.js";
import { WakeLock } from "./ui/wake_lock.js";

/**
 * @typedef {object} RoomData
 * @property {{title: string, language: string}} lesson
 * @property {import("./net/api.js").Urls & {socket: string}} urls
 */

// Errors first: whatever breaks from here on is seen.
const notice = new Notice();
window.addEventListener("error", () => notice.reportBroken());
window.addEventListener("unhandledrejection", () => notice.reportBroken());

/** @type {RoomData} */
const room = JSON.parse(byId("room-data").textContent ?? "");

const api = new Api({ urls: room.urls, csrfToken: () => cookie("csrftoken", document.cookie) });
const journal = new Journal({ send: (entries, options) => api.journal(entries, options) });
const microphone = new Microphone(navigator.mediaDevices);
const line = new Line({ api, microphone });
const lesson = new Lesson({ api, line, microphone, journal });
const socket = new RoomSocket({ url: socketAddress(room.urls.socket, window.location) });

const voice = byId("voice", HTMLAudioElement);
const presence = new Presence();
const cards = new Cards(room.lesson.language, (render) => lesson.showPicture(render));
const panels = [
  notice,
  new Account(),
  new StatusLine(),
  new Stages(),
  new LessonMap(byId("map")),
  new Captions(room.lesson.language, cards),
  cards,
  new SavedSign(),
  new Ending(),
  new WakeLock(),
  new Controls({
    start: () => lesson.start(),
    say: (text) => lesson.say(text),
    mute: (muted) => lesson.mute(muted),
    interrupt: () => lesson.interrupt(),
    end: () => lesson.end(),
  }),
];

let isScheduled = false;

/** Show the newest view with the next frame: events come in bursts. */
function show() {
  if (!isScheduled) {
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      const view = { ...lesson.view, access: api.access };
      panels.forEach((panel) => panel.show(view));
      presence.follow("learner", microphone.stream);
    });
  }
}

lesson.addEventListener("change", show);
lesson.addEventListener("voice", (event) => {
  const stream = /** @type {CustomEvent<MediaStream>} */ (event).detail;
  voice.srcObject = stream;
  presence.follow("voice", stream);
});
api.addEventListener("access", () => {
  show();
  if (api.access === "granted") {
    journal.retry();
    lesson.refresh();
  }
});
socket.addEventListener("news", (event) => lesson.hear(/** @type {CustomEvent} */ (event).detail));
window.addEventListener("online", () => {
  line.hurry();
  journal.retry();
  socket.retry();
});
socket.addEventListener("away", () => lesson.noteServer(true));
socket.addEventListener("back", () => {
  lesson.noteServer(false);
  lesson.refresh();
});

if (new URLSearchParams(window.location.search).get("debug") === "1") {
  const debugPanel = new DebugPanel();
  lesson.addEventListener("traffic", (event) => debugPanel.add(/** @type {CustomEvent} */ (event).detail));
  journal.addEventListener("rejected", (event) => {
    debugPanel.add({ direction: "up", event: { type: "error", ...(/** @type {CustomEvent} */ (event).detail) } });
  });
}

// Who comes back to this window may have signed in, or out, in another one.
window.addEventListener("focus", () => {
  journal.retry();
  lesson.refresh();
});
window.addEventListener("beforeunload", (event) => {
  if (journal.saved.kind === "unsaved") {
    event.preventDefault();
  }
});
window.addEventListener("pagehide", () => {
  lesson.leave();
  socket.close();
});
// A page brought back by the browser has neither call nor socket: begin afresh.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());

await lesson.load();
socket.open();
