// @ts-check
import { isBarred } from "../net/api.js";
import { systemClock } from "../net/clock.js";
import { newId } from "../realtime/ids.js";
import { committedInput, interruption, replyRequest, storable } from "../realtime/messages.js";
import { fitting, marked, wordsOf } from "../realtime/picture.js";
import { withUnsent } from "../realtime/transcript.js";
import { Turns } from "../realtime/turns.js";
import { gettext } from "../words.js";
import { Conversation } from "./conversation.js";
import { Corrections, isCorrectable } from "./corrections.js";
import { Desk } from "./desk.js";
import { missing } from "./needs.js";
import { Pace } from "./pace.js";
import { Participation } from "./participation.js";
import { Rescues } from "./rescues.js";
import { answerCalls, bringRescue, movesOn } from "./stage_change.js";
import { TYPED, TypedSentences } from "./typed.js";
import { Waits } from "./waits.js";

/**
 * @typedef {import("../net/api.js").Api} Api
 * @typedef {import("../net/api.js").Card} Card
 * @typedef {import("../net/api.js").FromDesk} FromDesk
 * @typedef {import("../net/api.js").Needs} Needs
 * @typedef {import("../net/api.js").Offer} Offer
 * @typedef {import("../net/api.js").Paused} Paused
 * @typedef {import("../net/api.js").Rescue} Rescue
 * @typedef {import("../net/api.js").Stage} Stage
 * @typedef {import("../net/api.js").StageProgress} StageProgress
 * @typedef {import("../net/api.js").State} State
 * @typedef {import("../net/api.js").ToolCallAnswer} ToolCallAnswer
 * @typedef {import("../net/choices.js").Choices} Choices
 * @typedef {import("../net/clock.js").Clock} Clock
 * @typedef {import("../net/journal.js").Journal} Journal
 * @typedef {import("../net/journal.js").Saved} Saved
 * @typedef {import("../net/microphone.js").Microphone} Microphone
 * @typedef {import("../net/microphone.js").MicrophoneState} MicrophoneState
 * @typedef {import("../net/socket.js").News} News
 * @typedef {import("../realtime/calls.js").FunctionCall} FunctionCall
 * @typedef {import("../realtime/transcript.js").Speaker} Speaker
 * @typedef {import("../realtime/transcript.js").UtteranceStatus} UtteranceStatus
 * @typedef {import("../realtime/status.js").Status} Status
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 * @typedef {import("../realtime/types.js").WireResponse} WireResponse
 * @typedef {import("./line.js").Line} Line
 * @typedef {import("./stage_change.js").Outcome} Outcome
 * @typedef {import("./stage_change.js").Ports} Ports
 * @typedef {import("./stage_change.js").Reply} Reply
 *
 * @typedef {object} Caption
 * @property {string} id
 * @property {Speaker} speaker
 * @property {UtteranceStatus} status
 * @property {string} text as it was heard
 * @property {string|null} corrected what the learner really said, by their own word
 * @property {boolean} isCorrectable
 * @property {string} stage title of the stage it belongs to
 * @property {boolean} overdue true when its words should have come by now
 * @property {string} picture address of the picture that was shown with it, or nothing
 * @property {boolean} waiting typed, and not sent to the tutor yet
 *
 * All that the page shows.
 * @typedef {Facts & Participation["view"]} View
 *
 * @typedef {object} Facts
 * @property {Status} status
 * @property {boolean} begun true when there is something to continue
 * @property {MicrophoneState} microphone
 * @property {boolean} interruptible the tutor is speaking or about to
 * @property {Stage|null} stage
 * @property {StageProgress[]} stages
 * @property {Needs} missing what the stage still asks of the learner
 * @property {{minutes: number, limit: number, spent: number, left: Left|null}} time what the lesson may take, when the server ends it, milliseconds spent in calls, and what budgets leave
 * @property {Caption[]} captions
 * @property {Card[]} cards
 * @property {Saved} saved
 * @property {string} notice one sentence and what to do next, or nothing
 * @property {""|"completed"|"left"|"time_up"|"stopped"} outcome
 * @property {string} endedBy who has ended it, where that was somebody of the staff
 * @property {string} endedWhy and the reason they gave
 * @property {Paused|null} pause the pause by staff that the lesson is in
 * @property {string} movingBy who of the staff is about to move the lesson on, if anybody is
 * @property {string} movedBy who of the staff has moved the lesson to its stage, if anybody has
 * @property {string} movedWhy the reason they gave
 * @property {string} talksIn title of another lesson that the learner is in a call in
 */

/** @typedef {{ms: number, in: "day"|"month"}} Left milliseconds in calls that budgets leave of this day or month */

/** The codes by which the server says that the lesson is over, or paused. */
const ATTEMPT_ENDED = "attempt_ended";
const ATTEMPT_PAUSED = "attempt_paused";
/** The code by which it says that somebody has switched all calls off: then nobody is waited for. */
const CALLS_OFF = "calls_off";
/** Phases in which the learner may ask for a call. @type {ReadonlySet<string>} */
const IDLE = new Set(["ready", "failed", "elsewhere"]);
/** Phases in which there is a call, or one is being made. @type {ReadonlySet<string>} */
const CALLING = new Set(["connecting", "open", "reconnecting"]);
/** Milliseconds between two looks at the clock: stale responses, overdue words, the end of the call's hour. */
const TICK = 2_000;
/** Milliseconds for a response to begin after it was asked for. */
const BEGIN_WITHIN = 5_000;
/** Milliseconds for a whole reply, and for the sound of one. A sentence does not take longer; a lost event does. */
const REPLY_WITHIN = 60_000;
const SOUND_WITHIN = 30_000;
/** Milliseconds for the sound of a written sentence to begin. */
const SOUND_BEGINS_WITHIN = 2_000;
/** Milliseconds the learner may go on talking before the stage changes all the same. */
const LEARNER_WITHIN = 8_000;
/** Milliseconds of waiting for the journal when the lesson ends. What is left then is sent all the same. */
const LAST_FLUSH_WITHIN = 5_000;
/** Milliseconds for the words of the learner's last sentence to come when the lesson ends, or is paused. */
const LAST_WORDS_WITHIN = 4_000;
/** Milliseconds for the tutor to end its sentence when the server has ended the lesson: less than the server waits before it hangs up. */
const FAREWELL_WITHIN = 5_000;
/** Milliseconds between two looks whether a pause is over, should the news not come. */
const PAUSE_LOOK = 10_000;
/** Milliseconds of waiting for the journal before a correction: the server must know the sentence first. */
const CORRECTION_FLUSH_WITHIN = 10_000;
/** Milliseconds after which a learner's words are shown as not transcribed. They may still come. */
const WORDS_WITHIN = 10_000;
/** Milliseconds before a call's time is up at which a new one is made, in a quiet moment (protocol reference section 11). */
const RENEW_BEFORE = 5 * 60_000;

/** Who of the staff has moved the lesson, and why: nobody. */
const NOBODY = { by: "", why: "" };

/**
 * The conductor of a lesson: knows when to call, what to answer, and when it is over.
 *
 * Every server event passes through `#receive`; unknown ones are ignored. Everything the page shows is in `view`.
 * Events: "change" when `view` may have changed; "traffic" (detail: {direction, event}) for the debug panel;
 * "voice" (detail: MediaStream) when the tutor's sound arrives.
 */
export class Lesson extends EventTarget {
  #api;
  #line;
  #microphone;
  #journal;
  #clock;
  #waits;
  #conversation;
  #turns = new Turns();
  /** Function calls are answered one response after the other. @type {Promise<void>} */
  #errands = Promise.resolve();
  #typed = new TypedSentences();
  /** Where pictures are to be seen, by the sentence they belong to. @type {Map<string, string>} */
  #pictures = new Map();
  /** What the learner was shown, by the call that showed it. @type {Map<string, Card>} */
  #cards = new Map();
  #participation;
  /** @type {import("./quiet.js").Moments} */
  #moments = {
    isQuiet: () => this.#isQuiet(),
    quiet: (within) => this.#quiet(within),
    now: () => this.#clock.now(),
    queue: (run) => {
      this.#errands = this.#errands.then(async () => {
        await run();
      });
    },
  };
  #corrections = new Corrections({
    ...this.#moments,
    store: (correction) => this.#store(correction),
    tell: (itemId, events) => this.#tell(itemId, events),
  });
  #rescues = new Rescues({
    ...this.#moments,
    visit: () => this.#conversation.visit,
    bring: (rescue) => this.#bring(rescue),
  });
  #desk = new Desk({
    ...this.#moments,
    visit: () => this.#conversation.visit,
    bring: (offer) => this.#bringFromDesk(offer),
    had: (number) => {
      if (number > this.#journal.desk) {
        this.#journal.desk = number;
        // Whoever reads along is waiting to hear that it has arrived.
        this.#journal.ask();
      }
    },
    changed: () => this.#changed(),
  });
  /** @type {Paused|null} */
  #pause = null;
  /** There was a call here when the pause began, and will be one when it is over. */
  #wasTalking = false;
  /** The server has the call stopped: nothing more is heard or said in it. */
  #isStopping = false;
  /** What staff do takes its place: no answer of the tutor's is heard any more until it has. */
  #isFloorTaken = false;
  #cancelLook = () => {};
  #moved = NOBODY;
  #endedBy = "";
  #endedWhy = "";
  /** When a learner's sentence without words was first seen. @type {Map<string, number>} */
  #wordless = new Map();
  /** @type {Stage|null} */
  #stage = null;
  /** @type {StageProgress[]} */
  #stages = [];
  #pace = new Pace();
  #minutes = 0;
  #limit = 0;
  /** What budgets left when the state was asked for, and how much time had been spent then. @type {{left: Left, at: number}|null} */
  #budget = null;
  #talksIn = "";
  /** Titles of the stages by the number of the visit. @type {Map<number, string>} */
  #titles = new Map();
  /** @type {State["outcome"]} */
  #outcome = "";
  #notice = "";
  /** The server has ended the attempt: the goodbye is all that is left. */
  #closing = false;
  /** True from the learner's word that the lesson is to end until the server has heard of it. */
  #isEnding = false;
  /** False while the other side is not heard from: the call may heal, or be over soon. */
  #isSteady = true;
  #isServerAway = false;
  #cancelTick = () => {};
  /**
   * What an earlier page left: it comes before all that is said here, though the server may not know it yet. Only with
   * the server's transcript can it be put in its place. @type {import("../realtime/types.js").JournalEntry[]}
   */
  #unsent = [];
  /** When a call is to be made in place of the present one, in milliseconds since 1970. */
  #renewAt = Infinity;

  /**
   * @param {object} options
   * @param {Pick<Api, "state"|"end"|"toolCall"|"correct">} options.api
   * @param {Line} options.line
   * @param {Microphone} options.microphone
   * @param {Journal} options.journal
   * @param {Choices} options.choices
   * @param {Clock} [options.clock]
   */
  constructor({ api, line, microphone, journal, choices, clock = systemClock }) {
    super();
    this.#api = api;
    this.#line = line;
    this.#microphone = microphone;
    this.#journal = journal;
    this.#clock = clock;
    this.#waits = new Waits(clock);
    this.#conversation = new Conversation((entries) => journal.add(entries), (draw) => journal.sketch(draw));
    this.#participation = new Participation({ moments: this.#partMoments(), choices, microphone, clock });
    journal.addEventListener("change", () => this.#changed());
    journal.addEventListener("rescue", (event) => this.#rescues.take(/** @type {CustomEvent} */ (event).detail));
    journal.addEventListener("desk", (event) => this.#hearDesk(/** @type {CustomEvent} */ (event).detail));
    journal.addEventListener("ended", () => this.#isLeaving || this.#follow());
    microphone.addEventListener("change", () => this.#changed());
    line.addEventListener("event", (event) => this.#receive(/** @type {CustomEvent} */ (event).detail));
    line.addEventListener("sent", (event) => this.#traffic("up", /** @type {CustomEvent} */ (event).detail));
    line.addEventListener("voice", (event) => {
      this.dispatchEvent(new CustomEvent("voice", { detail: /** @type {CustomEvent} */ (event).detail }));
    });
    line.addEventListener("steady", (event) => {
      this.#isSteady = /** @type {CustomEvent} */ (event).detail;
      this.#changed();
    });
    line.addEventListener("lost", (event) => this.#lost(/** @type {CustomEvent} */ (event).detail));
  }

  /** @returns {View} */
  get view() {
    const { captions } = this.#conversation;
    const status = this.#status;
    const now = this.#clock.now();
    return {
      ...this.#participation.view,
      status,
      begun: captions.length > 0,
      microphone: this.#microphone.state,
      interruptible: status === "speaking" || status === "thinking",
      stage: this.#stage,
      stages: this.#stages,
      missing: this.#stage ? missing(this.#stage.needs, captions, this.#stage.visit) : { turns: 0, quotes: 0 },
      time: { minutes: this.#minutes, limit: this.#limit, spent: this.#pace.spent(now), left: this.#left(now) },
      captions: captions.map((caption) => ({
        ...caption,
        stage: this.#titles.get(caption.visit ?? 0) ?? "",
        ...this.#standing(caption, now),
        ...this.#withPicture(caption),
        waiting: this.#typed.isWaiting(caption.id),
      })),
      cards: [...this.#cards.values()],
      saved: this.#journal.saved,
      notice: this.#notice,
      outcome: this.#outcome,
      endedBy: this.#endedBy,
      endedWhy: this.#endedWhy,
      pause: this.#pause,
      movingBy: this.#desk.movingBy,
      movedBy: this.#moved.by,
      movedWhy: this.#moved.why,
      talksIn: this.#talksIn,
    };
  }

  /**
   * What budgets leave, as far as this page can tell: others may draw on the same ones.
   * @param {number} now
   * @returns {Left|null}
   */
  #left(now) {
    return this.#budget && { ...this.#budget.left, ms: Math.max(0, this.#budget.left.ms - (this.#pace.spent(now) - this.#budget.at)) };
  }

  /**
   * @param {Parameters<typeof isCorrectable>[0]} caption
   * @param {number} now
   */
  #standing(caption, now) {
    const overdue = now - (this.#wordless.get(caption.id) ?? now) > WORDS_WITHIN;
    return { overdue, isCorrectable: isCorrectable(caption, overdue) };
  }

  /**
   * A picture stands for itself, so the text is what the learner wrote with it.
   * @param {{id: string, text: string}} caption
   */
  #withPicture({ id, text }) {
    const picture = this.#pictures.get(id) ?? "";
    return { picture, text: picture ? wordsOf(text) : text };
  }

  /** @returns {Status} */
  get #status() {
    const { phase, status } = this.#conversation;
    if (this.#isEnding && phase !== "ended") {
      return "ending";
    }
    // What is to be saved cannot be, as long as our server is away.
    if (phase === "open" && (!this.#isSteady || (status === "saving" && this.#isServerAway))) {
      return "reconnecting";
    }
    // What was asked for is on its way: it is not the learner's turn for the moment until the model begins.
    const isAwaited = status === "listening" && this.#turns.asked;
    return this.#participation.statusOf(isAwaited ? "thinking" : status);
  }

  /** Fetch the state of the attempt: stages, transcript, whether it has ended. To be called once, before anything else. */
  async load() {
    // Asked first: what is stored in the meantime would be missing from both.
    this.#unsent = this.#journal.unsent;
    const result = await this.#api.state();
    if (result.ok) {
      this.#adopt(result.data);
      // Who cannot talk just now hears so before they press the button.
      this.#notice = result.data.ended ? "" : (result.data.barred?.message ?? "");
    } else {
      this.#notice = wordsFor(result);
    }
    this.#changed();
  }

  /** Make the call, make it again, or take it from another window: "Start talking", "Continue" and "Go on here". */
  async start() {
    // Who has ended the lesson begins no call while that is being stored.
    if (IDLE.has(this.#conversation.phase) && !this.#closing) {
      this.#move("connecting");
      // A report under way from an earlier call decides which stage the new one begins in, and is nothing for it.
      await this.#errands;
      if (this.#conversation.phase === "connecting") {
        await this.#connect({ anew: true });
      }
    }
  }

  /**
   * Say something by keyboard. Starts the call if there is none; silences the tutor if it is speaking.
   * @param {string} text
   * @param {string} [picture] one that goes with it, as a data URI
   */
  async say(text, picture = "") {
    const id = newId(TYPED);
    const sentence = storable(text);
    this.#participation.speakUp();
    this.#typed.add(id, sentence, picture);
    if (picture) {
      this.#pictures.set(id, picture);
    }
    this.#conversation.typed(id, sentence);
    if (this.#conversation.phase === "open" && this.#conversation.errand === "none") {
      this.interrupt();
      this.#sendTyped();
    }
    this.#changed();
    await this.start();
  }

  /**
   * Show the tutor a picture, as large as the channel takes. Like a sentence, it waits for a call if there is none.
   * @param {import("../realtime/picture.js").Render} render
   * @param {string} [words] to go with it
   * @returns {boolean} false when no size of it fits
   */
  showPicture(render, words = "") {
    const picture = fitting(render, this.#line.largestMessage, words);
    if (picture !== null) {
      this.say(marked(words), picture);
    }
    return picture !== null;
  }

  /**
   * Take the learner's word for what they said.
   * @param {string} itemId
   * @param {string} text
   * @returns {Promise<string>} empty, or one sentence about why it could not be kept
   */
  async correct(itemId, text) {
    const result = await this.#corrections.make(itemId, storable(text));
    if (!result.ok) {
      return result.message;
    }
    this.#conversation.correct(itemId, result.data.utterance.corrected ?? text);
    this.#changed();
    return "";
  }

  /** @param {boolean} muted */
  mute(muted) {
    this.#microphone.mute(muted);
    this.#changed();
  }

  /** Take part in another way, at another pace. @param {Partial<import("../net/choices.js").Choice>} change */
  choose(change) {
    this.#participation.choose(change);
  }

  /** "Continue by typing instead": without a microphone from here on, in a call if there is none. */
  async type() {
    this.#participation.type();
    await this.start();
  }

  /** The talk button goes down. */
  press() {
    this.#participation.press();
  }

  /** The talk button is let go. */
  release() {
    this.#participation.release();
  }

  /** "Let me think". @param {boolean} isWanted */
  takeTime(isWanted) {
    this.#participation.takeTime(isWanted);
  }

  /** Silence the tutor. */
  interrupt() {
    if (this.#turns.responding || this.#conversation.sounding) {
      interruption(this.#turns.responding).forEach((event) => this.#send(event));
    }
  }

  /** The learner ends the lesson. What they have just said is still written down, unless they press once more. */
  async end() {
    const isFirst = !this.#closing;
    this.#closing = true;
    this.#isEnding = true;
    this.#changed();
    if (isFirst) {
      await this.#windDown({ silent: true });
    }
    this.#hangUp();
    this.#microphone.close();
    if (this.#conversation.phase !== "ready") {
      this.#move("ready");
    }
    await this.#journal.flush(LAST_FLUSH_WITHIN);
    const result = await this.#api.end();
    this.#isEnding = false;
    if (result.ok) {
      this.#adopt(result.data);
    } else {
      this.#closing = false;
      this.#notice = wordsFor(result);
    }
    this.#changed();
  }

  /** Our server's own line to this window has broken, or is back. @param {boolean} isAway */
  async noteServer(isAway) {
    this.#isServerAway = isAway;
    if (!isAway) {
      this.#isSteady = true;
      this.#line.hurry();
    } else if (this.#conversation.sounding && !(await this.#line.probe())) {
      // A sentence may have come to its end meanwhile: who is back, or heard from again, is doubted no longer.
      this.#isSteady = !this.#isServerAway;
    }
    this.#changed();
  }

  /** The page goes away. Who has just ended the lesson has ended it. */
  leave() {
    this.#hangUp();
    this.#journal.leave();
    if (this.#isEnding) {
      this.#api.end({ keepalive: true });
    }
  }

  /**
   * News from our server. What this window did itself is no news to it.
   * @param {News} news
   */
  async hear(news) {
    const isElsewhere = news.type === "stage.changed" && news.visit !== this.#conversation.visit;
    if (news.type === "connection.replaced") {
      await this.#checkCall(news.connection);
    } else if (news.type === "call.stopped") {
      await this.#checkStop();
    } else if (news.type === "desk") {
      await this.#journal.ask();
    } else if (news.type === "ended" && !this.#isLeaving) {
      await this.refresh();
    } else if (isElsewhere && !this.#isBusy) {
      await this.refresh();
    }
  }

  /**
   * Give way if another window has made a call since ours, even if ours has not been opened yet: it never will be. The
   * news may be older than our call, the state is not.
   * @param {string|undefined} connection the latest one, as the news have it
   */
  async #checkCall(connection) {
    const isOurs = () => {
      const { phase } = this.#conversation;
      const isMade = phase === "open" || (CALLING.has(phase) && this.#line.connection !== null);
      return !isMade || this.#closing || this.#line.connection === connection;
    };
    if (isOurs()) {
      return;
    }
    const result = await this.#api.state();
    if (result.ok && !isOurs() && result.data.connection !== this.#line.connection) {
      this.#giveWay(result.data);
    }
  }

  /**
   * The server has ended our call, and makes no other for the time being: the state says why. What was begun is brought
   * to its end. Without this news the call breaks a little later, and the refusal of the next one says the same.
   */
  async #checkStop() {
    const isOpen = () => this.#conversation.phase === "open" && !this.#closing && !this.#isStopping;
    const result = isOpen() ? await this.#api.state() : null;
    if (!result?.ok || result.data.barred === null || !isOpen()) {
      return;
    }
    const { code, message } = result.data.barred;
    await this.#windDown({ silent: code === CALLS_OFF });
    if (isOpen()) {
      this.#hangUp();
      this.#microphone.close();
      this.#move("failed", message);
      await this.#journal.flush(LAST_FLUSH_WITHIN);
    }
  }

  /**
   * Another window has the call: free the microphone, and follow from afar.
   * @param {State} state
   */
  #giveWay(state) {
    this.#hangUp();
    this.#microphone.close();
    this.#move("elsewhere");
    this.#adopt(state);
    this.#changed();
  }

  /** Look whether the attempt went on without this window, and follow it if so. */
  async refresh() {
    if (this.#conversation.phase === "open") {
      // It may have been the server that moved a stage which stalled: then the journal brings what to do.
      await this.#journal.ask();
    }
    await this.#follow();
  }

  async #follow() {
    const result = await this.#api.state();
    // What others have ended is over, whatever was on its way; our own end comes with its goodbye.
    const isCutOff = result.ok && result.data.ended && result.data.outcome !== "completed";
    if (!result.ok || (isCutOff ? this.#isLeaving : this.#isBusy)) {
      return;
    }
    const { ended, stage, connection } = result.data;
    const { phase, visit } = this.#conversation;
    if (phase !== "open") {
      this.#adopt(result.data);
      this.#changed();
    } else if (ended) {
      await this.#takeLeave();
    } else if (stage?.visit !== visit || connection !== this.#line.connection) {
      this.#giveWay(result.data);
    }
  }

  /** The lesson was ended from outside: what was begun is brought to its end. */
  async #takeLeave() {
    this.#closing = true;
    await this.#windDown({ silent: false });
    await this.#finish();
  }

  /**
   * Bring a call to its end in order: nothing more is heard, and the learner's last words are written down.
   * @param {{silent: boolean}} how whether the tutor is silenced, or may end its sentence
   */
  async #windDown({ silent }) {
    if (this.#conversation.phase !== "open") {
      return;
    }
    this.#isStopping = silent;
    this.#participation.release();
    this.#microphone.hold(true);
    if (silent) {
      this.interrupt();
    }
    if (this.#isSaying) {
      await this.#waits.until(() => !this.#isSaying, LAST_WORDS_WITHIN);
    }
    if (!silent && this.#conversation.sounding) {
      await this.#waits.until(() => !this.#conversation.sounding, FAREWELL_WITHIN);
    }
    this.#isStopping = false;
    this.#microphone.hold(false);
  }

  /** True while a call is begun or brought to its end. */
  get #isLeaving() {
    const { phase } = this.#conversation;
    return this.#closing || this.#isStopping || phase === "ended" || phase === "connecting" || phase === "reconnecting";
  }

  /** True while the attempt changes by our own doing. */
  get #isBusy() {
    return this.#isLeaving || this.#conversation.errand !== "none" || this.#isMoveAhead;
  }

  /** True when the server has moved the lesson on, and the model does not know yet. */
  get #isMoveAhead() {
    return this.#rescues.isMoveAhead || this.#desk.isMoveAhead;
  }

  /**
   * What staff have done. The end of the attempt is told by the journal itself.
   * @param {FromDesk} news
   */
  async #hearDesk(news) {
    this.#pause = news.paused;
    if (news.paused) {
      await this.#rest();
    } else {
      await this.#goOn();
    }
    this.#desk.take(news);
    if (!CALLING.has(this.#conversation.phase) && news.number > this.#journal.desk) {
      // Without a call there is nothing else to be brought.
      this.#journal.desk = news.number;
      this.#journal.ask();
    }
    this.#changed();
  }

  /** The lesson is paused: no call, no microphone, until it goes on. What was said is stored. */
  async #rest() {
    const { phase } = this.#conversation;
    if (phase === "paused" || phase === "ended" || this.#closing || this.#isStopping) {
      return;
    }
    this.#wasTalking = CALLING.has(phase);
    await this.#windDown({ silent: true });
    if (this.#conversation.phase !== "ended" && !this.#closing) {
      this.#hangUp();
      this.#microphone.close();
      this.#move("paused");
      this.#cancelLook = this.#clock.after(PAUSE_LOOK, () => this.#lookAgain());
      await this.#journal.flush(LAST_FLUSH_WITHIN);
    }
    if (this.#pause === null) {
      // It was over before we had stopped.
      await this.#goOn();
    }
  }

  async #lookAgain() {
    if (this.#conversation.phase === "paused") {
      await this.#journal.ask();
      this.#cancelLook = this.#clock.after(PAUSE_LOOK, () => this.#lookAgain());
    }
  }

  /** The pause is over. Who was in a call is in one again. */
  async #goOn() {
    if (this.#conversation.phase !== "paused" || this.#closing) {
      return;
    }
    this.#cancelLook();
    if (!this.#wasTalking) {
      this.#move("ready");
      return;
    }
    this.#move("connecting");
    await this.#errands;
    if (this.#conversation.phase === "connecting") {
      await this.#connect({ anew: true });
    }
  }

  /** @param {ServerEvent} event */
  #receive(event) {
    this.#traffic("down", event);
    // A hidden page's timers may come late; what the tutor sends does not.
    this.#journal.beat();
    this.#isSteady = true;
    const calls = this.#conversation.receive(event);
    this.#confirm(event);
    if (event.type === "session.created" && event.session?.expires_at) {
      this.#renewAt = renewalOf(event.session.expires_at * 1000, this.#clock.now());
    }
    const isAsked = this.#turns.asked;
    this.#turns.handle(event, this.#clock.now()).forEach((next) => this.#send(next));
    this.#participation.receive(event, isAsked);
    if (this.#isStopping || this.#isFloorTaken) {
      this.interrupt();
    }
    this.#waits.offer(event);
    if (calls.length > 0) {
      const response = event.response ?? {};
      this.#errands = this.#errands.then(() => this.#answer(calls, response));
    }
    this.#changed();
  }

  /** @param {ServerEvent} event that may be the echo of a typed sentence */
  #confirm(event) {
    const confirmed = this.#typed.confirm(event);
    if (confirmed?.picture) {
      this.#conversation.keepPicture(confirmed.id, confirmed.picture);
    }
  }

  /** The lesson is over, and what was typed last reaches no tutor any more. It was said all the same, and is kept. */
  #keepTyped() {
    this.#typed.giveBack();
    for (const { item } of this.#typed.take()) {
      /** @type {ServerEvent} */
      const echo = { type: "conversation.item.done", item };
      this.#conversation.receive(echo);
      this.#confirm(echo);
    }
  }

  /** @param {State} state */
  #adopt(state) {
    this.#enter(state.stage, state.stages);
    this.#minutes = state.time.minutes;
    this.#limit = state.time.limit;
    this.#pace.know(state.time.spent * 1000);
    const { left } = state.time;
    this.#budget = left && { left: { ms: left.seconds * 1000, in: left.in }, at: this.#pace.spent(this.#clock.now()) };
    this.#talksIn = state.elsewhere ?? "";
    this.#outcome = state.outcome;
    this.#endedBy = state.ended_by ?? "";
    this.#endedWhy = state.ended_why ?? "";
    this.#pause = state.paused;
    this.#participation.adopt(state.adjustments);
    state.transcript.forEach(({ visit, stage }) => this.#titles.set(visit, this.#stages.find((one) => one.key === stage)?.title ?? ""));
    state.transcript.forEach(({ item_id: id, picture }) => picture && !this.#pictures.has(id) && this.#pictures.set(id, picture));
    this.#conversation.seed(withUnsent(state.transcript, this.#unsent));
    this.#unsent = [];
    state.cards.forEach((card) => this.#cards.set(card.call_id, card));
    if (state.ended && this.#conversation.phase !== "ended") {
      this.#move("ended");
      this.#keepTyped();
      this.#microphone.close();
    } else if (state.paused && this.#conversation.phase !== "paused" && this.#conversation.phase !== "open") {
      this.#rest();
    }
  }

  /** @param {{anew?: boolean}} [options] anew: the learner asked for it */
  async #connect(options) {
    this.#changed();
    const result = await this.#line.open(options);
    if (result === null) {
      return;
    }
    if (!result.ok && result.code === ATTEMPT_PAUSED) {
      await this.#rest();
      await this.#journal.ask();
    } else if (!result.ok) {
      this.#microphone.close();
      this.#move("failed", wordsFor(result));
    } else {
      const follow = { paused: () => this.#adopt(result.data), open: () => this.#opened(result.data), ended: () => this.#adopt(result.data), elsewhere: () => this.#giveWay(result.data) };
      follow[result.fate]();
    }
    this.#changed();
  }

  /** @param {State} state the one the call was made in */
  #opened(state) {
    this.#turns = new Turns();
    this.#rescues.beginCall();
    this.#desk.beginCall();
    this.#journal.desk = 0;
    this.#corrections.beginCall(state.transcript);
    this.#journal.received = null;
    this.#journal.connection = this.#line.connection;
    this.#adopt(state);
    this.#conversation.beginCall(this.#line.connection);
    this.#pace.begin(this.#clock.now());
    this.#move("open");
    this.#participation.beginCall();
    this.#open(state.opening);
    this.#cancelTick = this.#clock.after(TICK, () => this.#tick());
  }

  /**
   * Send what the server wants said first. While the model is told what went before, the microphone is closed:
   * a sound would make it answer in between (protocol reference section 11.1).
   * @param {ClientEvent[]} opening
   */
  #open(opening) {
    opening.filter((event) => event.type !== "response.create").forEach((event) => this.#send(event));
    const typed = this.#typed.take();
    typed.forEach((event) => this.#send(event));
    const create = opening.find((event) => event.type === "response.create") ?? (typed.length > 0 ? replyRequest() : null);
    if (create) {
      this.#microphone.hold(true);
      this.#ask(create).begun.then(() => this.#microphone.hold(false));
    }
  }

  #sendTyped() {
    const typed = this.#typed.take();
    typed.forEach((event) => this.#send(event));
    if (typed.length > 0) {
      this.#request();
    }
  }

  /** Have answered what was said so far. */
  #request() {
    this.#turns.request(replyRequest(), this.#clock.now()).forEach((event) => this.#send(event));
  }

  /** @param {ClientEvent} event */
  #send(event) {
    const problem = this.#line.send(event);
    if (event.type === "conversation.item.delete") {
      this.#corrections.forget(event.item_id ?? "");
    }
    if (problem === "message_too_large") {
      this.#conversation.report({ code: problem, message: `A ${event.type} was larger than the channel allows.` });
    }
    return problem;
  }

  /**
   * @param {ClientEvent} create a `response.create`
   * @returns {Reply} `done`: everything asked for so far has been answered
   */
  #ask(create) {
    const begun = this.#waits.until((event) => event.type === "response.created", BEGIN_WITHIN);
    const done = this.#waits.until((event) => event.type === "response.done" && !this.#turns.responding && !this.#turns.asked, REPLY_WITHIN);
    this.#turns.request(create, this.#clock.now()).forEach((event) => this.#send(event));
    return { begun, done };
  }

  /**
   * @param {FunctionCall[]} calls
   * @param {WireResponse} response the one that made the calls
   */
  async #answer(calls, response) {
    const visit = this.#conversation.visitOf(response.id);
    const outcome = await answerCalls(calls, {
      ...this.#ports(visit),
      heardOut: () => this.#heardOut(response),
    });
    await this.#conclude(outcome);
    this.#changed();
  }

  /**
   * @param {number|null} visit number of the visit that function calls belong to
   * @returns {Ports}
   */
  #ports(visit) {
    return {
      flush: (within) => this.#journal.flush(within),
      report: (call) => this.#report(call, visit),
      progress: (errand) => this.#progress(errand),
      heardOut: () => this.#quiet(),
      hold: (held) => this.#microphone.hold(held),
      send: (event) => this.#send(event),
      until: (match, within) => this.#waits.until(match, within),
      isMissed: (answer) => !this.#isMoveAhead && answer.stage !== null && answer.stage.visit !== this.#conversation.visit,
      arrive: (answer) => this.#arrive(answer),
      ask: (create) => this.#ask(create),
    };
  }

  /** What a stage change needs that has waited long enough. */
  #floorPorts() {
    return { ...this.#ports(this.#conversation.visit), heardOut: () => this.#takeFloor() };
  }

  /** @returns {import("./participation.js").Moments} */
  #partMoments() {
    return {
      ...this.#moments,
      isOpen: () => this.#conversation.phase === "open",
      isCalling: () => CALLING.has(this.#conversation.phase),
      errand: () => this.#conversation.errand,
      hearing: () => this.#conversation.hearing,
      responding: () => this.#turns.responding,
      sounding: () => this.#conversation.sounding,
      send: (event) => this.#send(event),
      until: (match, within) => this.#waits.until(match, within),
      interrupt: () => this.interrupt(),
      ask: () => this.#request(),
      refused: (breach) => {
        this.#conversation.report(breach);
        this.#notice = gettext("The tutor did not take that on. The next call will try again.");
        this.#changed();
      },
      changed: () => this.#changed(),
    };
  }

  /** @param {Rescue} rescue */
  async #bring(rescue) {
    const outcome = await bringRescue(rescue, this.#floorPorts());
    if (outcome.breach === null) {
      this.#journal.received = rescue.id;
    }
    await this.#conclude(outcome);
    this.#changed();
  }

  /** @param {Offer} offer */
  async #bringFromDesk(offer) {
    const ports = this.#floorPorts();
    if (!movesOn(offer) && offer.events.some((event) => event.type === "response.create")) {
      await ports.heardOut();
    }
    const outcome = await bringRescue(offer, ports);
    this.#moved = outcome.breach === null && movesOn(offer) ? offer : this.#moved;
    await this.#conclude(outcome);
    this.#changed();
    return outcome.breach === null;
  }

  /**
   * @param {import("../net/api.js").Correction} correction
   * @returns {Promise<import("../net/api.js").Result<import("../net/api.js").CorrectionAnswer>>}
   */
  async #store(correction) {
    if (await this.#journal.flush(CORRECTION_FLUSH_WITHIN)) {
      return this.#api.correct(correction);
    }
    const message = gettext("This cannot be saved just now. Try again in a moment.");
    return { ok: false, kind: "network", status: 0, code: "unsaved", message, retryAfter: null };
  }

  /**
   * Who has gone on talking since has been answered: then the tutor is told, and not asked to speak.
   * @param {string} itemId
   * @param {ClientEvent[]} events
   */
  async #tell(itemId, events) {
    const create = events.findLast((event) => event.type === "response.create");
    events.filter((event) => event.type !== "response.create").forEach((event) => this.#send(event));
    if (create && this.#conversation.captions.findLast(({ speaker }) => speaker === "learner")?.id === itemId) {
      await this.#ask(create).begun;
    }
  }

  #isQuiet() {
    return this.#conversation.still && !this.#turns.responding && !this.#turns.asked && !this.#participation.isHolding;
  }

  /**
   * Wait until nobody speaks and no answer is being made, but not for ever.
   * @param {number} [within] milliseconds
   */
  async #quiet(within = REPLY_WITHIN) {
    if (!this.#isQuiet()) {
      await this.#waits.until(() => this.#isQuiet(), Math.max(0, Math.min(within, REPLY_WITHIN)));
    }
  }

  /**
   * Make room for what has waited long enough: what the learner has said so far is a sentence, and kept; the tutor may
   * end its own, and answers no more. Whoever needed the room opens the microphone again.
   */
  async #takeFloor() {
    if (this.#isQuiet()) {
      return;
    }
    this.#microphone.hold(true);
    if (this.#conversation.hearing) {
      this.#send(committedInput());
    }
    this.#participation.release();
    if (this.#conversation.sounding) {
      await this.#waits.until(() => !this.#conversation.sounding, FAREWELL_WITHIN);
    }
    this.#isFloorTaken = true;
    this.interrupt();
    const isBusy = () => this.#isSaying || this.#turns.responding || this.#turns.asked;
    if (isBusy()) {
      await this.#waits.until(() => !isBusy(), LAST_WORDS_WITHIN);
    }
    this.#isFloorTaken = false;
  }

  /** True while the learner speaks, or the words of what they said are still to come. */
  get #isSaying() {
    return this.#conversation.unwritten || this.#participation.isHandingOver;
  }

  /**
   * @param {FunctionCall} call
   * @param {number|null} visit
   */
  async #report(call, visit) {
    const result = await this.#api.toolCall({ ...call, visit, connection: this.#line.connection }, () => this.#changed());
    if (result.ok && result.data.card) {
      this.#cards.set(result.data.card.call_id, result.data.card);
      this.#changed();
    }
    return result;
  }

  /** @param {Outcome} outcome */
  async #conclude({ failure, breach, answer, reply }) {
    const isOpen = this.#conversation.phase === "open";
    this.#closing = this.#closing || (answer?.ended ?? false);
    if (isOpen) {
      this.#progress("none");
    }
    if (failure?.code === ATTEMPT_ENDED) {
      // By an earlier report whose answer never came, or in another window.
      await this.#finish();
    } else if (failure) {
      this.#conversation.report(failure);
      this.#notice = failure.message;
    } else if (breach && isOpen) {
      this.#conversation.report(breach);
      this.#lost(breach.code);
    } else if (answer?.ended) {
      await this.#hearGoodbye(reply);
    } else if (isOpen) {
      this.#sendTyped();
    }
  }

  /** @param {ToolCallAnswer} answer */
  #arrive(answer) {
    this.#moved = answer.stage?.visit === this.#conversation.visit ? this.#moved : NOBODY;
    this.#enter(answer.stage, answer.stages);
    this.#notice = "";
    this.#changed();
  }

  /**
   * @param {Stage|null} stage null when the attempt has ended: what is still said belongs to the last one
   * @param {StageProgress[]} stages
   */
  #enter(stage, stages) {
    this.#stages = stages;
    if (stage) {
      this.#stage = stage;
      this.#conversation.visit = stage.visit;
      this.#titles.set(stage.visit, stage.title);
    }
  }

  /** @param {Reply|null} reply */
  async #hearGoodbye(reply) {
    const done = await reply?.done;
    if (done) {
      await this.#heardOut(done.response ?? {});
    }
    await this.#finish();
  }

  /** The lesson is over: hang up, store what was said last, and learn how it went. */
  async #finish() {
    this.#hangUp();
    this.#microphone.close();
    if (this.#conversation.phase !== "ended") {
      this.#move("ended");
    }
    this.#keepTyped();
    this.#changed();
    await this.#journal.flush(LAST_FLUSH_WITHIN);
    const result = await this.#api.state();
    if (result.ok) {
      this.#adopt(result.data);
    }
    this.#changed();
  }

  /**
   * Wait until a response has been heard to its end and the learner is silent.
   * @param {WireResponse} response
   */
  async #heardOut(response) {
    const sound = () => this.#conversation.soundOf(response);
    if (sound() === "none") {
      await this.#waits.until(() => sound() !== "none", SOUND_BEGINS_WITHIN);
    }
    if (sound() === "playing") {
      await this.#waits.until(() => sound() !== "playing", SOUND_WITHIN);
    }
    const speaks = () => this.#conversation.hearing || this.#participation.isListening;
    if (speaks()) {
      await this.#waits.until(() => !speaks(), LEARNER_WITHIN);
    }
  }

  /**
   * The call broke, or has to be given up: make a new one in the stage the attempt is in.
   * @param {string} code
   */
  async #lost(code) {
    if (this.#conversation.phase !== "open") {
      return;
    }
    if (this.#isStopping) {
      // It was to end anyway.
      this.#waits.abandon();
      return;
    }
    this.#conversation.report({ code, message: "The call was lost." });
    await this.#redial();
  }

  async #redial() {
    this.#hangUp();
    if (this.#closing) {
      // Whoever waits for the goodbye has just been told that it will not come, and ends the lesson.
      return;
    }
    this.#move("reconnecting");
    // A report under way decides which stage the new call begins in.
    await this.#errands;
    if (this.#conversation.phase === "reconnecting") {
      await this.#connect();
    }
  }

  /** Close the line. What was unfinished gets its final status. */
  #hangUp() {
    this.#line.close();
    this.#journal.connection = null;
    this.#pace.end(this.#clock.now());
    this.#cancelTick();
    this.#waits.abandon();
    this.#conversation.endCall();
    this.#rescues.endCall();
    this.#desk.endCall();
    this.#corrections.endCall();
    this.#participation.endCall();
    this.#typed.giveBack();
    this.#renewAt = Infinity;
    this.#isSteady = true;
  }

  #tick() {
    const now = this.#clock.now();
    this.#turns.check(now).forEach((event) => this.#send(event));
    this.#journal.beat();
    this.#watchWords(now);
    this.#changed();
    if (now > this.#renewAt && this.#conversation.status === "listening" && !this.#participation.isHolding) {
      this.#redial();
    } else {
      this.#cancelTick = this.#clock.after(TICK, () => this.#tick());
    }
  }

  /** @param {number} now */
  #watchWords(now) {
    const waiting = this.#conversation.captions.filter(isWordless);
    this.#wordless = new Map(waiting.map(({ id }) => [id, this.#wordless.get(id) ?? now]));
  }

  /** @param {import("../realtime/status.js").Errand} errand */
  #progress(errand) {
    if (this.#conversation.phase === "open" && this.#conversation.errand !== errand) {
      this.#conversation.progress(errand);
      this.#changed();
    }
  }

  /**
   * @param {import("../realtime/status.js").Phase} phase
   * @param {string} [notice]
   */
  #move(phase, notice = "") {
    this.#conversation.move(phase);
    this.#notice = notice;
    this.#changed();
  }

  /**
   * @param {"up"|"down"} direction
   * @param {ClientEvent|ServerEvent} event
   */
  #traffic(direction, event) {
    this.dispatchEvent(new CustomEvent("traffic", { detail: { direction, event } }));
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** A sentence of the learner whose text is still to come. @param {{speaker: Speaker, status: UtteranceStatus, text: string}} caption */
function isWordless({ speaker, status, text }) {
  return speaker === "learner" && status === "partial" && text === "";
}

/**
 * When to replace a call: five minutes before its end, or half-way where it has not even ten.
 * @param {number} expiresAt
 * @param {number} now
 */
function renewalOf(expiresAt, now) {
  return expiresAt - Math.min(RENEW_BEFORE, (expiresAt - now) / 2);
}

/**
 * What the learner is told of a failure. That somebody has to sign in the page tells for as long as it is so.
 * @param {import("../net/api.js").Failure} failure
 */
function wordsFor(failure) {
  return isBarred(failure) ? "" : failure.message;
}
