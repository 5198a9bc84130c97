// @ts-check
/**
 * @typedef {import("./types.js").ServerEvent} ServerEvent
 * @typedef {{call_id: string, name: string, arguments: string}} FunctionCall
 */

/** The tool that ends a stage. It is answered last, so that other calls still belong to the stage they were made in. */
export const STAGE_COMPLETE = "stage_complete";

/**
 * The function calls to act on: those of a completed response, each `call_id` once, `stage_complete` last.
 *
 * `response.function_call_arguments.done` and `response.output_item.done` are of no use here: both are
 * also sent for cancelled responses, with half of the arguments (protocol reference section 6.3).
 * @param {ServerEvent} event any server event
 * @param {ReadonlySet<string>} taken the call_ids already acted on
 * @returns {FunctionCall[]}
 */
export function completedCalls(event, taken) {
  if (event.type !== "response.done" || event.response?.status !== "completed") {
    return [];
  }
  /** @type {Map<string, FunctionCall>} */
  const calls = new Map();
  for (const item of event.response.output ?? []) {
    const callId = item.call_id ?? "";
    if (item.type === "function_call" && item.status !== "incomplete" && callId && !taken.has(callId)) {
      calls.set(callId, { call_id: callId, name: item.name ?? "", arguments: item.arguments ?? "" });
    }
  }
  const inOrder = [...calls.values()];
  return [
    ...inOrder.filter((call) => call.name !== STAGE_COMPLETE),
    ...inOrder.filter((call) => call.name === STAGE_COMPLETE),
  ];
}
