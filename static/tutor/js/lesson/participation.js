// @ts-check
import { newId } from "../realtime/ids.js";
import { clearedInput, committedInput } from "../realtime/messages.js";
import { WAYS } from "../realtime/ways.js";
import { Press } from "./press.js";
import { reconfigure } from "./stage_change.js";

/**
 * @typedef {import("../net/choices.js").Choices} Choices
 * @typedef {import("../realtime/status.js").Status} Status
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 * @typedef {"turns"|"speed"} Slot what may be adjusted apart from each other: whose sound makes a turn, and the tutor's pace
 * @typedef {{inForce: Record<Slot, string>}} PresentCall the names of the adjustments the model has
 *
 * What the lesson lends.
 * @typedef {object} Moments
 * @property {() => boolean} isOpen there is a call
 * @property {() => boolean} isCalling there is one, or it is being made
 * @property {() => import("../realtime/status.js").Errand} errand
 * @property {() => boolean} hearing the model hears the learner speak
 * @property {() => boolean} responding an answer is being made
 * @property {() => boolean} sounding the tutor is heard
 * @property {() => boolean} isQuiet nobody speaks and no answer is being made
 * @property {() => Promise<void>} quiet resolves when it is quiet, when that takes too long, or when the call is over
 * @property {(run: () => Promise<unknown>|void) => void} queue run something after the errands under way
 * @property {import("./stage_change.js").Ports["send"]} send
 * @property {import("./stage_change.js").Ports["until"]} until
 * @property {() => void} interrupt silence the tutor
 * @property {() => void} ask request an answer
 * @property {(breach: {code: string, message: string}) => void} refused an adjustment did not come about
 * @property {() => void} changed
 */

/** States of a microphone that nobody can speak into until it is asked for again. @type {ReadonlySet<string>} */
const OUT_OF_USE = new Set(["refused", "absent", "busy", "insecure", "unplugged"]);
/** Milliseconds the learner may go on with a sentence before the ear is changed. */
const SENTENCE_WITHIN = 8_000;

/**
 * How the learner takes part: the way, the tutor's pace, the talk button, and the time to think.
 *
 * What is wished for is brought to each call, through the queue of errands: so no stage change takes the
 * confirmation of an adjustment for its own.
 */
export class Participation {
  #moments;
  #choices;
  #microphone;
  /** @type {Record<string, ClientEvent>} */
  #adjustments = {};
  /** @type {PresentCall|null} */
  #call = null;
  #takingTime = false;
  /** True when something was said meanwhile that waits for its answer. */
  #owed = false;
  #press;

  /**
   * @param {object} options
   * @param {Moments} options.moments
   * @param {Choices} options.choices
   * @param {Pick<import("../net/microphone.js").Microphone, "mute"|"open"|"state"|"want">} options.microphone
   * @param {import("../net/clock.js").Clock} options.clock
   */
  constructor({ moments, choices, microphone, clock }) {
    this.#moments = moments;
    this.#choices = choices;
    this.#microphone = microphone;
    this.#press = new Press(clock, {
      begin: () => this.#listen(),
      discard: () => this.#discard(),
      send: () => this.#handOver(),
      changed: () => moments.changed(),
    });
    this.#equip();
  }

  get view() {
    const way = this.#way;
    const { isTooShort, isListening, state } = this.#press;
    return { ...this.#choices.now, way, speaks: WAYS[this.#choices.now.way].speaks, sounds: WAYS[way].sounds, takingTime: this.#takingTime, press: state, pressed: isListening, isTooShort, canPress: this.#canPress };
  }

  /** True while the turn is the learner's, whatever the model has heard. */
  get isHolding() {
    return this.#takingTime || this.#press.isListening;
  }

  /** True while the learner speaks by button. */
  get isListening() {
    return this.#press.isListening;
  }

  /** True from when the talk button goes down until the answer to what was said begins. */
  get isHandingOver() {
    return this.#press.state !== "idle";
  }

  /** @param {Record<string, ClientEvent>|undefined} adjustments */
  adopt(adjustments) {
    this.#adjustments = adjustments ?? {};
  }

  /**
   * What to call the moment, by the button and the time to think.
   * @param {Status} status
   * @returns {Status}
   */
  statusOf(status) {
    if (this.#press.isListening) {
      return "hearing";
    }
    if (this.#press.state === "sent" && status === "listening") {
      return "thinking";
    }
    return this.#takingTime && status === "thinking" && !this.#moments.responding() ? "listening" : status;
  }

  /** A call is open: it begins as every call does, so tell it what is wished for otherwise. */
  beginCall() {
    this.#call = { inForce: { turns: "voice", speed: "speed_normal" } };
    const verdict = this.#put("turns", "speed");
    this.#moments.queue(() => verdict);
  }

  /** The call is over, and with it what was held in it. */
  endCall() {
    this.#call = null;
    this.#takingTime = false;
    this.#owed = false;
    this.#press.drop();
  }

  /** @param {Partial<import("../net/choices.js").Choice>} change */
  choose(change) {
    const { way } = this.#choices.now;
    this.#choices.set(change);
    if (this.#choices.now.way !== way) {
      this.#press.drop();
    }
    if (change.way !== undefined) {
      this.#equip();
    }
    if (this.#takingTime && this.#choices.now.way !== way) {
      this.takeTime(false);
    } else {
      this.#bring("turns");
    }
    this.#bring("speed");
    this.#moments.changed();
  }

  /** "Continue by typing instead". Who reads in silence types already. */
  type() {
    const { way } = this.#choices.now;
    this.choose({ way: WAYS[way].speaks ? "typing" : way });
  }

  /** The talk button goes down. */
  press() {
    if (this.#canPress) {
      this.#press.begin();
    }
  }

  /** The talk button is let go. */
  release() {
    this.#press.end();
  }

  /**
   * "Let me think": until it is taken back, nothing that is heard makes the tutor answer. An answer on its way is called off.
   * @param {boolean} isWanted
   */
  takeTime(isWanted) {
    if (isWanted === this.#takingTime || !this.#moments.isOpen()) {
      return;
    }
    this.#takingTime = isWanted;
    if (isWanted) {
      this.#callOff();
      this.#bring("turns");
    } else {
      this.#giveBackTurn(this.#owed);
    }
    this.#moments.changed();
  }

  /** The learner has typed: that is an answer, and takes the time to think back. */
  speakUp() {
    if (this.#takingTime) {
      this.#takingTime = false;
      this.#giveBackTurn(false);
    }
  }

  /**
   * @param {ServerEvent} event any server event
   * @param {boolean} isAsked true when a response was asked for by us
   */
  receive(event, isAsked) {
    if (event.type === "input_audio_buffer.committed" && this.#takingTime) {
      this.#owed = true;
    } else if (event.type === "response.created") {
      this.#press.answered();
      const isUnwanted = this.#press.isListening ? this.#moments.errand() === "none" : this.#takingTime && !isAsked;
      if (isUnwanted) {
        this.#owed = this.#takingTime;
        this.#moments.interrupt();
      }
    } else if (event.type === "error" && event.error?.code === "input_audio_buffer_commit_empty") {
      this.#press.fail();
    }
  }

  /** The way the learner is in: by typing, where there is no microphone for the way they chose. */
  get #way() {
    const { way } = this.#choices.now;
    return WAYS[way].speaks && OUT_OF_USE.has(this.#microphone.state) ? "typing" : way;
  }

  /** Get ready for the way that was chosen. Nothing asks for the microphone before there is a call to speak in. */
  #equip() {
    const { speaks, listens } = WAYS[this.#choices.now.way];
    this.#microphone.mute(!listens);
    this.#microphone.want(speaks);
    if (speaks && this.#moments.isCalling()) {
      this.#microphone.open();
    }
  }

  /** While the stage changes the microphone is closed; and one change of the model is told at a time. */
  get #canPress() {
    const errand = this.#moments.errand();
    const isTold = this.#call?.inForce.turns === "push_to_talk" || errand === "none";
    const hasMicrophone = this.#microphone.state === "on" || this.#microphone.state === "muted";
    const isWay = this.#choices.now.way === "push_to_talk";
    return isWay && hasMicrophone && this.#moments.isOpen() && errand !== "moving" && isTold;
  }

  /** An answer that is being made and not yet heard comes too early. */
  #callOff() {
    if (this.#moments.responding() && !this.#moments.sounding()) {
      this.#owed = true;
      this.#moments.interrupt();
    }
  }

  /** @param {boolean} asks true to have answered what was said meanwhile */
  #giveBackTurn(asks) {
    this.#owed = false;
    const call = this.#call;
    this.#moments.queue(async () => {
      if (call === null || call !== this.#call) {
        return;
      }
      const verdicts = [this.#put("turns"), this.#moments.responding() ? null : this.#put("speed")];
      // Who is still speaking is answered at the end of the sentence.
      if (asks && !this.#moments.hearing()) {
        this.#moments.ask();
      }
      await Promise.all(verdicts);
    });
  }

  /** Press: whatever the tutor says is over, and the turn begins with silence (protocol reference section 8.4). */
  #listen() {
    this.#moments.interrupt();
    const verdict = this.#put("turns");
    this.#moments.queue(() => verdict);
    this.#moments.send(clearedInput());
    this.#microphone.mute(false);
  }

  #discard() {
    this.#microphone.mute(!WAYS[this.#choices.now.way].listens);
    this.#moments.send(clearedInput());
  }

  #handOver() {
    this.#microphone.mute(true);
    this.#moments.send(committedInput());
    this.#moments.ask();
  }

  /**
   * Tell the model what is wished for, as soon as it fits.
   * @param {Slot} slot
   */
  async #bring(slot) {
    const call = this.#call;
    if (call === null || call.inForce[slot] === this.#wish(slot)) {
      return;
    }
    await this.#moment(slot);
    this.#moments.queue(async () => {
      if (call !== this.#call) {
        return;
      }
      if (this.#fits(slot)) {
        await this.#put(slot);
      } else {
        this.#bring(slot);
      }
    });
  }

  /** @param {Slot} slot */
  async #moment(slot) {
    if (slot === "speed") {
      await this.#moments.quiet();
    } else if (!this.#fits(slot)) {
      await this.#moments.until(() => this.#fits(slot), SENTENCE_WITHIN);
    }
  }

  /** The pace is changed between turns (section 2), the ear between two sentences of the learner. @param {Slot} slot */
  #fits(slot) {
    if (slot === "speed") {
      return this.#moments.isQuiet();
    }
    const changesEar = [this.#call?.inForce.turns, this.#wish("turns")].includes("push_to_talk");
    return !changesEar || !this.#moments.hearing();
  }

  /**
   * Send those adjustments that are not in force, as one: nobody could tell the confirmations of two from each other.
   * @param {Slot[]} slots
   * @returns {Promise<void>|null} resolves when the model has confirmed it
   */
  #put(...slots) {
    const call = this.#call;
    const wanted = slots.filter((slot) => this.#adjustments[this.#wish(slot)] && call?.inForce[slot] !== this.#wish(slot));
    if (call === null || wanted.length === 0) {
      return null;
    }
    const update = wanted.map((slot) => this.#adjustments[this.#wish(slot)]).reduce(merged);
    wanted.forEach((slot) => (call.inForce[slot] = this.#wish(slot)));
    return reconfigure({ ...update, event_id: newId("event_") }, this.#moments).then((breach) => {
      if (breach && call === this.#call) {
        this.#moments.refused(breach);
      }
    });
  }

  /** @param {Slot} slot */
  #wish(slot) {
    const { way, speed } = this.#choices.now;
    return slot === "speed" ? `speed_${speed}` : this.#takingTime ? "think" : way;
  }
}

/**
 * What two updates say together.
 * @param {any} one
 * @param {any} other
 * @returns {any}
 */
function merged(one, other) {
  const isPlain = (/** @type {any} */ value) => value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isPlain(one) || !isPlain(other)) {
    return other;
  }
  const both = Object.entries(other).map(([name, value]) => [name, name in one ? merged(one[name], value) : value]);
  return { ...one, ...Object.fromEntries(both) };
}
