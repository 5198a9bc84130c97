// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Devices } from "../../static/tutor/js/net/devices.js";

class FakeMedia extends EventTarget {
  /** @type {any[]} */
  found = [];
  enumerateDevices = async () => this.found;
}

const device = (kind, deviceId, label) => ({ kind, deviceId, label });

test("microphones and loudspeakers are listed by name", async () => {
  const media = new FakeMedia();
  media.found = [device("audioinput", "a", "Headset"), device("videoinput", "v", "Camera"), device("audiooutput", "b", "Loudspeaker")];

  assert.deepEqual(await new Devices(media).list(), { microphones: [{ id: "a", label: "Headset" }], speakers: [{ id: "b", label: "Loudspeaker" }] });
});

test("devices that the browser does not name yet are left out", async () => {
  const media = new FakeMedia();
  media.found = [device("audioinput", "", "")];

  assert.deepEqual(await new Devices(media).list(), { microphones: [], speakers: [] });
});

test("a page without devices has an empty list", async () => {
  assert.deepEqual(await new Devices(undefined).list(), { microphones: [], speakers: [] });
});

test("plugging something in is told", () => {
  const media = new FakeMedia();
  let changes = 0;
  new Devices(media).addEventListener("change", () => { changes += 1; });

  media.dispatchEvent(new Event("devicechange"));

  assert.equal(changes, 1);
});
