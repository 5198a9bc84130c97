// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { TypedSentences } from "../../static/tutor/js/lesson/typed.js";

const texts = (events) => events.map((event) => event.item.content[0].text);
const echo = (id) => ({ type: "conversation.item.added", item: { id } });

test("a sentence is taken once in a call, in the order of typing", () => {
  const typed = new TypedSentences();
  typed.add("msg_1", "One");
  typed.add("msg_2", "Two");

  assert.deepEqual([texts(typed.take()), texts(typed.take())], [["One", "Two"], []]);
});

test("what a lost call did not confirm is taken again", () => {
  const typed = new TypedSentences();
  typed.add("msg_1", "One");
  typed.add("msg_2", "Two");
  typed.take();
  typed.confirm(echo("msg_1"));

  typed.giveBack();

  assert.deepEqual(texts(typed.take()), ["Two"]);
});
