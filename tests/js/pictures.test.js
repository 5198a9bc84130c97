// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoom } from "./fakes/room.js";

const RENDER = (/** @type {number} */ side, /** @type {number} */ quality) => `data:image/jpeg;base64,${side}x${quality}`;
const IMAGE = "data:image/jpeg;base64,1024x0.7";

/** A room in which the tutor has greeted the learner and then replies as told. */
async function inLesson(replies) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.captions.some((caption) => caption.status === "complete"));
  return room;
}

const typedItems = (room) => room.model.sent.filter((event) => event.item?.role === "user").map((event) => event.item);
const shown = (room) => room.lesson.view.captions.map(({ text, picture, waiting }) => [text, picture, waiting]);

test("a picture goes to the tutor with words that stand for it, and is answered", async () => {
  const room = await inLesson([{ text: "A triangle!" }]);

  const isSent = room.lesson.showPicture(RENDER);
  await room.clock.until(() => room.lesson.view.captions.length === 3);

  assert.equal(isSent, true);
  assert.deepEqual(typedItems(room)[0].content, [
    { type: "input_text", text: "(a picture)" },
    { type: "input_image", image_url: IMAGE, detail: "auto" },
  ]);
  assert.deepEqual(shown(room), [["Hello!", "", false], ["", IMAGE, false], ["A triangle!", "", false]]);
});

test("words go with a picture, and are shown without what stands for it", async () => {
  const room = await inLesson([{ text: "A triangle!" }]);

  room.lesson.showPicture(RENDER, " Is this right? ");
  await room.clock.until(() => room.lesson.view.captions.length === 3);

  assert.equal(typedItems(room)[0].content[0].text, "Is this right? (a picture)");
  assert.deepEqual(shown(room)[1], ["Is this right?", IMAGE, false]);
});

test("a picture is kept once, with its sentence, and found again after a reload", async () => {
  const room = await inLesson([{ text: "A triangle!" }]);
  room.lesson.showPicture(RENDER);
  await room.clock.until(() => room.lesson.view.captions.length === 3 && room.lesson.view.saved.kind === "saved");

  const [{ id }] = typedItems(room);
  const again = makeRoom();
  Object.assign(again.server, { utterances: room.server.utterances, pictures: room.server.pictures });
  await again.lesson.load();

  assert.deepEqual([...room.server.pictures.values()], [{ id, kind: "picture", visit: 1, connection: "conn-1", image: IMAGE }]);
  assert.equal(room.server.utterances.get(id)?.text, "(a picture)");
  assert.deepEqual(shown(again)[1], ["", `/attempts/a/pictures/${id}/`, false]);
});

test("without a call a picture waits for one, and says so; only then is it kept", async () => {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }];
  await room.lesson.load();

  room.lesson.showPicture(RENDER);
  const before = [shown(room), room.server.pictures.size, typedItems(room).length];
  await room.clock.until(() => room.lesson.view.captions.length === 2 && room.lesson.view.saved.kind === "saved");

  assert.deepEqual(before, [[["", IMAGE, true]], 0, 0]);
  assert.equal(typedItems(room).length, 1);
  assert.equal(room.server.pictures.size, 1);
  assert.ok(room.lesson.view.captions.every((caption) => !caption.waiting));
});

test("a picture that fits no channel is not sent", async () => {
  const room = await inLesson([]);

  assert.equal(room.lesson.showPicture(() => "x".repeat(300_000)), false);
  assert.deepEqual([typedItems(room), room.server.pictures.size], [[], 0]);
});
