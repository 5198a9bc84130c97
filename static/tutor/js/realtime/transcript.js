// @ts-check
import { storable } from "./messages.js";

/**
 * The conversation as text, in conversation order: a reducer of server events (protocol reference section 7).
 *
 * Items are ordered by the provider's chain (`previous_item_id`), never by arrival: the learner's words come
 * from a separate model and often arrive after the tutor's reply has begun. So an item takes its place when it
 * is committed or added, and its text is filled in by id. System notes and function calls keep their place
 * in the chain, because later items name them, but nobody speaks them (`speaker` is null).
 *
 * A sentence of the tutor is complete when it has been *heard*, not when it has been written: until the sound
 * has stopped the learner may still cut it off, and a final status never changes again.
 *
 * @typedef {import("./types.js").ServerEvent} ServerEvent
 * @typedef {import("./types.js").WireItem} WireItem
 * @typedef {import("./types.js").JournalEntry} JournalEntry
 * @typedef {"learner"|"tutor"} Speaker
 * @typedef {"partial"|"complete"|"interrupted"|"untranscribed"} UtteranceStatus
 * @typedef {{item_id: string, speaker: Speaker, status: UtteranceStatus, text: string, corrected?: string|null, visit: number, stage?: string, picture?: string|null}} Utterance
 *
 * @typedef {object} Item
 * @property {string} id
 * @property {Speaker|null} speaker null: part of the chain, but not speech
 * @property {UtteranceStatus} status
 * @property {ReadonlyArray<string>} parts the text, one part for each `content_index`
 * @property {string|null} corrected what the learner really said, by their own word
 * @property {boolean} written true when no more text will come
 * @property {boolean} voiced true when the tutor speaks it aloud
 * @property {boolean} placed false while its place in the chain is only a guess
 * @property {boolean} stored true when the server told us of it, and so knows it already
 * @property {string|null} response
 * @property {number|null} visit number of the stage visit in which it began
 * @property {boolean} forgotten true when the model has it no more
 *
 * @typedef {{status: string|null, sound: "none"|"playing"|"played"|"cut"}} ResponseFacts
 *
 * @typedef {object} Transcript
 * @property {ReadonlyArray<Item>} items
 * @property {string|null} root each call's chain begins after it: the last item of earlier calls, or the last of those at
 *   the beginning of this one that the model was made to forget
 * @property {ReadonlyMap<string, ResponseFacts>} responses
 */

/** @type {Transcript} */
export const EMPTY = { items: [], root: null, responses: new Map() };

/** @type {ResponseFacts} */
const UNKNOWN_RESPONSE = { status: null, sound: "none" };

/**
 * Bring in what the server knows and we do not: what was said before this page was opened, or in another window.
 * Each finds its place behind the utterance before it; what is known here is known here first.
 * @param {Transcript} transcript
 * @param {ReadonlyArray<Utterance>} utterances in conversation order
 * @returns {Transcript}
 */
export function withStored(transcript, utterances) {
  const items = [...transcript.items];
  let place = 0;
  for (const item of utterances.map(stored)) {
    const index = items.findIndex((known) => known.id === item.id);
    if (index < 0) {
      items.splice(place, 0, item);
    } else {
      const known = items[index];
      items[index] = { ...(known.stored ? item : known), corrected: item.corrected ?? known.corrected };
    }
    place = (index < 0 ? place : index) + 1;
  }
  return { ...transcript, items };
}

/**
 * A new call begins: its chain starts after everything that was said. What nobody spoke belonged to the chain of an
 * earlier call; the same note, with the same id, may come again.
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function withNewCall(transcript) {
  const items = transcript.items.filter((item) => item.speaker !== null);
  const last = items.findLast((item) => item.placed);
  return { ...transcript, items, root: last?.id ?? null };
}

/**
 * Show what the learner typed at once; the provider's echo settles its place.
 * @param {Transcript} transcript
 * @param {{id: string, text: string, visit: number|null}} typed
 * @returns {Transcript}
 */
export function withTyped(transcript, { id, text, visit }) {
  return update(transcript, id, "learner", visit, (item) => ({ ...item, status: "complete", parts: [text], written: true }));
}

/**
 * Show what the learner really said in place of what was heard.
 * @param {Transcript} transcript
 * @param {string} id
 * @param {string} text
 * @returns {Transcript}
 */
export function withCorrection(transcript, id, text) {
  const items = transcript.items.map((item) => (item.id === id ? { ...item, corrected: text } : item));
  return { ...transcript, items };
}

/**
 * The call is over: give every unfinished item its final status.
 * @param {Transcript} transcript
 * @returns {Transcript}
 */
export function withCallEnded(transcript) {
  // Of a response that has just begun nothing may be known but its first words.
  const begun = transcript.items.flatMap((item) => (item.response === null ? [] : [[item.response, UNKNOWN_RESPONSE]]));
  const known = /** @type {Map<string, ResponseFacts>} */ (new Map([...begun, ...transcript.responses]));
  const responses = new Map([...known].map(([id, facts]) => [id, { ...facts, status: facts.status ?? "cancelled" }]));
  const items = transcript.items.map((item) => {
    if (item.status !== "partial") {
      return item;
    }
    const facts = responses.get(item.response ?? "") ?? UNKNOWN_RESPONSE;
    const whole = item.speaker === "tutor" && facts.status === "completed" && facts.sound !== "playing";
    return { ...item, written: true, status: whole ? "complete" : unfinished(item.speaker, textOf(item)) };
  });
  return { ...transcript, items: /** @type {Item[]} */ (items), responses };
}

/**
 * @param {Transcript} transcript
 * @param {string} id
 */
export function isKnown(transcript, id) {
  return transcript.items.some((item) => item.id === id);
}

/**
 * Whether words of the learner are still to come in this call.
 * @param {Transcript} transcript
 */
export function isUnwritten(transcript) {
  return transcript.items.some((item) => item.speaker === "learner" && item.status === "partial" && !item.stored);
}

/**
 * The transcript after one server event. Events that say nothing of speech leave it as it is.
 * @param {Transcript} transcript
 * @param {ServerEvent} event
 * @param {number|null} visit number of the stage visit the conversation is in
 * @returns {Transcript}
 */
export function reduce(transcript, event, visit) {
  const handle = HANDLERS[event.type];
  return handle ? handle(transcript, event, visit) : transcript;
}

/**
 * What the server has stored, and what the outbox still holds of an earlier page, as one conversation.
 * @param {ReadonlyArray<Utterance>} utterances in conversation order
 * @param {ReadonlyArray<JournalEntry>} entries in any order
 * @returns {Utterance[]} in conversation order
 */
export function withUnsent(utterances, entries) {
  const all = [...utterances];
  const waiting = new Map(entries.map((entry) => [entry.id, entry]));
  const put = (/** @type {JournalEntry|undefined} */ entry) => {
    if (entry === undefined || !waiting.delete(entry.id)) {
      return;
    }
    put(waiting.get(entry.previous_item_id ?? ""));
    const { id, speaker, status, text, visit } = /** @type {JournalEntry & Utterance} */ (entry);
    const known = all.findIndex((one) => one.item_id === id);
    const before = all.findIndex((one) => one.item_id === entry.previous_item_id);
    if (known >= 0) {
      all[known] = { ...all[known], status, text };
    } else {
      all.splice(before < 0 ? all.length : before + 1, 0, { item_id: id, speaker, status, text, visit });
    }
  };
  entries.forEach(put);
  return all;
}

/**
 * The journal entries that follow from a change: a placeholder first, the words when they are known.
 * @param {Transcript} before
 * @param {Transcript} after
 * @param {string|null} connection
 * @returns {JournalEntry[]}
 */
export function entriesOf(before, after, connection) {
  if (before === after) {
    return [];
  }
  // Nearly every event is about one item; the others are the very same objects in the very same places.
  const isAsBefore = (/** @type {Item} */ item, /** @type {number} */ index) =>
    before.items[index] === item &&
    (item.response === null || before.responses.get(item.response) === after.responses.get(item.response));
  return recorded(after, connection, (item, index) => {
    if (isAsBefore(item, index)) {
      return null;
    }
    const now = recordOf(after, item);
    const known = before.items.findLast((one) => one.id === item.id);
    return now && !sameRecord(recordOf(before, known), now) ? now : null;
  });
}

/**
 * The sentences under way as entries, with the words so far: to be kept where a crash would lose them.
 * @param {Transcript} transcript
 * @param {string|null} connection
 * @returns {JournalEntry[]}
 */
export function sketchesOf(transcript, connection) {
  return recorded(transcript, connection, (item) => {
    const now = recordOf(transcript, item);
    return now?.status === "partial" && textOf(item) ? { ...now, text: textOf(item) } : null;
  });
}

/**
 * @param {Transcript} transcript
 * @param {string|null} connection
 * @param {(item: Item, index: number) => {status: UtteranceStatus, text: string}|null} choose
 * @returns {JournalEntry[]}
 */
function recorded(transcript, connection, choose) {
  /** @type {JournalEntry[]} */
  const entries = [];
  /** @type {string|null} */
  let previous = null;
  for (let index = 0; index < transcript.items.length; index += 1) {
    const item = transcript.items[index];
    const chosen = choose(item, index);
    if (chosen) {
      const speaker = /** @type {Speaker} */ (item.speaker);
      const { id, visit } = item;
      entries.push({ id, kind: "utterance", previous_item_id: previous, speaker, ...chosen, visit, connection });
    }
    if (item.speaker !== null && item.placed) {
      previous = item.id;
    }
  }
  return entries;
}

/**
 * What people see: the spoken and typed items. A tutor's turn cut off before its first word is nothing to look at.
 * @param {Transcript} transcript
 * @returns {Array<{id: string, speaker: Speaker, status: UtteranceStatus, text: string, corrected: string|null, visit: number|null}>}
 */
export function captionsOf(transcript) {
  const known = lists.get(transcript.items);
  if (known !== undefined) {
    return known;
  }
  /** @type {ReturnType<typeof captionsOf>} */
  const all = [];
  // Not flatMap, which takes ten times as long.
  for (const item of transcript.items) {
    const caption = captionOf(item);
    if (caption !== null) {
      all.push(caption);
    }
  }
  lists.set(transcript.items, all);
  return all;
}

/**
 * The captions of a list of items, which never changes: many events change none of it.
 * @type {WeakMap<ReadonlyArray<Item>, ReturnType<typeof captionsOf>>}
 */
const lists = new WeakMap();

/**
 * The caption of each item, null for none, for as long as there is the item: a long lesson has hundreds, and an event
 * changes one of them.
 * @type {WeakMap<Item, ReturnType<typeof captionsOf>[number]|null>}
 */
const captions = new WeakMap();

/** @param {Item} item */
function captionOf(item) {
  const known = captions.get(item);
  if (known !== undefined) {
    return known;
  }
  const text = textOf(item);
  const empty = item.speaker === "tutor" && text === "" && item.status !== "partial";
  const { id, speaker, status, corrected, visit } = item;
  const made = speaker === null || empty ? null : { id, speaker, status, text, corrected, visit };
  captions.set(item, made);
  return made;
}

/**
 * @callback Handler
 * @param {Transcript} transcript
 * @param {ServerEvent} event
 * @param {number|null} visit
 * @returns {Transcript}
 */

/** @type {Record<string, Handler>} */
const HANDLERS = {
  "input_audio_buffer.committed": (transcript, event, visit) =>
    place(transcript, event.item_id, event.previous_item_id, "learner", visit),
  "conversation.item.added": added,
  "conversation.item.done": added,
  "conversation.item.deleted": forgotten,
  "conversation.item.truncated": (transcript, event, visit) =>
    update(transcript, event.item_id, "tutor", visit, (item) => (item.status === "partial" ? { ...item, status: "interrupted" } : item)),
  "conversation.item.input_audio_transcription.delta": (transcript, event, visit) =>
    update(transcript, event.item_id, "learner", visit, (item) => (item.status === "partial" ? withMore(item, event) : item)),
  "conversation.item.input_audio_transcription.completed": (transcript, event, visit) =>
    update(transcript, event.item_id, "learner", visit, (item) => heard(item, event.transcript ?? "")),
  "conversation.item.input_audio_transcription.failed": (transcript, event, visit) =>
    update(transcript, event.item_id, "learner", visit, (item) => heard(item, "")),
  "response.created": silentOnesAreComplete,
  "response.output_item.added": (transcript, event, visit) =>
    update(transcript, event.item?.id, speakerOf(event.item), visit, (item) => ({ ...item, response: event.response_id ?? null })),
  "response.output_audio_transcript.delta": (transcript, event, visit) =>
    update(transcript, event.item_id, "tutor", visit, (item) => ({ ...withMore(item, event), voiced: true })),
  "response.output_audio_transcript.done": (transcript, event, visit) =>
    update(transcript, event.item_id, "tutor", visit, (item) => ({ ...withWhole(item, event, event.transcript), voiced: true })),
  "response.output_text.delta": (transcript, event, visit) =>
    update(transcript, event.item_id, "tutor", visit, (item) => withMore(item, event)),
  "response.output_text.done": (transcript, event, visit) =>
    update(transcript, event.item_id, "tutor", visit, (item) => withWhole(item, event, event.text)),
  "response.done": (transcript, event) => learn(transcript, event.response?.id, { status: event.response?.status ?? "completed" }),
  "output_audio_buffer.started": (transcript, event) => learn(transcript, event.response_id, { sound: "playing" }),
  "output_audio_buffer.stopped": (transcript, event) => learn(transcript, event.response_id, { sound: "played" }),
  "output_audio_buffer.cleared": (transcript, event) => learn(transcript, event.response_id, { sound: "cut" }),
};

/**
 * @param {string} id
 * @param {Speaker|null} speaker
 * @param {number|null} visit
 * @returns {Item}
 */
function newItem(id, speaker, visit) {
  return { id, speaker, status: "partial", parts: [], corrected: null, written: false, voiced: false, placed: false, stored: false, response: null, visit, forgotten: false };
}

/**
 * An item as the server has it. What was left unfinished in an earlier call, or in another window, will not be finished here.
 * @param {Utterance} utterance
 * @returns {Item}
 */
function stored({ item_id: id, speaker, status, text, corrected = null, visit }) {
  return {
    ...newItem(id, speaker, visit),
    status: status === "partial" ? unfinished(speaker, text) : status,
    parts: [text],
    corrected,
    written: true,
    placed: true,
    stored: true,
  };
}

/** @param {Item} item */
function textOf(item) {
  return storable(item.parts.filter(Boolean).join(" ").trim());
}

/** @param {WireItem|undefined} item @returns {Speaker|null} */
function speakerOf(item) {
  const speakers = /** @type {Record<string, Speaker>} */ ({ user: "learner", assistant: "tutor" });
  return item?.type === "message" ? (speakers[item.role ?? ""] ?? null) : null;
}

/**
 * @param {Speaker|null} speaker
 * @param {string} text
 * @returns {UtteranceStatus}
 */
function unfinished(speaker, text) {
  return speaker === "learner" && text === "" ? "untranscribed" : "interrupted";
}

/**
 * `conversation.item.added` and `.done`: the item exists. Typed text comes with it; spoken text does not. What was typed
 * belongs to the stage in which the model gets it, and answers it, whatever stage it was typed in.
 * @type {Handler}
 */
function added(transcript, event, visit) {
  const speaker = speakerOf(event.item);
  const next = place(transcript, event.item?.id, event.previous_item_id, speaker, visit);
  const typed = (event.item?.content ?? []).filter((part) => part.type === "input_text");
  if (speaker !== "learner" || typed.length === 0) {
    return next;
  }
  const parts = typed.map((part) => part.text ?? "");
  const isPlaced = transcript.items.findLast((item) => item.id === event.item?.id)?.placed;
  return update(next, event.item?.id, speaker, visit, (item) => ({
    ...item, parts, status: "complete", written: true, visit: isPlaced ? item.visit : visit,
  }));
}

/**
 * The model has been made to forget an item, which was said all the same. Once nothing is left of the beginning of its
 * chain, what comes next says that it is the first.
 * @type {Handler}
 */
function forgotten(transcript, event) {
  const items = transcript.items.map((item) => (item.id === event.item_id ? { ...item, forgotten: true } : item));
  const first = items.findIndex((item) => item.id === transcript.root) + 1;
  const kept = items.findIndex((item, index) => index >= first && !item.forgotten);
  const last = items[(kept < 0 ? items.length : kept) - 1];
  return { ...transcript, items, root: last?.id ?? transcript.root };
}

/**
 * Put an item after the one it names: null is the start of this call, an unknown one the end. An item that has its place keeps it.
 * @param {Transcript} transcript
 * @param {string|undefined} id
 * @param {string|null|undefined} previous
 * @param {Speaker|null} speaker
 * @param {number|null} visit
 * @returns {Transcript}
 */
function place(transcript, id, previous, speaker, visit) {
  const found = transcript.items.findLast((item) => item.id === id);
  if (id === undefined || found?.placed) {
    return transcript;
  }
  const others = found ? transcript.items.filter((item) => item !== found) : transcript.items;
  const after = previous === null ? transcript.root : previous;
  const index = others.findLastIndex((item) => item.id === after);
  const start = previous === null && transcript.root === null ? 0 : others.length;
  const item = { ...(found ?? newItem(id, speaker, visit)), placed: true };
  return { ...transcript, items: others.toSpliced(index < 0 ? start : index + 1, 0, item) };
}

/**
 * Change one item; a stranger is appended, for its text must not be lost, and finds its place later.
 * @param {Transcript} transcript
 * @param {string|undefined} id
 * @param {Speaker|null} speaker
 * @param {number|null} visit
 * @param {(item: Item) => Item} change
 * @returns {Transcript}
 */
function update(transcript, id, speaker, visit, change) {
  if (id === undefined) {
    return transcript;
  }
  // What changes is nearly always among the last.
  const index = transcript.items.findLastIndex((item) => item.id === id);
  const items = index < 0
    ? [...transcript.items, change(newItem(id, speaker, visit))]
    : transcript.items.with(index, change(transcript.items[index]));
  return { ...transcript, items };
}

/**
 * @param {Item} item
 * @param {ServerEvent} event a delta
 * @returns {Item}
 */
function withMore(item, event) {
  const index = event.content_index ?? 0;
  return withPart(item, index, (item.parts[index] ?? "") + (event.delta ?? ""));
}

/**
 * @param {Item} item
 * @param {ServerEvent} event
 * @param {string|undefined} text the whole part
 * @returns {Item}
 */
function withWhole(item, event, text) {
  const index = event.content_index ?? 0;
  return { ...withPart(item, index, text ?? item.parts[index] ?? ""), written: true };
}

/**
 * @param {Item} item
 * @param {number} index
 * @param {string} text
 * @returns {Item}
 */
function withPart(item, index, text) {
  const parts = Array.from({ length: Math.max(index + 1, item.parts.length) }, (_, at) => item.parts[at] ?? "");
  return { ...item, parts: parts.with(index, text) };
}

/**
 * The final word of the transcription model. Noise is transcribed as nothing.
 * @param {Item} item
 * @param {string} text
 * @returns {Item}
 */
function heard(item, text) {
  if (item.status !== "partial") {
    return item;
  }
  return { ...item, parts: [text], written: true, status: text.trim() === "" ? "untranscribed" : "complete" };
}

/**
 * Note a fact of a response, and what follows from it for its items.
 * @param {Transcript} transcript
 * @param {string|undefined} id
 * @param {Partial<ResponseFacts>} news
 * @returns {Transcript}
 */
function learn(transcript, id, news) {
  if (id === undefined) {
    return transcript;
  }
  const facts = { ...(transcript.responses.get(id) ?? UNKNOWN_RESPONSE), ...news };
  const responses = new Map(transcript.responses).set(id, facts);
  const isMeant = (/** @type {Item} */ item) => item.response === id && item.status === "partial";
  // Where nothing follows the list stays the same, and nothing else is made anew.
  const items = transcript.items.some(isMeant)
    ? transcript.items.map((item) => (isMeant(item) ? concluded(item, facts) : item))
    : transcript.items;
  return { ...transcript, items, responses };
}

/**
 * @param {Item} item
 * @param {ResponseFacts} facts
 * @returns {Item}
 */
function concluded(item, facts) {
  const cut = facts.sound === "cut" || (facts.status !== null && facts.status !== "completed");
  if (cut) {
    return { ...item, status: "interrupted" };
  }
  const over = facts.status === "completed" && (facts.sound === "played" || !item.voiced);
  return over ? { ...item, status: "complete", written: true } : item;
}

/**
 * A response that was finished and never sounded will not sound any more once the next one begins.
 * @type {Handler}
 */
function silentOnesAreComplete(transcript) {
  const silent = (/** @type {Item} */ item) => {
    const facts = transcript.responses.get(item.response ?? "");
    return item.status === "partial" && facts?.status === "completed" && facts.sound === "none";
  };
  if (transcript.items.findLast(silent) === undefined) {
    return transcript;
  }
  return { ...transcript, items: transcript.items.map((item) => (silent(item) ? { ...item, status: "complete" } : item)) };
}

/**
 * What the journal should hold of an item, or null for nothing. A final status is told only when the text is
 * final too: after an interruption the last written words still follow.
 * @param {Transcript} transcript
 * @param {Item|undefined} item
 * @returns {{status: UtteranceStatus, text: string}|null}
 */
function recordOf(transcript, item) {
  if (item === undefined || item.speaker === null || !item.placed || item.stored) {
    return null;
  }
  const answering = item.response !== null && (transcript.responses.get(item.response)?.status ?? null) === null;
  if (item.status === "partial" || answering) {
    return { status: "partial", text: item.written ? textOf(item) : "" };
  }
  return { status: item.status, text: item.status === "untranscribed" ? "" : textOf(item) };
}

/**
 * @param {{status: string, text: string}|null} one
 * @param {{status: string, text: string}} other
 */
function sameRecord(one, other) {
  return one !== null && one.status === other.status && one.text === other.text;
}
