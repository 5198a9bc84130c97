// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../static/tutor/js/net/api.js";
import { cookie, csrfToken } from "../../static/tutor/js/net/cookie.js";
import { growingDelay } from "../../static/tutor/js/net/clock.js";
import { FakeClock } from "./fakes/clock.js";
import { FakeNetwork } from "./fakes/network.js";

const URLS = { state: "/s/", connections: "/c/", tool_calls: "/t/", journal: "/j/", end: "/e/" };
const CALL = { call_id: "c1", name: "stage_complete", arguments: "{}", visit: 1 };

function setUp(handler) {
  const clock = new FakeClock();
  const network = new FakeNetwork(handler);
  return { clock, network, api: new Api({ urls: URLS, csrfToken: () => "token", fetch: network.fetch, clock, random: () => 0.5 }) };
}

test("a POST carries the CSRF token and its body as JSON", async () => {
  const { api, network } = setUp(() => ({ body: { ended: true } }));

  const result = await api.end();

  assert.deepEqual(result, { ok: true, data: { ended: true } });
  assert.deepEqual(network.requests, [{
    method: "POST", path: "/e/", body: {}, keepalive: false, headers: { "Content-Type": "application/json", "X-CSRFToken": "token" },
  }]);
});

test("a connection is an SDP answer unchanged, the last part of its address, and the visit it is for", async () => {
  const { api } = setUp(() => ({ status: 201, body: "v=0\r\n", headers: { Location: "/api/attempts/a/connections/b7/", "Viva-Visit": "3" } }));

  assert.deepEqual(await api.connect("v=0\r\noffer\r\n"), { ok: true, data: { sdp: "v=0\r\n", connection: "b7", visit: 3 } });
});

test("a connection without a visit says so", async () => {
  const { api } = setUp(() => ({ status: 201, body: "v=0\r\n" }));

  assert.deepEqual(await api.connect("v=0\r\noffer\r\n"), { ok: true, data: { sdp: "v=0\r\n", connection: null, visit: null } });
});

test("a refusal says in the server's words what is wrong", async () => {
  const { api } = setUp(() => ({ status: 503, body: { error: "busy", message: "All lines are taken." }, headers: { "Retry-After": "7" } }));

  assert.deepEqual(await api.state(), {
    ok: false, kind: "status", status: 503, code: "busy", message: "All lines are taken.", retryAfter: 7000,
  });
});

test("a refusal that is no JSON still says what to do", async () => {
  const { api, network } = setUp(() => ({ body: {} }));
  network.trouble("/s/", 502);

  const result = await api.state();

  assert.deepEqual(result, {
    ok: false, kind: "status", status: 502, code: "502", message: "The server could not do that just now. Try again in a moment.", retryAfter: null,
  });
});

test("no answer is a value too", async () => {
  const { api, network } = setUp(() => ({ body: {} }));
  network.trouble("/s/", "lost");

  const result = await api.state();

  assert.equal(result.ok, false);
  assert.deepEqual([result.kind, result.status, result.code], ["network", 0, "network"]);
});

test("a tool call is reported again, with the same body, until it is answered", async () => {
  const { api, network, clock } = setUp(() => ({ body: { events: [], stage: null, stages: [], ended: false } }));
  network.trouble("/t/", "lost", 502, "unanswered");
  const retries = [];

  const pending = api.toolCall(CALL, (failure) => retries.push(failure.status));
  await clock.advance(10_000);

  assert.equal((await pending).ok, true);
  assert.deepEqual(network.requests.map((request) => request.body), [CALL, CALL, CALL, CALL]);
  assert.deepEqual(retries, [0, 502, 0]);
});

test("a tool call that comes in a flood is reported again when the server says so", async () => {
  let left = 3;
  const { api, network, clock } = setUp(() => {
    left -= 1;
    const flooded = { status: 429, body: { error: "too_many", message: "Wait." }, headers: { "Retry-After": "2" } };
    return left < 0 ? { body: { events: [], stage: null, stages: [], ended: false } } : flooded;
  });

  const pending = api.toolCall(CALL);
  await clock.advance(5_900);
  const before = network.requests.length;
  await clock.advance(200);

  assert.equal((await pending).ok, true);
  assert.deepEqual([before, network.requests.length], [3, 4]);
});

test("a tool call waits for somebody to sign in", async () => {
  const { api, network, clock } = setUp(() => ({ body: { events: [], stage: null, stages: [], ended: false } }));
  network.trouble("/t/", ...Array(30).fill(401));

  const pending = api.toolCall(CALL);
  await clock.advance(120_000);

  assert.equal((await pending).ok, true);
  assert.equal(network.requests.length, 31);
});

test("every answer tells who is signed in, and trouble tells nothing", async () => {
  const { api, network } = setUp(() => ({ body: {} }));
  const seen = [];
  api.addEventListener("access", () => seen.push(api.access));
  network.trouble("/s/", 500, 401, 503, "lost", 429, 403, 404);

  const after = [];
  for (let request = 0; request < 8; request += 1) {
    await api.state();
    after.push(api.access);
  }

  assert.deepEqual(after, ["granted", ...Array(5).fill("signed_out"), "foreign", "granted"]);
  assert.deepEqual(seen, ["signed_out", "foreign", "granted"]);
});

test("a text to be agreed to first is no matter of who is signed in, and is said", async () => {
  const sentence = "Before you talk, please read what happens with your words, and agree.";
  const { api } = setUp(() => ({ status: 403, body: { error: "consent_needed", message: sentence } }));

  const answer = await api.connect("v=0");

  assert.deepEqual([answer.ok, answer.message, api.access], [false, sentence, "granted"]);
});

test("the CSRF token is the one of the moment", async () => {
  let jar = "theme=dark; csrftoken=one";
  const network = new FakeNetwork(() => ({ body: {} }));
  const api = new Api({ urls: URLS, csrfToken: () => cookie("csrftoken", jar), fetch: network.fetch });

  await api.end();
  jar = "csrftoken=two; xcsrftoken=three";
  await api.end();
  jar = "";
  await api.end();

  assert.deepEqual(network.requests.map((request) => request.headers["X-CSRFToken"]), ["one", "two", ""]);
});

test("a tool call the server does not want is not repeated", async () => {
  const { api, network } = setUp(() => ({ status: 409, body: { error: "attempt_ended", message: "This lesson is over." } }));

  const result = await api.toolCall(CALL);

  assert.equal(network.requests.length, 1);
  assert.equal(result.ok, false);
});

test("a tool call that the server could not confirm yet is reported again", async () => {
  const early = { status: 409, body: { error: "not_confirmed", message: "The tutor has not ended this stage, so it goes on." } };
  const answers = [early, early, { body: { events: [], stage: null, stages: [], ended: false } }];
  const { api, network, clock } = setUp(() => answers.shift());

  const pending = api.toolCall(CALL);
  await clock.advance(10_000);

  assert.equal((await pending).ok, true);
  assert.equal(network.requests.length, 3);
});

test("a tool call is given up after eight tries", async () => {
  const { api, network, clock } = setUp(() => ({ body: {} }));
  network.trouble("/t/", ...Array(20).fill("lost"));

  const pending = api.toolCall(CALL);
  await clock.advance(120_000);

  assert.equal((await pending).ok, false);
  assert.equal(network.requests.length, 8);
});

test("delays double, are bounded, and are spread", () => {
  assert.deepEqual([1, 2, 3, 6, 20].map((failures) => growingDelay(failures, () => 0.5)), [500, 1000, 2000, 15_000, 15_000]);
  assert.ok(growingDelay(1, () => 0) < 500 && growingDelay(1, () => 0.99) > 500);
});

test("the token is found by its name on a laptop and by that in production", () => {
  assert.equal(csrfToken("theme=dark; csrftoken=one"), "one");
  assert.equal(csrfToken("csrftoken=planted; __Host-csrftoken=two"), "two");
  assert.equal(csrfToken("xcsrftoken=three"), "");
});
