// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../static/tutor/js/net/api.js";
import { Journal } from "../../static/tutor/js/net/journal.js";
import { FakeClock, settle } from "./fakes/clock.js";
import { FakeNetwork } from "./fakes/network.js";

const URLS = { state: "/s/", connections: "/c/", tool_calls: "/t/", journal: "/j/", end: "/e/" };

const words = (id, text = "", status = text ? "complete" : "partial") => ({
  id, kind: "utterance", previous_item_id: null, speaker: "learner", status, text, visit: 1, connection: null,
});
const picture = (id, length = 1_000) => ({ id, kind: "picture", visit: 1, connection: null, image: "x".repeat(length) });
const usage = (id) => ({ id, kind: "usage", source: "response", usage: {}, connection: null });

/** A journal on a network whose server stores everything, or refuses what `refuses` names. */
function setUp(refuses = () => null) {
  const clock = new FakeClock();
  const stored = new Map();
  const network = new FakeNetwork(({ body }) => {
    const code = refuses(body.entries);
    if (code) {
      return { status: code, body: { error: "bad", message: "Bad." } };
    }
    body.entries.forEach((entry) => stored.set(`${entry.kind} ${entry.id}`, entry));
    return { body: { stored: body.entries.map((entry) => entry.id), duplicate: [], conflict: [], rejected: [], rescue: null } };
  });
  const api = new Api({ urls: URLS, csrfToken: () => "token", fetch: network.fetch, clock });
  const journal = new Journal({ send: (entries, options) => api.journal(entries, options), clock, random: () => 0.5 });
  const sent = () => network.requests.map((request) => request.body.entries.map((entry) => `${entry.id}:${entry.text ?? entry.kind}`));
  return { clock, network, journal, stored, sent };
}

test("entries are sent at once and in order, one request at a time", async () => {
  const { journal, sent } = setUp();

  journal.add([words("a")]);
  journal.add([words("b"), words("c")]);
  await settle();

  assert.deepEqual(sent(), [["a:"], ["b:", "c:"]]);
  assert.deepEqual(journal.saved, { kind: "saved", count: 0 });
});

test("of an utterance not yet sent only the newest entry is kept, in the oldest place", async () => {
  const { journal, sent } = setUp();

  journal.add([words("first")]);
  journal.add([words("a"), words("b"), usage("a"), words("a", "Hello"), words("a", "Hello!")]);
  await settle();

  assert.deepEqual(sent(), [["first:"], ["a:Hello!", "b:", "a:usage"]]);
});

test("what failed is tried again until it is stored, and is counted meanwhile", async () => {
  const { journal, network, clock, stored } = setUp();
  network.trouble("/j/", "lost", 503, "unanswered");
  const states = [];
  journal.addEventListener("change", () => states.push(`${journal.saved.kind} ${journal.saved.count}`));

  journal.add([words("a"), words("b")]);
  await settle();
  const between = journal.saved;
  await clock.advance(10_000);

  assert.deepEqual(between, { kind: "unsaved", count: 2 });
  assert.deepEqual(states.filter((state, index) => state !== states[index - 1]), ["saving 2", "unsaved 2", "saved 0"]);
  assert.deepEqual([...stored.keys()], ["utterance a", "utterance b"]);
  assert.equal(network.requests.length, 4);
});

test("a newer entry takes the place of one that failed", async () => {
  const { journal, network, clock, sent } = setUp();
  network.trouble("/j/", "unanswered");

  journal.add([words("a"), words("b")]);
  await settle();
  journal.add([words("a", "Hello")]);
  await clock.advance(1_000);

  assert.deepEqual(sent(), [["a:", "b:"], ["a:Hello", "b:"]]);
});

test("a long journal goes in batches of fifty, and large entries in smaller ones", async () => {
  const { journal, network } = setUp();

  journal.add(Array.from({ length: 120 }, (_, index) => usage(`u${index}`)));
  journal.add(Array.from({ length: 5 }, (_, index) => words(`w${index}`, "é".repeat(40_000))));
  await settle();

  assert.deepEqual(network.requests.map((request) => request.body.entries.length), [50, 50, 22, 2, 1]);
});

test("an entry the server will never take is found, reported and let go", async () => {
  const { journal, clock, stored } = setUp((entries) => (entries.some((entry) => entry.id === "bad") ? 400 : null));
  const rejected = [];
  journal.addEventListener("rejected", (event) => rejected.push(/** @type {CustomEvent} */ (event).detail));

  journal.add([words("a"), words("bad"), words("c")]);
  await clock.advance(1_000);

  assert.deepEqual(rejected, [{ id: "bad", code: "bad" }]);
  assert.deepEqual([...stored.keys()], ["utterance a", "utterance c"]);
  assert.deepEqual(journal.saved, { kind: "dropped", count: 1 });
  assert.equal(await journal.flush(0), true);
});

for (const status of [401, 403, 404]) {
  test(`nothing is thrown away because nobody, or somebody else, is signed in (${status}), and it goes soon after`, async () => {
    let signedIn = false;
    const { journal, clock, stored } = setUp(() => (signedIn ? null : status));

    journal.add([words("a")]);
    await clock.advance(120_000);
    const before = journal.saved;
    signedIn = true;
    await clock.advance(4_000);

    assert.deepEqual(before, { kind: "unsaved", count: 1 });
    assert.deepEqual([...stored.keys()], ["utterance a"]);
  });
}

test("too much at once is said later, when the server says, and nothing of it is thrown away", async () => {
  let isFlooded = true;
  const { journal, network, clock, stored } = setUp(() => (isFlooded ? 429 : null));
  const rejected = [];
  journal.addEventListener("rejected", (event) => rejected.push(event));

  journal.add([words("a"), words("b")]);
  await clock.advance(5_000);
  const { saved } = journal;
  isFlooded = false;
  await clock.advance(60_000);

  assert.deepEqual([saved, rejected], [{ kind: "unsaved", count: 2 }, []]);
  assert.deepEqual([...stored.keys()], ["utterance a", "utterance b"]);
  // Both together: a flood is no entry that has to be looked for.
  assert.deepEqual(new Set(network.requests.map((request) => request.body.entries.length)), new Set([2]));
});

test("who comes back need not wait for the next try", async () => {
  const { journal, network, stored } = setUp();
  network.trouble("/j/", 401);
  journal.add([words("a")]);
  await settle();

  journal.retry();
  await settle();

  assert.deepEqual([...stored.keys()], ["utterance a"]);
});

test("a flush tries at once and tells when everything is stored", async () => {
  const { journal, network, clock } = setUp();
  network.trouble("/j/", 503, 503, 503);
  journal.add([words("a")]);
  await clock.advance(1_500);
  const requests = network.requests.length;

  const flushed = journal.flush(5_000);
  await settle();
  const more = network.requests.length;
  await clock.advance(5_000);

  assert.equal(more, requests + 1);
  assert.equal(await flushed, true);
});

test("each request says for how long the server has not had everything", async () => {
  const { journal, network, clock } = setUp();
  network.trouble("/j/", "lost", "lost");

  journal.add([words("a")]);
  await settle();
  await clock.advance(10_000);
  journal.add([words("b")]);
  await settle();
  await journal.ask();

  const [first, , third, fourth, beat] = network.requests.map((request) => request.body.waited);
  assert.equal(first, 0);
  assert.ok(third > 1_000 && third < 10_000, String(third));
  assert.deepEqual([fourth, beat], [0, 0]);
});

test("a flush does not wait for ever", async () => {
  const { journal, network, clock } = setUp();
  network.trouble("/j/", ...Array(50).fill("lost"));
  journal.add([words("a")]);

  const flushed = journal.flush(5_000);
  await clock.advance(5_000);

  assert.equal(await flushed, false);
  assert.equal(await setUp().journal.flush(5_000), true);
});

test("a page that goes away sends what is left, what is under way included", async () => {
  const { journal, network } = setUp();
  network.trouble("/j/", "lost");
  journal.add([words("a")]);
  journal.add([words("b"), words("c", "x".repeat(50_000)), words("d", "y".repeat(50_000))]);

  journal.leave();
  await settle();

  const farewell = network.requests.filter((request) => request.keepalive);
  assert.deepEqual(farewell.map((request) => request.body.entries.map((entry) => entry.id)), [["a", "b", "c"], ["d"]]);
});

test("pictures go one by one, after everything small", async () => {
  const { journal, sent } = setUp();

  journal.add([words("first")]);
  journal.add([picture("p"), words("p", "Look"), picture("q"), usage("u")]);
  await settle();

  assert.deepEqual(sent(), [["first:"], ["p:Look", "u:usage"], ["p:picture"], ["q:picture"]]);
});

test("a picture that does not get through holds up no words", async () => {
  const { journal, network, clock, sent } = setUp();
  network.trouble("/j/", "lost");
  journal.add([picture("p", 190_000)]);
  await settle();

  journal.add([words("a", "Hello")]);
  await clock.advance(10_000);

  assert.deepEqual(sent(), [["p:picture"], ["a:Hello"], ["p:picture"]]);
});

test("a page that goes away sends words first, and lets only what browsers allow outlive it", async () => {
  const { journal, network } = setUp();
  network.trouble("/j/", "lost");
  journal.add([words("a")]);
  journal.add([picture("large", 190_000), picture("small"), words("b")]);

  journal.leave();
  await settle();

  const farewell = network.requests.slice(1).map(({ keepalive, body }) => [keepalive, body.entries.map((entry) => entry.id)]);
  assert.deepEqual(farewell, [[true, ["a", "b"]], [false, ["large"]], [true, ["small"]]]);
});

test("what somebody in between refuses is sent again until our server has it", async () => {
  const { journal, network, clock, stored } = setUp();
  network.trouble("/j/", 400, 413, 410);

  journal.add([words("a", "Hello.")]);
  await clock.advance(10_000);

  assert.deepEqual([...stored.keys()], ["utterance a"]);
  assert.deepEqual(journal.saved, { kind: "saved", count: 0 });
});
