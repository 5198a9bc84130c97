// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { makeRoom } from "./fakes/room.js";

const SHOW = { name: "show", arguments: "{}" };

/** A room in which the tutor has greeted the learner and then replies as told. */
async function inLesson(replies) {
  const room = makeRoom();
  room.model.replies = [{ text: "Hello!" }, ...replies];
  await room.lesson.load();
  room.lesson.start();
  await room.clock.until(() => room.lesson.view.captions.some((caption) => caption.status === "complete"));
  return room;
}

test("a card that a call shows stands behind what was said last, and is there again after a reload", async () => {
  const room = await inLesson([{ text: "Look.", calls: [SHOW] }, { text: "Do you see it?" }]);

  room.model.hear("Show me.");
  await room.clock.until(() => room.lesson.view.captions.length === 4 && room.lesson.view.status === "listening");

  const { cards } = room.lesson.view;
  assert.deepEqual(cards.map(({ title, visit }) => [title, visit]), [["Tea", 1]]);
  assert.ok(room.server.utterances.has(cards[0].after ?? ""));
  const again = makeRoom();
  again.server.cards = room.server.cards;
  await again.lesson.load();
  assert.deepEqual(again.lesson.view.cards, cards);
});

test("a picture goes to the tutor with words that stand for it, and is answered", async () => {
  const room = await inLesson([{ text: "A triangle!" }]);

  const isSent = await room.lesson.showPicture((side, quality) => `data:image/jpeg;base64,${side}x${quality}`);
  await room.clock.until(() => room.lesson.view.captions.length === 3);

  const [item] = room.model.sent.filter((event) => event.item?.role === "user").map((event) => event.item);
  assert.equal(isSent, true);
  assert.deepEqual(item.content, [
    { type: "input_text", text: "(a picture)" },
    { type: "input_image", image_url: "data:image/jpeg;base64,1024x0.7", detail: "auto" },
  ]);
  assert.deepEqual(room.lesson.view.captions.map((caption) => caption.text), ["Hello!", "(a picture)", "A triangle!"]);
});

test("a picture that fits no channel is not sent", async () => {
  const room = await inLesson([]);

  assert.equal(await room.lesson.showPicture(() => "x".repeat(300_000)), false);
  assert.equal(room.model.sent.filter((event) => event.item?.role === "user").length, 0);
});
