// @ts-check
/** What keeps a call alive on the server, and what the page makes of one that the server has ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "./fakes/clock.js";
import { makeRoom } from "./fakes/room.js";
import { URLS } from "./fakes/server.js";

/** A room in which the tutor has greeted the learner and everything is stored. */
async function inLesson(replies = []) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.status === "listening" && room.lesson.view.captions[0]?.status === "complete");
  await room.journal.flush(1_000);
  room.server.heard.length = 0;
  return room;
}

test("a silent call beats every fifteen seconds, names itself, and only a call does", async () => {
  const room = await inLesson();
  const before = room.network.to(URLS.journal).length;

  await room.clock.advance(66_000);
  const during = room.network.to(URLS.journal).slice(before);
  await room.lesson.end();
  const after = room.network.to(URLS.journal).length;
  await room.clock.advance(120_000);

  assert.deepEqual(during.map((request) => request.body), Array(4).fill({ entries: [], received: null, desk: 0, connection: "conn-1", waited: 0 }));
  assert.equal(room.network.to(URLS.journal).length, after);
});

test("a page whose timers sleep beats with what the tutor sends", async () => {
  const room = await inLesson();
  const { after } = room.clock;
  room.clock.after = () => () => {};
  await room.clock.advance(20_000);
  room.clock.after = after;
  room.server.heard.length = 0;

  room.model.emit({ type: "rate_limits.updated" });
  await settle();

  assert.deepEqual(room.server.heard, ["conn-1"]);
});

test("what is stored, and a function call, name the call they are made in; the next call has another name", async () => {
  const room = await inLesson([{ text: "A hint.", calls: [{ name: "hint", arguments: "{}" }] }, { text: "Think of tea." }, { text: "Welcome back." }]);

  room.model.hear("Help me.");
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Think of tea.");
  await room.journal.flush(1_000);
  const calls = room.network.to(URLS.tool_calls).map((request) => request.body.connection);
  const first = [...room.server.heard];
  room.model.calls[0].drop("connection_lost");
  room.server.heard.length = 0;
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Welcome back.");
  await room.clock.advance(20_000);

  assert.deepEqual([calls, new Set(first)], [["conn-1"], new Set(["conn-1"])]);
  assert.deepEqual(new Set(room.server.heard), new Set([null, "conn-2"]));
});

test("what is sent as the page goes keeps no call alive", async () => {
  const room = await inLesson();
  room.model.hear("Well, I think");

  room.lesson.leave();
  await settle();

  assert.equal(room.server.heard.at(-1), null);
});

test("a call that the server ended is made again in the same stage, by the page itself", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);

  room.model.calls[0].drop("data_channel_closed");
  await room.clock.until(() => room.lesson.view.captions.at(-1)?.text === "Welcome back.");

  assert.deepEqual([room.model.calls.length, room.lesson.view.stage?.visit], [2, 1]);
});

test("an attempt that the server ended ends the lesson with the next answer of the journal", async () => {
  const room = await inLesson();
  room.server.ended = true;
  room.server.outcome = "time_up";

  await room.clock.until(() => room.lesson.view.status === "ended");
  await room.clock.advance(60_000);

  assert.equal(room.lesson.view.outcome, "time_up");
  assert.equal(room.model.calls[0].stopped, true);
  assert.equal(room.devices.track.readyState, "ended");
});

test("the goodbye of a completed lesson is not cut off by the journal's news that it is over", async () => {
  const room = await inLesson();
  const complete = { name: "stage_complete", arguments: "{\"outcome\":\"understood\"}" };
  room.model.replies = [{ text: "Good.", calls: [complete] }, { text: "And now order." }, { text: "Fine.", calls: [complete] }, { text: "Goodbye!" }];
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "listening" && room.lesson.view.stage?.visit === 2);

  room.model.hear("A tea, please.");
  await room.clock.until(() => room.server.ended);
  await room.journal.ask();
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.equal(room.lesson.view.captions.at(-1)?.text, "Goodbye!");
});
