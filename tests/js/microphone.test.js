// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Microphone } from "../../static/tutor/js/net/microphone.js";
import { FakeDevices } from "./fakes/room.js";

test("a microphone is open unless the learner or the lesson closes it", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);
  await microphone.open();
  const enabled = [];

  for (const step of [() => microphone.hold(true), () => microphone.mute(true), () => microphone.hold(false), () => microphone.mute(false)]) {
    step();
    enabled.push(devices.track.enabled);
  }

  assert.deepEqual(enabled, [false, false, false, true]);
});

test("it is asked for once, and again when its track has ended", async () => {
  const devices = new FakeDevices();
  let asked = 0;
  const microphone = new Microphone({ getUserMedia: async () => { asked += 1; return devices.getUserMedia(); } });

  const first = await microphone.open();
  assert.equal(await microphone.open(), first);
  devices.track.readyState = "ended";
  await microphone.open();

  assert.equal(asked, 2);
});

test("muting before it is opened counts", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);

  microphone.mute(true);
  await microphone.open();

  assert.deepEqual([devices.track.enabled, microphone.state], [false, "muted"]);
});

for (const [trouble, state] of [["NotAllowedError", "refused"], ["NotFoundError", "absent"], ["NotReadableError", "absent"]]) {
  test(`${trouble} means ${state}, not an exception`, async () => {
    const devices = new FakeDevices();
    devices.trouble = trouble;
    const microphone = new Microphone(devices);

    assert.equal(await microphone.open(), null);
    assert.equal(microphone.state, state);
  });
}

test("a page without devices has no microphone", async () => {
  const microphone = new Microphone(undefined);

  assert.deepEqual([await microphone.open(), microphone.state], [null, "absent"]);
});

test("closing gives the device back", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);
  await microphone.open();

  microphone.close();

  assert.deepEqual([devices.track.readyState, microphone.stream], ["ended", null]);
});
