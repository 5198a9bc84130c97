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
