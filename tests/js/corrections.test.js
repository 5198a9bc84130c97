// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { isCorrectable } from "../../static/tutor/js/lesson/corrections.js";
import { makeRoom } from "./fakes/room.js";
import { FakeServer, URLS } from "./fakes/server.js";

const COMPLETE = { name: "stage_complete", arguments: "{\"outcome\":\"understood\"}" };
const create = { type: "response.create" };
const note = (number) => ({ type: "conversation.item.create", item: FakeServer.correction(number) });

/** A room in which the learner has said something, and the tutor has answered. */
async function inLesson(replies = []) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, { text: "Toffee?" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await quiet(room, 1);
  room.model.hear("I like toffee.");
  await quiet(room, 3);
  await room.clock.advance(1_000);
  return room;
}

/** Wait until so many captions are complete and nobody speaks. */
async function quiet({ clock, lesson }, count) {
  await clock.until(() => lesson.view.status === "listening" && lesson.view.captions.filter(({ status }) => status === "complete").length === count);
}

/** The learner's sentence with this text. */
const sentence = ({ lesson }, text = "I like toffee.") => lesson.view.captions.find((caption) => caption.text === text);

/** What was sent after the greeting, without the ids that differ from run to run. */
const sent = ({ model }) => model.sent.slice(1).map(({ event_id: eventId, ...event }) => event);

/** Correct a sentence while time goes on; returns what the learner is told. */
async function correct(room, text, { id } = sentence(room)) {
  let told = null;
  room.lesson.correct(id, text).then((problem) => { told = problem; });
  await room.clock.until(() => told !== null);
  return told;
}

test("a correction is shown, stored and told to the tutor, who answers", async () => {
  const room = await inLesson([{ text: "Coffee, of course." }]);

  assert.equal(await correct(room, "I like coffee."), "");
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Coffee, of course.");

  const { text, corrected } = sentence(room);
  assert.deepEqual([text, corrected], ["I like toffee.", "I like coffee."]);
  assert.deepEqual(sent(room), [note(1), create]);
  assert.equal(room.server.corrected.get(sentence(room).id), "I like coffee.");
});

test("the tutor is told when it has finished speaking", async () => {
  const room = await inLesson([{ text: "A long story." }, { text: "Coffee." }]);
  const { id } = sentence(room);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  await correct(room, "I like coffee.", { id });
  const during = sent(room);
  await room.clock.advance(20_000);

  assert.deepEqual(during, []);
  // The learner has gone on talking: the tutor is told, and not asked to speak.
  assert.deepEqual(sent(room), [note(1)]);
});

test("a correction that gets lost on the way is sent again under the same id", async () => {
  const room = await inLesson([{ text: "Coffee." }]);
  room.network.trouble(URLS.corrections, "lost", 503);

  assert.equal(await correct(room, "I like coffee."), "");
  await room.clock.advance(10_000);

  const ids = room.network.to(URLS.corrections).map((request) => request.body.id);
  assert.equal(ids.length, 3);
  assert.equal(new Set(ids).size, 1);
  assert.deepEqual(sent(room), [note(1), create]);
});

test("a correction that cannot be stored says so, changes nothing, and keeps its id for the next try", async () => {
  const room = await inLesson([{ text: "Coffee." }]);
  room.network.trouble(URLS.corrections, ...Array(8).fill(503));

  const told = await correct(room, "I like coffee.");
  const before = sentence(room).corrected;
  await correct(room, "I like coffee.");

  assert.match(told, /Try again/);
  assert.equal(before, null);
  assert.equal(sentence(room).corrected, "I like coffee.");
  assert.equal(new Set(room.network.to(URLS.corrections).map((request) => request.body.id)).size, 1);
});

test("other words are another correction", async () => {
  const room = await inLesson([{ text: "Cocoa." }, { text: "Coffee." }]);

  await correct(room, "I like cocoa.");
  await correct(room, "I like coffee.");
  await room.clock.advance(20_000);

  const ids = room.network.to(URLS.corrections).map((request) => request.body.id);
  assert.equal(new Set(ids).size, 2);
  assert.equal(sentence(room).corrected, "I like coffee.");
});

test("a sentence the server does not know is refused, and nobody is taken for a stranger", async () => {
  const room = await inLesson();
  const { id } = sentence(room);
  room.server.utterances.delete(id);

  assert.equal(await correct(room, "I like coffee."), "There is no such sentence of yours.");
  assert.deepEqual(sent(room), []);
  assert.equal(room.api.access, "granted");
});

test("the sentence is stored before its correction", async () => {
  const room = await inLesson([{ text: "Coffee." }]);
  room.network.trouble(URLS.journal, 503, 503);
  room.model.hear("With milk.");
  await room.clock.until(() => sentence(room, "With milk.")?.status === "complete");

  await correct(room, "With silk.", sentence(room, "With milk."));

  assert.equal(room.server.utterances.get(sentence(room, "With milk.").id).text, "With milk.");
  assert.equal(sentence(room, "With milk.").corrected, "With silk.");
});

test("what the server has the model forget meanwhile is not told any more", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }]);
  const { id } = sentence(room);
  room.server.forgets = ["correction-1"];
  room.model.hear("Yes.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  await correct(room, "I like coffee.", { id });
  await room.clock.until(() => room.lesson.view.stage?.visit === 2 && room.lesson.view.status === "listening");
  await room.clock.advance(20_000);

  assert.deepEqual(sent(room).map((event) => event.item?.id ?? event.type).filter((id) => id === "correction-1"), []);
});

test("a stage change that forgets nothing is followed by the correction", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }]);
  const { id } = sentence(room);
  room.model.hear("Yes.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  await correct(room, "I like coffee.", { id });
  await room.clock.until(() => sent(room).some((event) => event.item?.id === "correction-1"));

  assert.equal(room.lesson.view.stage?.visit, 2);
});

test("a new call that knows the correction is not told again", async () => {
  const room = await inLesson([{ text: "A story." }, { text: "Welcome back." }]);
  const { id } = sentence(room);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  await correct(room, "I like coffee.", { id });

  room.model.calls.at(-1)?.drop("channel_closed");
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Welcome back.");
  await room.clock.advance(20_000);

  assert.equal(sent(room).some((event) => event.item?.id === "correction-1"), false);
});

test("a lesson that is over takes a correction", async () => {
  const room = await inLesson();
  await room.lesson.end();

  assert.equal(await correct(room, "I like coffee."), "");
  await room.clock.advance(20_000);

  assert.equal(sentence(room).corrected, "I like coffee.");
  assert.deepEqual(sent(room), []);
});

test("a reloaded page shows what was corrected", async () => {
  const room = await inLesson([{ text: "Coffee." }]);
  await correct(room, "I like coffee.");
  const again = makeRoom({ server: room.server });

  await again.lesson.load();

  assert.deepEqual([sentence(again).text, sentence(again).corrected], ["I like toffee.", "I like coffee."]);
});

test("what was spoken and is final can be corrected, and nothing else", () => {
  const caption = (speaker, status, id = "item_1") => ({ id, speaker, status });
  for (const status of ["complete", "interrupted", "untranscribed"]) {
    assert.equal(isCorrectable(caption("learner", status), false), true, status);
    assert.equal(isCorrectable(caption("learner", status, "typed_1"), false), false, status);
    assert.equal(isCorrectable(caption("tutor", status), false), false, status);
  }
  assert.equal(isCorrectable(caption("learner", "partial"), false), false);
  assert.equal(isCorrectable(caption("learner", "partial"), true), true);
});

test("what was typed cannot be corrected", async () => {
  const room = await inLesson([{ text: "Milk." }]);

  await room.lesson.say("With milk.");
  await room.clock.until(() => sentence(room, "With milk.") !== undefined);

  assert.deepEqual([sentence(room).isCorrectable, sentence(room, "With milk.").isCorrectable], [true, false]);
});
