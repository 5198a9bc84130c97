// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { OFFER_WITHIN } from "../../static/tutor/js/lesson/quiet.js";
import { makeRoom } from "./fakes/room.js";
import { FakeServer, URLS } from "./fakes/server.js";

const COMPLETE = { name: "stage_complete", arguments: "{\"outcome\":\"understood\"}" };
const create = { type: "response.create" };
const note = (id) => ({ type: "conversation.item.create", item: FakeServer.note(id) });

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

const count = (list, what) => list.filter((one) => one === what).length;

test("whatever is stored counts as a beat", async () => {
  const room = await inLesson();
  room.server.log.length = 0;

  for (let turn = 0; turn < 4; turn += 1) {
    room.model.hear("Hm.");
    await room.clock.advance(14_000);
  }

  assert.equal(count(room.server.log, "beat"), 0);
});

test("a beat that gets lost is not missed", async () => {
  const room = await inLesson();
  room.network.trouble(URLS.journal, "lost", 503);
  room.server.nudge();

  await room.clock.advance(70_000);

  assert.deepEqual(sent(room), [note("stall-1-1")]);
  assert.deepEqual(room.lesson.view.saved, { kind: "saved", count: 0 });
});

test("a nudge is given to the model once, in a quiet moment, and its receipt goes with the next request", async () => {
  const room = await inLesson([{ text: "Hm, what else?" }]);
  const seen = [];
  room.lesson.addEventListener("traffic", (event) => {
    const { event: message } = /** @type {CustomEvent} */ (event).detail;
    if (["output_audio_buffer.stopped", "response.done", "conversation.item.create"].includes(message.type)) {
      seen.push(message.type);
    }
  });
  room.server.nudge();

  room.model.hear("Tea?");
  await room.clock.advance(60_000);

  assert.deepEqual(seen, ["response.done", "output_audio_buffer.stopped", "conversation.item.create"]);
  assert.deepEqual(sent(room), [note("stall-1-1")]);
  assert.equal(room.server.received.at(-1), "stall-1-1");
  assert.deepEqual(room.lesson.view.captions.map((caption) => caption.text), ["Hello!", "Tea?", "Hm, what else?"]);
});

test("a nudge for a silent learner makes the tutor speak", async () => {
  const room = await inLesson([{ text: "Are you there?" }]);
  room.server.nudge({ speak: true });

  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Are you there?");

  assert.deepEqual(sent(room), [note("stall-1-1"), create]);
});

test("an offer that is repeated before it could be brought is brought once", async () => {
  const room = await inLesson([{ text: "A long story." }]);
  room.server.nudge();
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  await room.journal.ask();
  await room.journal.ask();
  await room.clock.advance(30_000);

  assert.deepEqual(sent(room), [note("stall-1-1")]);
});

test("a nudge for a stage that the model has left in the meantime is dropped", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }]);
  room.server.nudge();

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2 && room.lesson.view.status === "listening");

  const types = sent(room).map((event) => event.item?.type ?? event.type);
  assert.deepEqual(types, ["session.update", "function_call_output", "response.create"]);
});

test("a new call hears the nudge anew", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.server.nudge();
  await room.clock.until(() => sent(room).length === 1);

  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Welcome back.");
  room.server.nudge();
  await room.clock.advance(45_000);

  assert.equal(count(sent(room).map((event) => event.item?.id), "stall-1-1"), 2);
  assert.equal(room.server.received.at(-1), "stall-1-1");
});

test("the last resort moves the stage as a function call does", async () => {
  const room = await inLesson([{ text: "Now order something." }]);
  const steps = new Set(["session.updated", "response.created"]);
  const seen = [];
  room.lesson.addEventListener("traffic", (event) => {
    const { direction, event: message } = /** @type {CustomEvent} */ (event).detail;
    if (direction === "up" || steps.has(message.type)) {
      seen.push(`${message.type}, ${room.devices.track.enabled ? "open" : "closed"}`);
    }
  });

  room.server.fallBack();
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Now order something.");

  assert.deepEqual(seen, [
    "session.update, closed",
    "session.updated, closed",
    "conversation.item.create, closed",
    "response.create, closed",
    "response.created, closed",
  ]);
  assert.deepEqual([room.lesson.view.stage?.title, room.devices.track.enabled], ["Ordering", true]);
  await room.clock.advance(30_000);
  assert.equal(room.server.received.at(-1), "stall-1-3");
  assert.equal([...room.server.utterances.values()].at(-1).visit, 2);
});

test("a last resort whose answer was lost is brought by the next request, once", async () => {
  const room = await inLesson([{ text: "Now order something." }]);
  room.network.trouble(URLS.journal, "unanswered");

  room.server.fallBack();
  await room.clock.advance(60_000);

  const { event_id: ignored, ...update } = FakeServer.update(2);
  assert.deepEqual(sent(room), [update, note("stall-1-3"), create]);
});

test("the last resort of the last stage lets the tutor say goodbye", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }, { text: "Goodbye!" }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2 && room.lesson.view.status === "listening");

  room.server.fallBack();
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.equal([...room.server.utterances.values()].at(-1).text, "Goodbye!");
  assert.deepEqual([room.lesson.view.outcome, room.model.calls[0].stopped], ["completed", true]);
});

test("news of our own last resort is no other window", async () => {
  const room = await inLesson([{ text: "A long story." }, { text: "Now order something." }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  room.server.fallBack();

  await room.lesson.hear({ type: "stage.changed", visit: 2 });
  await room.lesson.refresh();
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Now order something.");

  assert.deepEqual([room.model.calls.length, room.model.calls[0].stopped, room.lesson.view.notice], [1, false, ""]);
});

test("news of the end by our own last resort does not cut the goodbye off", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }, { text: "Goodbye!" }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2 && room.lesson.view.status === "listening");
  room.server.fallBack();

  await room.lesson.hear({ type: "ended" });
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.equal(room.lesson.view.captions.at(-1)?.text, "Goodbye!");
});

test("a last resort whose update is refused goes on in a new call, which is not told again", async () => {
  const room = await inLesson([{ text: "Here we are." }]);
  room.model.updates = "refuse";

  room.server.fallBack();
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Here we are.");
  await room.clock.advance(30_000);

  assert.equal(room.model.calls.length, 2);
  assert.equal(room.lesson.view.stage?.visit, 2);
  assert.equal(count(sent(room).map((event) => event.type), "session.update"), 1);
});

test("the last resort comes to a microphone that is never quiet; a hint does not interrupt anybody", async () => {
  const room = await inLesson([{ text: "Now order something." }]);
  room.model.hearOn("noise", "And then I said …");
  room.server.nudge();
  await room.clock.advance(OFFER_WITHIN + 5_000);
  assert.deepEqual(sent(room), []);

  room.server.fallBack();
  await room.clock.until(() => room.lesson.view.stage?.key === "order", OFFER_WITHIN + 20_000);

  const types = sent(room).map((event) => event.type);
  assert.deepEqual(types.slice(0, 2), ["input_audio_buffer.commit", "session.update"]);
});

test("a rescue that waits when the call is lost is not brought to the next one by itself", async () => {
  const room = await inLesson([{ text: "A long story." }, { text: "Welcome back." }]);
  room.server.nudge();
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  room.server.rescue = null;

  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Welcome back." && room.lesson.view.status === "listening");

  assert.equal(count(sent(room).map((event) => event.item?.id), "stall-1-1"), 0);
});

test("without a call nothing is brought", async () => {
  const room = makeRoom();
  await room.lesson.load();
  room.server.nudge();

  await room.journal.ask();
  await room.clock.advance(1_000);

  assert.deepEqual([room.model.sent, room.journal.received], [[], null]);
});
