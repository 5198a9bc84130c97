// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { interleaved } from "../../static/tutor/js/ui/captions.js";

const captions = [{ id: "a" }, { id: "b" }];
const names = (entries) => entries.map((entry) => entry.id ?? entry.call_id);
const card = (callId, after) => ({ call_id: callId, after });

test("a card stands behind the sentence it follows", () => {
  assert.deepEqual(names(interleaved(captions, [card("1", "a")])), ["a", "1", "b"]);
});

test("cards behind the same sentence keep their order", () => {
  assert.deepEqual(names(interleaved(captions, [card("1", "b"), card("2", "a"), card("3", "b")])), ["a", "2", "b", "1", "3"]);
});

test("a card from before the first sentence comes first", () => {
  assert.deepEqual(names(interleaved(captions, [card("1", null)])), ["1", "a", "b"]);
});

test("a card whose sentence is gone comes last", () => {
  assert.deepEqual(names(interleaved(captions, [card("1", "x"), card("2", "a")])), ["a", "2", "b", "1"]);
});
