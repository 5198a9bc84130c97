// @ts-check
/**
 * What the lesson lends to those who wait.
 * @typedef {object} Moments
 * @property {() => boolean} isQuiet nobody speaks and no answer is being made
 * @property {(within?: number) => Promise<void>} quiet resolves when it is quiet, when that takes too long, or when the call is over
 * @property {() => number} now milliseconds since 1970
 * @property {(run: () => Promise<unknown>|void) => void} queue run something after the errands under way
 */

/**
 * Milliseconds that what somebody has decided waits for a quiet moment. A microphone that hears steady noise never has
 * one.
 */
export const OFFER_WITHIN = 15_000;

/**
 * Do something in a quiet moment, after the errands under way; not at all once it is no longer wanted.
 *
 * Function calls made while we wait are answered first, and may make it loud again.
 * @param {Moments} moments
 * @param {() => boolean} isWanted
 * @param {() => Promise<void>} run
 * @param {number} [due] when it is done however loud it is, in milliseconds since 1970
 */
export async function inQuietMoment(moments, isWanted, run, due = Infinity) {
  for (let isOver = false; !isOver;) {
    await moments.quiet(due - moments.now());
    isOver = await new Promise((resolve) => {
      moments.queue(async () => {
        const isLoud = isWanted() && !moments.isQuiet() && moments.now() < due;
        if (isWanted() && !isLoud) {
          await run();
        }
        resolve(!isLoud);
      });
    });
  }
}
