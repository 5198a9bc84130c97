// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoom } from "./fakes/room.js";
import { URLS } from "./fakes/server.js";

const SPENT = { code: "budget_spent", message: "You have used up your time with the tutor for now. Come back tomorrow." };
const OFF = { code: "calls_off", message: "We are looking into it." };

/** A room in which the tutor has greeted the learner. */
async function inLesson(replies = []) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.captions.some((caption) => caption.status === "complete"));
  await room.clock.until(() => room.lesson.view.status === "listening");
  return room;
}

/** The server has ended the call and says so. */
function stop(room, barred) {
  room.server.barred = barred;
  return room.lesson.hear({ type: "call.stopped" });
}

for (const barred of [SPENT, OFF]) {
  test(`a call that the server has stopped is over, and the learner is told why (${barred.code})`, async () => {
    const room = await inLesson();

    stop(room, barred);
    await room.clock.until(() => room.lesson.view.status === "failed");
    await room.clock.advance(60_000);

    const { status, notice, begun, outcome } = room.lesson.view;
    assert.deepEqual([status, notice, begun, outcome], ["failed", barred.message, true, ""]);
    assert.deepEqual([room.model.calls.length, room.model.calls[0].stopped, room.devices.track.readyState], [1, true, "ended"]);
    assert.equal(room.network.to(URLS.connections).length, 1);
  });

  test(`without the news the refusal of the next call says the same (${barred.code})`, async () => {
    const room = await inLesson();

    room.server.barred = barred;
    room.model.calls[0].drop("data_channel_closed");
    await room.clock.until(() => room.lesson.view.status === "failed");
    await room.clock.advance(60_000);

    assert.deepEqual([room.lesson.view.notice, room.network.to(URLS.connections).length], [barred.message, 2]);
  });
}

test("the learner's last words get their text before the call is given up", async () => {
  const room = await inLesson([{ text: "Never heard." }]);
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "last" });

  stop(room, SPENT);
  await room.clock.advance(500);
  const between = room.lesson.view.status;
  room.model.finish("last", "My last words.");
  await room.clock.until(() => room.lesson.view.status === "failed");
  await room.clock.advance(1_000);

  assert.equal(between, "hearing");
  assert.deepEqual([room.server.utterances.get("last")?.text, room.server.utterances.get("last")?.status], ["My last words.", "complete"]);
});

test("where a call can be made again the lesson goes on", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  stop(room, SPENT);
  await room.clock.until(() => room.lesson.view.status === "failed");

  room.server.barred = null;
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Welcome back.");

  assert.deepEqual([room.lesson.view.notice, room.model.calls.length], ["", 2]);
});

test("news that are out of date stop nothing", async () => {
  const room = await inLesson();

  await stop(room, null);
  await room.clock.advance(20_000);

  assert.deepEqual([room.lesson.view.status, room.model.calls[0].stopped], ["listening", false]);
});

test("who has ended the lesson meanwhile hears nothing of it", async () => {
  const room = await inLesson();

  const ending = room.lesson.end();
  await stop(room, SPENT);
  await room.clock.until(() => room.lesson.view.status === "ended");
  await ending;

  assert.equal(room.lesson.view.notice, "");
});

test("a page says at once that no call can be made, and what was typed waits for one", async () => {
  const room = makeRoom();
  room.server.barred = SPENT;
  await room.lesson.load();
  const before = [room.lesson.view.status, room.lesson.view.notice];

  room.lesson.say("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "failed");

  assert.deepEqual(before, ["ready", SPENT.message]);
  assert.deepEqual([room.lesson.view.notice, room.lesson.view.captions.map(({ text, waiting }) => [text, waiting])], [SPENT.message, [["Good morning.", true]]]);
});

test("what budgets leave runs down while the call is open, and not otherwise", async () => {
  const room = makeRoom();
  room.server.left = { seconds: 180, in: "day" };
  room.model.replies = [{ text: "Hello!" }];
  await room.lesson.load();
  await room.clock.advance(30_000);
  const before = room.lesson.view.time.left;
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.time.spent >= 60_000);

  assert.deepEqual(before, { ms: 180_000, in: "day" });
  assert.deepEqual(room.lesson.view.time.left, { ms: 180_000 - room.lesson.view.time.spent, in: "day" });
});
