// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { advice, presence } from "../../static/tutor/js/admin/presence.js";

test("only whoever opened the page is here", () => {
  const answers = /** @type {const} */ ([[200, "anna"], [200, "carl"], [401, ""], [503, ""], [0, ""]]);

  assert.deepEqual(answers.map(([status, name]) => presence(status, name, "anna")), ["here", "foreign", "signed_out", "away", "away"]);
});

test("who signs in elsewhere is told as whom, and a lost server has no link", () => {
  assert.equal(advice("signed_out", "anna").link, "Sign in in another window");
  assert.equal(advice("foreign", "anna").link, "Sign in as anna in another window");
  assert.deepEqual(advice("away", "anna"), {
    text: "The server cannot be reached. Nothing was saved, and what you wrote is still here. Check your network connection, then press the button again.",
    link: "",
  });
});
