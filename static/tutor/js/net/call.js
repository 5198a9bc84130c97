// @ts-check
import { pause, systemClock } from "./clock.js";

/**
 * @typedef {import("./clock.js").Clock} Clock
 * @typedef {import("./api.js").ConnectionAnswer} ConnectionAnswer
 * @typedef {import("../realtime/types.js").ClientEvent} ClientEvent
 * @typedef {import("../realtime/types.js").ServerEvent} ServerEvent
 * @typedef {"message_too_large"|"channel_closed"} SendProblem
 */

/**
 * @template T
 * @typedef {import("./api.js").Result<T>} Result
 */

/** Milliseconds until the channel has to be open. A call that finds no way never fails by itself. */
const CONNECT_WITHIN = 10_000;
/** Milliseconds of "disconnected", which may heal, before the call counts as lost. */
const DISCONNECTED_FOR = 3_000;
/** Milliseconds in which a tutor who speaks must be heard: fifty packets. */
const PROBE_FOR = 1_000;
/** Bytes. Without a word from the other side it is 64 KiB (RFC 8841); no browser sends more than 256 KiB. */
export const ASSUMED_MESSAGE_SIZE = 65_535;
const LARGEST_MESSAGE_SIZE = 256 * 1024;

/** Where a call may go. `over` is final: a new call is a new object. @type {Record<string, ReadonlyArray<string>>} */
const MOVES = { new: ["connecting", "over"], connecting: ["open", "over"], open: ["over"], over: [] };

/**
 * One WebRTC call: microphone up, voice down, JSON both ways over the data channel `oai-events`.
 *
 * Events: "open"; "event" (detail: a server event); "sent" (detail: a client event); "voice" (detail: the
 * remote MediaStream); "steady" (detail: whether the other side is heard from) when an open call falters or
 * recovers; "over" (detail: a code) once, when the call has failed or was lost. After `stop()`
 * nothing is announced any more.
 */
export class Call extends EventTarget {
  #exchangeSdp;
  #clock;
  #pc;
  /** @type {RTCDataChannel|null} */
  #channel = null;
  /** @type {RTCRtpSender|null} */
  #sender = null;
  #state = "new";
  /** @type {string|null} */
  #connection = null;
  /** @type {(() => void)|null} */
  #cancelTimer = null;

  /**
   * @param {object} options
   * @param {(sdp: string) => Promise<Result<ConnectionAnswer>>} options.exchangeSdp
   * @param {Clock} [options.clock]
   * @param {() => RTCPeerConnection} [options.makePeer]
   */
  constructor({ exchangeSdp, clock = systemClock, makePeer = () => new RTCPeerConnection() }) {
    super();
    this.#exchangeSdp = exchangeSdp;
    this.#clock = clock;
    this.#pc = makePeer();
  }

  /** Our server's id of this connection, for the journal; null before the answer. */
  get connection() {
    return this.#connection;
  }

  /**
   * Make the call. The rest is told by events: "open" when the channel is, "over" when that fails.
   * @param {MediaStream|null} microphone null to listen and type only
   * @returns {Promise<Result<ConnectionAnswer>>} the server's answer to the offer
   */
  async connect(microphone) {
    this.#move("connecting");
    this.#cancelTimer = this.#clock.after(CONNECT_WITHIN, () => this.#end("connect_timeout"));
    this.#prepare(microphone);
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    // The offer goes out at once, without waiting for ICE: the other side learns our address from the first packet.
    const result = await this.#exchangeSdp(this.#pc.localDescription?.sdp ?? "");
    if (this.#state === "over") {
      return result;
    }
    if (!result.ok) {
      this.#end("refused");
      return result;
    }
    this.#connection = result.data.connection;
    await this.#accept(result.data.sdp);
    return result;
  }

  /** Bytes that one event may have as JSON (protocol reference section 8.2). */
  get largestMessage() {
    return Math.min(this.#pc.sctp?.maxMessageSize || ASSUMED_MESSAGE_SIZE, LARGEST_MESSAGE_SIZE);
  }

  /**
   * @param {ClientEvent} event
   * @returns {SendProblem|null} null when it was sent
   */
  send(event) {
    if (this.#state !== "open" || this.#channel?.readyState !== "open") {
      return "channel_closed";
    }
    const message = JSON.stringify(event);
    // In UTF-8 bytes. A message too large may close the channel without a word.
    if (new TextEncoder().encode(message).length > this.largestMessage) {
      return "message_too_large";
    }
    this.#channel.send(message);
    this.dispatchEvent(new CustomEvent("sent", { detail: event }));
    return null;
  }

  /**
   * Look whether sound arrives, to be asked only while the tutor speaks. A browser takes five seconds to notice by
   * itself that the other side has gone.
   * @returns {Promise<boolean>} false when the call is open and nothing came for a while
   */
  async probe() {
    const before = await this.#countPackets();
    await pause(this.#clock, PROBE_FOR);
    return this.#state !== "open" || (await this.#countPackets()) !== before;
  }

  /**
   * Let the learner be heard by another microphone, or by none, without a new call.
   * @param {MediaStream|null} microphone
   */
  async speakWith(microphone) {
    if (this.#state !== "over") {
      await this.#sender?.replaceTrack(microphone?.getAudioTracks()[0] ?? null);
    }
  }

  /** Hang up. */
  stop() {
    if (this.#state !== "over") {
      this.#close();
    }
  }

  /** @param {MediaStream|null} microphone */
  #prepare(microphone) {
    const pc = this.#pc;
    const [track] = microphone?.getAudioTracks() ?? [];
    // Both ways without a microphone too: one that is found later is heard without another offer.
    this.#sender = track
      ? pc.addTrack(track, /** @type {MediaStream} */ (microphone))
      : pc.addTransceiver("audio", { direction: "sendrecv" }).sender;
    pc.addEventListener("track", (event) => {
      this.dispatchEvent(new CustomEvent("voice", { detail: event.streams[0] ?? new MediaStream([event.track]) }));
    });
    pc.addEventListener("connectionstatechange", () => this.#watch());
    this.#channel = pc.createDataChannel("oai-events");
    this.#channel.addEventListener("open", () => this.#opened());
    this.#channel.addEventListener("close", () => this.#end("data_channel_closed"));
    this.#channel.addEventListener("message", (message) => this.#received(message.data));
  }

  /** @param {string} sdp */
  async #accept(sdp) {
    try {
      await this.#pc.setRemoteDescription({ type: "answer", sdp });
    } catch {
      // Not an SDP answer this browser can use; another try may bring a better one.
      this.#end("bad_answer");
    }
  }

  #opened() {
    if (this.#state === "connecting") {
      this.#cancelTimer?.();
      this.#move("open");
      this.dispatchEvent(new Event("open"));
    }
  }

  /** @param {string} data */
  #received(data) {
    if (this.#state === "open") {
      this.dispatchEvent(new CustomEvent("event", { detail: JSON.parse(data) }));
    }
  }

  #watch() {
    const { connectionState } = this.#pc;
    if (this.#state !== "open") {
      return;
    }
    this.#cancelTimer?.();
    this.dispatchEvent(new CustomEvent("steady", { detail: connectionState === "connected" }));
    if (connectionState === "failed" || connectionState === "closed") {
      this.#end("connection_failed");
    } else if (connectionState === "disconnected") {
      this.#cancelTimer = this.#clock.after(DISCONNECTED_FOR, () => this.#end("connection_lost"));
    }
  }

  async #countPackets() {
    const reports = [...(await this.#pc.getStats()).values()];
    return reports.reduce((count, { type, packetsReceived }) => count + (type === "inbound-rtp" ? packetsReceived : 0), 0);
  }

  /** @param {string} code */
  #end(code) {
    if (this.#state !== "over") {
      this.#close();
      this.dispatchEvent(new CustomEvent("over", { detail: code }));
    }
  }

  #close() {
    this.#move("over");
    this.#cancelTimer?.();
    this.#channel?.close();
    this.#pc.close();
  }

  /** @param {string} state */
  #move(state) {
    if (!MOVES[this.#state].includes(state)) {
      throw new RangeError(`A call that is ${this.#state} cannot become ${state}.`);
    }
    this.#state = state;
  }
}
