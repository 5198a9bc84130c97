// @ts-check
/**
 * @typedef {import("../../../static/tutor/js/realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../../../static/tutor/js/realtime/types.js").ServerEvent} ServerEvent
 * @typedef {{text?: string, calls?: Array<{name: string, arguments: string}>}} Reply
 */

/** Milliseconds: how long the model writes an answer, and how long it sounds. */
const WRITING = 300;
const SOUNDING = 900;

/**
 * The other end of a call: answers client events as the provider does, one planned reply for each
 * response, and refuses a second response while one is active.
 */
export class FakeModel {
  /** What the browser sent, over all calls. @type {any[]} */
  sent = [];
  /** @type {FakeCall[]} */
  calls = [];
  /** @type {Reply[]} */
  replies = [];
  /** What becomes of a session.update. @type {"confirm"|"refuse"|"ignore"|"differ"} */
  updates = "confirm";
  /** What becomes of the next calls; "open" when nothing is planned. @type {Array<"open"|"timeout">} */
  dials = [];
  /** The type of the client events that are too large for the channel. @type {string|null} */
  tooLarge = null;
  /** What the microphone hears while the talk button is down; empty for nothing at all. */
  spoken = "";
  /** What the call is configured with, as far as it matters here. */
  session = newSession();
  #clock;
  #count = 0;
  /** @type {Array<() => void>} */
  #inbox = [];
  /** @type {string|null} */
  #active = null;
  /** Responses still to be heard to their end. @type {Set<string>} */
  #sounding = new Set();
  /** @type {string|null} */
  #lastItem = null;
  /** What is being said and has no end. @type {{id: string, text: string}|null} */
  #speech = null;

  /** @param {import("./clock.js").FakeClock} clock */
  constructor(clock) {
    this.#clock = clock;
  }

  /**
   * @param {(sdp: string) => Promise<any>} exchangeSdp
   * @returns {any}
   */
  makeCall(exchangeSdp) {
    const call = new FakeCall(this, exchangeSdp);
    this.calls.push(call);
    this.#active = null;
    this.#lastItem = null;
    this.#inbox = [];
    this.session = newSession();
    this.#sounding.clear();
    return call;
  }

  /** @param {number} ms @param {() => void} run */
  later(ms, run) {
    const call = this.calls.at(-1);
    this.#clock.after(ms, () => call === this.calls.at(-1) && !call?.stopped && run());
  }

  /** @param {ServerEvent} event */
  emit(event) {
    this.calls.at(-1)?.deliver({ event_id: `event_s${(this.#count += 1)}`, ...event });
  }

  /** @param {any} event */
  receive(event) {
    this.sent.push(event);
    const answers = /** @type {Record<string, () => void>} */ ({
      "session.update": () => this.#update(event),
      "conversation.item.create": () => this.#add({ id: `item_${(this.#count += 1)}`, ...event.item }),
      "response.create": () => this.#create(event),
      "response.cancel": () => this.#cancel(),
      "output_audio_buffer.clear": () => this.#silence(),
      "input_audio_buffer.clear": () => this.emit({ type: "input_audio_buffer.cleared" }),
      "input_audio_buffer.commit": () => this.#commit(event),
    });
    // The channel keeps its order, however mean the clock is.
    this.#inbox.push(() => answers[event.type]?.());
    this.later(5, () => this.#inbox.shift()?.());
  }

  /**
   * The learner speaks; the model answers by itself.
   * @param {string} text
   */
  hear(text) {
    const id = `item_${(this.#count += 1)}`;
    this.emit({ type: "input_audio_buffer.speech_started", item_id: id });
    this.finish(id, text);
  }

  /**
   * The learner, who has begun a sentence, ends it.
   * @param {string} id of the item it becomes
   * @param {string} text
   */
  finish(id, text) {
    this.emit({ type: "input_audio_buffer.speech_stopped", item_id: id });
    this.#take(id, text);
    if (this.session.audio.input.turn_detection?.create_response !== false) {
      this.#respond();
    }
  }

  /**
   * The learner speaks and does not stop, or there is steady noise.
   * @param {string} id of the item it becomes once it is committed
   * @param {string} text
   */
  hearOn(id, text) {
    this.#speech = { id, text };
    this.emit({ type: "input_audio_buffer.speech_started", item_id: id });
  }

  /** @param {string} id @param {string} text */
  #take(id, text) {
    this.emit({ type: "input_audio_buffer.committed", item_id: id, previous_item_id: this.#lastItem });
    this.#add({ id, type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] });
    this.later(WRITING / 2, () => this.emit({ type: "conversation.item.input_audio_transcription.completed", item_id: id, content_index: 0, transcript: text }));
  }

  /** @param {any} event */
  #commit(event) {
    const speech = this.#speech;
    this.#speech = null;
    if (speech) {
      this.#take(speech.id, speech.text);
    } else if (this.spoken === "") {
      this.emit({ type: "error", error: { type: "invalid_request_error", code: "input_audio_buffer_commit_empty", event_id: event.event_id } });
    } else {
      this.#take(`item_${(this.#count += 1)}`, this.spoken);
    }
  }

  /** @param {any} event */
  #update({ session, ...event }) {
    if (this.updates === "confirm") {
      this.session = merged(this.session, session);
    }
    // The whole session, whatever was changed in it.
    this.#confirm({ ...event, session: this.updates === "confirm" ? this.session : session });
  }

  /** @param {any} event */
  #confirm(event) {
    const echo = { type: "session.updated", session: event.session };
    const answers = /** @type {Record<string, ServerEvent|null>} */ ({
      confirm: echo,
      differ: { ...echo, session: { ...event.session, instructions: "Something else." } },
      refuse: { type: "error", error: { type: "invalid_request_error", code: "unknown_parameter", message: "Unknown parameter.", event_id: event.event_id } },
      ignore: null,
    });
    const answer = answers[this.updates];
    if (answer) {
      this.emit(answer);
    }
  }

  /** @param {any} event */
  #create(event) {
    if (this.#active) {
      this.emit({ type: "error", error: { type: "invalid_request_error", code: "conversation_already_has_active_response", event_id: event.event_id } });
    } else {
      this.#respond();
    }
  }

  #respond() {
    const id = `resp_${(this.#count += 1)}`;
    const { text, calls = [] } = this.replies.shift() ?? { text: "Yes?" };
    this.#active = id;
    this.emit({ type: "response.created", response: { id, status: "in_progress", output: [] } });
    const output = [...(text === undefined ? [] : [this.#speak(id, text)]), ...calls.map((call) => this.#call(id, call))];
    this.later(WRITING, () => this.#active === id && this.#done({ id, status: "completed", output, usage: { total_tokens: 1 } }));
    if (text !== undefined && this.session.output_modalities[0] === "audio") {
      this.#sounding.add(id);
    }
    this.later(SOUNDING, () => this.#sounding.delete(id) && this.emit({ type: "output_audio_buffer.stopped", response_id: id }));
  }

  /** @param {string} response @param {string} text */
  #speak(response, text) {
    if (this.session.output_modalities[0] === "text") {
      return this.#write(response, text);
    }
    const item = { id: `item_${(this.#count += 1)}`, type: "message", role: "assistant", status: "completed", content: [{ type: "output_audio", transcript: text }] };
    this.emit({ type: "response.output_item.added", response_id: response, item: { ...item, content: [] } });
    this.#add({ ...item, content: [] });
    this.emit({ type: "output_audio_buffer.started", response_id: response });
    this.emit({ type: "response.output_audio_transcript.delta", response_id: response, item_id: item.id, content_index: 0, delta: text });
    this.emit({ type: "response.output_audio_transcript.done", response_id: response, item_id: item.id, content_index: 0, transcript: text });
    return item;
  }

  /** @param {string} response @param {string} text */
  #write(response, text) {
    const item = { id: `item_${(this.#count += 1)}`, type: "message", role: "assistant", status: "completed", content: [{ type: "output_text", text }] };
    this.emit({ type: "response.output_item.added", response_id: response, item: { ...item, content: [] } });
    this.#add({ ...item, content: [] });
    this.emit({ type: "response.output_text.delta", response_id: response, item_id: item.id, content_index: 0, delta: text });
    this.emit({ type: "response.output_text.done", response_id: response, item_id: item.id, content_index: 0, text });
    return item;
  }

  /** Drop the sound that is still to be heard. */
  #silence() {
    this.#sounding.forEach((id) => this.emit({ type: "output_audio_buffer.cleared", response_id: id }));
    this.#sounding.clear();
  }

  /** @param {string} response @param {{name: string, arguments: string}} call */
  #call(response, call) {
    const number = (this.#count += 1);
    const item = { id: `item_${number}`, type: "function_call", status: "completed", call_id: `call_${number}`, ...call };
    this.emit({ type: "response.output_item.added", response_id: response, item });
    this.#add(item);
    return item;
  }

  #cancel() {
    if (this.#active) {
      this.#done({ id: this.#active, status: "cancelled", output: [], usage: null });
    }
  }

  /** @param {any} response */
  #done(response) {
    this.#active = null;
    this.emit({ type: "response.done", response });
  }

  /** @param {any} item */
  #add(item) {
    this.emit({ type: "conversation.item.added", item, previous_item_id: this.#lastItem });
    this.emit({ type: "conversation.item.done", item, previous_item_id: this.#lastItem });
    this.#lastItem = item.id;
  }
}

/** @returns {any} */
function newSession() {
  return { output_modalities: ["audio"], audio: { input: { turn_detection: { type: "semantic_vad", eagerness: "low" } }, output: { speed: 1 } } };
}

/** @param {any} before @param {any} change @returns {any} */
function merged(before, change) {
  const isObject = (/** @type {any} */ value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const entries = Object.entries(change).map(([name, value]) => [name, name !== "turn_detection" && isObject(value) ? merged(before[name] ?? {}, value) : value]);
  return { ...before, ...Object.fromEntries(entries) };
}

/** A call without WebRTC: the interface of net/call.js. */
class FakeCall extends EventTarget {
  connection = /** @type {string|null} */ (null);
  stopped = false;
  probed = false;
  /** What a probe finds. */
  isHeard = true;
  microphone = /** @type {any} */ (null);
  #model;
  #exchangeSdp;
  #open = false;

  /** @param {FakeModel} model @param {(sdp: string) => Promise<any>} exchangeSdp */
  constructor(model, exchangeSdp) {
    super();
    this.#model = model;
    this.#exchangeSdp = exchangeSdp;
  }

  /** @param {any} microphone */
  async connect(microphone) {
    this.microphone = microphone;
    const result = await this.#exchangeSdp("v=0\r\noffer\r\n");
    const fate = this.#model.dials.shift() ?? "open";
    this.connection = result.ok ? result.data.connection : null;
    if (!result.ok || fate === "timeout") {
      this.#model.later(fate === "timeout" ? 10_000 : 0, () => this.drop(result.ok ? "connect_timeout" : "refused"));
      return result;
    }
    this.#model.later(20, () => this.#opened());
    return result;
  }

  /** @param {any} microphone */
  async speakWith(microphone) {
    this.microphone = microphone;
  }

  /** @param {any} event */
  send(event) {
    if (!this.#open) {
      return "channel_closed";
    }
    if (event.type === this.#model.tooLarge) {
      return "message_too_large";
    }
    this.dispatchEvent(new CustomEvent("sent", { detail: event }));
    this.#model.receive(structuredClone(event));
    return null;
  }

  stop() {
    this.stopped = true;
    this.#open = false;
  }

  /** @param {any} event */
  deliver(event) {
    if (this.#open) {
      this.dispatchEvent(new CustomEvent("event", { detail: structuredClone(event) }));
    }
  }

  /** @returns {Promise<boolean>} */
  probe() {
    this.probed = true;
    return new Promise((resolve) => this.#model.later(1_000, () => resolve(this.isHeard)));
  }

  /** @param {boolean} isSteady whether the other side is heard from */
  falter(isSteady) {
    this.dispatchEvent(new CustomEvent("steady", { detail: isSteady }));
  }

  /** The call breaks. @param {string} code */
  drop(code) {
    if (!this.stopped) {
      this.stop();
      this.dispatchEvent(new CustomEvent("over", { detail: code }));
    }
  }

  #opened() {
    if (!this.stopped) {
      this.#open = true;
      this.dispatchEvent(new Event("open"));
    }
  }
}
