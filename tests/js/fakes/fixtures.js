// @ts-check
import { readFileSync } from "node:fs";

/**
 * A recorded scenario, shared with the Python tests.
 * @param {string} name
 * @returns {import("../../../static/tutor/js/realtime/types.js").ServerEvent[]}
 */
export function fixture(name) {
  return JSON.parse(readFileSync(new URL(`../../fixtures/realtime/${name}.json`, import.meta.url), "utf8"));
}

/**
 * The id in the first event that has one at the given place.
 * @param {Array<{type: string}>} events
 * @param {string} type
 * @returns {any}
 */
export function firstOf(events, type) {
  return events.find((event) => event.type === type);
}
