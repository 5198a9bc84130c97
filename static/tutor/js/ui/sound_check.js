// @ts-check
import { gettext } from "../words.js";
import { byId, element, setText } from "./dom.js";
import { Ear, level } from "./levels.js";
import { openCopy } from "./sound.js";
import { Voice } from "./voice.js";

/**
 * @typedef {import("./sound.js").Sound} Sound
 * @typedef {import("./sound.js").Meter} Meter
 * @typedef {{id: string, label: string}} Device
 *
 * @typedef {object} Actions
 * @property {() => Promise<MediaStream|null>} listen ask for the microphone
 * @property {(isTried: boolean) => void} tryOut keep what the microphone hears from the call, or no longer
 * @property {() => void} letGo give the microphone back
 * @property {(id: string) => Promise<MediaStream|null>} chooseMicrophone
 * @property {(id: string) => Promise<void>} chooseSpeaker rejects when the browser does not let us
 * @property {() => Promise<void>} playTest
 * @property {() => Promise<{microphones: Device[], speakers: Device[]}>} devices
 */

/** Milliseconds of silence after which we say that nothing is heard. */
const SILENCE = 5_000;
/** Milliseconds between two looks at the level, for those who ask for less motion. */
const SLOW = 250;
const IDLE = new Set(["ready", "failed", "elsewhere"]);

/** Microphone and loudspeaker, to be tried before the lesson and changed in it. Asks for nothing before a press. */
export class SoundCheck {
  #panel = byId("sound");
  #toggle = byId("sound-toggle", HTMLButtonElement);
  #test = byId("microphone-test", HTMLButtonElement);
  #bar = byId("microphone-level");
  #verdict = byId("microphone-verdict");
  #microphones = byId("microphones", HTMLSelectElement);
  #speakers = byId("speakers", HTMLSelectElement);
  #heard = byId("speaker-verdict");
  #still = window.matchMedia("(prefers-reduced-motion: reduce)");
  #actions;
  #sound;
  /** @type {{stream: MediaStream, copy: MediaStream, meter: Meter, ear: Ear, since: number, seen: number}|null} */
  #check = null;
  #isOpen = false;
  /** @type {boolean|null} */
  #wasBefore = null;
  #isIdle = true;
  #speaks = true;
  #device = "";
  #speaker;

  /**
   * @param {Sound} sound
   * @param {string} speaker id of the chosen loudspeaker
   * @param {Actions} actions
   */
  constructor(sound, speaker, actions) {
    this.#sound = sound;
    this.#speaker = speaker;
    this.#actions = actions;
    this.#toggle.addEventListener("click", () => this.#unfold(!this.#isOpen));
    this.#test.addEventListener("click", () => (this.#check ? this.#stop() : this.#listen()));
    this.#microphones.addEventListener("change", () => this.#choose(this.#microphones.value));
    this.#speakers.addEventListener("change", () => this.#chooseSpeaker(this.#speakers.value));
    byId("speaker-test").addEventListener("click", () => this.#play());
  }

  /** @param {{status: string, microphone: string, begun: boolean, speaks: boolean}} view @param {{stream: MediaStream|null, device: string}} microphone */
  show({ status, microphone, begun, speaks }, { stream, device }) {
    const isBefore = IDLE.has(status) && !begun;
    this.#isIdle = IDLE.has(status);
    this.#speaks = speaks;
    this.#toggle.hidden = status === "ended";
    this.#test.disabled = microphone === "insecure";
    if (isBefore !== this.#wasBefore || status === "ended") {
      // There before the lesson; out of the way once it begins.
      this.#wasBefore = isBefore;
      this.#unfold(isBefore);
    }
    if (device !== this.#device) {
      this.#device = device;
      this.refresh();
    }
    if (this.#check && this.#check.stream !== stream) {
      this.#measure(stream);
    }
  }

  /** Look again what is plugged in. */
  async refresh() {
    const { microphones, speakers } = await this.#actions.devices();
    fill(this.#microphones, microphones, this.#device);
    fill(this.#speakers, Voice.canChoose ? speakers : [], this.#speaker);
  }

  /** @param {boolean} isOpen */
  #unfold(isOpen) {
    this.#isOpen = isOpen;
    this.#panel.hidden = !isOpen;
    this.#toggle.ariaExpanded = String(isOpen);
    if (!isOpen) {
      this.#stop();
    }
    this.refresh();
  }

  async #listen() {
    setText(this.#verdict, gettext("Your browser asks whether this page may use the microphone: choose “Allow”."));
    this.#measure(await this.#actions.listen());
    await this.refresh();
  }

  /** @param {string} id */
  async #choose(id) {
    const stream = await this.#actions.chooseMicrophone(id);
    // In a call the learner goes on talking, unless they are trying it out.
    if (this.#isIdle || this.#check) {
      this.#measure(stream);
    }
    await this.refresh();
  }

  /** @param {MediaStream|null} stream */
  #measure(stream) {
    if (stream && this.#check?.stream === stream) {
      return;
    }
    this.#check?.meter.stop();
    this.#check?.copy.getTracks().forEach((track) => track.stop());
    this.#check = null;
    this.#actions.tryOut(stream !== null);
    this.#show(0);
    if (stream) {
      const now = performance.now();
      const copy = openCopy(stream);
      this.#check = { stream, copy, meter: this.#sound.meter(copy), ear: new Ear(), since: now, seen: now };
      const words = this.#isIdle ? gettext("Say something, for example “Hello”.") : gettext("Say something, for example “Hello”. The tutor does not hear it.");
      setText(this.#verdict, words);
      this.#look();
    } else {
      setText(this.#verdict, "");
    }
    setText(this.#test, stream ? gettext("Stop the check") : gettext("Check the microphone"));
  }

  #look() {
    const check = this.#check;
    requestAnimationFrame((now) => {
      if (check === null || check !== this.#check) {
        return;
      }
      if (now - check.seen >= (this.#still.matches ? SLOW : 0)) {
        const loud = check.meter.read();
        // A page in the background gets no frames: what was loud once was not loud all the time.
        check.ear.listen(loud, Math.min(now - check.seen, SLOW));
        check.seen = now;
        this.#show(level(loud));
        this.#judge(check, now);
      }
      this.#look();
    });
  }

  /** @param {{ear: Ear, since: number}} check @param {number} now */
  #judge({ ear, since }, now) {
    if (ear.isConvinced) {
      setText(this.#verdict, gettext("We hear you."));
    } else if (now - since > SILENCE) {
      setText(this.#verdict, gettext("We hear nothing so far. Speak up, unmute the microphone at its switch, or choose another one."));
    }
  }

  /** @param {number} value */
  #show(value) {
    this.#bar.style.setProperty("--level", value.toFixed(3));
  }

  #stop() {
    const wasChecking = this.#check !== null;
    this.#measure(null);
    if (wasChecking && (this.#isIdle || !this.#speaks)) {
      this.#actions.letGo();
    }
  }

  async #play() {
    await this.#actions.playTest();
    setText(this.#heard, gettext("You should hear three notes. If not, turn the volume up or choose another loudspeaker."));
  }

  /** @param {string} id */
  async #chooseSpeaker(id) {
    try {
      await this.#actions.chooseSpeaker(id);
      this.#speaker = id;
      await this.#play();
    } catch {
      setText(this.#heard, gettext("Your browser does not let this page use that loudspeaker. Choose another one."));
      await this.refresh();
    }
  }
}

/**
 * Show what there is to choose from; a choice of one, or of none, is no choice.
 * @param {HTMLSelectElement} select
 * @param {Device[]} devices
 * @param {string} chosen
 */
function fill(select, devices, chosen) {
  /** @type {HTMLElement} */ (select.parentElement).hidden = devices.length < 2;
  const options = devices.map(({ id, label }) => Object.assign(/** @type {HTMLOptionElement} */ (element("option", "", label)), { value: id }));
  select.replaceChildren(...options);
  if (devices.some(({ id }) => id === chosen)) {
    select.value = chosen;
  }
}
