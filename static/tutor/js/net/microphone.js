// @ts-check
/**
 * What the learner should know of the microphone. busy: another program has it; insecure: the browser gives it to no
 * page without HTTPS; unplugged: it was there and has gone; silenced: the machine keeps it quiet for a while, as for a
 * phone call; unwanted: the learner takes part without one; tried: the learner tries it out, and only they hear of it.
 * @typedef {"on"|"muted"|"refused"|"absent"|"busy"|"insecure"|"unplugged"|"silenced"|"unwanted"|"tried"} MicrophoneState
 *
 * @typedef {{get: (name: string) => string, set: (name: string, value: string) => void}} Memory
 */

const PROCESSING = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const TROUBLES = /** @type {Record<string, MicrophoneState>} */ ({
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotReadableError: "busy",
});
/** What happens to a microphone by itself: no matter to who wants none. @type {ReadonlySet<MicrophoneState>} */
const BY_ITSELF = new Set(["on", "unplugged", "silenced"]);
/** Name under which the choice is remembered. */
const CHOICE = "microphone";

/** @type {Memory} */
const FORGETFUL = { get: () => "", set: () => {} };

/**
 * The learner's microphone, kept over reconnections.
 *
 * It is silenced by `track.enabled`: a stopped track would send no packets at all, and the other side takes that for
 * a lost call. Events: "change" when `state` may have changed; "stream" when another stream, or none, takes the place
 * of the one before.
 */
export class Microphone extends EventTarget {
  #devices;
  #memory;
  #permissions;
  /** @type {MediaStream|null} */
  #stream = null;
  /** @type {MicrophoneState} */
  #state = "on";
  #wanted = true;
  #muted = false;
  #held = false;
  #tried = false;
  /** Counts requests; the answer to an earlier one is out of date. */
  #request = 0;

  /**
   * @param {Pick<MediaDevices, "getUserMedia">|undefined} devices `navigator.mediaDevices`; undefined on insecure pages
   * @param {Memory} [memory] of this device's choices
   * @param {Pick<Permissions, "query">} [permissions] `navigator.permissions`, where there are any
   */
  constructor(devices, memory = FORGETFUL, permissions = undefined) {
    super();
    this.#permissions = permissions;
    this.#devices = devices;
    this.#memory = memory;
  }

  /** @returns {MicrophoneState} */
  get state() {
    if (!this.#wanted && BY_ITSELF.has(this.#state)) {
      return "unwanted";
    }
    if (this.#state !== "on") {
      return this.#state;
    }
    return this.#tried ? "tried" : this.#muted ? "muted" : "on";
  }

  get stream() {
    return this.#stream;
  }

  /** Id of the device in use; empty when there is none. */
  get device() {
    return this.#stream?.getAudioTracks()[0]?.getSettings().deviceId ?? "";
  }

  /**
   * Ask for the microphone, unless it is there already or the learner wants none. Never throws: a lesson can be typed.
   * @returns {Promise<MediaStream|null>}
   */
  async open() {
    return this.#isLive || !this.#wanted ? this.#stream : this.#ask();
  }

  /** The learner asks for it, whatever was before. */
  async retry() {
    this.#become("on");
    return this.#isLive ? this.#stream : this.#ask();
  }

  /** Take another microphone, in the middle of a call too. @param {string} id */
  async choose(id) {
    this.#memory.set(CHOICE, id);
    return this.#ask();
  }

  /**
   * Whether the learner takes part with a microphone. Without, `open` does not ask for it, and one that is there keeps
   * silent until the call is over: taken away in the middle of a word, it would never end the word. What was wrong with
   * it before is forgotten.
   * @param {boolean} wanted
   */
  want(wanted) {
    this.#wanted = wanted;
    this.#request += wanted ? 0 : 1;
    this.#apply();
    this.#become(this.#stream ? this.#state : "on");
  }

  /** What the learner wants. @param {boolean} muted */
  mute(muted) {
    this.#muted = muted;
    this.#apply();
  }

  /** Closed for a moment by the lesson, whatever the learner wants. @param {boolean} held */
  hold(held) {
    this.#held = held;
    this.#apply();
  }

  /** Tried out by the learner: until that is over, the call hears nothing of it. @param {boolean} tried */
  try(tried) {
    if (this.#tried !== tried) {
      this.#tried = tried;
      this.#apply();
      this.dispatchEvent(new Event("change"));
    }
  }

  /** Give it back to the machine: the browser's recording sign goes out. */
  close() {
    this.#request += 1;
    this.#replace(null);
  }

  get #isLive() {
    return this.#stream?.getAudioTracks().some((track) => track.readyState === "live") ?? false;
  }

  async #ask() {
    this.#request += 1;
    const request = this.#request;
    let stream = null;
    /** @type {MicrophoneState} */
    let state = "on";
    try {
      stream = await this.#capture(this.#memory.get(CHOICE));
      state = stream ? "on" : "insecure";
    } catch (error) {
      state = (error instanceof Error && TROUBLES[error.name]) || "absent";
    }
    if (request !== this.#request) {
      stream?.getTracks().forEach((track) => track.stop());
      return this.#stream;
    }
    this.#replace(stream);
    this.#become(state);
    return stream;
  }

  /**
   * The chosen device; where it is not plugged in today, any other is better than none. (Merely wished for, as
   * `ideal`, Chromium gives the default one even where the chosen one is there.)
   * @param {string} id empty for any
   * @returns {Promise<MediaStream|null>}
   */
  async #capture(id) {
    const audio = id === "" ? PROCESSING : { ...PROCESSING, deviceId: { exact: id } };
    try {
      return (await this.#devices?.getUserMedia({ audio })) ?? null;
    } catch (error) {
      if (id !== "" && error instanceof Error && error.name === "OverconstrainedError") {
        return this.#capture("");
      }
      throw error;
    }
  }

  /** @param {MediaStream|null} stream */
  #replace(stream) {
    const before = this.#stream;
    this.#stream = stream;
    this.#apply();
    stream?.getAudioTracks().forEach((track) => this.#watch(track));
    if (before !== stream) {
      this.dispatchEvent(new Event("stream"));
      before?.getTracks().forEach((track) => track.stop());
    }
  }

  /**
   * A track ends by itself when its device is unplugged or taken away by the machine, or when the permission is taken
   * back; and mutes when the machine keeps it quiet (Safari in the background, a phone call).
   * @param {MediaStreamTrack} track
   */
  #watch(track) {
    const before = this.#permission();
    const isOurs = () => this.#stream?.getAudioTracks().includes(track) ?? false;
    track.addEventListener("ended", () => isOurs() && this.#lose(before));
    track.addEventListener("mute", () => isOurs() && this.#become("silenced"));
    track.addEventListener("unmute", () => isOurs() && this.#become("on"));
  }

  /**
   * It has gone: with its device, or with the permission to use it.
   * @param {Promise<string>} before the permission while it was there
   */
  async #lose(before) {
    this.#replace(null);
    const request = this.#request;
    const [had, has] = await Promise.all([before, this.#permission()]);
    if (request === this.#request && this.#stream === null) {
      this.#become(has === "denied" || (had === "granted" && has === "prompt") ? "refused" : "unplugged");
    }
  }

  /** @returns {Promise<string>} granted, denied or prompt; empty where the browser does not tell */
  async #permission() {
    try {
      return (await this.#permissions?.query({ name: "microphone" }))?.state ?? "";
    } catch {
      // Not every browser knows this permission by name.
      return "";
    }
  }

  /** @param {MicrophoneState} state */
  #become(state) {
    this.#state = state;
    this.dispatchEvent(new Event("change"));
  }

  #apply() {
    this.#stream?.getAudioTracks().forEach((track) => {
      track.enabled = this.#wanted && !this.#muted && !this.#held && !this.#tried;
    });
  }
}
