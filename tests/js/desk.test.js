// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { OFFER_WITHIN } from "../../static/tutor/js/lesson/quiet.js";
import { HOLDS_FOR, Watchers } from "../../static/tutor/js/lesson/watchers.js";
import { EVERY, LONGEST, Telling } from "../../static/tutor/js/net/telling.js";
import { FakeClock } from "./fakes/clock.js";
import { makeRoom } from "./fakes/room.js";
import { FakeServer, URLS } from "./fakes/server.js";

const create = { type: "response.create" };
const note = (number) => ({ type: "conversation.item.create", item: FakeServer.note(`desk-${number}`) });

/** A room in which the tutor has greeted the learner and everything is stored. */
async function inLesson(replies = []) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.status === "listening" && room.lesson.view.captions[0]?.status === "complete");
  await room.journal.flush(1_000);
  return room;
}

/** What was sent after the greeting, without the ids that differ from run to run. */
function sent({ model }) {
  return model.sent.slice(1).map(({ event_id: eventId, ...event }) => event);
}

/** The room is told that there is something. */
function ring({ lesson, server }) {
  return lesson.hear({ type: "desk", number: server.desk.number });
}

const statusIs = (room, status) => room.clock.until(() => room.lesson.view.status === status);

for (const speak of [false, true]) {
  test(`a whisper reaches the model at once and once${speak ? ", and makes the tutor speak" : ""}`, async () => {
    const room = await inLesson([{ text: "Think of milk." }]);
    room.server.whisper({ speak });

    await ring(room);
    await ring(room);
    await room.clock.advance(20_000);

    assert.deepEqual(sent(room), speak ? [note(1), create] : [note(1)]);
    assert.equal(room.server.deskHad.at(-1), 1);
  });
}

test("a whisper needs no WebSocket: the next beat brings it", async () => {
  const room = await inLesson();
  room.server.whisper();

  await room.clock.advance(20_000);

  assert.deepEqual(sent(room), [note(1)]);
});

test("whispers come in their order, also while the tutor speaks", async () => {
  const room = await inLesson([{ text: "A long answer." }]);
  room.server.whisper();
  room.server.whisper();
  room.model.hear("Hm.");

  await ring(room);
  await room.clock.advance(30_000);

  assert.deepEqual(sent(room).filter(({ type }) => type !== "response.create"), [note(1), note(2)]);
  assert.equal(room.server.deskHad.at(-1), 2);
});

test("a new call says that it has nothing yet, and is told what still holds", async () => {
  const room = await inLesson([{ text: "Hello again!" }]);
  room.server.whisper();
  await ring(room);
  await room.clock.advance(20_000);
  const before = room.server.deskHad.length;

  room.model.calls.at(-1).dispatchEvent(new CustomEvent("over", { detail: "connection_lost" }));
  await room.clock.advance(20_000);

  assert.equal(room.model.calls.length, 2);
  assert.ok(room.server.deskHad.slice(before).includes(0));
});

test("a move takes the model to the other stage, as a stage change does", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.server.move();

  await ring(room);
  await room.clock.advance(20_000);

  assert.deepEqual(sent(room).map(({ type }) => type), ["session.update", "conversation.item.create", "response.create"]);
  const { stage, movedBy, movedWhy, captions } = room.lesson.view;
  assert.deepEqual([stage?.key, movedBy, movedWhy, captions.at(-1)?.text], ["order", "Tess", "You know that.", "What can I get you?"]);
  assert.equal(room.model.calls.length, 1);
});

test("news of a move leave the call alone", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.server.move();

  await room.lesson.hear({ type: "stage.changed", visit: 2 });
  await ring(room);
  await room.clock.advance(20_000);

  assert.deepEqual([room.model.calls.length, room.lesson.view.status], [1, "listening"]);
});

test("a move waits for the learner to end their sentence, and the room says who moves the lesson on", async () => {
  const room = await inLesson([{ text: "Never heard." }, { text: "What can I get you?" }]);
  room.model.hearOn("noise", "I am still thinking.");
  room.server.move();

  await ring(room);
  await room.clock.advance(OFFER_WITHIN - 1_000);
  assert.deepEqual([sent(room), room.lesson.view.movingBy, room.lesson.view.stage?.key], [[], "Tess", "warm-up"]);

  room.model.finish("noise", "I am still thinking.");
  await room.clock.advance(10_000);
  assert.deepEqual([room.lesson.view.movingBy, room.lesson.view.movedBy, room.lesson.view.stage?.key], ["", "Tess", "order"]);
});

test("a move takes place though the microphone hears steady noise, and what was said so far is kept where it was said", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.model.hearOn("noise", "And then I said …");
  room.server.move();

  await ring(room);
  await room.clock.until(() => room.lesson.view.stage?.key === "order", OFFER_WITHIN + 5_000);
  await statusIs(room, "listening");
  await room.journal.flush(1_000);

  const types = sent(room).map(({ type }) => type).filter((type) => type !== "output_audio_buffer.clear");
  assert.deepEqual(types, ["input_audio_buffer.commit", "session.update", "conversation.item.create", "response.create"]);
  const { text, status, visit } = room.server.utterances.get("noise");
  assert.deepEqual([text, status, visit], ["And then I said …", "complete", 1]);
  assert.deepEqual([room.lesson.view.movingBy, room.lesson.view.movedBy, room.server.deskHad.at(-1)], ["", "Tess", 1]);
  assert.deepEqual([room.model.calls.length, room.devices.track.enabled], [1, true]);
});

test("a move that is due while the tutor speaks lets it end its sentence", async () => {
  const room = await inLesson([{ text: "I see." }, { text: "What can I get you?" }]);
  room.model.hearOn("noise", "And then I said …");
  room.server.move();
  await ring(room);
  await room.clock.advance(OFFER_WITHIN - 10);

  room.model.finish("noise", "And then I said …");
  await room.clock.until(() => room.lesson.view.stage?.key === "order", 10_000);
  await statusIs(room, "listening");

  const answers = room.lesson.view.captions.slice(-2).map(({ text, status }) => [text, status]);
  assert.deepEqual(answers, [["I see.", "complete"], ["What can I get you?", "complete"]]);
});

test("a move does not wait for ever for who takes their time to think", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.lesson.takeTime(true);
  room.server.move();

  await ring(room);
  await room.clock.until(() => room.lesson.view.stage?.key === "order", OFFER_WITHIN + 5_000);
  await room.clock.advance(5_000);

  assert.deepEqual([room.lesson.view.captions.at(-1)?.text, room.lesson.view.takingTime], ["What can I get you?", true]);
});

test("a move does not wait for ever for the talk button to be let go", async () => {
  const room = await inLesson([{ text: "Never heard." }, { text: "What can I get you?" }]);
  room.lesson.choose({ way: "push_to_talk" });
  await room.clock.advance(1_000);
  room.model.spoken = "And then I said …";
  room.lesson.press();
  room.server.move();

  await ring(room);
  await room.clock.until(() => room.lesson.view.stage?.key === "order", OFFER_WITHIN + 5_000);
  await statusIs(room, "listening");
  await room.journal.flush(1_000);

  const said = [...room.server.utterances.values()].filter(({ speaker }) => speaker === "learner");
  assert.deepEqual(said.map(({ text, visit }) => [text, visit]), [["And then I said …", 1]]);
  assert.equal(room.lesson.view.captions.at(-1)?.text, "What can I get you?");
});

test("a move that waits behind a hint does not wait longer for it", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.model.hearOn("noise", "And then I said …");
  room.server.whisper();
  room.server.move();

  await ring(room);
  await room.clock.until(() => room.lesson.view.stage?.key === "order", OFFER_WITHIN + 5_000);

  assert.equal(room.server.utterances.get("noise")?.status, "complete");
});

test("a hint that waits long enough is told while the learner speaks, and cuts nobody short", async () => {
  const room = await inLesson();
  room.model.hearOn("noise", "And then I said …");
  room.server.whisper();

  await ring(room);
  await room.clock.advance(OFFER_WITHIN - 1_000);
  assert.deepEqual(sent(room), []);
  await room.clock.advance(2_000);

  assert.deepEqual([sent(room), room.lesson.view.status, room.devices.track.enabled], [[note(1)], "hearing", true]);
});

test("a hint that is to be acted on makes room for itself, as a move does", async () => {
  const room = await inLesson([{ text: "Think of milk." }]);
  room.model.hearOn("noise", "And then I said …");
  room.server.whisper({ speak: true });

  await ring(room);
  await room.clock.advance(OFFER_WITHIN + 5_000);

  const types = sent(room).map(({ type }) => type).filter((type) => type !== "output_audio_buffer.clear");
  assert.deepEqual(types, ["input_audio_buffer.commit", "conversation.item.create", "response.create"]);
  assert.deepEqual([room.lesson.view.captions.at(-1)?.text, room.devices.track.enabled], ["Think of milk.", true]);
});

test("a move takes place though the model finds nothing in what it hears", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "noise" });
  room.server.move();

  await ring(room);
  await room.clock.advance(OFFER_WITHIN + 10_000);

  assert.deepEqual([room.lesson.view.stage?.key, room.lesson.view.captions.at(-1)?.text, room.server.deskHad.at(-1)], ["order", "What can I get you?", 1]);
  assert.deepEqual([room.model.calls.length, room.devices.track.enabled], [1, true]);
});

test("a call that breaks while a move makes room for itself is made anew in the other stage", async () => {
  const room = await inLesson([{ text: "What can I get you?" }]);
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "noise" });
  room.server.move();
  await ring(room);
  await room.clock.advance(OFFER_WITHIN + 1_000);

  room.model.calls.at(-1).dispatchEvent(new CustomEvent("over", { detail: "connection_lost" }));
  await room.clock.advance(20_000);

  assert.deepEqual([room.model.calls.length, room.lesson.view.stage?.key, room.lesson.view.movingBy], [2, "order", ""]);
});

test("a pause ends the call and the microphone, and the end of the pause brings both back", async () => {
  const room = await inLesson([{ text: "Where were we?" }]);
  room.server.pause(true);
  await ring(room);
  await statusIs(room, "paused");

  assert.deepEqual([room.model.calls[0].stopped, room.devices.track.readyState], [true, "ended"]);
  assert.equal(room.lesson.view.pause?.by, "Tess");

  room.server.pause(false);
  await ring(room);
  await statusIs(room, "listening");

  assert.deepEqual([room.model.calls.length, room.lesson.view.pause, room.devices.track.readyState], [2, null, "live"]);
});

test("the end of a pause is found without news, too", async () => {
  const room = await inLesson([{ text: "Where were we?" }]);
  room.server.pause(true);
  await ring(room);
  await statusIs(room, "paused");
  room.server.pause(false);

  await room.clock.advance(15_000);

  assert.equal(room.model.calls.length, 2);
});

test("the learner's last words get their text before a pause, and no answer", async () => {
  const room = await inLesson([{ text: "Never heard." }]);
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "last" });
  room.server.pause(true);

  ring(room);
  await room.clock.advance(500);
  room.model.finish("last", "My last words.");
  await statusIs(room, "paused");

  assert.deepEqual([room.server.utterances.get("last")?.text, room.server.utterances.get("last")?.status], ["My last words.", "complete"]);
  assert.ok(sent(room).every(({ type }) => ["response.cancel", "output_audio_buffer.clear"].includes(type)));
});

test("a page opened in a pause makes no call and asks for no microphone", async () => {
  const room = makeRoom();
  room.server.pause(true);
  await room.lesson.load();
  await room.lesson.start();
  await room.clock.advance(1_000);

  assert.deepEqual([room.lesson.view.status, room.lesson.view.pause?.by], ["paused", "Tess"]);
  assert.deepEqual([room.devices.asked, room.network.to(URLS.connections)], [[], []]);

  room.server.pause(false);
  await ring(room);
  assert.equal(room.lesson.view.status, "ready");
});

test("a lesson ended by staff is over in the room", async () => {
  const room = await inLesson();
  room.server.ended = true;
  room.server.outcome = "stopped";
  room.server.endedBy = "Tess";
  room.server.endedWhy = "The hour is over.";

  await room.lesson.hear({ type: "ended" });
  await room.clock.advance(1_000);

  const { status, outcome, endedBy, endedWhy } = room.lesson.view;
  assert.deepEqual([status, outcome, endedBy, endedWhy], ["ended", "stopped", "Tess", "The hour is over."]);
  assert.equal(room.model.calls[0].stopped, true);
});

test("a lesson ended by staff is over at once, though a move waits for the learner to be silent", async () => {
  const room = await inLesson();
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "said_long" });
  room.server.move();
  await ring(room);
  room.server.ended = true;
  room.server.outcome = "stopped";

  await room.lesson.hear({ type: "ended" });
  await room.clock.advance(5_000);

  assert.deepEqual([room.lesson.view.status, room.lesson.view.outcome], ["ended", "stopped"]);
  assert.equal(room.model.calls[0].stopped, true);
});

// --- Who reads along -----------------------------------------------------------------------------------------------

const SIGNS = [
  { what: "nobody", news: [], names: [] },
  { what: "one", news: [{ type: "watched", watcher: "w1", by: "Tess" }], names: ["Tess"] },
  { what: "one in two windows", news: [{ type: "watched", watcher: "w1", by: "Tess" }, { type: "watched", watcher: "w2", by: "Tess" }], names: ["Tess"] },
  { what: "two", news: [{ type: "watched", watcher: "w1", by: "Tess" }, { type: "watched", watcher: "w2", by: "Rita" }], names: ["Rita", "Tess"] },
  { what: "one who has gone", news: [{ type: "watched", watcher: "w1", by: "Tess" }, { type: "unwatched", watcher: "w1" }], names: [] },
  { what: "other news", news: [{ type: "utterance", item_id: "i" }], names: [] },
];

for (const { what, news, names } of SIGNS) {
  test(`who reads along: ${what}`, () => {
    const watchers = new Watchers(new FakeClock());
    news.forEach((one) => watchers.hear(one));
    assert.deepEqual(watchers.names, names);
  });
}

test("who gives no sign any more has gone", async () => {
  const clock = new FakeClock();
  const watchers = new Watchers(clock);
  watchers.hear({ type: "watched", watcher: "w1", by: "Tess" });
  await clock.advance(HOLDS_FOR - 1);
  assert.deepEqual(watchers.names, ["Tess"]);
  await clock.advance(1);
  assert.deepEqual(watchers.names, []);
});

// --- Words as they come --------------------------------------------------------------------------------------------

const caption = (id, text, status = "partial") => ({ id, speaker: "tutor", status, text });

/** What is told, with its clock. */
function tell() {
  const clock = new FakeClock();
  const told = [];
  const telling = new Telling((message) => told.push(message.captions.map(({ item_id: id, text, status }) => [id, text, status])), clock);
  return { clock, told, telling };
}

test("nothing is told while nobody watches", async () => {
  const { clock, told, telling } = tell();
  telling.show([caption("a", "Hel")]);
  await clock.advance(1_000);
  assert.deepEqual(told, []);
});

test("words are told at once, and then no more often than every so many milliseconds", async () => {
  const { clock, told, telling } = tell();
  telling.watch(true);
  for (const text of ["H", "He", "Hel", "Hell"]) {
    telling.show([caption("a", text)]);
  }
  assert.deepEqual(told, [[["a", "H", "partial"]]]);
  await clock.advance(EVERY);
  assert.deepEqual(told.at(-1), [["a", "Hell", "partial"]]);
  assert.equal(told.length, 2);
});

test("who begins to watch is told what is under way, and not what is finished", () => {
  const { told, telling } = tell();
  telling.show([caption("a", "Hello.", "complete"), caption("b", "How a")]);
  telling.watch(true);
  assert.deepEqual(told, [[["b", "How a", "partial"]]]);
});

test("the end of a sentence is told, and nothing twice", async () => {
  const { clock, told, telling } = tell();
  telling.watch(true);
  telling.show([caption("a", "Hi")]);
  telling.show([caption("a", "Hi", "complete")]);
  await clock.advance(EVERY * 5);
  telling.show([caption("a", "Hi", "complete")]);
  await clock.advance(EVERY * 5);
  assert.deepEqual(told, [[["a", "Hi", "partial"]], [["a", "Hi", "complete"]]]);
});

test("of a long sentence the end is told", () => {
  const { told, telling } = tell();
  telling.watch(true);
  telling.show([caption("a", `${"x".repeat(LONGEST)}!`)]);
  assert.equal(told[0][0][1].length, LONGEST);
  assert.ok(told[0][0][1].endsWith("!"));
});
