// @ts-check
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { gettext, interpolate, ngettext } from "../../static/tutor/js/words.js";

const page = /** @type {{django?: object, gettext?: () => string, ngettext?: () => string}} */ (globalThis);

afterEach(() => {
  delete page.django;
  delete page.gettext;
  delete page.ngettext;
});

test("without a catalogue words stay English", () => {
  assert.equal(gettext("Mute microphone"), "Mute microphone");
  assert.deepEqual([0, 1, 2].map((count) => ngettext("minute", "minutes", count)), ["minutes", "minute", "minutes"]);
});

test("with a catalogue its words are taken", () => {
  page.gettext = () => "Mikrofon aus";
  page.ngettext = () => "Minuten";
  assert.equal(gettext("Mute microphone"), "Mikrofon aus");
  assert.equal(ngettext("minute", "minutes", 1), "Minuten");
});

test("values are put into a text, and unknown names stay", () => {
  assert.equal(interpolate("%(count)s of %(all)s, %(rest)s", { count: 1, all: 3 }), "1 of 3, %(rest)s");
});

test("the admin's own django object, which knows no words, takes none away", () => {
  page.django = { jQuery: null };
  assert.deepEqual([gettext("Send"), ngettext("one", "many", 2)], ["Send", "many"]);
  page.gettext = () => "Senden";
  assert.equal(gettext("Send"), "Senden");
});
