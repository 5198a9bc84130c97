// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { browserFamily, microphoneHelp } from "../../static/tutor/js/ui/microphone_words.js";

const AGENTS = {
  chromium: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  firefox: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  safari: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
};

for (const [family, userAgent] of Object.entries(AGENTS)) {
  test(`${family} is told from the others by its name`, () => {
    assert.equal(browserFamily({ userAgent }), family);
  });
}

test("a browser that names its brands is believed", () => {
  const navigator = { userAgent: "Mozilla/5.0", userAgentData: { brands: [{ brand: "Chromium" }, { brand: "Some Browser" }] } };

  assert.equal(browserFamily(navigator), "chromium");
});

test("Chrome on an iPhone is not where Safari's settings are", () => {
  const userAgent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1";

  assert.equal(browserFamily({ userAgent }), "other");
});

test("every browser has its own cure for a refusal", () => {
  const helps = ["chromium", "firefox", "safari", "other"].map((browser) => microphoneHelp("refused", { browser }));

  assert.equal(new Set(helps).size, 4);
  assert.ok(helps.every((help) => help.startsWith("Your browser does not give this page the microphone. ")));
});

test("only a microphone in trouble has words", () => {
  const states = ["on", "muted", "unwanted", "refused", "absent", "busy", "insecure", "unplugged", "silenced"];

  const troubled = states.filter((state) => microphoneHelp(state, { browser: "other" }) !== "");

  assert.deepEqual(troubled, ["refused", "absent", "busy", "insecure", "unplugged", "silenced"]);
});
