// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Call } from "../../static/tutor/js/net/call.js";
import { FakeClock, settle } from "./fakes/clock.js";
import { FakePeer } from "./fakes/peer.js";

const ANSWER = { ok: true, data: { sdp: "v=0\r\nanswer\r\n", connection: "conn-1" } };
const track = { kind: "audio" };
const microphone = /** @type {any} */ ({ getAudioTracks: () => [track] });

function setUp(answer = ANSWER) {
  const clock = new FakeClock();
  const peer = new FakePeer();
  const offers = [];
  const call = new Call({
    clock,
    makePeer: () => /** @type {any} */ (peer),
    exchangeSdp: async (sdp) => {
      offers.push(sdp);
      return /** @type {any} */ (answer);
    },
  });
  const events = [];
  for (const type of ["open", "event", "sent", "over"]) {
    call.addEventListener(type, (event) => events.push([type, /** @type {CustomEvent} */ (event).detail ?? null]));
  }
  return { clock, peer, call, offers, events };
}

async function opened() {
  const room = setUp();
  await room.call.connect(microphone);
  room.peer.channel.open();
  room.events.length = 0;
  return room;
}

test("a call sends its offer unchanged at once, and opens with its channel", async () => {
  const { peer, call, offers, events } = setUp();

  const answer = await call.connect(microphone);
  peer.channel.open();

  assert.deepEqual(answer, ANSWER);
  assert.deepEqual(offers, ["v=0\r\noffer\r\n"]);
  assert.deepEqual(peer.remoteDescription, { type: "answer", sdp: "v=0\r\nanswer\r\n" });
  assert.deepEqual([peer.tracks, peer.transceivers, peer.channel.label, call.connection], [[track], [], "oai-events", "conn-1"]);
  assert.deepEqual(events, [["open", null]]);
});

test("a call without a microphone is ready for one that is found later", async () => {
  const { peer, call } = setUp();

  await call.connect(null);
  await call.speakWith(microphone);

  assert.deepEqual([peer.tracks, peer.transceivers, peer.sender.track], [[], [["audio", { direction: "sendrecv" }]], track]);
});

test("another microphone takes the place of the first, in the same call", async () => {
  const { peer, call, offers } = await opened();
  const other = { kind: "audio" };

  await call.speakWith(/** @type {any} */ ({ getAudioTracks: () => [other] }));
  const spoken = peer.sender.track;
  await call.speakWith(null);

  assert.deepEqual([spoken, peer.sender.track, offers.length], [other, null, 1]);
});

test("a call that is over takes no other microphone", async () => {
  const { peer, call } = await opened();
  call.stop();

  await call.speakWith(null);

  assert.equal(peer.sender.track, track);
});

test("a call that does not open within ten seconds is over", async () => {
  const { clock, call, peer, events } = setUp();

  await call.connect(microphone);
  await clock.advance(9_999);
  const before = [...events];
  await clock.advance(1);
  peer.channel.open();

  assert.deepEqual(before, []);
  assert.deepEqual(events, [["over", "connect_timeout"]]);
  assert.equal(peer.connectionState, "closed");
});

test("a refused offer ends the call and hands on the refusal", async () => {
  const refusal = { ok: false, kind: "status", status: 503, code: "busy", message: "Busy.", retryAfter: null };
  const { call, events } = setUp(/** @type {any} */ (refusal));

  assert.deepEqual(await call.connect(microphone), refusal);
  assert.deepEqual(events, [["over", "refused"]]);
});

test("an answer the browser cannot use ends the call", async () => {
  const { call, peer, events } = setUp();
  peer.refusesAnswer = true;

  await call.connect(microphone);

  assert.deepEqual(events, [["over", "bad_answer"]]);
});

test("events go both ways as JSON", async () => {
  const { call, peer, events } = await opened();

  const problem = call.send({ type: "response.create" });
  peer.channel.deliver({ type: "response.created" });

  assert.equal(problem, null);
  assert.deepEqual(peer.channel.sent, ["{\"type\":\"response.create\"}"]);
  assert.deepEqual(events, [["sent", { type: "response.create" }], ["event", { type: "response.created" }]]);
});

test("a message is measured in bytes of UTF-8, and not sent when it is too large", async () => {
  const { call, peer, events } = await opened();
  const text = (/** @type {number} */ length) => ({ type: "x", text: "é".repeat(length) });

  // {"type":"x","text":""} are 22 bytes; each é is two more.
  assert.equal(call.send(text(489)), null);
  assert.equal(call.send(text(490)), "message_too_large");
  assert.equal(peer.channel.sent.length, 1);
  assert.deepEqual(events.map(([type]) => type), ["sent"]);
});

test("nothing is sent before the channel is open or after it has closed", async () => {
  const { call, peer } = setUp();
  await call.connect(microphone);
  const before = call.send({ type: "x" });
  peer.channel.open();
  peer.channel.readyState = "closing";

  assert.deepEqual([before, call.send({ type: "x" })], ["channel_closed", "channel_closed"]);
});

for (const [name, happen, code] of /** @type {Array<[string, (peer: FakePeer) => void, string]>} */ ([
  ["its channel closes", (peer) => peer.channel.close(), "data_channel_closed"],
  ["its connection fails", (peer) => peer.become("failed"), "connection_failed"],
])) {
  test(`a call is lost at once when ${name}, and says so once`, async () => {
    const { peer, events } = await opened();

    happen(peer);
    peer.become("failed");

    assert.deepEqual(events, [["over", code]]);
  });
}

test("a disconnected call may heal within three seconds", async () => {
  const { clock, peer, events } = await opened();

  peer.become("disconnected");
  await clock.advance(2_900);
  peer.become("connected");
  await clock.advance(10_000);
  const healed = [...events];
  peer.become("disconnected");
  await clock.advance(3_000);

  assert.deepEqual(healed, []);
  assert.deepEqual(events, [["over", "connection_lost"]]);
});

test("a call that falters says so, and when it recovers", async () => {
  const { call, peer } = await opened();
  const steady = [];
  call.addEventListener("steady", (event) => steady.push(/** @type {CustomEvent} */ (event).detail));

  peer.become("disconnected");
  peer.become("connected");

  assert.deepEqual(steady, [false, true]);
});

for (const [packets, isHeard] of /** @type {const} */ ([[0, false], [50, true]])) {
  test(`a probe that counts ${packets} packets in a second finds that the other side is ${isHeard ? "there" : "not heard"}`, async () => {
    const { call, peer, clock } = await opened();
    peer.packets = 700;

    const probe = call.probe();
    await clock.advance(999);
    peer.packets += packets;
    await clock.advance(1);

    assert.equal(await probe, isHeard);
  });
}

test("a probe of a call that is over meanwhile says nothing against the next one", async () => {
  const { call, clock } = await opened();

  const probe = call.probe();
  await clock.advance(500);
  call.stop();
  await clock.advance(500);

  assert.equal(await probe, true);
});

test("hanging up is silent, and may be done twice", async () => {
  const { clock, call, peer, events } = await opened();

  call.stop();
  call.stop();
  peer.channel.deliver({ type: "late" });
  await clock.advance(20_000);

  assert.deepEqual(events, []);
  assert.equal(peer.connectionState, "closed");
});

test("hanging up while the offer is under way leaves the answer alone", async () => {
  const { call, peer, events } = setUp();

  const connecting = call.connect(microphone);
  call.stop();
  await connecting;
  await settle();

  assert.deepEqual([peer.remoteDescription, events], [null, []]);
});

test("a call is made once", async () => {
  const { call } = await opened();

  await assert.rejects(call.connect(microphone), RangeError);
});
