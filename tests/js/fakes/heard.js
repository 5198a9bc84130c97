// @ts-check
/**
 * What the room writes down of scenarios on the standard input, for Python to compare: a JSON list of
 * {events, known, visit} in, a list of journals out; each with what the end of the call adds.
 */
import { readFileSync } from "node:fs";
import { recordsOf } from "../../../static/tutor/js/realtime/records.js";
import * as transcript from "../../../static/tutor/js/realtime/transcript.js";

const scenarios = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(scenarios.map(journal)));

function journal({ events, known, visit }) {
  let now = transcript.withNewCall(transcript.withStored(transcript.EMPTY, known));
  const entries = [];
  const show = (next) => {
    entries.push(...transcript.entriesOf(now, next, null));
    now = next;
  };
  for (const event of events) {
    show(transcript.reduce(now, event, visit));
    entries.push(...recordsOf(event, null).filter((entry) => entry.kind === "usage"));
  }
  show(transcript.withCallEnded(now));
  return entries;
}
