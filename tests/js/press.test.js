// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { Press, SHORTEST, TAIL } from "../../static/tutor/js/lesson/press.js";
import { FakeClock } from "./fakes/clock.js";

function makePress() {
  const clock = new FakeClock();
  const done = [];
  const deed = (name) => () => { done.push(name); };
  const press = new Press(clock, { begin: deed("begin"), discard: deed("discard"), send: deed("send"), changed: () => {} });
  return { clock, press, done };
}

test("a press listens a little longer than the button is held, then sends", async () => {
  const { clock, press, done } = makePress();
  const states = [];
  press.begin();
  await clock.advance(SHORTEST);
  press.end();
  states.push(press.state, ...done);
  await clock.advance(TAIL);
  states.push(press.state, done.at(-1));
  press.answered();

  assert.deepEqual([...states, press.state], ["ending", "begin", "sent", "send", "idle"]);
});

test("a press too short sends nothing and says so until the next one", async () => {
  const { clock, press, done } = makePress();
  press.begin();
  await clock.advance(SHORTEST - 1);
  press.end();
  const wasTooShort = press.isTooShort;
  press.begin();

  assert.deepEqual([done, wasTooShort, press.isTooShort], [["begin", "discard", "begin"], true, false]);
});

test("whoever presses again at once goes on with the same turn", async () => {
  const { clock, press, done } = makePress();
  press.begin();
  await clock.advance(1_000);
  press.end();
  press.begin();
  await clock.advance(TAIL);
  press.end();
  await clock.advance(TAIL);

  assert.deepEqual(done, ["begin", "send"]);
});

test("letting go without a press does nothing, and so does pressing twice", () => {
  const { press, done } = makePress();
  press.end();
  press.begin();
  press.begin();

  assert.deepEqual([press.state, done], ["recording", ["begin"]]);
});

for (const [when, expected] of [["recording", ["begin", "discard"]], ["ending", ["begin", "discard"]], ["sent", ["begin", "send"]]]) {
  test(`a press that is ${when} can be dropped`, async () => {
    const { clock, press, done } = makePress();
    press.begin();
    await clock.advance(1_000);
    if (when !== "recording") {
      press.end();
      await clock.advance(when === "sent" ? TAIL : 0);
    }
    press.drop();
    await clock.advance(60_000);

    assert.deepEqual([press.state, done], ["idle", expected]);
  });
}

test("an answer that never begins is not waited for for ever", async () => {
  const { clock, press } = makePress();
  press.begin();
  await clock.advance(1_000);
  press.end();
  await clock.advance(TAIL + 5_000);

  assert.equal(press.state, "idle");
});
