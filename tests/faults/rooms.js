// @ts-check
/**
 * Many learners at once: reads `{seed, base, slug, speed, together, lessons: [{number, cookie}]}` as JSON from the standard
 * input, prints one line of JSON when a lesson begins and one when it is over, with what was said in it.
 */
import { readFileSync } from "node:fs";
import { Learner } from "./learner.js";
import { Page } from "./page.js";

const { speed, together, lessons, ...common } = JSON.parse(readFileSync(0, "utf8"));
Page.speed = speed;

process.on("unhandledRejection", (reason) => {
  // A page would show that it is broken: no fault of the network is an excuse for that.
  process.stdout.write(`${JSON.stringify({ broken: String(/** @type {any} */ (reason)?.stack ?? reason) })}\n`);
});

// Begin no more; those under way come to their end.
process.on("SIGTERM", () => lessons.splice(0));

async function chair() {
  for (let next = lessons.shift(); next !== undefined; next = lessons.shift()) {
    process.stdout.write(`${JSON.stringify({ begun: next.number })}\n`);
    const outcome = await new Learner({ ...common, ...next }).run();
    process.stdout.write(`${JSON.stringify({ outcome })}\n`);
  }
}

await Promise.all(Array.from({ length: together }, chair));
// What pages that are gone still wait for ends with the process, once all is printed.
process.stdout.write("", () => process.exit(0));
