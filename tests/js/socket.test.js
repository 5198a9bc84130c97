// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { RoomSocket, socketAddress } from "../../static/tutor/js/net/socket.js";
import { FakeClock } from "./fakes/clock.js";

class FakeSocket extends EventTarget {
  isClosed = false;

  open() {
    this.dispatchEvent(new Event("open"));
  }

  lose(code = 1006) {
    this.dispatchEvent(Object.assign(new Event("close"), { code }));
  }

  close() {
    this.isClosed = true;
    this.lose();
  }
}

function setUp() {
  const clock = new FakeClock();
  /** @type {FakeSocket[]} */
  const sockets = [];
  const makeSocket = () => /** @type {any} */ (sockets[sockets.push(new FakeSocket()) - 1]);
  const socket = new RoomSocket({ url: "ws://x/", clock, random: () => 0.5, makeSocket });
  const seen = [];
  socket.addEventListener("news", (event) => seen.push(/** @type {CustomEvent} */ (event).detail));
  socket.addEventListener("away", () => seen.push("away"));
  socket.addEventListener("back", () => seen.push("back"));
  socket.open();
  return { clock, sockets, socket, seen };
}

test("news are handed on", () => {
  const { sockets, seen } = setUp();
  sockets[0].open();

  sockets[0].dispatchEvent(new MessageEvent("message", { data: "{\"type\":\"stage.changed\",\"visit\":2}" }));

  assert.deepEqual(seen, [{ type: "stage.changed", visit: 2 }]);
});

test("a lost socket comes back with growing delays, and says so", async () => {
  const { clock, sockets, seen } = setUp();
  sockets[0].open();

  sockets[0].lose();
  await clock.advance(500);
  sockets[1].lose();
  await clock.advance(999);
  const early = sockets.length;
  await clock.advance(1);
  sockets[2].open();

  assert.deepEqual([early, sockets.length, seen], [2, 3, ["away", "away", "back"]]);
});

test("a lost socket that is told to hurry does not wait, and one that is there stays", async () => {
  const { clock, sockets, socket } = setUp();
  sockets[0].open();
  socket.retry();
  const before = sockets.length;

  sockets[0].lose();
  socket.retry();
  await clock.advance(60_000);

  assert.deepEqual([before, sockets.length], [1, 2]);
});

test("a socket that the server closed in good order says nothing of it being away", async () => {
  const { clock, sockets, seen } = setUp();
  sockets[0].open();

  sockets[0].lose(1001);
  await clock.advance(500);
  sockets[1].lose(4401);

  assert.deepEqual(seen, []);
});

test("a closed socket stays closed", async () => {
  const { clock, sockets, socket } = setUp();
  sockets[0].lose();

  socket.close();
  await clock.advance(60_000);

  assert.equal(sockets.length, 1);
});

test("the address follows the page", () => {
  assert.equal(socketAddress("/ws/a/", { protocol: "https:", host: "viva.example" }), "wss://viva.example/ws/a/");
  assert.equal(socketAddress("/ws/a/", { protocol: "http:", host: "localhost:8000" }), "ws://localhost:8000/ws/a/");
});
