// @ts-check
/**
 * What is going on, as one word for the learner.
 *
 * Facts are kept and the word is derived from them. Our own doings (`phase`, `errand`) follow a table and an
 * illegal move throws, for it is a mistake of ours. What the provider reports (the activity) may come in any
 * order and never throws.
 *
 * @typedef {import("./types.js").ServerEvent} ServerEvent
 * @typedef {"ready"|"connecting"|"open"|"reconnecting"|"elsewhere"|"paused"|"ended"|"failed"} Phase elsewhere: another window has the call; paused: by staff, there is none
 * @typedef {"none"|"saving"|"moving"} Errand saving: a function call is being answered; moving: the stage changes
 * @typedef {"ready"|"connecting"|"listening"|"hearing"|"thinking"|"speaking"|"saving"|"moving"|"reconnecting"|"elsewhere"|"paused"|"ending"|"ended"|"failed"} Status ending: what was said last is still on its way
 *
 * @typedef {object} Activity
 * @property {boolean} hearing the learner speaks
 * @property {boolean} thinking an answer is expected or being written
 * @property {ReadonlySet<string>} sounding responses the learner is hearing just now
 *
 * @typedef {{phase: Phase, errand: Errand, activity: Activity}} Facts
 */

/** Where each phase may go. `ended` is final. @type {Record<Phase, ReadonlyArray<Phase>>} */
export const PHASE_MOVES = {
  ready: ["connecting", "paused", "ended"],
  connecting: ["open", "ready", "elsewhere", "paused", "failed", "ended"],
  open: ["reconnecting", "ready", "elsewhere", "paused", "failed", "ended"],
  reconnecting: ["open", "ready", "elsewhere", "paused", "failed", "ended"],
  elsewhere: ["connecting", "ready", "paused", "ended"],
  paused: ["connecting", "ready", "ended"],
  failed: ["connecting", "ready", "paused", "ended"],
  ended: [],
};

/** Where each errand may go. @type {Record<Errand, ReadonlyArray<Errand>>} */
export const ERRAND_MOVES = {
  none: ["saving"],
  saving: ["moving", "none"],
  moving: ["none"],
};

/** @type {Activity} */
const STILL = { hearing: false, thinking: false, sounding: new Set() };

/** @type {Facts} */
export const INITIAL = { phase: "ready", errand: "none", activity: STILL };

/**
 * @param {Facts} facts
 * @param {Phase} phase
 * @returns {Facts}
 * @throws {RangeError} when the table has no such move
 */
export function moved(facts, phase) {
  if (!PHASE_MOVES[facts.phase].includes(phase)) {
    throw new RangeError(`A room that is ${facts.phase} cannot become ${phase}.`);
  }
  return { phase, errand: "none", activity: STILL };
}

/**
 * @param {Facts} facts
 * @param {Errand} errand
 * @returns {Facts}
 * @throws {RangeError} when the table has no such move
 */
export function sentOn(facts, errand) {
  if (!ERRAND_MOVES[facts.errand].includes(errand)) {
    throw new RangeError(`An errand that is ${facts.errand} cannot become ${errand}.`);
  }
  return { ...facts, errand };
}

/**
 * @param {Facts} facts
 * @param {ServerEvent} event any server event
 * @returns {Facts}
 */
export function reduce(facts, event) {
  const change = ACTIVITY[event.type];
  return change ? { ...facts, activity: { ...facts.activity, ...change(facts.activity, event) } } : facts;
}

/**
 * The one word. Waiting for our own server comes last but for listening: it is worth telling only when nothing else happens.
 * @param {Facts} facts
 * @returns {Status}
 */
export function statusOf({ phase, errand, activity }) {
  if (phase !== "open") {
    return phase;
  }
  if (errand === "moving") {
    return "moving";
  }
  if (activity.hearing) {
    return "hearing";
  }
  if (activity.sounding.size > 0) {
    return "speaking";
  }
  if (errand === "saving") {
    return "saving";
  }
  return activity.thinking ? "thinking" : "listening";
}

/**
 * The tutor speaks from `output_audio_buffer.started` to `.stopped` or `.cleared`, not to `response.done`:
 * writing is faster than speaking (protocol reference section 5).
 * @type {Record<string, (activity: Activity, event: ServerEvent) => Partial<Activity>>}
 */
const ACTIVITY = {
  "input_audio_buffer.speech_started": () => ({ hearing: true }),
  "input_audio_buffer.speech_stopped": () => ({ hearing: false, thinking: true }),
  "input_audio_buffer.committed": () => ({ hearing: false }),
  "input_audio_buffer.cleared": () => ({ hearing: false, thinking: false }),
  "response.created": () => ({ thinking: true }),
  "response.done": () => ({ thinking: false }),
  "output_audio_buffer.started": ({ sounding }, event) => ({ sounding: new Set([...sounding, event.response_id ?? ""]) }),
  "output_audio_buffer.stopped": ({ sounding }, event) => ({ sounding: without(sounding, event.response_id ?? "") }),
  "output_audio_buffer.cleared": ({ sounding }, event) => ({ sounding: without(sounding, event.response_id ?? "") }),
};

/**
 * @param {ReadonlySet<string>} set
 * @param {string} gone
 */
function without(set, gone) {
  return new Set([...set].filter((one) => one !== gone));
}
