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
  const microphone = new Microphone(devices);

  const first = await microphone.open();
  assert.equal(await microphone.open(), first);
  devices.track.readyState = "ended";
  await microphone.open();

  assert.equal(devices.asked.length, 2);
});

test("muting before it is opened counts", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);

  microphone.mute(true);
  await microphone.open();

  assert.deepEqual([devices.track.enabled, microphone.state], [false, "muted"]);
});

for (const [trouble, state] of [["NotAllowedError", "refused"], ["NotFoundError", "absent"], ["NotReadableError", "busy"], ["SecurityError", "refused"]]) {
  test(`${trouble} means ${state}, not an exception`, async () => {
    const devices = new FakeDevices();
    devices.trouble = trouble;
    const microphone = new Microphone(devices);

    assert.equal(await microphone.open(), null);
    assert.equal(microphone.state, state);
  });
}

test("a page that is given no devices is not secure", async () => {
  const microphone = new Microphone(undefined);

  assert.deepEqual([await microphone.open(), microphone.state], [null, "insecure"]);
});

test("while it is tried out the call hears nothing of it, and afterwards as before", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);
  await microphone.open();
  const seen = [];

  for (const step of [() => microphone.try(true), () => microphone.hold(true), () => microphone.hold(false), () => microphone.try(false), () => microphone.mute(true), () => microphone.try(true), () => microphone.try(false)]) {
    step();
    seen.push([microphone.state, devices.track.enabled]);
  }

  assert.deepEqual(seen, [["tried", false], ["tried", false], ["tried", false], ["on", true], ["muted", false], ["tried", false], ["muted", false]]);
});

test("another device chosen while one is tried out is kept from the call, too", async () => {
  const { devices, microphone } = await opened();
  microphone.try(true);

  await microphone.choose("headset");

  assert.deepEqual([microphone.state, devices.track.enabled], ["tried", false]);
});

test("closing gives the device back", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);
  await microphone.open();

  microphone.close();

  assert.deepEqual([devices.track.readyState, microphone.stream], ["ended", null]);
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** An opened microphone of a device with a memory, and what it announces. */
async function opened(memory = new Map()) {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices, { get: (name) => memory.get(name) ?? "", set: (name, value) => memory.set(name, value) });
  const events = [];
  for (const type of ["change", "stream"]) {
    microphone.addEventListener(type, () => events.push([type, microphone.state, microphone.device]));
  }
  await microphone.open();
  return { devices, microphone, events, memory };
}

test("nothing is asked for before it is opened", () => {
  const devices = new FakeDevices();
  new Microphone(devices).mute(true);

  assert.deepEqual(devices.asked, []);
});

test("the device chosen is remembered, used at once, and the one before is given back", async () => {
  const { devices, microphone, events, memory } = await opened();
  const before = devices.track;
  events.length = 0;

  await microphone.choose("headset");

  assert.deepEqual([microphone.device, before.readyState, memory.get("microphone")], ["headset", "ended", "headset"]);
  assert.deepEqual(events, [["stream", "on", "headset"], ["change", "on", "headset"]]);
});

test("a remembered device is used from the beginning", async () => {
  const { microphone } = await opened(new Map([["microphone", "headset"]]));

  assert.equal(microphone.device, "headset");
});

test("where the remembered device is not plugged in, any other is taken", async () => {
  const { devices, microphone, memory } = await opened(new Map([["microphone", "headset"]]));
  devices.missing.add("headset");

  devices.track.vanish();
  await microphone.retry();

  assert.deepEqual([microphone.device, microphone.state, memory.get("microphone")], ["default", "on", "headset"]);
});

test("another device is as muted as the one before", async () => {
  const { devices, microphone } = await opened();
  microphone.mute(true);

  await microphone.choose("headset");

  assert.equal(devices.track.enabled, false);
});

test("a device that is unplugged is told, and another can be opened", async () => {
  const { devices, microphone, events } = await opened();
  events.length = 0;

  devices.track.vanish();
  await settled();
  const gone = [microphone.state, microphone.stream];
  await microphone.retry();

  assert.deepEqual(gone, ["unplugged", null]);
  assert.deepEqual([microphone.state, microphone.device], ["on", "default"]);
});

for (const [before, after, state] of [["granted", "denied", "refused"], ["granted", "prompt", "refused"], ["prompt", "prompt", "unplugged"], ["granted", "granted", "unplugged"], ["granted", "unknown", "unplugged"]]) {
  test(`a track that ends while its permission goes from ${before} to ${after} means ${state}`, async () => {
    const devices = new FakeDevices();
    let permission = before;
    const query = async () => {
      if (permission === "unknown") {
        throw new TypeError("No such permission.");
      }
      return /** @type {any} */ ({ state: permission });
    };
    const microphone = new Microphone(devices, undefined, { query });
    await microphone.open();
    await settled();

    permission = after;
    devices.track.vanish();
    await settled();

    assert.deepEqual([microphone.state, microphone.stream], [state, null]);
  });
}

test("the end of a track that is no longer in use is nobody's news", async () => {
  const { devices, microphone } = await opened();
  const before = devices.track;
  await microphone.choose("headset");

  before.vanish();

  assert.deepEqual([microphone.state, microphone.device], ["on", "headset"]);
});

test("a microphone that the machine keeps quiet is told until it is back", async () => {
  const { devices, microphone } = await opened();
  const states = ["mute", "unmute"].map((type) => {
    devices.track.dispatchEvent(new Event(type));
    return microphone.state;
  });

  assert.deepEqual(states, ["silenced", "on"]);
});

test("who takes part without a microphone is not asked for one, until they want one", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);

  microphone.want(false);
  const typing = [await microphone.open(), microphone.state, devices.asked.length];
  microphone.want(true);
  await microphone.open();

  assert.deepEqual(typing, [null, "unwanted", 0]);
  assert.deepEqual([microphone.state, devices.asked.length], ["on", 1]);
});

test("a microphone that is no longer wanted keeps silent, and what happens to it is no news", async () => {
  const { devices, microphone } = await opened();
  const before = devices.track;

  microphone.want(false);
  const silent = [before.enabled, before.readyState, microphone.state];
  before.vanish();
  await settled();

  assert.deepEqual(silent, [false, "live", "unwanted"]);
  assert.equal(microphone.state, "unwanted");
});

test("one that is tried out all the same says what is wrong, until the learner goes on without", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);
  microphone.want(false);
  devices.trouble = "NotAllowedError";

  await microphone.retry();
  const tried = microphone.state;
  microphone.want(false);

  assert.deepEqual([tried, microphone.state], ["refused", "unwanted"]);
});

test("an answer that comes after the learner has gone on to type is given back", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);

  const asking = microphone.open();
  microphone.want(false);

  assert.deepEqual([await asking, microphone.stream, devices.track.readyState], [null, null, "ended"]);
});

test("an answer that comes after the microphone was closed is given back", async () => {
  const devices = new FakeDevices();
  const microphone = new Microphone(devices);

  const asking = microphone.open();
  microphone.close();

  assert.deepEqual([await asking, microphone.stream, devices.track.readyState], [null, null, "ended"]);
});
