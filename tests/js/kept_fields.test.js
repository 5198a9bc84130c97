// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeptFields } from "../../static/tutor/js/ui/kept_fields.js";

/** The forms of a page as it comes from the server, all of them blank. */
function makeFields() {
  const options = [{ value: "order" }, { value: "pay" }];
  return [
    { id: "", type: "hidden", value: "token" },
    { id: "whisper", type: "textarea", value: "" },
    { id: "say-now", type: "checkbox", value: "1", checked: false },
    { id: "to", type: "select-one", value: "order", selectedIndex: 0, options },
    { id: "why-move", type: "text", value: "" },
  ];
}

/** @param {any[]} fields @param {string} id */
const named = (fields, id) => fields.find((field) => field.id === id);

class FakePlace {
  items = new Map();

  getItem = (key) => this.items.get(key) ?? null;
  setItem = (key, value) => this.items.set(key, value);
  removeItem = (key) => this.items.delete(key);
}

test("what was filled in is there again on the next page, once", () => {
  const place = new FakePlace();
  const before = makeFields();
  named(before, "whisper").value = "Ask <b>about</b> milk.";
  named(before, "say-now").checked = true;
  Object.assign(named(before, "to"), { value: "pay", selectedIndex: 1 });
  new KeptFields("a", () => place).keep(before);

  const after = makeFields();
  new KeptFields("a", () => place).giveBack(after);

  assert.deepEqual([named(after, "whisper").value, named(after, "say-now").checked, named(after, "to").value, named(after, "why-move").value], ["Ask <b>about</b> milk.", true, "pay", ""]);
  assert.equal(place.items.size, 0);
  const later = makeFields();
  new KeptFields("a", () => place).giveBack(later);
  assert.deepEqual(later, makeFields());
});

test("what the server says stands in a field, and a choice that is no more is not made", () => {
  const place = new FakePlace();
  const before = makeFields();
  named(before, "whisper").value = "Old.";
  Object.assign(named(before, "to"), { value: "goodbye", selectedIndex: 2 });
  new KeptFields("a", () => place).keep(before);

  const after = makeFields();
  named(after, "whisper").value = "Refused.";
  new KeptFields("a", () => place).giveBack(after);

  assert.deepEqual([named(after, "whisper").value, named(after, "to").value], ["Refused.", "order"]);
});

test("the fields of another page are left alone", () => {
  const place = new FakePlace();
  const before = makeFields();
  named(before, "whisper").value = "For a.";
  new KeptFields("a", () => place).keep(before);

  const other = makeFields();
  new KeptFields("b", () => place).giveBack(other);

  assert.deepEqual(other, makeFields());
});

for (const { what, place } of [
  { what: "forbidden", place: () => { throw new DOMException("Denied", "SecurityError"); } },
  { what: "of something else", place: () => ({ getItem: () => "{", setItem: () => {}, removeItem: () => {} }) },
]) {
  test(`a storage that is ${what} breaks nothing`, () => {
    const fields = makeFields();
    const kept = new KeptFields("a", place);

    kept.keep(fields);
    kept.giveBack(fields);

    assert.deepEqual(fields, makeFields());
  });
}
