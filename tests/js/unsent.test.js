// @ts-check
/** What one page could not send, the next one does: the journal with its shelf, and the drain of all other pages. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Api } from "../../static/tutor/js/net/api.js";
import { drain } from "../../static/tutor/js/net/drain.js";
import { Journal } from "../../static/tutor/js/net/journal.js";
import { FakeClock, settle } from "./fakes/clock.js";
import { FakeNetwork } from "./fakes/network.js";
import { FakeShelf } from "./fakes/shelf.js";

const words = (id, text, status = "complete") => ({
  id, kind: "utterance", previous_item_id: null, speaker: "learner", status, text, visit: 1, connection: null,
});

/** A server, a browser's shelf, and pages that come and go. */
function setUp(refuses = () => null) {
  const clock = new FakeClock();
  const shelf = new FakeShelf();
  const stored = [];
  const network = new FakeNetwork(({ path, body }) => {
    const status = refuses(path, body.entries);
    if (status) {
      return { status, body: { error: "no", message: "No." } };
    }
    stored.push(...body.entries.map((entry) => `${path}: ${entry.id} ${entry.text}`));
    return { body: { stored: [], duplicate: [], conflict: [], rejected: [], rescue: null } };
  });
  const open = (place = "/j/") => {
    const urls = { state: "", connections: "", tool_calls: "", journal: place, corrections: "", end: "" };
    const api = new Api({ urls, csrfToken: () => "token", fetch: network.fetch, clock });
    return new Journal({ send: (entries, options) => api.journal(entries, options), shelf, place, clock, random: () => 0.5 });
  };
  const visit = (except = "") => drain(shelf, { csrfToken: () => "token", except, fetch: network.fetch });
  return { clock, shelf, stored, network, open, visit };
}

test("what a page could not send is sent by the next one, before anything new", async () => {
  const { clock, shelf, stored, network, open } = setUp();
  network.trouble("/j/", "lost");
  open().add([words("a", "One."), words("b", "Two.")]);
  await settle();

  const next = open();
  await next.restore();
  next.add([words("c", "Three.")]);
  await clock.advance(0);

  assert.deepEqual(stored, ["/j/: a One.", "/j/: b Two.", "/j/: c Three."]);
  assert.deepEqual(shelf.lines, []);
});

test("a newer version of what is under way stays on the shelf until it is stored itself", async () => {
  const { shelf, network, open } = setUp();
  network.trouble("/j/", 503, 503);
  const journal = open();
  journal.add([words("a", "", "partial")]);
  journal.add([words("a", "Coffee.")]);
  await settle();
  const meanwhile = shelf.lines;
  journal.retry();
  await settle();
  journal.retry();
  await settle();

  assert.deepEqual(meanwhile, ["/j/: a Coffee."]);
  assert.deepEqual(shelf.lines, []);
});

test("of a sentence under way the newest words are kept about once a second, and sent by the next page", async () => {
  const { clock, shelf, stored, open } = setUp();
  const journal = open();
  let heard = "I would";
  journal.sketch(() => [words("a", heard, "partial")]);
  journal.sketch(() => [words("a", "never asked", "partial")]);
  heard = "I would like";
  await clock.advance(999);
  const before = shelf.lines;
  await clock.advance(1);
  const after = shelf.lines;

  await open().restore();
  await settle();

  assert.deepEqual([before, after], [[], ["/j/: a I would like"]]);
  assert.deepEqual(stored, ["/j/: a I would like"]);
  assert.deepEqual(shelf.lines, []);
});

test("an entry that is never taken does not stay on the shelf", async () => {
  const { clock, shelf, open } = setUp((path, entries) => (entries.some((entry) => entry.id === "bad") ? 400 : null));
  open().add([words("a", "One."), words("bad", "?"), words("b", "Two.")]);
  await clock.advance(1_000);

  assert.deepEqual(shelf.lines, []);
});

test("an attempt that takes nothing any more (410) is not asked again and again", async () => {
  const { clock, shelf, network, open } = setUp(() => 410);
  const journal = open();
  journal.add([words("a", "One.")]);
  await clock.advance(60_000);

  assert.equal(network.requests.length, 1);
  assert.deepEqual(journal.saved, { kind: "dropped", count: 1 });
  assert.deepEqual(shelf.lines, []);
});

test("any other page sends what is left of all attempts, but the one that its own room sends", async () => {
  const { shelf, stored, visit } = setUp();
  await shelf.put("/one/", [words("a", "One."), words("b", "Two.")]);
  await shelf.put("/two/", [words("c", "Three.")]);
  await shelf.put("/mine/", [words("d", "Four.")]);

  await visit("/mine/");

  assert.deepEqual(stored, ["/one/: a One.", "/one/: b Two.", "/two/: c Three."]);
  assert.deepEqual(shelf.lines, ["/mine/: d Four."]);
});

for (const [status, rest] of /** @type {Array<[number, string[]]>} */ ([
  [401, ["/j/: a One.", "/j/: b Two."]],
  [403, ["/j/: a One.", "/j/: b Two."]],
  [429, ["/j/: a One.", "/j/: b Two."]],
  [503, ["/j/: a One.", "/j/: b Two."]],
  [404, []],
  [410, []],
])) {
  test(`a drain that is answered ${status} leaves ${rest.length} of two entries, and does not insist`, async () => {
    const { shelf, network, visit } = setUp(() => status);
    await shelf.put("/j/", [words("a", "One."), words("b", "Two.")]);

    await visit();

    assert.deepEqual(shelf.lines, rest);
    assert.ok(network.requests.length <= 3);
  });
}

test("one entry of many that no server takes is let go by itself", async () => {
  const { shelf, stored, visit } = setUp((path, entries) => (entries.some((entry) => entry.id === "bad") ? 413 : null));
  await shelf.put("/j/", [words("a", "One."), words("bad", "?"), words("b", "Two.")]);

  await visit();

  assert.deepEqual(stored, ["/j/: a One.", "/j/: b Two."]);
  assert.deepEqual(shelf.lines, []);
});

test("a page that somebody in between refuses or does not find throws nothing away", async () => {
  const { shelf, stored, network, visit } = setUp();
  await shelf.put("/j/", [words("a", "One.")]);
  network.trouble("/j/", 404, 400);

  await visit();
  await visit();
  const meanwhile = shelf.lines;
  await visit();

  assert.deepEqual(meanwhile, ["/j/: a One."]);
  assert.deepEqual([stored, shelf.lines], [["/j/: a One."], []]);
});
