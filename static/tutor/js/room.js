// @ts-check
/**
 * The page where a lesson happens: makes the parts and joins them. What they do is theirs.
 */
import { Lesson } from "./lesson/lesson.js";
import { Line } from "./lesson/line.js";
import { Watchers } from "./lesson/watchers.js";
import { Api } from "./net/api.js";
import { Choices } from "./net/choices.js";
import { csrfToken } from "./net/cookie.js";
import { drain } from "./net/drain.js";
import { Journal } from "./net/journal.js";
import { Devices } from "./net/devices.js";
import { person } from "./net/person.js";
import { Microphone } from "./net/microphone.js";
import { Remembered } from "./net/remembered.js";
import { Shelf } from "./net/shelf.js";
import { RoomSocket, socketAddress } from "./net/socket.js";
import { Telling } from "./net/telling.js";
import { Account } from "./ui/account.js";
import { Before } from "./ui/before.js";
import { BoardDoor } from "./ui/board_door.js";
import { Captions } from "./ui/captions.js";
import { Cards } from "./ui/cards.js";
import { Controls } from "./ui/controls.js";
import { DeskNote } from "./ui/desk_note.js";
import { byId, refuge, swallowStrayClicks } from "./ui/dom.js";
import { Ending } from "./ui/ending.js";
import { LessonMap } from "./ui/lesson_map.js";
import { LargerCaptions } from "./ui/larger_captions.js";
import { MicrophoneNote } from "./ui/microphone_note.js";
import { browserFamily } from "./ui/microphone_words.js";
import { Notice } from "./ui/notice.js";
import { Presence } from "./ui/presence.js";
import { SavedSign } from "./ui/saved.js";
import { Sound } from "./ui/sound.js";
import { SoundCheck } from "./ui/sound_check.js";
import { Stages } from "./ui/stages.js";
import { StatusLine } from "./ui/status_line.js";
import { TalkButton } from "./ui/talk_button.js";
import { TimeLeft } from "./ui/time_left.js";
import { Voice } from "./ui/voice.js";
import { WakeLock } from "./ui/wake_lock.js";
import { Ways } from "./ui/ways.js";

/**
 * @typedef {object} RoomData
 * @property {string} code
 * @property {number} beat seconds between two signs of life of a call
 * @property {{title: string, language: string}} lesson
 * @property {import("./net/api.js").Urls & {socket: string}} urls
 */

// Errors first: whatever breaks from here on is seen.
const notice = new Notice();
window.addEventListener("error", () => notice.reportBroken());
window.addEventListener("unhandledrejection", () => notice.reportBroken());

/** Milliseconds to wait for what an earlier page left unsent, so that it is among what is shown. */
const RESTORED_WITHIN = 3_000;

/** @type {RoomData} */
const room = JSON.parse(byId("room-data").textContent ?? "");

const api = new Api({ urls: room.urls, csrfToken: () => csrfToken(document.cookie) });
const shelf = new Shelf({ owner: person(document) });
const journal = new Journal({
  send: (entries, options) => api.journal(entries, options),
  shelf,
  place: room.urls.journal,
  beatEvery: room.beat * 1_000,
});
const remembered = new Remembered();
const choices = new Choices(remembered);
const devices = new Devices(navigator.mediaDevices);
const microphone = new Microphone(navigator.mediaDevices, remembered, navigator.permissions);
const line = new Line({ api, microphone });
swallowStrayClicks(document);
const lesson = new Lesson({ api, line, microphone, journal, choices });
const socket = new RoomSocket({ url: socketAddress(room.urls.socket, window.location) });
const watchers = new Watchers();
const telling = new Telling((message) => socket.send(message));

const board = new BoardDoor({
  attempt: room.code,
  send: (render, words) => {
    captions.follow();
    return lesson.showPicture(render, words);
  },
});
const sound = new Sound();
const voice = new Voice(remembered.get("speaker"));
const presence = new Presence(sound);
const soundCheck = new SoundCheck(sound, remembered.get("speaker"), {
  listen: () => microphone.retry(),
  tryOut: (isTried) => microphone.try(isTried),
  letGo: () => microphone.close(),
  chooseMicrophone: (id) => microphone.choose(id),
  chooseSpeaker: async (id) => {
    await voice.use(id);
    remembered.set("speaker", id);
  },
  playTest: () => voice.play(sound.chime()),
  devices: () => devices.list(),
});
new LargerCaptions(remembered);
const cards = new Cards(room.lesson.language, (wish) => board.open(wish));
const captions = new Captions(room.lesson.language, cards, (id, text) => lesson.correct(id, text));
const panels = [
  notice,
  new DeskNote(),
  new Account(),
  new StatusLine(),
  new Before(),
  new MicrophoneNote(browserFamily(/** @type {any} */ (navigator)), {
    retry: () => microphone.retry(),
    type: () => {
      byId("message").focus();
      lesson.type();
    },
  }),
  new Stages(),
  new TimeLeft(),
  new LessonMap(byId("map")),
  captions,
  cards,
  board,
  new SavedSign(),
  new Ending(),
  new WakeLock(),
  voice,
  new Ways((change) => lesson.choose(change)),
  new TalkButton({ press: () => lesson.press(), release: () => lesson.release() }),
  new Controls({
    start: () => lesson.start(),
    say: (text) => {
      captions.follow();
      lesson.say(text);
    },
    mute: (muted) => lesson.mute(muted),
    takeTime: (isWanted) => lesson.takeTime(isWanted),
    interrupt: () => lesson.interrupt(),
    end: () => lesson.end(),
  }),
];

/** Where the focus of a button goes that goes away. The text box comes last: a phone would open its keyboard. */
const places = ["microphone-note", "start", "talk", "mute", "message"].map((id) => byId(id));

let isScheduled = false;

/** Show the newest view with the next frame: events come in bursts. */
function show() {
  if (!isScheduled) {
    isScheduled = true;
    requestAnimationFrame(() => {
      isScheduled = false;
      const view = { ...lesson.view, access: api.access, isKept: shelf.works, watchers: watchers.names };
      telling.show(view.captions);
      // Looked up first: what is hidden may lose it at once.
      const focused = document.activeElement;
      panels.forEach((panel) => panel.show(view));
      soundCheck.show(view, microphone);
      refuge(focused, places)?.focus();
      presence.follow("learner", microphone.stream);
    });
  }
}

lesson.addEventListener("change", show);
watchers.addEventListener("change", () => {
  telling.watch(watchers.names.length > 0);
  show();
});
shelf.addEventListener("change", show);
devices.addEventListener("change", () => soundCheck.refresh());
lesson.addEventListener("voice", (event) => {
  const stream = /** @type {CustomEvent<MediaStream>} */ (event).detail;
  voice.play(stream);
  presence.follow("voice", stream);
});
api.addEventListener("access", () => {
  show();
  if (api.access === "granted") {
    journal.retry();
    lesson.refresh();
  }
});
socket.addEventListener("news", (event) => {
  watchers.hear(/** @type {CustomEvent} */ (event).detail);
  lesson.hear(/** @type {CustomEvent} */ (event).detail);
});
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
  const { DebugPanel } = await import("./ui/debug_panel.js");
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
  // What the browser keeps is sent from whatever page comes next.
  if (journal.saved.kind === "unsaved" && !shelf.works) {
    event.preventDefault();
  }
});
window.addEventListener("pagehide", () => {
  lesson.leave();
  socket.close();
});
// A page brought back by the browser has neither call nor socket: begin afresh.
window.addEventListener("pageshow", (event) => event.persisted && window.location.reload());

await journal.restore();
await journal.flush(RESTORED_WITHIN);
await lesson.load();
drain(shelf, { csrfToken: () => csrfToken(document.cookie), except: room.urls.journal });
socket.open();
