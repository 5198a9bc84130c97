// @ts-check
/**
 * @typedef {{turns: number, quotes: number}} Needs
 * @typedef {Pick<import("../realtime/transcript.js").Utterance, "speaker"|"status"|"text"> & {visit: number|null}} Said
 */

/**
 * What a stage still asks of the learner: so many more answers, so many more sentences that can be quoted. Counted as
 * `services/stages.py:learner_turns` does, but for the sentence that is still being said.
 * @param {Needs} needs
 * @param {ReadonlyArray<Said>} captions
 * @param {number} visit
 * @returns {Needs}
 */
export function missing(needs, captions, visit) {
  const said = captions.filter((one) => one.speaker === "learner" && one.visit === visit && one.status !== "partial");
  const turns = said.filter(({ status, text }) => !(status === "complete" && text === "")).length;
  const sentences = said.filter(({ text }) => text !== "").length;
  return { turns: Math.max(0, needs.turns - turns), quotes: Math.max(0, needs.quotes - sentences) };
}
