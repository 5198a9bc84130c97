// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  captionsOf, EMPTY, entriesOf, reduce, sketchesOf, withCallEnded, withNewCall, withStored, withTyped, withUnsent,
} from "../../static/tutor/js/realtime/transcript.js";
import { firstOf, fixture } from "./fakes/fixtures.js";

const CONNECTION = "0b6f9c1e-0000-4000-8000-000000000001";

/** Every event in turn; the captions at the end and the journal on the way. */
function play(events, start = EMPTY, visit = 1) {
  let transcript = start;
  const journal = [];
  for (const event of events) {
    const next = reduce(transcript, event, visit);
    journal.push(...entriesOf(transcript, next, CONNECTION));
    transcript = next;
  }
  return { transcript, journal, said: spoken(transcript) };
}

/** Captions as [speaker, status, text]. */
function spoken(transcript) {
  return captionsOf(transcript).map(({ speaker, status, text }) => [speaker, status, text]);
}

/** Journal entries as [speaker, status, text]. */
function told(journal) {
  return journal.map(({ speaker, status, text }) => [speaker, status, text]);
}

test("a voice turn becomes three complete captions in order", () => {
  const { said } = play(fixture("voice_turn"));

  assert.deepEqual(said, [
    ["tutor", "complete", "Hello! What would you like to drink?"],
    ["learner", "complete", "I would like a coffee with milk, please."],
    ["tutor", "complete", "With pleasure. Anything to eat?"],
  ]);
});

test("the journal gets a placeholder first, the words when they are known, the end when it was heard", () => {
  const events = fixture("voice_turn");
  const tutor = firstOf(events, "conversation.item.added").item.id;
  const learner = firstOf(events, "input_audio_buffer.committed").item_id;

  const { journal } = play(events);

  const hello = "Hello! What would you like to drink?";
  const common = { kind: "utterance", visit: 1, connection: CONNECTION };
  assert.deepEqual(journal.slice(0, 5), [
    { id: tutor, previous_item_id: null, speaker: "tutor", status: "partial", text: "", ...common },
    { id: tutor, previous_item_id: null, speaker: "tutor", status: "partial", text: hello, ...common },
    { id: tutor, previous_item_id: null, speaker: "tutor", status: "complete", text: hello, ...common },
    { id: learner, previous_item_id: tutor, speaker: "learner", status: "partial", text: "", ...common },
    { id: learner, previous_item_id: tutor, speaker: "learner", status: "complete", text: "I would like a coffee with milk, please.", ...common },
  ]);
});

test("words that come late are filled in at the place of their item", () => {
  const events = fixture("late_transcript");
  const isWords = (event) => event.type.includes("input_audio_transcription");
  const before = play(events.filter((event) => !isWords(event)));

  const after = play(events);

  assert.deepEqual(before.said, [["learner", "partial", ""], ["tutor", "complete", "Good. And how do you say the price?"]]);
  assert.deepEqual(after.said, [["learner", "complete", "One tea, please."], ["tutor", "complete", "Good. And how do you say the price?"]]);
});

test("a tutor cut off while writing or while sounding is interrupted, and never complete in the journal", () => {
  const { said, journal } = play(fixture("interruption"));

  assert.deepEqual(said, [
    ["tutor", "interrupted", "Let me tell you about the past tense, which is"],
    ["learner", "complete", "Wait, I have a question."],
    ["tutor", "interrupted", "Of course. What is it?"],
  ]);
  assert.deepEqual(told(journal), [
    ["tutor", "partial", ""],
    ["tutor", "partial", "Let me tell you about the past tense, which is"],
    ["tutor", "interrupted", "Let me tell you about the past tense, which is"],
    ["learner", "partial", ""],
    ["learner", "complete", "Wait, I have a question."],
    ["tutor", "partial", ""],
    ["tutor", "partial", "Of course. What is it?"],
    ["tutor", "interrupted", "Of course. What is it?"],
  ]);
});

test("each utterance gets exactly one final entry, and it is the last one", () => {
  for (const name of ["voice_turn", "late_transcript", "interruption", "cancelled_function_call", "text_mode", "transcription_failed"]) {
    const { transcript, journal } = play(fixture(name));
    journal.push(...entriesOf(transcript, withCallEnded(transcript), CONNECTION));
    for (const id of new Set(journal.map((entry) => entry.id))) {
      const finals = journal.filter((entry) => entry.id === id).map((entry) => entry.status !== "partial");
      assert.equal(finals.indexOf(true), finals.length - 1, `${name}: ${id}`);
    }
  }
});

test("function calls keep their place in the chain and are neither shown nor journaled", () => {
  const { said, journal } = play(fixture("cancelled_function_call"));

  assert.deepEqual(said, [["tutor", "interrupted", "Well done, so"], ["learner", "complete", "No, once more, please."]]);
  const [tutor, learner] = [journal[0].id, journal.at(-1).id];
  assert.equal(journal.at(-1).previous_item_id, tutor);
  assert.notEqual(tutor, learner);
});

test("typed text and written answers are complete at once, and system notes are hidden", () => {
  const { said, journal } = play(fixture("text_mode"));

  assert.deepEqual(said, [["learner", "complete", "How do I order tea?"], ["tutor", "complete", "You could say: a tea, please."]]);
  assert.deepEqual(told(journal), [
    ["learner", "complete", "How do I order tea?"],
    ["tutor", "partial", ""],
    ["tutor", "partial", "You could say: a tea, please."],
    ["tutor", "complete", "You could say: a tea, please."],
  ]);
  assert.equal(journal[0].previous_item_id, null);
});

test("words that failed, and words that are nothing, are untranscribed", () => {
  const noise = { type: "conversation.item.input_audio_transcription.completed", item_id: "noise", content_index: 0, transcript: " " };

  const failed = play(fixture("transcription_failed"));
  const silent = play([{ type: "input_audio_buffer.committed", item_id: "noise", previous_item_id: null }, noise]);

  assert.deepEqual(failed.said[0], ["learner", "untranscribed", ""]);
  assert.deepEqual(silent.said, [["learner", "untranscribed", ""]]);
  assert.deepEqual(told(silent.journal).at(-1), ["learner", "untranscribed", ""]);
});

test("words of an item never seen are kept, and move to its place when it is named", () => {
  const tutor = { type: "conversation.item.added", item: { id: "t", type: "message", role: "assistant", content: [] }, previous_item_id: null };
  const words = { type: "conversation.item.input_audio_transcription.completed", item_id: "l", content_index: 0, transcript: "First!" };
  const committed = { type: "input_audio_buffer.committed", item_id: "l", previous_item_id: null };

  const { said, journal } = play([tutor, words, committed]);

  assert.deepEqual(said, [["learner", "complete", "First!"], ["tutor", "partial", ""]]);
  assert.deepEqual(journal.map(({ id, previous_item_id: previous }) => [id, previous]), [["t", null], ["l", null]]);
});

test("an unknown previous item means the end", () => {
  const committed = (id, previous) => ({ type: "input_audio_buffer.committed", item_id: id, previous_item_id: previous });

  const { transcript } = play([committed("a", null), committed("b", "never seen"), committed("c", "a")]);

  assert.deepEqual(transcript.items.map((item) => item.id), ["a", "c", "b"]);
});

test("an item told of twice stays where it is", () => {
  const events = fixture("voice_turn");

  assert.deepEqual(play(events.flatMap((event) => (event.type.endsWith(".delta") ? [event] : [event, event]))).said, play(events).said);
});

test("a later call begins after what was said before, and none of that is journaled again", () => {
  const earlier = withStored(EMPTY, [
    { item_id: "old1", speaker: "tutor", status: "complete", text: "Welcome.", visit: 1, stage: "warm-up" },
    { item_id: "old2", speaker: "learner", status: "partial", text: "", visit: 1, stage: "warm-up" },
  ]);

  const { said, journal } = play(fixture("transcription_failed"), withNewCall(earlier), 2);

  assert.deepEqual(said, [
    ["tutor", "complete", "Welcome."],
    ["learner", "untranscribed", ""],
    ["learner", "untranscribed", ""],
    ["tutor", "complete", "Could you say that again?"],
  ]);
  assert.equal(journal[0].previous_item_id, "old2");
  assert.equal(journal[0].visit, 2);
  assert.ok(journal.every((entry) => !entry.id.startsWith("old")));
});

test("what another window stored finds its place, and what it left open is brought up to date", () => {
  const stored = (id, status, text) => ({ item_id: id, speaker: /** @type {const} */ ("tutor"), status, text, visit: 1 });
  const here = withTyped(withStored(EMPTY, [stored("a", "complete", "One."), stored("b", "partial", "")]), { id: "msg_1", text: "Mine.", visit: 1 });

  const next = withStored(here, [stored("a", "complete", "One."), stored("b", "complete", "Two."), stored("c", "complete", "Three.")]);

  assert.deepEqual(spoken(next).map(([, , text]) => text), ["One.", "Two.", "Three.", "Mine."]);
  assert.deepEqual(entriesOf(here, next, CONNECTION), []);
});

test("typed text is shown at once and journaled when its place is known", () => {
  const added = { type: "conversation.item.added", previous_item_id: null, item: { id: "msg_1", type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] } };
  const typed = withTyped(EMPTY, { id: "msg_1", text: "Hi", visit: 1 });

  const placed = reduce(typed, added, 1);

  assert.deepEqual(spoken(typed), [["learner", "complete", "Hi"]]);
  assert.deepEqual(entriesOf(EMPTY, typed, CONNECTION), []);
  assert.deepEqual(told(entriesOf(typed, placed, CONNECTION)), [["learner", "complete", "Hi"]]);
});

test("the end of a call settles what is unfinished", () => {
  const events = fixture("interruption");
  const until = (type) => events.slice(0, events.findIndex((event) => event.type === type) + 1);
  const speaking = play(until("output_audio_buffer.started").concat(events.filter((event) => event.type.endsWith("transcript.delta")).slice(0, 1)));
  const waiting = play([{ type: "input_audio_buffer.committed", item_id: "a", previous_item_id: null }]);

  assert.deepEqual(spoken(withCallEnded(speaking.transcript)), [["tutor", "interrupted", "Let me tell you"]]);
  assert.deepEqual(spoken(withCallEnded(waiting.transcript)), [["learner", "untranscribed", ""]]);
  assert.deepEqual(told(entriesOf(speaking.transcript, withCallEnded(speaking.transcript), CONNECTION)), [["tutor", "interrupted", "Let me tell you"]]);
});

test("a finished answer that never sounded is complete when the next one begins", () => {
  const voiceless = fixture("late_transcript").filter((event) => !event.type.startsWith("output_audio_buffer."));

  const { transcript, said } = play(voiceless);
  const next = reduce(transcript, { type: "response.created", response: { id: "other" } }, 1);

  assert.equal(said[1][1], "partial");
  assert.equal(spoken(next)[1][1], "complete");
});

test("events of other kinds leave the transcript alone", () => {
  for (const type of ["rate_limits.updated", "session.updated", "error", "something.new"]) {
    assert.equal(reduce(EMPTY, { type }, 1), EMPTY);
  }
});

test("of sentences under way the words so far can be kept; finished and empty ones are no sketches", () => {
  const events = fixture("voice_turn");
  const done = events.findIndex((event) => event.type === "response.output_audio_transcript.done");
  const { transcript } = play(events.slice(0, done));

  const sketches = sketchesOf(transcript, CONNECTION);

  const spokenSoFar = events.slice(0, done).filter((event) => event.type === "response.output_audio_transcript.delta").map((event) => event.delta).join("");
  assert.ok(spokenSoFar);
  assert.deepEqual(sketches.map(({ speaker, status, text, previous_item_id }) => [speaker, status, text, previous_item_id]), [
    ["tutor", "partial", spokenSoFar, null],
  ]);
  assert.deepEqual(sketchesOf(play(events).transcript, CONNECTION), []);
});

test("the note that opens each call stands at the beginning of that call", () => {
  const note = (previous) => ({ type: "conversation.item.added", previous_item_id: previous, item: { id: "resume-1", type: "message", role: "system", content: [] } });
  const typed = (id, previous) => ({ type: "conversation.item.added", previous_item_id: previous, item: { id, type: "message", role: "user", content: [{ type: "input_text", text: id }] } });
  const first = play([note(null), typed("one", "resume-1"), typed("two", "one")]);

  const { said, journal } = play([note(null), typed("three", "resume-1")], withNewCall(withCallEnded(first.transcript)));

  assert.deepEqual(said.map(([, , text]) => text), ["one", "two", "three"]);
  assert.deepEqual(journal.map(({ id, previous_item_id: previous }) => [id, previous]), [["three", "two"]]);
});

test("a sentence whose call breaks before its sound began is told as interrupted", () => {
  const item = { id: "item_1", type: "message", role: "assistant", content: [] };
  const { transcript } = play([
    { type: "response.created", response: { id: "resp_1" } },
    { type: "response.output_item.added", response_id: "resp_1", item },
    { type: "conversation.item.added", previous_item_id: null, item },
    { type: "response.output_audio_transcript.delta", response_id: "resp_1", item_id: "item_1", content_index: 0, delta: "Well, " },
  ]);

  assert.deepEqual(told(entriesOf(transcript, withCallEnded(transcript), CONNECTION)), [["tutor", "interrupted", "Well,"]]);
});

test("what was typed in one stage and sent in the next belongs to the next, and stays there", () => {
  const typed = withTyped(EMPTY, { id: "typed_1", text: "Tea.", visit: 1 });
  const echo = { type: "conversation.item.added", previous_item_id: null, item: { id: "typed_1", type: "message", role: "user", content: [{ type: "input_text", text: "Tea." }] } };

  const { transcript, journal } = play([echo], typed, 2);
  const later = play([{ ...echo, type: "conversation.item.done" }], transcript, 3);

  assert.deepEqual(journal.map(({ id, visit }) => [id, visit]), [["typed_1", 2]]);
  assert.deepEqual(captionsOf(later.transcript).map(({ visit }) => visit), [2]);
});

test("unsent words find their place behind the words they follow, and newer ones count", () => {
  const unsent = (id, previous, text) => ({ id, kind: "utterance", previous_item_id: previous, speaker: "learner", status: "complete", text, visit: 1, connection: null });
  const server = ["a", "b"].map((id) => ({ item_id: id, speaker: "learner", status: "partial", text: "", visit: 1, stage: "warm-up" }));

  const merged = withUnsent(server, [unsent("d", "c", "Then."), unsent("c", "a", "Between."), unsent("a", null, "One."), unsent("e", "lost", "Last.")]);

  assert.deepEqual(merged.map(({ item_id: id, text }) => [id, text]), [["a", "One."], ["c", "Between."], ["d", "Then."], ["b", ""], ["e", "Last."]]);
});

test("what is said after the model was made to forget everything stands after what was said before", () => {
  const item = (id, role, text) => ({ id, type: "message", role, content: [{ type: role === "user" ? "input_text" : "output_text", text }] });
  const added = (id, role, text, previous) => [
    { type: "conversation.item.added", previous_item_id: previous, item: item(id, role, text) },
    ...(role === "assistant" ? [{ type: "response.output_text.done", item_id: id, text }] : []),
  ];
  const before = [...added("a", "assistant", "Hello!", null), ...added("b", "user", "Hi.", "a"), ...added("c", "assistant", "Draw.", "b")];
  const gone = ["b", "a", "c"].map((id) => ({ type: "conversation.item.deleted", item_id: id }));
  const after = [...added("note", "system", "A new stage.", null), ...added("d", "assistant", "Why?", "note"), ...added("e", "user", "So.", "d")];

  const texts = (events) => play(events).said.map(([, , text]) => text);
  assert.deepEqual(texts([...before, ...gone, ...after]), ["Hello!", "Hi.", "Draw.", "Why?", "So."]);
  // What is left at the beginning is still where the chain begins, and what is forgotten in its middle is no end of it.
  assert.deepEqual(texts([...before, gone[0], ...added("d", "assistant", "Why?", "c")]), ["Hello!", "Hi.", "Draw.", "Why?"]);
  assert.deepEqual(texts([...before, gone[1], ...added("d", "assistant", "Why?", null)]), ["Hello!", "Why?", "Hi.", "Draw."]);
});

test("what no database keeps is kept as an unknown character", () => {
  const typed = withTyped(EMPTY, { id: "typed_1", text: "a\0b\ud800c 🙂", visit: 1 });

  assert.deepEqual(spoken(typed), [["learner", "complete", "a\ufffdb\ufffdc 🙂"]]);
});
