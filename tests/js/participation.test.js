// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoom } from "./fakes/room.js";

const COMPLETE = { name: "stage_complete", arguments: "{\"outcome\":\"understood\"}" };

/** A room in which the tutor has greeted the learner. */
async function inLesson(replies = [], choice = {}) {
  const room = makeRoom({ choice });
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await heard(room, "Hello!");
  return room;
}

async function heard(room, text) {
  await room.clock.until(() => said(room).some(([, status, words]) => status === "complete" && words === text));
  await room.clock.until(() => ["listening", "ended"].includes(room.lesson.view.status));
}

/** Captions as [speaker, status, text]. */
function said({ lesson }) {
  return lesson.view.captions.map(({ speaker, status, text }) => [speaker, status, text]);
}

/** What was sent, a word each; an update by what it changes. */
function sent({ model }, from = 0) {
  return model.sent.slice(from).map(({ type, session, item }) => {
    const { audio, instructions, output_modalities: modalities } = session ?? {};
    if (instructions) {
      return "stage";
    }
    const turns = audio?.input?.turn_detection;
    const ear = turns === null ? "manual" : turns?.create_response === false ? "patient" : "automatic";
    const isWay = modalities !== undefined || turns !== undefined;
    const change = [...(isWay ? [...(modalities ?? []), ear] : []), audio?.output?.speed].filter(Boolean);
    return session ? change.join(" ") : item?.role ?? type;
  });
}

/** Hold the talk button and say something. */
async function talk(room, text, ms = 1_000) {
  room.model.spoken = text;
  room.lesson.press();
  await room.clock.advance(ms);
  room.lesson.release();
  await room.clock.advance(300);
}

test("a call by voice at the tutor's own pace is told nothing", async () => {
  const room = await inLesson();

  assert.deepEqual(sent(room), ["response.create"]);
});

test("every call is told the way and the pace before anything else", async () => {
  const room = await inLesson([{ text: "Welcome back." }], { way: "silent", speed: "slow" });
  room.model.calls[0].drop("connection_lost");
  await heard(room, "Welcome back.");

  assert.deepEqual(sent(room), ["text automatic 0.7", "response.create", "text automatic 0.7", "system", "response.create"]);
  assert.deepEqual([room.lesson.view.notice, room.server.faults.map(({ code }) => code)], ["", ["connection_lost"]]);
});

test("a lesson by push-to-talk goes to its end, each sentence once and in its stage", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }, { text: "Perfect.", calls: [COMPLETE] }, { text: "Goodbye!" }], { way: "push_to_talk" });
  await talk(room, "Good morning.");
  await heard(room, "Now order.");
  await talk(room, "A coffee, please.");
  await room.clock.until(() => room.lesson.view.status === "ended");

  const turn = ["input_audio_buffer.clear", "input_audio_buffer.commit", "response.create"];
  assert.deepEqual(sent(room).filter((what) => what !== undefined), [
    "audio manual", "response.create", ...turn, "stage", "conversation.item.create", "response.create", ...turn, "conversation.item.create", "response.create",
  ]);
  assert.deepEqual([...room.server.utterances.values()].map(({ text, visit }) => [text, visit]), [
    ["Hello!", 1], ["Good morning.", 1], ["Good.", 1], ["Now order.", 2], ["A coffee, please.", 2], ["Perfect.", 2], ["Goodbye!", 2],
  ]);
});

test("the microphone is open while the button is held, and a little longer", async () => {
  const room = await inLesson([], { way: "push_to_talk" });
  const open = [];
  const note = () => { open.push([room.lesson.view.status, room.devices.track.enabled]); };
  note();
  room.lesson.press();
  note();
  await room.clock.advance(1_000);
  room.model.spoken = "Tea.";
  room.lesson.release();
  note();
  await room.clock.advance(251);
  note();

  assert.deepEqual(open, [["listening", false], ["hearing", true], ["hearing", true], ["thinking", false]]);
});

test("a press while the tutor speaks interrupts", async () => {
  const room = await inLesson([{ text: "A long story." }, { text: "Yes?" }], { way: "push_to_talk" });
  await talk(room, "Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  const before = room.model.sent.length;
  await talk(room, "Stop!");
  await heard(room, "Yes?");

  assert.deepEqual(sent(room, before), ["response.cancel", "output_audio_buffer.clear", "input_audio_buffer.clear", "input_audio_buffer.commit", "response.create"]);
  assert.deepEqual(said(room).slice(-4), [["learner", "complete", "Tell me."], ["tutor", "interrupted", "A long story."], ["learner", "complete", "Stop!"], ["tutor", "complete", "Yes?"]]);
});

test("a press too short sends nothing and clears what was heard", async () => {
  const room = await inLesson([], { way: "push_to_talk" });
  const before = room.model.sent.length;
  await talk(room, "Um", 100);

  assert.deepEqual(sent(room, before), ["input_audio_buffer.clear", "input_audio_buffer.clear"]);
  assert.deepEqual([room.lesson.view.isTooShort, room.lesson.view.status, room.devices.track.enabled], [true, "listening", false]);
});

test("a press is of no use without a call, without a microphone, and in other ways", async () => {
  const pressed = [];
  for (const prepare of [
    () => makeRoom({ choice: { way: "push_to_talk" } }),
    () => inLesson(),
    async () => {
      const room = makeRoom({ choice: { way: "push_to_talk" } });
      room.devices.trouble = "NotAllowedError";
      await room.lesson.load();
      room.lesson.start();
      await heard(room, "Yes?");
      return room;
    },
  ]) {
    const room = await prepare();
    room.lesson.press();
    pressed.push([room.lesson.view.canPress, room.lesson.view.press]);
  }

  assert.deepEqual(pressed, Array(3).fill([false, "idle"]));
});

test("a stage changes in silent reading without waiting for sound", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }], { way: "silent" });
  const began = room.clock.now();
  room.lesson.say("Good morning.");
  await room.clock.until(() => room.lesson.view.stage?.visit === 2);

  assert.ok(room.clock.now() - began < 1_500);
  await heard(room, "Now order.");
  assert.deepEqual([room.devices.asked, room.lesson.view.sounds], [[], false]);
});

test("ways change in the middle of a lesson, and a stage does not undo them", async () => {
  const room = await inLesson([{ text: "Good.", calls: [COMPLETE] }, { text: "Now order." }, { text: "Tea it is." }]);
  room.lesson.choose({ way: "typing" });
  await room.clock.advance(100);
  room.lesson.say("Good morning.");
  await heard(room, "Now order.");
  room.lesson.choose({ way: "push_to_talk" });
  await room.clock.advance(100);
  await talk(room, "Tea, please.");
  await heard(room, "Tea it is.");

  assert.deepEqual(sent(room), [
    "response.create", "audio automatic", "user", "response.create", "stage", "conversation.item.create", "response.create",
    "audio manual", "input_audio_buffer.clear", "input_audio_buffer.commit", "response.create",
  ]);
});

for (const way of ["typing", "silent"]) {
  test(`a lesson by ${way} asks for no microphone and offers none, from one call to the next`, async () => {
    const room = await inLesson([{ text: "Welcome back." }], { way });
    room.model.calls[0].drop("connection_lost");
    await heard(room, "Welcome back.");

    const { microphone, speaks, canPress } = room.lesson.view;
    assert.deepEqual([room.devices.asked, microphone, speaks, canPress], [[], "unwanted", false, false]);
  });

  test(`who goes on by ${way} in a call is silent, and the microphone is not offered`, async () => {
    const room = await inLesson();
    room.lesson.choose({ way });

    assert.deepEqual([room.devices.track.enabled, room.lesson.view.microphone], [false, "unwanted"]);
  });
}

for (const [way, microphone] of /** @type {const} */ ([["voice", "on"], ["push_to_talk", "muted"]])) {
  test(`from typing instead the learner gets back to ${way}, in the same call`, async () => {
    const room = await inLesson([{ text: "I hear you." }]);
    room.lesson.type();
    room.model.calls[0].drop("connection_lost");
    await heard(room, "I hear you.");
    const typing = [room.lesson.view.way, room.lesson.view.microphone];
    room.lesson.choose({ way });
    await room.clock.advance(100);

    assert.deepEqual(typing, ["typing", "unwanted"]);
    assert.deepEqual([room.lesson.view.way, room.lesson.view.microphone, room.lesson.view.canPress], [way, microphone, way === "push_to_talk"]);
    assert.equal(room.model.calls.at(-1).microphone, room.microphone.stream);
  });
}

test("typing instead before the lesson makes the call without a microphone, is remembered, and gets it for a way of speaking", async () => {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }];
  await room.lesson.load();
  room.lesson.type();
  await heard(room, "Hello!");

  const typing = [room.devices.asked.length, room.choices.now.way];
  room.lesson.choose({ way: "voice" });
  await room.clock.advance(100);

  assert.deepEqual(typing, [0, "typing"]);
  assert.equal(room.devices.asked.length, 1);
  assert.equal(room.model.calls[0].microphone, room.microphone.stream);
});

test("who reads in silence goes on reading when they type instead", async () => {
  const room = await inLesson([], { way: "silent" });
  room.lesson.type();

  assert.equal(room.choices.now.way, "silent");
});

test("with a refused microphone the way is typing, until the learner gets it by picking a way of speaking", async () => {
  const room = makeRoom({ choice: { way: "push_to_talk" } });
  room.devices.trouble = "NotAllowedError";
  room.model.replies = [{ text: "Hello!" }];
  await room.lesson.load();
  room.lesson.start();
  await heard(room, "Hello!");
  const refused = [room.lesson.view.way, room.lesson.view.speaks];
  room.devices.trouble = null;
  room.lesson.choose({ way: "push_to_talk" });
  await room.clock.advance(100);

  assert.deepEqual(refused, ["typing", true]);
  assert.deepEqual([room.lesson.view.way, room.lesson.view.canPress, room.devices.asked.length], ["push_to_talk", true, 2]);
});

test("picking a way of speaking before the lesson asks for nothing", async () => {
  const room = makeRoom({ choice: { way: "typing" } });
  await room.lesson.load();
  room.lesson.choose({ way: "voice" });
  await room.clock.advance(100);

  assert.deepEqual([room.devices.asked, room.lesson.view.microphone], [[], "on"]);
});

test("a way whose ear is another waits for the end of the sentence, which is answered", async () => {
  const room = await inLesson([{ text: "I see." }]);
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "half" });
  room.lesson.choose({ way: "push_to_talk" });
  await room.clock.advance(500);
  const during = [sent(room, 1), room.devices.track.enabled];
  room.model.finish("half", "I would like");
  await heard(room, "I see.");

  assert.deepEqual(during, [[], false]);
  assert.deepEqual(sent(room, 1), ["audio manual"]);
});

test("a press brings the new way at once, even while the tutor speaks", async () => {
  const room = await inLesson([{ text: "A long story." }, { text: "Yes?" }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  const before = room.model.sent.length;
  room.lesson.choose({ way: "push_to_talk" });
  await talk(room, "Stop!");
  await heard(room, "Yes?");

  assert.deepEqual(sent(room, before).sort(), ["audio manual", "input_audio_buffer.clear", "input_audio_buffer.commit", "output_audio_buffer.clear", "response.cancel", "response.create"].sort());
});

test("the pace changes between turns only", async () => {
  const room = await inLesson([{ text: "A long story." }]);
  room.model.hear("Tell me.");
  await room.clock.until(() => room.lesson.view.status === "speaking");
  room.lesson.choose({ speed: "slow" });
  await room.clock.advance(100);
  const during = sent(room, 1);
  await heard(room, "A long story.");
  await room.clock.advance(1_000);

  assert.deepEqual([during, sent(room, 1)], [[], ["0.7"]]);
});

test("with time to think nothing that is heard is answered, and all of it when the time is over", async () => {
  const room = await inLesson([{ text: "Well thought." }]);
  room.lesson.takeTime(true);
  await room.clock.advance(100);
  room.model.hear("Let me see.");
  await room.clock.advance(2_000);
  room.model.hear("It is tea.");
  await room.clock.advance(2_000);
  const during = [room.lesson.view.status, room.lesson.view.takingTime, said(room).length];
  room.lesson.takeTime(false);
  await heard(room, "Well thought.");

  assert.deepEqual(during, ["listening", true, 3]);
  assert.deepEqual(sent(room, 1), ["patient", "audio automatic", "response.create"]);
});

test("a sentence under way when the learner asks for time is not answered either", async () => {
  const room = await inLesson([{ text: "Too early." }, { text: "I see." }]);
  room.model.emit({ type: "input_audio_buffer.speech_started", item_id: "half" });
  room.lesson.takeTime(true);
  // The model ends the sentence before it is told.
  room.model.finish("half", "I would like");
  await room.clock.advance(3_000);
  const during = said(room).filter(([speaker, , text]) => speaker === "tutor" && text !== "Hello!").map(([, status]) => status);
  room.lesson.takeTime(false);
  await heard(room, "I see.");

  assert.deepEqual(during, ["interrupted"]);
});

test("time to think in which nothing was said ends in silence", async () => {
  const room = await inLesson();
  room.lesson.takeTime(true);
  await room.clock.advance(10_000);
  room.lesson.takeTime(false);
  await room.clock.advance(2_000);

  assert.deepEqual(sent(room, 1), ["patient", "audio automatic"]);
});

test("typing takes the time to think back, and everything gets one answer", async () => {
  const room = await inLesson([{ text: "Tea it is." }]);
  room.lesson.takeTime(true);
  await room.clock.advance(100);
  room.model.hear("Let me see.");
  await room.clock.advance(2_000);
  room.lesson.say("Tea, please.");
  await heard(room, "Tea it is.");

  assert.deepEqual(room.lesson.view.takingTime, false);
  assert.deepEqual(sent(room, 1).filter((what) => what === "response.create"), ["response.create"]);
});

test("an adjustment the model refuses is a fault, is told, and tried again with the next call", async () => {
  const room = await inLesson([{ text: "Welcome back." }]);
  room.model.updates = "refuse";
  room.lesson.choose({ way: "silent" });
  await room.clock.until(() => room.lesson.view.notice !== "");
  const { status } = room.lesson.view;
  room.model.updates = "confirm";
  room.model.calls[0].drop("connection_lost");
  await heard(room, "Welcome back.");

  assert.deepEqual([status, room.lesson.view.notice], ["listening", ""]);
  assert.ok(room.server.faults.some(({ code }) => code === "update_refused"));
  assert.deepEqual(sent(room, 1), ["text automatic", "text automatic", "system", "response.create"]);
});
