// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { interleaved, shownOf, write } from "../../static/tutor/js/ui/captions.js";

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

test("words that grow are read to nobody, and once, added anew, when they are whole", () => {
  const bubble = { ariaHidden: /** @type {string|null} */ (null) };
  const read = [];
  const text = /** @type {any} */ ({
    words: "",
    get textContent() { return this.words; },
    set textContent(words) {
      this.words = words;
      if (bubble.ariaHidden !== "true" && words !== "") {
        read.push(words);
      }
    },
  });

  write(bubble, text, "", false);
  write(bubble, text, "Good", false);
  write(bubble, text, "Good morning.", false);
  write(bubble, text, "Good morning.", true);
  write(bubble, text, "Good morning.", true);

  assert.deepEqual([read, text.words, bubble.ariaHidden], [["Good morning."], "Good morning.", null]);
});

const caption = (changes) => ({ status: "complete", text: "I like toffee.", corrected: null, overdue: false, ...changes });

test("a caption shows what was heard", () => {
  assert.deepEqual(shownOf(caption({})), { words: "I like toffee.", status: "complete", heard: "" });
  assert.deepEqual(shownOf(caption({ text: "", status: "partial" })), { words: "", status: "partial", heard: "" });
});

test("a corrected caption shows what was meant, and keeps what was heard at hand", () => {
  const shown = shownOf(caption({ corrected: "I like coffee.", status: "interrupted" }));

  assert.deepEqual(shown, { words: "I like coffee.", status: "complete", heard: "Understood at first: “I like toffee.”" });
});

test("words that did not come are said to be missing until the learner writes them down", () => {
  const wordless = caption({ text: "", status: "untranscribed" });

  assert.deepEqual(shownOf(wordless), { words: "(spoken, but not written down)", status: "untranscribed", heard: "" });
  assert.deepEqual(shownOf(caption({ text: "", status: "partial", overdue: true })), { words: "(spoken, but not written down)", status: "untranscribed", heard: "" });
  assert.deepEqual(shownOf({ ...wordless, corrected: "Tea." }), { words: "Tea.", status: "complete", heard: "Nothing was understood at first." });
});
