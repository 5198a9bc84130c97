// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Following } from "../../static/tutor/js/ui/following.js";

/** A list of 1,000 pixels seen through a window of 200, like the browser's: it scrolls no further than its end. */
class FakeLog extends EventTarget {
  scrollHeight = 1_000;
  clientHeight = 200;
  isFocused = false;
  /** The browser tells of a scroll with the next frame only. */
  isSilent = false;
  #top = 0;

  get scrollTop() {
    return this.#top;
  }

  set scrollTop(top) {
    this.#top = Math.min(top, this.scrollHeight - this.clientHeight);
    if (!this.isSilent) {
      this.dispatchEvent(new Event("scroll"));
    }
  }

  get isAtEnd() {
    return this.#top === this.scrollHeight - this.clientHeight;
  }

  focus() {
    this.isFocused = true;
  }
}

/** A log that is followed; `held` is whether something in it is being written. */
function followed() {
  const log = new FakeLog();
  const button = Object.assign(new EventTarget(), { hidden: true });
  const editor = { isOpen: false };
  const following = new Following(/** @type {any} */ (log), /** @type {any} */ (button), () => editor.isOpen);
  following.keepUp();
  return { log, button, editor, following };
}

test("new words are kept in sight", () => {
  const { log, button, following } = followed();
  log.scrollHeight = 1_300;
  following.keepUp();

  assert.deepEqual([log.scrollTop, button.hidden], [1_100, true]);
});

test("a picture that comes in before the browser tells of our own scrolling is followed, too", () => {
  const { log, button, following } = followed();
  log.isSilent = true;
  log.scrollHeight = 1_300;
  following.keepUp();
  log.scrollHeight = 1_900;
  log.dispatchEvent(new Event("scroll"));
  following.keepUp();

  assert.deepEqual([log.isAtEnd, button.hidden], [true, true]);
});

test("who scrolls up is left there and shown the way back, which the focus takes, too", () => {
  const { log, button, following } = followed();
  log.scrollTop = 300;
  following.keepUp();
  const away = [log.scrollTop, button.hidden];
  button.dispatchEvent(new Event("click"));

  assert.deepEqual(away, [300, false]);
  assert.deepEqual([log.isAtEnd, button.hidden, log.isFocused], [true, true, true]);
});

test("who scrolls back to the end follows again", () => {
  const { log, button } = followed();
  log.scrollTop = 300;
  log.scrollTop = 780;

  assert.equal(button.hidden, true);
});

test("an editor that scrolls into sight stops nothing, and nothing moves under it", () => {
  const { log, button, editor, following } = followed();
  editor.isOpen = true;
  log.scrollTop = 400;
  log.scrollHeight = 1_300;
  following.keepUp();
  const open = [log.scrollTop, button.hidden];
  editor.isOpen = false;
  following.keepUp();

  assert.deepEqual(open, [400, true]);
  assert.equal(log.isAtEnd, true);
});

test("who has said something follows again", () => {
  const { log, button, following } = followed();
  log.scrollTop = 300;
  following.resume();

  assert.deepEqual([log.isAtEnd, button.hidden], [true, true]);
});

test("words that come before the browser tells of a scroll do not undo it", () => {
  const { log, button, following } = followed();
  log.isSilent = true;
  log.scrollTop = 300;
  log.scrollHeight = 1_300;
  following.keepUp();

  assert.deepEqual([log.scrollTop, button.hidden], [300, false]);
});
