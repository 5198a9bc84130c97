// @ts-check
import { Lesson } from "../../../static/tutor/js/lesson/lesson.js";
import { Line } from "../../../static/tutor/js/lesson/line.js";
import { Api } from "../../../static/tutor/js/net/api.js";
import { Journal } from "../../../static/tutor/js/net/journal.js";
import { Microphone } from "../../../static/tutor/js/net/microphone.js";
import { FakeClock } from "./clock.js";
import { FakeModel } from "./model.js";
import { FakeNetwork } from "./network.js";
import { FakeServer, URLS } from "./server.js";

/** A microphone device with one track. */
export class FakeDevices {
  track = { enabled: true, readyState: "live", stop: () => { this.track.readyState = "ended"; } };
  /** @type {string|null} the name of the error that opening it throws */
  trouble = null;

  getUserMedia = async () => {
    if (this.trouble) {
      throw Object.assign(new Error("No microphone."), { name: this.trouble });
    }
    this.track.readyState = "live";
    return /** @type {any} */ ({ getAudioTracks: () => [this.track], getTracks: () => [this.track] });
  };
}

/** A whole room: everything real but time, network, WebRTC and the microphone. */
export function makeRoom() {
  const clock = new FakeClock();
  const server = new FakeServer();
  const network = new FakeNetwork(server.handle);
  const model = new FakeModel(clock);
  const devices = new FakeDevices();
  const random = () => 0.5;
  const api = new Api({ urls: URLS, csrfToken: () => "token", fetch: network.fetch, clock, random });
  const journal = new Journal({ send: (entries, options) => api.journal(entries, options), clock, random });
  const microphone = new Microphone(devices);
  const line = new Line({ api, microphone, clock, random, makeCall: () => model.makeCall((sdp) => api.connect(sdp)) });
  const lesson = new Lesson({ api, line, microphone, journal, clock });
  return { clock, server, network, model, devices, journal, line, lesson };
}
