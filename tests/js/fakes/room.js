// @ts-check
import { Lesson } from "../../../static/tutor/js/lesson/lesson.js";
import { Line } from "../../../static/tutor/js/lesson/line.js";
import { Api } from "../../../static/tutor/js/net/api.js";
import { Choices } from "../../../static/tutor/js/net/choices.js";
import { Journal } from "../../../static/tutor/js/net/journal.js";
import { Microphone } from "../../../static/tutor/js/net/microphone.js";
import { Remembered } from "../../../static/tutor/js/net/remembered.js";
import { FakeClock } from "./clock.js";
import { FakeModel } from "./model.js";
import { FakeNetwork } from "./network.js";
import { FakeServer, URLS } from "./server.js";

class FakeTrack extends EventTarget {
  enabled = true;
  readyState = "live";

  /** @param {string} deviceId */
  constructor(deviceId) {
    super();
    this.getSettings = () => ({ deviceId });
  }

  stop() {
    this.readyState = "ended";
  }

  /** Its device is unplugged. */
  vanish() {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }
}

/** Microphone devices. Every opening makes a new track; `track` is the latest one. */
export class FakeDevices {
  track = new FakeTrack("default");
  /** What was asked for. @type {any[]} */
  asked = [];
  /** Ids of devices that are not plugged in. @type {Set<string>} */
  missing = new Set();
  /** @type {string|null} the name of the error that opening it throws */
  trouble = null;

  getUserMedia = async (/** @type {any} */ constraints) => {
    this.asked.push(constraints.audio);
    if (this.trouble) {
      throw Object.assign(new Error("No microphone."), { name: this.trouble });
    }
    const wanted = constraints.audio.deviceId?.exact ?? "default";
    if (this.missing.has(wanted)) {
      throw Object.assign(new Error(""), { name: "OverconstrainedError" });
    }
    const track = new FakeTrack(wanted);
    this.track = track;
    return /** @type {any} */ ({ getAudioTracks: () => [track], getTracks: () => [track] });
  };
}

/** A whole room: everything real but time, network, WebRTC and the microphone. With a server of its own unless one is given. */
export function makeRoom({ server = new FakeServer(), choice = {} } = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork(server.handle);
  const model = new FakeModel(clock);
  const devices = new FakeDevices();
  const random = () => 0.5;
  const api = new Api({ urls: URLS, csrfToken: () => "token", fetch: network.fetch, clock, random });
  const journal = new Journal({ send: (entries, options) => api.journal(entries, options), clock, random });
  const microphone = new Microphone(devices);
  const line = new Line({ api, microphone, clock, random, makeCall: () => model.makeCall((sdp) => api.connect(sdp)) });
  const choices = new Choices(new Remembered(() => ({ getItem: () => null, setItem: () => {} })));
  choices.set(choice);
  const lesson = new Lesson({ api, line, microphone, journal, choices, clock });
  return { clock, server, network, model, devices, microphone, api, journal, line, choices, lesson };
}
