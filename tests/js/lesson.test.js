// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoom } from "./fakes/room.js";
import { FakeServer, URLS } from "./fakes/server.js";

const COMPLETE = { name: "stage_complete", arguments: "{\"outcome\":\"understood\"}" };

/** A room in which the tutor has greeted the learner. */
async function inLesson(replies = []) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.captions.some((caption) => caption.status === "complete"));
  return room;
}

/** Captions as [speaker, status, text]. */
function said({ lesson }) {
  return lesson.view.captions.map(({ speaker, status, text }) => [speaker, status, text]);
}

/** Client events, with the ids that differ from run to run left out. */
function sent({ model }) {
  return model.sent.map(({ event_id: eventId, ...event }) => event);
}

const output = (callId, value) => ({ type: "conversation.item.create", item: { type: "function_call_output", call_id: callId, output: JSON.stringify(value) } });
const create = { type: "response.create" };

test("a page that was just opened shows where the learner is", async () => {
  const room = makeRoom();

  await room.lesson.load();

  const { status, stage, stages, captions, begun, notice } = room.lesson.view;
  assert.deepEqual([status, stage?.title, stages.map((one) => one.progress), captions, begun, notice], ["ready", "Warm-up", ["current", "ahead"], [], false, ""]);
});

test("from connecting to the tutor's first word it is never said to be the learner's turn", async () => {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }];
  const shown = [];
  // As the page does: with the next frame, not in the middle of a step.
  room.lesson.addEventListener("change", () => queueMicrotask(() => room.lesson.view.status !== shown.at(-1) && shown.push(room.lesson.view.status)));
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.captions.some((caption) => caption.status === "complete"));
  await room.clock.until(() => room.lesson.view.status === "listening");

  assert.deepEqual(shown, ["ready", "connecting", "thinking", "speaking", "listening"]);
});

test("a lesson of two stages sends exactly these events", async () => {
  const room = await inLesson([
    { text: "Very good.", calls: [COMPLETE] }, { text: "Now order something." }, { text: "Perfect.", calls: [COMPLETE] }, { text: "Goodbye!" },
  ]);

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.title === "Ordering" && room.lesson.view.status === "listening");
  room.model.hear("A coffee, please.");
  await room.clock.until(() => room.lesson.view.status === "ended");

  const calls = room.model.sent.filter((event) => event.item?.call_id).map((event) => event.item.call_id);
  const { event_id: ignored, ...update } = FakeServer.update(2);
  assert.deepEqual(sent(room), [
    create,
    update,
    output(calls[0], { status: "accepted", stage: "Ordering" }),
    create,
    output(calls[1], { status: "accepted", lesson: "complete" }),
    { ...create, response: { tool_choice: "none" } },
  ]);
  assert.deepEqual(said(room), [
    ["tutor", "complete", "Hello!"],
    ["learner", "complete", "Good morning."],
    ["tutor", "complete", "Very good."],
    ["tutor", "complete", "Now order something."],
    ["learner", "complete", "A coffee, please."],
    ["tutor", "complete", "Perfect."],
    ["tutor", "complete", "Goodbye!"],
  ]);
});

test("everything that was said is stored, in its visit, and the goodbye is heard before the call ends", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Go on.", calls: [COMPLETE] }, { text: "Goodbye!" }]);

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.outcome === "completed");

  const stored = [...room.server.utterances.values()].map(({ text, status, visit }) => [text, status, visit]);
  assert.deepEqual(stored, [
    ["Hello!", "complete", 1], ["Good morning.", "complete", 1], ["Good.", "complete", 1], ["Go on.", "complete", 2], ["Goodbye!", "complete", 2],
  ]);
  assert.equal(room.model.calls[0].stopped, true);
  assert.equal(room.devices.track.readyState, "ended");
  assert.deepEqual(room.lesson.view.stages.map((stage) => stage.progress), ["done", "done"]);
});

test("a call is reported in the visit in which its response began", async () => {
  const room = await inLesson([{ calls: [COMPLETE] }, { calls: [COMPLETE] }]);

  room.model.hear("Good morning.");
  await room.clock.until(() => room.server.ended);

  assert.deepEqual(room.server.log.filter((line) => line.startsWith("tool")), ["tool-calls stage_complete in visit 1", "tool-calls stage_complete in visit 2"]);
});

test("the learner's last sentence is stored before its stage closes", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }]);
  room.network.trouble(URLS.journal, "lost", "lost");

  room.model.hear("Good morning.");
  await room.clock.until(() => room.server.visit === 2);

  const report = room.server.log.findIndex((line) => line.startsWith("tool-calls"));
  assert.equal(room.server.log[report - 1], "journal");
  assert.ok([...room.server.utterances.values()].some((entry) => entry.text === "Good morning."));
});

test("the stage changes in this order: sentence heard, microphone closed, update confirmed, rest, microphone open", async () => {
  const room = await inLesson([{ text: "Very good.", calls: [COMPLETE] }]);
  const steps = new Set(["output_audio_buffer.stopped", "session.updated", "response.created"]);
  const seen = [];
  room.lesson.addEventListener("traffic", (event) => {
    const { direction, event: message } = /** @type {CustomEvent} */ (event).detail;
    if (direction === "up" || steps.has(message.type)) {
      seen.push(`${message.type}, ${room.devices.track.enabled ? "open" : "closed"}`);
    }
  });

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "speaking" && room.lesson.view.stage?.visit === 2);

  assert.deepEqual(seen, [
    "response.created, open",
    "output_audio_buffer.stopped, open",
    "session.update, closed",
    "session.updated, closed",
    "conversation.item.create, closed",
    "response.create, closed",
    "response.created, closed",
  ]);
  assert.equal(room.devices.track.enabled, true);
});

test("two calls of one response get all their outputs before one request", async () => {
  const room = await inLesson([{ calls: [COMPLETE, { name: "note", arguments: "{}" }] }]);

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2);

  const types = room.model.sent.slice(1).map((event) => event.item?.output ?? event.type);
  assert.deepEqual(types, ["session.update", "{\"status\":\"ok\"}", "{\"status\":\"accepted\",\"stage\":\"Ordering\"}", "response.create"]);
});

test("a refused stage_complete is told to the model, and nothing else changes", async () => {
  const room = await inLesson([{ calls: [COMPLETE] }, { text: "Tell me more." }]);
  room.server.refuses = true;

  room.model.hear("Good morning.");
  await room.clock.until(() => said(room).at(-1)[2] === "Tell me more.");

  assert.deepEqual(room.model.sent.slice(1).map((event) => event.type), ["conversation.item.create", "response.create"]);
  assert.equal(room.lesson.view.stage?.visit, 1);
});

test("a slow server is shown as saving, and the call is reported until it is answered, once", async () => {
  const room = await inLesson([{ calls: [COMPLETE] }]);
  room.network.trouble(URLS.tool_calls, "unanswered", 503);

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "saving");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2);

  assert.equal(room.network.to(URLS.tool_calls).length, 3);
  assert.equal(room.server.visit, 2);
});

for (const [fate, code] of [["refuse", "update_refused"], ["ignore", "update_unconfirmed"], ["differ", "update_differs"]]) {
  test(`an update that meets “${fate}” is a fault, and a new call begins in the new stage`, async () => {
    const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Here we are." }]);
    room.model.updates = /** @type {any} */ (fate);

    room.model.hear("Good morning.");
    await room.clock.until(() => said(room).at(-1)[2] === "Here we are." && room.lesson.view.status === "listening");

    assert.equal(room.model.calls.length, 2);
    assert.equal(room.lesson.view.stage?.visit, 2);
    assert.deepEqual(room.server.faults.map((fault) => fault.code).filter((one) => one.startsWith("update")), [code, code]);
    assert.deepEqual(room.model.sent.slice(-2).map((event) => event.type), ["conversation.item.create", "response.create"]);
    assert.equal(room.devices.track.enabled, true);
  });
}

test("a lost call is made again, and only what belongs to the new call is sent", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);

  room.model.calls[0].drop("data_channel_closed");
  await room.clock.until(() => room.lesson.view.status === "reconnecting");
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");

  assert.deepEqual(room.model.sent.map((event) => event.type), ["response.create", "conversation.item.create", "response.create"]);
  assert.deepEqual(room.server.faults.map((fault) => [fault.code, fault.connection]), [["data_channel_closed", "conn-1"]]);
  assert.equal([...room.server.utterances.values()].at(-1).connection, "conn-2");
});

test("a call lost in the middle of a stage change goes on in the new stage", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Here we are." }]);
  room.network.trouble(URLS.tool_calls, "unanswered");
  room.model.hear("Good morning.");
  await room.clock.until(() => room.server.visit === 2);

  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => said(room).at(-1)[2] === "Here we are.");

  assert.equal(room.lesson.view.stage?.visit, 2);
  assert.deepEqual(room.model.sent.filter((event) => event.type === "session.update"), []);
});

test("a model that was never told of its new stage gets there by a new call", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { calls: [COMPLETE] }, { text: "Here we are." }]);
  room.network.trouble(URLS.tool_calls, ...Array(8).fill("unanswered"));
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.notice !== "" && room.lesson.view.status === "listening");

  room.model.hear("Good morning again.");
  await room.clock.until(() => said(room).at(-1)[2] === "Here we are." && room.lesson.view.status === "listening");

  assert.deepEqual([room.server.visit, room.lesson.view.stage?.visit, room.model.calls.length], [2, 2, 2]);
  assert.equal(room.server.faults.some((fault) => fault.code === "stage_missed"), true);
  assert.equal([...room.server.utterances.values()].find((entry) => entry.text === "Good morning again.").visit, 1);
});

test("when no call can be made the learner is told, and may try again", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.model.dials = Array(5).fill("timeout");
  await room.clock.advance(10_000);

  room.model.calls[0].drop("connection_failed");
  await room.clock.until(() => room.lesson.view.status === "failed");
  const { notice, begun } = room.lesson.view;
  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");

  assert.equal(room.model.calls.length, 7);
  assert.deepEqual([notice.startsWith("No voice connection could be made."), begun], [true, true]);
});

test("a refusal that will not pass is not tried again", async () => {
  const room = makeRoom();
  await room.lesson.load();
  room.network.trouble(URLS.connections, 429);

  room.lesson.start();
  await room.clock.until(() => room.lesson.view.status === "failed");

  assert.equal(room.network.to(URLS.connections).length, 1);
  assert.equal(room.lesson.view.notice, "There is a lot going on just now. Wait a minute, then try again.");
});

test("a typed sentence starts the call, without a microphone too, and is answered once", async () => {
  const room = makeRoom();
  room.devices.trouble = "NotAllowedError";
  room.model.replies = [{ text: "Hello!" }];
  await room.lesson.load();

  room.lesson.say("Good morning.");
  await room.clock.until(() => said(room).some(([, , text]) => text === "Hello!") && room.lesson.view.status === "listening");

  assert.equal(room.model.calls[0].microphone, null);
  assert.equal(room.lesson.view.microphone, "refused");
  assert.deepEqual(sent(room).map((event) => event.type), ["conversation.item.create", "response.create"]);
  assert.deepEqual(said(room), [["learner", "complete", "Good morning."], ["tutor", "complete", "Hello!"]]);
  assert.deepEqual([...room.server.utterances.values()].map((entry) => [entry.text, entry.previous_item_id === null]), [["Good morning.", true], ["Hello!", false]]);
});

test("a sentence typed while the tutor speaks silences it first, and is answered afterwards", async () => {
  const room = await inLesson([{ text: "A long story." }, { text: "Yes?" }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  room.lesson.say("Stop!");
  await room.clock.until(() => room.lesson.view.status === "listening");

  assert.deepEqual(room.model.sent.slice(1).map((event) => event.type), ["response.cancel", "output_audio_buffer.clear", "conversation.item.create", "response.create"]);
  assert.deepEqual(said(room).slice(-2), [["learner", "complete", "Stop!"], ["tutor", "complete", "Yes?"]]);
});

test("a typed sentence that was not confirmed goes with the next call", async () => {
  const room = await inLesson([{ text: "I see." }]);

  room.lesson.say("Are you there?");
  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => said(room).at(-1)[2] === "I see." && room.lesson.view.status === "listening");

  const typed = room.model.sent.filter((event) => event.item?.role === "user");
  assert.deepEqual(typed.map((event) => event.item.id), [typed[0].item.id, typed[0].item.id]);
  assert.deepEqual(said(room), [["tutor", "complete", "Hello!"], ["learner", "complete", "Are you there?"], ["tutor", "complete", "I see."]]);
});

test("a request that collides with the model's own answer is repeated after it", async () => {
  const room = await inLesson([{ text: "I heard you." }, { text: "And I read you." }]);

  room.lesson.say("By the way …");
  room.model.hear("Hello?");
  await room.clock.until(() => said(room).at(-1)[2] === "And I read you.");

  assert.deepEqual(room.model.sent.slice(-2).map((event) => event.type), ["response.create", "response.create"]);
  assert.equal(room.server.faults.length, 0);
});

test("muting closes the microphone and opening a stage does not undo it", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }]);

  room.lesson.mute(true);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2 && room.lesson.view.status === "speaking");
  const during = room.devices.track.enabled;
  room.lesson.mute(false);

  assert.deepEqual([during, room.devices.track.enabled], [false, true]);
});

test("errors of the provider are journaled, not fatal, and unknown events pass by", async () => {
  const room = await inLesson();

  room.model.emit({ type: "error", error: { type: "invalid_request_error", code: "invalid_value", message: "No.", param: "x" } });
  room.model.emit({ type: "something.new" });
  await room.clock.until(() => room.server.faults.length === 1);

  assert.deepEqual([room.lesson.view.status, room.server.faults[0].code], ["listening", "invalid_value"]);
});

test("ending the lesson silences the tutor, waits for the learner's words, hangs up and asks the server", async () => {
  const room = await inLesson([{ text: "A long story." }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  room.lesson.end();
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.equal(room.lesson.view.outcome, "left");
  assert.equal(room.model.calls[0].stopped, true);
  assert.equal(room.devices.track.readyState, "ended");
  assert.deepEqual([...room.server.utterances.values()].map((entry) => entry.status), ["complete", "complete", "interrupted"]);
});

test("words that do not come hold up the end of a lesson for four seconds", async () => {
  const room = await inLesson();
  const began = room.clock.now();
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "item_9" });
  room.model.emit({ type: "input_audio_buffer.speech_stopped", item_id: "item_9" });
  room.model.emit({ type: "input_audio_buffer.committed", item_id: "item_9", previous_item_id: null });

  room.lesson.end();
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.ok(room.clock.now() - began >= 4_000);
  assert.deepEqual([...room.server.utterances.values()].at(-1), { ...[...room.server.utterances.values()].at(-1), id: "item_9", status: "untranscribed" });
});

test("who presses twice does not wait for their words", async () => {
  const room = await inLesson();
  const began = room.clock.now();
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "item_9" });

  room.lesson.end();
  room.lesson.end();
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.ok(room.clock.now() - began < 1_000);
});

test("a lesson that could not be ended can be gone on with", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.network.trouble(URLS.end, "lost");

  room.lesson.end();
  await room.clock.until(() => room.lesson.view.notice !== "");
  const { status } = room.lesson.view;
  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");

  assert.equal(status, "ready");
});

test("a goodbye whose call is lost ends the lesson all the same", async () => {
  const room = await inLesson([{ calls: [COMPLETE] }, { calls: [COMPLETE] }, { text: "Goodbye!" }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => said(room).at(-1)[2] === "Goodbye!");

  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.equal(room.model.calls.length, 1);
  assert.equal(room.server.ended, true);
});

test("our own stage change and our own end are no news", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.server.visit === 2);
  const requests = room.network.to(URLS.state).length;

  await room.lesson.hear({ type: "stage.changed", visit: 2 });
  await room.clock.until(() => room.lesson.view.stage?.visit === 2);
  await room.lesson.hear({ type: "stage.changed", visit: 2 });

  assert.equal(room.network.to(URLS.state).length, requests);
  assert.equal(room.model.calls[0].stopped, false);
});

test("an attempt that went on elsewhere stops here and says so", async () => {
  const room = await inLesson();
  room.server.visit = 2;

  await room.lesson.hear({ type: "stage.changed", visit: 2 });

  const { status, stage, notice } = room.lesson.view;
  assert.deepEqual([status, stage?.visit, notice, room.model.calls[0].stopped], ["elsewhere", 2, "", true]);
});

/** Make a call as another window would: the server tells everybody and hangs up the others. */
async function callElsewhere(room, { tell = true } = {}) {
  room.server.connection = "conn-elsewhere";
  if (tell) {
    await room.lesson.hear({ type: "connection.replaced", connection: "conn-elsewhere" });
  }
  room.model.calls.at(-1).drop("data_channel_closed");
}

for (const tell of [true, false]) {
  test(`a window whose call was replaced gives way at once and for good, ${tell ? "told by the server" : "told by nobody"}`, async () => {
    const room = await inLesson();

    await callElsewhere(room, { tell });
    await room.clock.advance(120_000);

    const { status, notice } = room.lesson.view;
    assert.deepEqual([status, notice, room.model.calls.length, room.devices.track.readyState], ["elsewhere", "", 1, "ended"]);
  });
}

test("a window whose call is replaced before it opens does not wait for it", async () => {
  const room = makeRoom();
  room.model.dials.push("timeout");
  room.lesson.start();
  await room.clock.until(() => room.line.connection !== null);
  room.server.connection = "conn-elsewhere";

  await room.lesson.hear({ type: "connection.replaced", connection: "conn-elsewhere" });
  const at = room.lesson.view.status;
  await room.clock.advance(120_000);

  assert.deepEqual([at, room.lesson.view.status, room.model.calls.length], ["elsewhere", "elsewhere", 1]);
});

test("a window that gave way takes the call back once, with what was said meanwhile in its place", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  await callElsewhere(room);
  room.server.utterances.set("item_x", { id: "item_x", speaker: "learner", status: "complete", text: "Tea, please.", visit: 1 });

  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");
  await room.clock.advance(60_000);

  assert.deepEqual(said(room).map(([, , text]) => text), ["Hello!", "Tea, please.", "Welcome back."]);
  assert.deepEqual([room.lesson.view.status, room.model.calls.length, room.server.connection], ["listening", 2, "conn-2"]);
});

test("a window whose learner talks in another lesson now says which, and takes the call back when asked to", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.server.elsewhere = "An oral exam";
  await callElsewhere(room);
  const { status, talksIn } = room.lesson.view;

  room.server.elsewhere = null;
  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");

  assert.deepEqual([status, talksIn], ["elsewhere", "An oral exam"]);
  assert.deepEqual([room.lesson.view.talksIn, room.server.connection], ["", "conn-2"]);
});

test("news of our own call, and of an earlier one, replace nothing", async () => {
  const room = await inLesson();

  await room.lesson.hear({ type: "connection.replaced", connection: "conn-1" });
  await room.lesson.hear({ type: "connection.replaced", connection: "conn-0" });

  assert.deepEqual([room.lesson.view.status, room.model.calls[0].stopped, room.network.to(URLS.state).length], ["listening", false, 3]);
});

test("a call whose answer was lost on its way is not taken for another window's", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.network.trouble(URLS.connections, "unanswered");

  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");

  assert.deepEqual([room.lesson.view.status, room.server.connection], ["speaking", "conn-3"]);
});

test("a call that falters is shown as lost until it recovers, and is not hung up for it", async () => {
  const room = await inLesson();
  const shown = [];
  const [call] = room.model.calls;
  const steps = [
    () => room.lesson.noteServer(true), () => call.falter(false), () => call.falter(true), () => call.falter(false), () => room.lesson.noteServer(false),
  ];

  for (const step of steps) {
    step();
    shown.push(room.lesson.view.status);
  }

  assert.deepEqual(shown, ["listening", "reconnecting", "listening", "reconnecting", "listening"]);
  assert.equal(call.stopped, false);
});

test("a lost call is waited for while nobody answers, for three quarters of a minute, and then the learner decides", async () => {
  const room = await inLesson();
  room.network.trouble(URLS.state, ...Array(100).fill("lost"));
  const began = room.clock.now();

  room.model.calls[0].drop("connection_lost");
  await room.clock.until(() => room.lesson.view.status === "failed");
  const seconds = (room.clock.now() - began) / 1000;
  const tries = room.network.to(URLS.state).length;
  await room.clock.advance(120_000);

  assert.ok(seconds >= 45 && seconds < 52, String(seconds));
  assert.equal(room.network.to(URLS.state).length, tries);
});

for (const [name, back] of /** @type {Array<[string, (room: any) => void]>} */ ([
  ["the network", (room) => room.line.hurry()],
  ["our server", (room) => room.lesson.noteServer(false)],
])) {
  test(`a lost call is made again at once when ${name} is back`, async () => {
    const room = await inLesson([{ text: "Welcome back." }]);
    room.network.trouble(URLS.state, ...Array(6).fill("lost"));
    room.model.calls[0].drop("connection_lost");
    await room.clock.until(() => room.network.to(URLS.state).length === 8);

    back(room);
    await room.clock.until(() => room.model.calls.length === 2, 50);

    await room.clock.until(() => room.lesson.view.status === "listening");
  });
}

test("a learner who asks for a call with nobody there waits ten seconds, not a minute", async () => {
  const room = makeRoom();
  await room.lesson.load();
  room.network.trouble(URLS.state, ...Array(100).fill("lost"));
  const began = room.clock.now();

  room.lesson.start();
  await room.clock.until(() => room.lesson.view.status === "failed");

  assert.ok(room.clock.now() - began < 12_000);
});

test("when our server goes away while the tutor speaks, it is looked whether sound still comes", async () => {
  const room = await inLesson([{ text: "A long story." }]);
  const probed = [];
  room.lesson.noteServer(true);
  probed.push(room.model.calls[0].probed);
  room.lesson.noteServer(false);

  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  room.lesson.noteServer(true);
  probed.push(room.model.calls[0].probed);

  assert.deepEqual(probed, [false, true]);
});

/** A lesson in which the tutor speaks without being heard, and our server is away. */
async function inDoubt() {
  const room = await inLesson([{ text: "A long story that takes its time." }, { text: "Once more." }]);
  room.model.calls[0].isHeard = false;
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  const doubt = room.lesson.noteServer(true);
  return { room, doubt };
}

test("a call in which no sound comes while our server is away falters until something is heard", async () => {
  const { room, doubt } = await inDoubt();
  await room.clock.advance(1_000);
  await doubt;
  const before = room.lesson.view.status;

  room.model.hear("Are you there?");
  await room.clock.until(() => room.lesson.view.status !== "reconnecting");

  assert.deepEqual([before, room.model.calls.length], ["reconnecting", 1]);
});

test("a call is not in doubt any more when our server is back before the sound was looked for", async () => {
  const { room, doubt } = await inDoubt();

  room.lesson.noteServer(false);
  await room.clock.advance(1_000);
  await doubt;
  await room.clock.until(() => room.lesson.view.status === "listening");

  assert.equal(room.model.calls.length, 1);
});

for (const when of ["before", "while"]) {
  test(`a sentence typed ${when} the call is made goes before the only request, in a lesson gone on with, too`, async () => {
    const room = makeRoom();
    room.model.replies = [{ text: "Tea it is." }];
    room.server.utterances.set("old", { id: "old", speaker: "tutor", status: "complete", text: "What would you like?", visit: 1 });
    await room.lesson.load();
    if (when === "while") {
      room.lesson.start();
    }

    room.lesson.say("Tea, please.");
    await room.clock.until(() => room.lesson.view.status === "listening");

    assert.deepEqual(room.model.sent.map((event) => event.item?.role ?? event.type), ["system", "user", "response.create"]);
    assert.deepEqual(said(room).map(([, , text]) => text), ["What would you like?", "Tea, please.", "Tea it is."]);
  });
}

test("calls that break at once are not made again for ever", async () => {
  const room = await inLesson();
  const began = room.clock.now();
  for (let calls = 1; room.lesson.view.status !== "failed"; calls = room.model.calls.length) {
    room.model.calls.at(-1).drop("data_channel_closed");
    await room.clock.until(() => room.model.calls.length > calls || room.lesson.view.status === "failed");
  }
  await room.clock.advance(120_000);
  const { length } = room.model.calls;
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.status === "listening");

  assert.deepEqual([length, room.model.calls.length, room.clock.now() - began > 8_000], [5, 6, true]);
});

test("a call that has lasted is made again at once, however many there were before", async () => {
  const room = await inLesson();
  for (let calls = 1; calls < 10; calls += 1) {
    await room.clock.advance(10_000);
    room.model.calls.at(-1).drop("connection_lost");
    await room.clock.until(() => room.model.calls.length > calls, 50);
    await room.clock.until(() => room.lesson.view.status === "listening");
  }

  assert.equal(room.model.calls.length, 10);
});

test("an attempt that was ended elsewhere ends here", async () => {
  const room = await inLesson();
  room.server.ended = true;

  await room.lesson.hear({ type: "ended" });

  assert.deepEqual([room.lesson.view.status, room.model.calls[0].stopped], ["ended", true]);
});

test("an end from outside lets a sentence be written down, and hears nothing more", async () => {
  const room = await inLesson();
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "item_9" });
  Object.assign(room.server, { ended: true, outcome: "time_up" });

  room.lesson.hear({ type: "ended" });
  await room.clock.advance(500);
  const { enabled } = room.devices.track;
  room.model.finish("item_9", "I must go now.");
  await room.clock.until(() => room.lesson.view.status === "ended");

  const { id, status, text } = [...room.server.utterances.values()].find((entry) => entry.id === "item_9");
  assert.deepEqual([enabled, id, status, text, room.lesson.view.outcome], [false, "item_9", "complete", "I must go now.", "time_up"]);
});

test("an end from outside lets the tutor end its sentence", async () => {
  const room = await inLesson([{ text: "A long story." }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  room.server.ended = true;

  room.lesson.hear({ type: "ended" });
  await room.clock.until(() => room.lesson.view.status === "ended");

  assert.deepEqual([...room.server.utterances.values()].map((entry) => entry.status), ["complete", "complete", "complete"]);
});

test("an ended attempt is shown as ended, and cannot be started", async () => {
  const room = makeRoom();
  room.server.ended = true;
  await room.lesson.load();

  await room.lesson.start();

  assert.equal(room.lesson.view.status, "ended");
  assert.equal(room.model.calls.length, 0);
});

test("words that do not come are overdue after ten seconds, and may still come", async () => {
  const room = await inLesson();
  const overdue = () => room.lesson.view.captions.find((caption) => caption.id === "late")?.overdue;
  room.model.emit({ type: "input_audio_buffer.committed", item_id: "late", previous_item_id: null });

  await room.clock.advance(8_000);
  const before = overdue();
  await room.clock.advance(8_000);
  const after = overdue();
  room.model.emit({ type: "conversation.item.input_audio_transcription.completed", item_id: "late", content_index: 0, transcript: "Sorry!" });

  assert.deepEqual([before, after], [false, true]);
  assert.ok(said(room).some(([, status, text]) => status === "complete" && text === "Sorry!"));
});

test("before its hour is over a call is made anew, in a quiet moment", async () => {
  const room = await inLesson([{ text: "Where were we?" }]);
  room.model.emit({ type: "session.created", session: { expires_at: (room.clock.now() + 3_600_000) / 1000 } });

  await room.clock.advance(54 * 60_000);
  const before = room.model.calls.length;
  await room.clock.advance(3 * 60_000);

  assert.deepEqual([before, room.model.calls.length], [1, 2]);
  assert.equal(room.server.faults.length, 0);
});

test("a call that is to be short is made anew once, half-way", async () => {
  const room = await inLesson([{ text: "Where were we?" }]);
  room.model.emit({ type: "session.created", session: { expires_at: (room.clock.now() + 60_000) / 1000 } });

  await room.clock.advance(28_000);
  const before = room.model.calls.length;
  await room.clock.advance(20_000);

  assert.deepEqual([before, room.model.calls.length], [1, 2]);
});

test("a page whose state cannot be fetched says so, and can be started all the same", async () => {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }];
  room.network.trouble(URLS.state, "lost");
  await room.lesson.load();
  const { notice, status } = room.lesson.view;

  room.lesson.start();
  await room.clock.until(() => said(room).length > 0);

  assert.deepEqual([notice.startsWith("The server cannot be reached."), status, room.lesson.view.notice], [true, "ready", ""]);
});

test("a call the server does not want is a fault, is told, and leaves the conversation alone", async () => {
  const room = await inLesson([{ calls: [COMPLETE] }, { text: "Go on." }]);
  room.network.trouble(URLS.tool_calls, 400);

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.notice !== "");
  room.model.hear("Hello?");
  await room.clock.until(() => said(room).at(-1)[2] === "Go on.");

  assert.deepEqual(room.server.faults.map((fault) => fault.code), ["400"]);
  assert.equal(room.lesson.view.stage?.visit, 1);
});

test("an update too large for the channel is a fault, and a new call begins in the new stage", async () => {
  const room = await inLesson([{ calls: [COMPLETE] }, { text: "Here we are." }]);
  room.model.tooLarge = "session.update";

  room.model.hear("Good morning.");
  await room.clock.until(() => said(room).at(-1)[2] === "Here we are.");

  assert.equal(room.lesson.view.stage?.visit, 2);
  assert.deepEqual(new Set(room.server.faults.map((fault) => fault.code)), new Set(["message_too_large"]));
});

test("a stage does not change in the middle of the learner's sentence", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "more" });

  await room.clock.advance(3_000);
  const during = room.model.sent.length;
  room.model.emit({ type: "input_audio_buffer.speech_stopped", item_id: "more" });
  await room.clock.until(() => room.lesson.view.stage?.visit === 2);

  assert.equal(during, 1);
  assert.equal(room.model.sent[1].type, "session.update");
});

test("a sentence typed while the stage changes is sent in the new stage", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }, { text: "Tea it is." }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "moving");

  room.lesson.say("Tea, please.");
  await room.clock.until(() => said(room).at(-1)[2] === "Tea it is." && room.lesson.view.status === "listening");

  assert.deepEqual(room.model.sent.slice(1).map((event) => event.item?.role ?? event.type), ["session.update", "conversation.item.create", "response.create", "user", "response.create"]);
  assert.deepEqual([...room.server.utterances.values()].map((entry) => [entry.text, entry.visit]).at(-1), ["Tea it is.", 2]);
});

test("what was typed while the stage changes is kept when staff end the lesson before it could be sent", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }]);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "moving");
  room.lesson.say("Tea, please.");
  room.lesson.say("And cake.");
  Object.assign(room.server, { ended: true, outcome: "left" });

  await room.lesson.hear({ type: "ended" });
  await room.clock.advance(60_000);

  const kept = [...room.server.utterances.values()].map((entry) => [entry.speaker, entry.status, entry.text]);
  assert.deepEqual(kept.slice(-2), [["learner", "complete", "Tea, please."], ["learner", "complete", "And cake."]]);
  assert.deepEqual(room.lesson.view.captions.filter((caption) => caption.waiting), []);
  assert.deepEqual([room.lesson.view.status, room.lesson.view.saved.kind], ["ended", "saved"]);
});

test("a lesson can be ended while it is connecting", async () => {
  const room = makeRoom();
  await room.lesson.load();
  room.lesson.start();

  room.lesson.end();
  await room.clock.until(() => room.lesson.view.status === "ended");
  await room.clock.advance(60_000);

  assert.equal(room.model.calls.length, 0);
});

test("a stage that cannot be saved because our server is away is no saving", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }]);
  room.network.trouble(URLS.tool_calls, "lost", "lost", "lost", "lost");
  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.status === "saving");

  room.lesson.noteServer(true);
  assert.equal(room.lesson.view.status, "reconnecting");
  room.lesson.noteServer(false);
  await room.clock.until(() => room.lesson.view.stage?.visit === 2);
});

test("who ends the lesson and leaves at once has ended it", async () => {
  const room = await inLesson();
  room.model.hearOn("noise", "I have to go.");

  room.lesson.end();
  assert.equal(room.lesson.view.status, "ending");
  assert.deepEqual(room.network.to(URLS.end), []);
  room.lesson.leave();
  await room.clock.advance(0);

  assert.equal(room.network.to(URLS.end)[0].keepalive, true);
  assert.equal(room.server.ended, true);
});

test("a page that goes away hangs up and sends what is left", async () => {
  const room = await inLesson([{ text: "A long story." }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");

  room.lesson.leave();
  await room.clock.advance(0);

  const farewell = room.network.to(URLS.journal).filter((request) => request.keepalive);
  assert.deepEqual(farewell.flatMap((request) => request.body.entries.filter((entry) => entry.kind === "utterance").map((entry) => entry.status)), ["untranscribed", "interrupted"]);
  assert.equal(room.model.calls[0].stopped, true);
});

test("what a stage still asks for follows what the learner says, and begins anew in the next stage", async () => {
  const room = await inLesson([{ text: "Good." }, { text: "Next.", calls: [COMPLETE] }]);
  const before = room.lesson.view.missing;

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.missing.turns === 0);
  room.model.hear("I am done.");
  await room.clock.until(() => room.lesson.view.stage?.title === "Ordering");

  assert.deepEqual([before, room.lesson.view.missing], [{ turns: 1, quotes: 0 }, { turns: 1, quotes: 1 }]);
});

test("time goes on from what the server knows while the call is open, and stands still afterwards", async () => {
  const room = makeRoom();
  room.server.spent = 60;
  await room.lesson.load();
  const before = room.lesson.view.time;
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.time.spent > 62_000);

  await room.lesson.end();

  const { spent } = room.lesson.view.time;
  await room.clock.advance(60_000);
  assert.deepEqual(before, { minutes: 10, limit: 60, spent: 60_000, left: null });
  assert.equal(room.lesson.view.time.spent, spent);
});

test("a microphone chosen during a call is heard in the same call", async () => {
  const room = await inLesson();

  await room.microphone.choose("headset");

  assert.equal(room.model.calls.length, 1);
  assert.equal(room.model.calls[0].microphone, room.microphone.stream);
});

test("a microphone that is unplugged during a call is told, and the call goes on", async () => {
  const room = await inLesson();

  room.devices.track.vanish();
  await room.clock.until(() => room.lesson.view.microphone !== "on");

  assert.deepEqual([room.lesson.view.microphone, room.lesson.view.status === "failed", room.model.calls[0].microphone], ["unplugged", false, null]);
});

test("words an earlier page left unsent come before all that is said in this one", async () => {
  const room = makeRoom();
  room.server.utterances.set("old_1", { id: "old_1", speaker: "tutor", status: "complete", text: "Hello!", visit: 1 });
  room.network.trouble(URLS.journal, "lost", "lost");
  room.journal.add([{ id: "old_2", kind: "utterance", previous_item_id: "old_1", speaker: "learner", status: "complete", text: "Good morning.", visit: 1, connection: null }]);
  room.model.replies = [{ text: "Welcome back." }];

  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back." && room.journal.saved.kind === "saved");

  assert.deepEqual(said(room).map(([, , text]) => text), ["Hello!", "Good morning.", "Welcome back."]);
  assert.equal([...room.server.utterances.values()].at(-1).previous_item_id, "old_2");
});

test("what an earlier page left finds its place as soon as the server can be asked", async () => {
  const room = makeRoom();
  const old = (id, previous, text) => ({ id, kind: "utterance", previous_item_id: previous, speaker: "learner", status: "complete", text, visit: 1, connection: null });
  room.server.utterances.set("old_1", { ...old("old_1", null, ""), status: "partial" });
  room.server.utterances.set("old_2", old("old_2", "old_1", "Two."));
  room.network.trouble(URLS.state, "lost");
  room.network.trouble(URLS.journal, "lost", "lost");
  // The words of the first came last.
  room.journal.add([old("old_3", "old_2", "Three."), old("old_1", null, "One.")]);
  room.model.replies = [{ text: "Welcome back." }];

  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)?.[2] === "Welcome back.");

  assert.deepEqual(said(room).map(([, , text]) => text), ["One.", "Two.", "Three.", "Welcome back."]);
});

test("a lesson that is being ended takes no new call, and one that could not be ended does", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.network.trouble(URLS.end, "lost");

  const ending = room.lesson.end();
  await room.lesson.start();
  const calls = room.model.calls.length;
  await room.clock.advance(0);
  await ending;
  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Welcome back.");

  assert.deepEqual([calls, room.model.calls.length], [1, 2]);
});

test("a call made just after the lesson had moved on is in the stage that the model was told of", async () => {
  const room = makeRoom();
  room.model.replies = [{ text: "Now order something." }];
  room.server.movesOn = true;
  await room.lesson.load();

  room.lesson.start();
  await room.clock.until(() => said(room).length === 1 && room.lesson.view.status === "listening");
  await room.journal.flush(1_000);

  assert.deepEqual([room.lesson.view.stage?.title, room.model.calls.length], ["Ordering", 1]);
  assert.deepEqual([...room.server.utterances.values()].map((entry) => entry.visit), [2]);
});

test("a call whose stage cannot be learned is given up for another one", async () => {
  const room = makeRoom();
  room.model.replies = [{ text: "Now order something." }];
  await room.lesson.load();
  room.server.movesOn = true;

  const { connect } = room.api;
  room.api.connect = async (sdp) => {
    room.api.connect = connect;
    const answer = await room.api.connect(sdp);
    room.network.trouble(URLS.state, "lost");
    return answer;
  };
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.status === "listening" && said(room).length === 1);

  assert.equal(room.lesson.view.stage?.title, "Ordering");
  assert.deepEqual(room.model.calls.map((call) => call.stopped), [true, false]);
});

test("a lesson that ended without the room being told is over there too, as soon as the tutor calls a function", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }]);
  Object.assign(room.server, { ended: true, outcome: "completed", tells: false });

  room.model.hear("Good morning.");
  await room.clock.until(() => room.lesson.view.outcome === "completed");

  assert.deepEqual([room.lesson.view.status, room.lesson.view.notice, room.model.calls[0].stopped], ["ended", "", true]);
  assert.ok([...room.server.utterances.values()].some((entry) => entry.text === "Good morning."));
});

test("a call taken back while a report of an earlier one is under way begins in the stage the report leads to", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order something." }]);
  room.network.trouble(URLS.tool_calls, 503, 503, 503);
  room.model.hear("Good morning.");
  await room.clock.until(() => room.network.to(URLS.tool_calls).length > 0);
  room.server.connection = "another";
  await room.lesson.hear({ type: "connection.replaced", connection: "another" });
  const between = room.lesson.view.status;

  room.lesson.start();
  await room.clock.until(() => said(room).at(-1)[2] === "Now order something." && room.lesson.view.status === "listening");

  assert.deepEqual([between, room.lesson.view.stage?.visit, room.model.calls.length], ["elsewhere", 2, 2]);
  assert.deepEqual(room.model.sent.filter((event) => event.type === "session.update"), []);
});
