// @ts-check
/**
 * What the lesson lends to those who wait.
 * @typedef {object} Moments
 * @property {() => boolean} isQuiet nobody speaks and no answer is being made
 * @property {() => Promise<void>} quiet resolves when it is quiet, when that takes too long, or when the call is over
 * @property {(run: () => Promise<unknown>|void) => void} queue run something after the errands under way
 */

/**
 * Do something in a quiet moment, after the errands under way; not at all once it is no longer wanted.
 *
 * Function calls made while we wait are answered first, and may make it loud again.
 * @param {Moments} moments
 * @param {() => boolean} isWanted
 * @param {() => Promise<void>} run
 */
export async function inQuietMoment(moments, isWanted, run) {
  for (let isOver = false; !isOver;) {
    await moments.quiet();
    isOver = await new Promise((resolve) => {
      moments.queue(async () => {
        const isLoud = isWanted() && !moments.isQuiet();
        if (isWanted() && !isLoud) {
          await run();
        }
        resolve(!isLoud);
      });
    });
  }
}
