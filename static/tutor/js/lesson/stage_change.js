// @ts-check
/**
 * @typedef {import("../net/api.js").Failure} Failure
 * @typedef {import("../net/api.js").Rescue} Rescue
 * @typedef {import("../net/api.js").ToolCallAnswer} ToolCallAnswer
 * @typedef {import("../net/call.js").SendProblem} SendProblem
 * @typedef {import("../realtime/calls.js").FunctionCall} FunctionCall
 * @typedef {import("../realtime/status.js").Errand} Errand
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 *
 * What the lesson lends to an errand.
 * @typedef {object} Ports
 * @property {(within: number) => Promise<boolean>} flush store everything said so far
 * @property {(call: FunctionCall) => Promise<import("../net/api.js").Result<ToolCallAnswer>>} report
 * @property {(errand: Errand) => void} progress
 * @property {() => Promise<void>} heardOut resolves when the calling response has been heard, and the learner is silent
 * @property {(held: boolean) => void} hold close or open the microphone
 * @property {(event: ClientEvent) => SendProblem|null} send
 * @property {(match: (event: ServerEvent) => boolean, within: number) => Promise<ServerEvent|null>} until
 * @property {(answer: ToolCallAnswer) => boolean} isMissed the answer speaks of another stage than the one the model is in
 * @property {(answer: ToolCallAnswer) => void} arrive the conversation is in the stage of this answer from now on
 * @property {(event: ClientEvent) => Reply} ask send a `response.create` when no response is active
 *
 * @typedef {{begun: Promise<ServerEvent|null>, done: Promise<ServerEvent|null>}} Reply
 *
 * @typedef {object} Outcome
 * @property {Failure|null} failure the server did not answer the call
 * @property {{code: string, message: string}|null} breach the model could not be moved on: only a new call helps
 * @property {ToolCallAnswer|null} answer of the last call
 * @property {Reply|null} reply
 */

/** Milliseconds for storing what was said. When the server is away for longer, the report will be late too. */
const FLUSH_WITHIN = 10_000;
/** Milliseconds for the provider to confirm a `session.update` (protocol reference section 6.5). */
export const UPDATE_WITHIN = 5_000;

/**
 * Answer the function calls of one finished response, and move the model to the next stage if an answer says so.
 *
 * 1. Flush the journal, so that the learner's last sentence is stored before its stage closes.
 * 2. Report each call to the server, which decides.
 * 3. Let the tutor's sentence finish.
 * 4. Close the microphone: what is said now would be answered with the old instructions.
 * 5. Forward the `session.update`, wait until it is confirmed, and compare.
 * 6. Forward the rest, all outputs first, then exactly one `response.create`.
 * 7. Open the microphone when the response begins.
 *
 * Without a `session.update` steps 3 to 5 and 7 fall away; if the lesson is in another stage all the same, only a new
 * call brings the model there. The server has recorded its decision in step 2: if
 * a later step fails, a new call begins in the right stage.
 * @param {FunctionCall[]} calls
 * @param {Ports} ports
 * @returns {Promise<Outcome>}
 */
export async function answerCalls(calls, ports) {
  ports.progress("saving");
  await ports.flush(FLUSH_WITHIN);
  /** @type {ToolCallAnswer[]} */
  const answers = [];
  for (const call of calls) {
    const result = await ports.report(call);
    if (!result.ok) {
      return { failure: result, breach: null, answer: answers.at(-1) ?? null, reply: null };
    }
    answers.push(result.data);
  }
  try {
    return await forward(answers, ports);
  } finally {
    ports.hold(false);
  }
}

/**
 * Forward a rescue: the same steps from the third on. The server has decided before we were told.
 * @param {Rescue} rescue
 * @param {Ports} ports
 * @returns {Promise<Outcome>}
 */
export async function bringRescue(rescue, ports) {
  if (movesOn(rescue)) {
    ports.progress("saving");
  }
  try {
    return await forward([rescue], ports);
  } finally {
    ports.hold(false);
  }
}

/** True when a rescue takes the lesson out of its stage. @param {Rescue} rescue */
export function movesOn(rescue) {
  return rescue.ended || rescue.events.some((event) => event.type === "session.update");
}

/**
 * Steps 3 to 7.
 * @param {ToolCallAnswer[]} answers at least one
 * @param {Ports} ports
 * @returns {Promise<Outcome>}
 */
async function forward(answers, ports) {
  const events = answers.flatMap((answer) => answer.events);
  const update = events.find((event) => event.type === "session.update");
  const answer = /** @type {ToolCallAnswer} */ (answers.at(-1));
  if (update) {
    ports.progress("moving");
    await ports.heardOut();
    ports.hold(true);
    const breach = await reconfigure(update, ports);
    if (breach) {
      return { failure: null, breach, answer, reply: null };
    }
  } else if (ports.isMissed(answer)) {
    // The server moved on in an earlier answer, which never came.
    return { failure: null, breach: { code: "stage_missed", message: "The lesson had moved on without the model." }, answer, reply: null };
  }
  ports.arrive(answer);
  const rest = events.filter((event) => event.type !== "session.update" && event.type !== "response.create");
  const problem = rest.map((event) => ports.send(event)).find((code) => code !== null);
  if (problem) {
    return { failure: null, breach: { code: problem, message: "An answer could not be sent to the model." }, answer, reply: null };
  }
  const create = events.findLast((event) => event.type === "response.create");
  const reply = create ? ports.ask(create) : null;
  await reply?.begun;
  return { failure: null, breach: null, answer, reply };
}

/**
 * Send a `session.update` and see it confirmed; step 5 of a stage change. The confirmation carries no reference to our event, so it is recognised by what it says.
 * @param {ClientEvent} update with an `event_id`
 * @param {Pick<Ports, "send"|"until">} ports
 * @returns {Promise<{code: string, message: string}|null>} null when the model has what was sent
 */
export async function reconfigure(update, ports) {
  const isRefusal = (/** @type {ServerEvent} */ { type, error }) =>
    type === "error" && error?.event_id != null && error.event_id === update.event_id;
  const verdict = ports.until((event) => event.type === "session.updated" || isRefusal(event), UPDATE_WITHIN);
  const problem = ports.send(update);
  if (problem) {
    return { code: problem, message: "The new settings could not be sent to the model." };
  }
  const event = await verdict;
  if (event === null) {
    return { code: "update_unconfirmed", message: "The model did not confirm its new settings." };
  }
  if (event.type === "error") {
    return { code: "update_refused", message: event.error?.message ?? "The model refused its new settings." };
  }
  return confirms(event, update) ? null : { code: "update_differs", message: "The model confirmed something else than its new settings." };
}

/**
 * @param {ServerEvent} event a `session.updated`
 * @param {ClientEvent} update
 */
function confirms({ session: got }, { session: wanted }) {
  const names = (/** @type {Array<{name?: string}>|undefined} */ tools) => JSON.stringify((tools ?? []).map((tool) => tool.name));
  const sameInstructions = wanted?.instructions === undefined || got?.instructions === wanted.instructions;
  const sameTools = wanted?.tools === undefined || names(got?.tools) === names(wanted.tools);
  const sameWay = contains(got, { output_modalities: wanted?.output_modalities, audio: wanted?.audio });
  return sameInstructions && sameTools && sameWay;
}

/**
 * Whether everything named in one value is so in the other; what is undefined names nothing.
 * @param {any} got
 * @param {any} wanted
 * @returns {boolean}
 */
function contains(got, wanted) {
  if (wanted === undefined || wanted === null || typeof wanted !== "object") {
    return wanted === undefined || got === wanted;
  }
  return Object.keys(wanted).every((name) => contains(got?.[name], wanted[name]));
}
