// @ts-check
/** Where the parts of a fake attempt live. */
export const URLS = { state: "/state/", connections: "/connections/", tool_calls: "/tool-calls/", journal: "/journal/", corrections: "/corrections/", end: "/end/" };

const STAGES = [
  { key: "warm-up", title: "Warm-up", goal: "Say hello.", needs: { turns: 1, quotes: 0 } },
  { key: "order", title: "Ordering", goal: "Order a coffee.", needs: { turns: 1, quotes: 1 } },
];

/** As tutor/realtime/session.py has them. @type {Record<string, any>} */
const ADJUSTMENTS = Object.fromEntries(Object.entries({
  voice: { output_modalities: ["audio"], audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "low" } } } },
  push_to_talk: { output_modalities: ["audio"], audio: { input: { turn_detection: null } } },
  typing: { output_modalities: ["audio"], audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "low" } } } },
  silent: { output_modalities: ["text"], audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "low" } } } },
  think: { audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "low", create_response: false } } } },
  speed_normal: { audio: { output: { speed: 1 } } },
  speed_slower: { audio: { output: { speed: 0.85 } } },
  speed_slow: { audio: { output: { speed: 0.7 } } },
}).map(([name, change]) => [name, { type: "session.update", session: { type: "realtime", ...change } }]));

/** Our own server with a lesson of two stages, as the contract describes it: the same call_id gets the same answer. */
export class FakeServer {
  visit = 1;
  ended = false;
  /** Whether its answers to the journal say that the attempt has ended. */
  tells = true;
  outcome = "";
  /** Who of the staff has ended it, and why. @type {string|null} */
  endedBy = null;
  /** @type {string|null} */
  endedWhy = null;
  /** The journal as stored: newest entry of each utterance. @type {Map<string, any>} */
  utterances = new Map();
  /** Pictures kept, by the utterance they belong to. @type {Map<string, any>} */
  pictures = new Map();
  /** @type {any[]} */
  faults = [];
  /** Everything that came, in order: "journal", "tool-calls note" … @type {string[]} */
  log = [];
  /** True to refuse the next `stage_complete`, as an answer. */
  refuses = false;
  /** True to move on just before the next call is made, as a report does that comes late. */
  movesOn = false;
  /** Help for a stage that stalls, offered until it is received. @type {any} */
  rescue = null;
  /** What staff have done, with what is offered until a request says that it has it. @type {{number: number, paused: any, offers: any[]}|null} */
  desk = null;
  /** How far each journal request said it has what staff have done. @type {number[]} */
  deskHad = [];
  /** What each journal request said it had received. @type {Array<string|null>} */
  received = [];
  /** Which call each journal request said it was in. @type {Array<string|null>} */
  heard = [];
  /** Ids of the items the next stage makes the model forget. @type {string[]} */
  forgets = [];
  /** The latest correction of each sentence. @type {Map<string, string>} */
  corrected = new Map();
  /** @type {Map<string, any>} */
  #answers = new Map();
  #connections = 0;
  /** What has been shown by calls of “show”. @type {any[]} */
  cards = [];
  /** Seconds spent in calls, as summed up so far. */
  spent = 0;
  /** What budgets leave. @type {{seconds: number, in: "day"|"month"}|null} */
  left = null;
  /** Why no call can be made. @type {{code: string, message: string}|null} */
  barred = null;
  /** Title of another lesson that the learner is in a call in. @type {string|null} */
  elsewhere = null;
  /** Id of the latest call, whichever window made it. @type {string|null} */
  connection = null;

  /** @param {{method: string, path: string, body: any}} request */
  handle = ({ path, body }) => {
    const handlers = /** @type {Record<string, () => any>} */ ({
      [URLS.state]: () => ({ body: this.state() }),
      [URLS.connections]: () => this.#connect(),
      [URLS.tool_calls]: () => this.#toolCall(body),
      [URLS.journal]: () => ({ body: this.#journal(body) }),
      [URLS.corrections]: () => this.#correct(body),
      [URLS.end]: () => this.#end(),
    });
    return handlers[path]();
  };

  state() {
    const opening = this.visit === 1 && this.utterances.size === 0
      ? [{ type: "response.create", event_id: "opening-1" }]
      : [{ type: "conversation.item.create", event_id: "opening-1", item: { type: "message", role: "system", content: [{ type: "input_text", text: "So far …" }] } }, { type: "response.create", event_id: "opening-2" }];
    const transcript = [...this.utterances.values()].map((entry) => ({
      item_id: entry.id, speaker: entry.speaker, status: entry.status, text: entry.text, corrected: this.corrected.get(entry.id) ?? null, visit: entry.visit, stage: STAGES[entry.visit - 1].key,
      picture: this.pictures.has(entry.id) ? `/attempts/a/pictures/${entry.id}/` : null,
    }));
    return {
      code: "a", url: "/attempts/a/", lesson: { slug: "cafe", title: "In the café", language: "en" }, rehearsal: true,
      ended: this.ended, outcome: this.outcome, ended_by: this.endedBy, ended_why: this.endedWhy, paused: this.desk?.paused ?? null, connection: this.connection, elsewhere: this.elsewhere, barred: this.barred, time: { minutes: 10, limit: 60, spent: this.spent, left: this.left }, stage: this.#stage(), stages: this.#stages(), transcript, cards: this.cards, opening: this.ended ? [] : opening, adjustments: ADJUSTMENTS,
    };
  }

  /** The instructions that belong to a visit. @param {number} visit */
  static update(visit) {
    return {
      type: "session.update",
      event_id: `stage-${visit}`,
      session: { type: "realtime", instructions: `# Stage\n${STAGES[visit - 1].title}\n`, tools: [{ type: "function", name: "stage_complete" }], tool_choice: "auto" },
    };
  }

  #stage() {
    return this.ended ? null : { ...STAGES[this.visit - 1], visit: this.visit, position: this.visit };
  }

  #stages() {
    return STAGES.map(({ needs, ...stage }, index) => {
      const place = index + 1 - this.visit;
      const progress = this.ended || place < 0 ? "done" : place === 0 ? "current" : "ahead";
      return { ...stage, progress };
    });
  }

  #connect() {
    if (this.desk?.paused) {
      return { status: 409, body: { error: "attempt_paused", message: "Your teacher has paused the lesson." } };
    }
    if (this.barred) {
      return { status: this.barred.code === "calls_off" ? 503 : 429, body: { error: this.barred.code, message: this.barred.message }, headers: { "Retry-After": "60" } };
    }
    this.#connections += 1;
    if (this.rescue?.id.endsWith("-3")) {
      // A call made after the last resort begins in the right stage.
      this.rescue = null;
    }
    this.log.push(`connection ${this.#connections}`);
    const id = `conn-${this.#connections}`;
    if (this.movesOn) {
      this.movesOn = false;
      this.visit += 1;
    }
    const headers = { Location: `/connections/${id}/`, "Viva-Visit": String(this.visit) };
    this.connection = this.ended ? this.connection : id;
    return this.ended ? { status: 409, body: { error: "attempt_ended", message: "This lesson is over." } } : { status: 201, body: "v=0\r\nanswer\r\n", headers };
  }

  /** @param {any} call */
  #show(call) {
    if (call.name !== "show") {
      return null;
    }
    const after = [...this.utterances.keys()].at(-1) ?? null;
    const card = { call_id: call.call_id, kind: "card", title: "Tea", text: "", math: "", image: "", alt: "", visit: this.visit, after };
    this.cards.push(card);
    return card;
  }

  /** @param {any} call */
  #toolCall(call) {
    this.log.push(`tool-calls ${call.name} in visit ${call.visit}`);
    const known = this.#answers.get(call.call_id);
    if (known) {
      return { body: known };
    }
    if (this.ended) {
      return { status: 409, body: { error: "attempt_ended", message: "This lesson has already ended." } };
    }
    const answer = { card: this.#show(call), events: this.#decide(call), ...this.#where() };
    this.#answers.set(call.call_id, answer);
    return { body: answer };
  }

  /** @param {any} call */
  #decide(call) {
    const output = (/** @type {object} */ value) => ({
      type: "conversation.item.create", event_id: `output-${call.call_id}`, item: { type: "function_call_output", call_id: call.call_id, output: JSON.stringify(value) },
    });
    const create = { type: "response.create", event_id: `create-${call.call_id}` };
    if (call.visit !== this.visit) {
      return [output({ status: "refused", error: "stage_over" }), create];
    }
    if (call.name !== "stage_complete") {
      return [output({ status: "ok" }), create];
    }
    if (this.refuses) {
      this.refuses = false;
      return [output({ status: "refused", error: "evidence_missing" }), create];
    }
    if (this.visit === STAGES.length) {
      this.ended = true;
      this.outcome = "completed";
      return [output({ status: "accepted", lesson: "complete" }), { ...create, response: { tool_choice: "none" } }];
    }
    this.visit += 1;
    const deletions = this.forgets.map((id) => ({ type: "conversation.item.delete", event_id: `delete-${id}`, item_id: id }));
    return [FakeServer.update(this.visit), ...deletions, output({ status: "accepted", stage: STAGES[this.visit - 1].title }), create];
  }

  /** Offer a nudge: one note, and a request to speak if the learner is silent. @param {{speak?: boolean}} [options] */
  nudge({ speak = false } = {}) {
    const note = { type: "conversation.item.create", event_id: "stall-1-1-1", item: FakeServer.note("stall-1-1") };
    const events = speak ? [note, { type: "response.create", event_id: "stall-1-1-2" }] : [note];
    this.rescue = { id: "stall-1-1", events, ...this.#where() };
  }

  /** Staff whisper something. @param {{speak?: boolean}} [options] */
  whisper({ speak = false } = {}) {
    const number = this.#nextOfDesk();
    const id = `desk-${number}`;
    const note = { type: "conversation.item.create", event_id: `${id}-1`, item: FakeServer.note(id) };
    const events = speak ? [note, { type: "response.create", event_id: `${id}-2` }] : [note];
    this.#offer({ id, number, by: "Tess", events, ...this.#where() });
  }

  /** Staff move the lesson to the other stage. */
  move() {
    const number = this.#nextOfDesk();
    const id = `desk-${number}`;
    this.visit = 2;
    const note = { type: "conversation.item.create", event_id: `${id}-2`, item: FakeServer.note(id) };
    this.#offer({ id, number, by: "Tess", why: "You know that.", events: [FakeServer.update(2), note, { type: "response.create", event_id: `${id}-3` }], ...this.#where() });
  }

  /** Staff pause the lesson, or let it go on. @param {boolean} isPaused */
  pause(isPaused) {
    this.desk = { number: this.#nextOfDesk(), paused: isPaused ? { by: "Tess", since: "", why: "" } : null, offers: [] };
  }

  #nextOfDesk() {
    return (this.desk?.number ?? 0) + 1;
  }

  /** @param {any} offer */
  #offer(offer) {
    this.desk = { number: offer.number, paused: null, offers: [...(this.desk?.offers ?? []), offer] };
  }

  /** Move on by the last resort, and offer what the model has to be told. */
  fallBack() {
    const id = `stall-${this.visit}-3`;
    const isLast = this.visit === STAGES.length;
    this.visit += isLast ? 0 : 1;
    this.ended = isLast;
    this.outcome = isLast ? "completed" : "";
    const note = { type: "conversation.item.create", event_id: `${id}-2`, item: FakeServer.note(id) };
    const create = { type: "response.create", event_id: `${id}-3` };
    this.rescue = { id, events: isLast ? [note, create] : [FakeServer.update(this.visit), note, create], ...this.#where() };
  }

  /** @param {string} id */
  static note(id) {
    return { id, type: "message", role: "system", content: [{ type: "input_text", text: "Wrap up." }] };
  }

  #where() {
    return { stage: this.#stage(), stages: this.#stages(), ended: this.ended };
  }

  /** @param {{entries: any[], received: string|null, desk: number, connection: string|null}} body */
  #journal({ entries, received, desk, connection }) {
    this.log.push(entries.length > 0 ? "journal" : "beat");
    this.heard.push(connection);
    this.received.push(received);
    this.deskHad.push(desk);
    if (this.desk) {
      this.desk = { ...this.desk, offers: this.desk.offers.filter((offer) => offer.number > desk) };
    }
    if (this.rescue?.id === received) {
      this.rescue = null;
    }
    for (const entry of entries) {
      if (entry.kind === "utterance") {
        this.utterances.set(entry.id, entry);
      } else if (entry.kind === "picture") {
        this.pictures.set(entry.id, entry);
      } else if (entry.kind === "fault") {
        this.faults.push(entry);
      }
    }
    return { stored: entries.map((entry) => entry.id), duplicate: [], conflict: [], rejected: [], rescue: this.rescue, desk: this.desk, ended: this.ended && this.tells };
  }

  /** @param {{id: string, item_id: string, text: string}} correction */
  #correct({ id, item_id: itemId, text }) {
    this.log.push(`correction ${text}`);
    const said = this.utterances.get(itemId);
    if (said === undefined) {
      return { status: 404, body: { error: "unknown_utterance", message: "There is no such sentence of yours." } };
    }
    if (!this.#answers.has(id)) {
      this.corrected.set(itemId, text);
      const note = { type: "conversation.item.create", event_id: `${id}-1`, item: FakeServer.correction(this.corrected.size) };
      this.#answers.set(id, [note, { type: "response.create", event_id: `${id}-2` }]);
    }
    return { body: { events: this.#answers.get(id), utterance: { ...said, item_id: itemId, corrected: this.corrected.get(itemId) } } };
  }

  /** @param {number} number */
  static correction(number) {
    return { id: `correction-${number}`, type: "message", role: "system", content: [{ type: "input_text", text: "They said …" }] };
  }

  #end() {
    this.ended = true;
    this.outcome ||= "left";
    return { body: this.state() };
  }
}
