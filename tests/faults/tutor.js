// @ts-check
import { pause } from "../../static/tutor/js/net/clock.js";
import { FakePeer } from "../js/fakes/peer.js";

/**
 * @typedef {import("../../static/tutor/js/net/clock.js").Clock} Clock
 * @typedef {import("../../static/tutor/js/realtime/types.js").ServerEvent} ServerEvent
 * @typedef {import("./chance.js").Chance} Chance
 * @typedef {import("./truth.js").Truth} Truth
 */

const WORDS = ["coffee", "tea", "milk", "Straße", "rain", "«menu»", "please", "small", "Zoë", "seven", "<b>", "sugar", "and", "yes…", "no", "maybe", "window", "日本", "hello", "waiter"];
/** The tool that ends a stage. */
const COMPLETE = "stage_complete";

/**
 * The model at the other end of a page's calls, and the learner's voice: a scripted stand-in that keeps the wire's
 * rules (one response at a time, one chain of items, everything in order) and is as unreliable as chance has it. It
 * knows of the lesson what the server told the provider: the SDP answer names the outcomes of the stage.
 */
export class Tutor {
  /** @type {Exchange|null} the present call */
  exchange = null;

  /**
   * @param {object} lent
   * @param {number} lent.number of the lesson
   * @param {Truth} lent.truth
   * @param {Chance} lent.chance
   * @param {Clock} lent.clock that of the page: with it, everything here stops
   */
  constructor(lent) {
    this.lent = lent;
  }

  /** @returns {any} what a page's call is made with */
  makePeer() {
    const exchange = new Exchange(this.lent);
    this.exchange = exchange;
    return exchange.peer;
  }
}

/** One call, from its offer to its end. */
class Exchange {
  peer = new FakePeer();
  #lent;
  #number;
  #channel;
  /** Key of the stage it is configured for, and the ways out of it. @type {{stage: string, outcomes: string[]}} */
  #config = { stage: "", outcomes: [] };
  /** The same, as far as the page knows. */
  #confirmed = "";
  #count = 0;
  /** @type {string|null} */
  #last = null;
  /** The response being made. @type {string|null} */
  #active = null;
  /** Responses still heard. @type {Set<string>} */
  #sounding = new Set();
  /** What is on its way: the channel keeps its order. @type {{down: ServerEvent[], up: any[]}} */
  #under = { down: [], up: [] };
  /** What the learner said in this stage, as the model understood it. @type {string[]} */
  #heard = [];
  /** Turns of the learner in this stage, and how many it takes. */
  #turns = 0;
  #enough = 1;
  #isOver = false;

  /** @param {Tutor["lent"]} lent */
  constructor(lent) {
    this.#lent = lent;
    lent.truth.dials += 1;
    this.#number = lent.truth.dials;
    const { chance } = lent;
    const { peer } = this;
    this.#channel = peer.channel;
    peer.sctp.maxMessageSize = 262_144;
    peer.createOffer = async () => ({
      type: "offer",
      sdp: `v=0\r\no=- ${lent.number} ${this.#number} IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n`,
    });
    peer.setRemoteDescription = async ({ sdp }) => {
      const found = /^v=0\r\n.*\r\na=stage:(\S+)\r\na=outcomes:(\S+)\r\na=end\r\n$/s.exec(sdp);
      if (found === null) {
        throw new Error("Failed to parse SessionDescription.");
      }
      this.#config = { stage: found[1], outcomes: found[2].split(",") };
      this.#enough = chance.whole(1, 2);
      const isDeaf = chance.hits(0.03);
      this.#later(chance.between(20, 300), () => isDeaf || this.#open());
    };
    this.#channel.send = (text) => {
      this.#under.up.push(JSON.parse(text));
      return this.#later(chance.between(1, 30), () => this.#receive(this.#under.up.shift()));
    };
    this.#channel.addEventListener("close", () => {
      this.#isOver = true;
    });
  }

  get number() {
    return this.#number;
  }

  get isOpen() {
    return this.#channel.readyState === "open" && !this.#isOver;
  }

  /** Whether the learner can be heard. */
  get isHearing() {
    return this.isOpen && (this.peer.sender.track?.enabled ?? false);
  }

  #open() {
    const { chance, clock } = this.#lent;
    this.#confirmed = this.#config.stage;
    this.#channel.open();
    // A provider that is about to end the call: the room makes another one in a quiet moment.
    const isShort = chance.hits(0.05);
    this.#emit({ type: "session.created", session: isShort ? { expires_at: Math.ceil(clock.now() / 1000) + 20 } : {} });
    if (chance.hits(0.15)) {
      this.#later(chance.between(300, 20_000), () => this.#channel.close());
    }
  }

  /** @param {number} ms @param {() => void} run */
  #later(ms, run) {
    this.#lent.clock.after(ms, () => !this.#isOver && run());
    return 0;
  }

  /** @param {number} ms */
  #pause(ms) {
    return pause(this.#lent.clock, ms);
  }

  /** @param {string} prefix */
  #id(prefix) {
    this.#count += 1;
    return `${prefix}_${this.#lent.number}_${this.#number}_${this.#count}`;
  }

  /** Words that nobody says twice. @param {number} count */
  #sentence(count) {
    return [`${this.#lent.number}.${this.#id("s")}`, ...Array.from({ length: count }, () => this.#lent.chance.of(WORDS))];
  }

  /** @param {ServerEvent} event */
  #emit(event) {
    this.#under.down.push({ event_id: this.#id("event"), ...event });
    this.#later(this.#lent.chance.between(1, 30), () => this.#deliver());
  }

  #deliver() {
    const event = this.#under.down.shift();
    if (event === undefined || this.#channel.readyState !== "open") {
      return;
    }
    const { truth, clock } = this.#lent;
    truth.witness(event, { call: this.#number, stage: this.#confirmed, now: clock.now() });
    if (event.type === "session.updated" && event.session?.instructions && !event.isTwisted) {
      this.#confirmed = this.#config.stage;
    }
    this.#channel.deliver(event);
    if (event.type === "response.done" && this.#lent.chance.hits(0.05)) {
      // The same once more: whoever acts on it twice, calls twice.
      this.#channel.deliver(event);
    }
  }

  // --- The learner's voice ---------------------------------------------------

  /** The learner says something; the model answers by itself. */
  async speak() {
    const { chance } = this.#lent;
    const id = this.#id("item");
    this.#emit({ type: "input_audio_buffer.speech_started", item_id: id });
    this.#cutOff();
    await this.#pause(chance.between(100, 1_500));
    this.#emit({ type: "input_audio_buffer.speech_stopped", item_id: id });
    this.#emit({ type: "input_audio_buffer.committed", item_id: id, previous_item_id: this.#last });
    this.#add({ id, type: "message", role: "user", content: [{ type: "input_audio", transcript: null }] });
    this.#turns += 1;
    this.#transcribe(id, this.#sentence(chance.whole(1, 8)));
    if (this.#active === null) {
      await this.#respond();
    }
  }

  /** The words come from another model, early, late or never. @param {string} id @param {string[]} words */
  async #transcribe(id, words) {
    const { chance } = this.#lent;
    const fate = chance.next();
    await this.#pause(chance.hits(0.2) ? chance.between(1_000, 6_000) : chance.between(20, 400));
    if (fate < 0.03) {
      this.#emit({ type: "conversation.item.input_audio_transcription.failed", item_id: id, content_index: 0, error: { code: "audio_unintelligible" } });
    } else if (fate < 0.06) {
      this.#emit({ type: "conversation.item.input_audio_transcription.completed", item_id: id, content_index: 0, transcript: "" });
    } else {
      for (const word of chance.hits(0.5) ? words : []) {
        this.#emit({ type: "conversation.item.input_audio_transcription.delta", item_id: id, content_index: 0, delta: `${word} ` });
        await this.#pause(chance.between(10, 150));
      }
      this.#heard.push(words.join(" "));
      this.#emit({ type: "conversation.item.input_audio_transcription.completed", item_id: id, content_index: 0, transcript: words.join(" "), usage: { type: "tokens", total_tokens: 3 } });
    }
  }

  // --- Client events -----------------------------------------------------------

  /** @param {any} event */
  #receive(event) {
    const answers = /** @type {Record<string, () => void>} */ ({
      "session.update": () => this.#update(event),
      "conversation.item.create": () => this.#take(event.item),
      "response.create": () => this.#create(event),
      "response.cancel": () => this.#cancel(),
      "output_audio_buffer.clear": () => this.#silence(),
    });
    answers[event.type]?.();
  }

  /** @param {any} item */
  #take(item) {
    if (item.type === "function_call_output") {
      this.#lent.truth.outputs.push({ call: this.#number, call_id: item.call_id, data: JSON.parse(item.output) });
    }
    if (item.role === "user") {
      this.#turns += 1;
      this.#heard.push(item.content[0].text);
    }
    this.#add({ id: this.#id("item"), ...item });
  }

  /** @param {any} event */
  #update({ event_id: eventId, session }) {
    const fate = this.#lent.chance.next();
    if (fate < 0.02) {
      this.#emit({ type: "error", error: { type: "invalid_request_error", code: "unknown_parameter", message: "Unknown parameter.", event_id: eventId } });
    } else if (fate < 0.04) {
      this.#emit({ type: "session.updated", session: { ...session, instructions: "Something else." }, isTwisted: true });
    } else if (fate >= 0.06) {
      this.#enter(session);
      this.#emit({ type: "session.updated", session });
    }
  }

  /** @param {any} session */
  #enter({ tools = [] }) {
    const outcome = tools.find((/** @type {any} */ tool) => tool.name === COMPLETE)?.parameters.properties.outcome;
    if (outcome) {
      this.#config = { stage: stageOf(outcome.enum), outcomes: outcome.enum };
      this.#heard = [];
      this.#turns = 0;
      this.#enough = this.#lent.chance.whole(1, 2);
    }
  }

  /** @param {any} event */
  #create(event) {
    if (this.#active) {
      this.#emit({ type: "error", error: { type: "invalid_request_error", code: "conversation_already_has_active_response", event_id: event.event_id } });
    } else {
      this.#respond(event.response?.tool_choice !== "none");
    }
  }

  // --- Responses -----------------------------------------------------------------

  /** @param {boolean} [mayCall] */
  async #respond(mayCall = true) {
    const { chance } = this.#lent;
    const response = this.#id("resp");
    this.#active = response;
    this.#emit({ type: "response.created", response: { id: response, status: "in_progress", output: [] } });
    await this.#pause(chance.between(20, 600));
    const isDone = mayCall && this.#turns >= this.#enough;
    const output = [];
    if (!isDone || chance.hits(0.6)) {
      output.push(await this.#say(response));
    }
    if (this.#active !== response) {
      return;
    }
    if (mayCall && chance.hits(0.2) && this.#config.stage === "warm-up") {
      output.push(this.#call("note", { drink: chance.of(WORDS) }, response));
    }
    if (isDone) {
      output.push(this.#complete(response));
    }
    this.#finish(response, "completed", output);
    await this.#pause(chance.between(10, 900));
    if (this.#sounding.delete(response)) {
      this.#emit({ type: "output_audio_buffer.stopped", response_id: response });
    }
  }

  /** A sentence, word by word, for as long as nobody cuts it off. @param {string} response */
  async #say(response) {
    const { chance } = this.#lent;
    const item = { id: this.#id("item"), type: "message", role: "assistant" };
    const words = this.#sentence(chance.whole(1, 10));
    this.#emit({ type: "response.output_item.added", response_id: response, item: { ...item, status: "in_progress", content: [] } });
    this.#add({ ...item, status: "in_progress", content: [] });
    let text = "";
    for (const [index, word] of words.entries()) {
      if (this.#active !== response) {
        break;
      }
      if (index === 1) {
        this.#sounding.add(response);
        this.#emit({ type: "output_audio_buffer.started", response_id: response });
      }
      text += `${word} `;
      this.#emit({ type: "response.output_audio_transcript.delta", response_id: response, item_id: item.id, content_index: 0, delta: `${word} ` });
      await this.#pause(chance.between(10, 250));
    }
    if (this.#active === response) {
      this.#emit({ type: "response.output_audio_transcript.done", response_id: response, item_id: item.id, content_index: 0, transcript: text.trim() });
    }
    return { ...item, status: "completed", content: [{ type: "output_audio", transcript: text.trim() }] };
  }

  /** @param {string} response */
  #complete(response) {
    const { chance } = this.#lent;
    const { outcomes } = this.#config;
    // Seldom round once more: the lesson is to come to an end.
    const outcome = outcomes.length > 1 && chance.hits(0.15) ? outcomes[1] : chance.hits(0.04) ? "made-up" : outcomes[0];
    const evidence = this.#heard.slice(-1);
    return this.#call(COMPLETE, { outcome, reasoning: "They did it.", summary: "They ordered.", evidence }, response);
  }

  /** @param {string} name @param {object} values @param {string} response */
  #call(name, values, response) {
    const item = { id: this.#id("item"), type: "function_call", status: "completed", name, call_id: this.#id("call"), arguments: JSON.stringify(values) };
    this.#emit({ type: "response.output_item.added", response_id: response, item: { ...item, status: "in_progress", arguments: "" } });
    this.#add(item);
    return item;
  }

  /** The learner speaks over the tutor, or presses "Interrupt". */
  #cutOff() {
    this.#cancel();
    this.#silence();
  }

  #cancel() {
    if (this.#active) {
      // Half of a call that nobody may act on.
      const half = { id: this.#id("item"), type: "function_call", status: "incomplete", name: COMPLETE, call_id: this.#id("half"), arguments: "{\"outc" };
      this.#finish(this.#active, "cancelled", this.#lent.chance.hits(0.3) ? [half] : []);
    }
  }

  #silence() {
    this.#sounding.forEach((response) => this.#emit({ type: "output_audio_buffer.cleared", response_id: response }));
    this.#sounding.clear();
  }

  /** @param {string} id @param {string} status @param {any[]} output */
  #finish(id, status, output) {
    this.#active = null;
    this.#emit({ type: "response.done", response: { id, status, output, usage: { total_tokens: 7 } } });
  }

  /** @param {any} item */
  #add(item) {
    this.#emit({ type: "conversation.item.added", item, previous_item_id: this.#last });
    this.#emit({ type: "conversation.item.done", item, previous_item_id: this.#last });
    this.#last = item.id;
  }
}

/** No two stages of the lesson share an outcome. @param {string[]} outcomes */
function stageOf([first]) {
  return { understood: "warm-up", ordered: "order", done: "goodbye" }[first] ?? "";
}
