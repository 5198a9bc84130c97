// @ts-check
/**
 * The ways of taking part in a lesson. What each tells the model is the server's to say (the state's `adjustments`);
 * here is what each means for microphone and loudspeaker.
 *
 * @typedef {"voice"|"push_to_talk"|"typing"|"silent"} Way
 * @typedef {"normal"|"slower"|"slow"} Speed
 */

/**
 * speaks: it takes a microphone; listens: which is on unless the learner mutes it; sounds: the tutor is heard.
 * @type {Record<Way, {speaks: boolean, listens: boolean, sounds: boolean}>}
 */
export const WAYS = {
  voice: { speaks: true, listens: true, sounds: true },
  push_to_talk: { speaks: true, listens: false, sounds: true },
  typing: { speaks: false, listens: false, sounds: true },
  silent: { speaks: false, listens: false, sounds: false },
};

/** @type {ReadonlyArray<Speed>} */
export const SPEEDS = ["normal", "slower", "slow"];
