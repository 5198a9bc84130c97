// A lesson of 400 utterances and 20 stages through the room's own reducers: microseconds per event in its first and in
// its last twentieth, and the bytes the transcript has become. One line of JSON.
import { readFileSync } from "node:fs";
import { captionsOf, EMPTY, entriesOf, reduce } from "../static/tutor/js/realtime/transcript.js";

const UTTERANCES = 400;
const STAGES = 20;
const RUNS = 15;
// Three utterances: the tutor's, the learner's, the tutor's.
const turn = readFileSync(new URL("../tests/fixtures/realtime/voice_turn.json", import.meta.url), "utf8");
const rounds = Array.from({ length: Math.ceil(UTTERANCES / 3) }, (_, number) =>
  JSON.parse(turn.replaceAll(/"((?:item|resp)_[0-9a-f]{15,})"/g, `"$1_${number}"`)),
);
// The fixture begins a conversation: here its first item follows the last one of the round before.
rounds.forEach((events, number) => {
  const first = events.find((event) => event.type === "conversation.item.added");
  const before = rounds[number - 1]?.findLast((event) => event.type === "conversation.item.added");
  first.previous_item_id = before?.item.id ?? null;
});

/** Microseconds per event, of each round. */
function lesson() {
  let transcript = EMPTY;
  const took = rounds.map((events, number) => {
    const visit = 1 + Math.floor((number * STAGES) / rounds.length);
    const started = performance.now();
    for (const event of events) {
      const next = reduce(transcript, event, visit);
      entriesOf(transcript, next, "");
      captionsOf(next);
      transcript = next;
    }
    return ((performance.now() - started) * 1000) / events.length;
  });
  return { took, transcript };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const part = Math.ceil(rounds.length / 20);
// The first lessons warm the compiler.
const runs = Array.from({ length: RUNS }, lesson).slice(5);
const said = captionsOf(runs[0].transcript).length;
const start = median(runs.flatMap(({ took }) => took.slice(0, part)));
const end = median(runs.flatMap(({ took }) => took.slice(-part)));
console.log(JSON.stringify({ said, start, end, bytes: JSON.stringify(runs[0].transcript).length }));
