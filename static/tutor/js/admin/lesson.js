// @ts-check
import { OrderedList } from "./ordering.js";
import { Unsaved } from "./unsaved.js";

/** The page of a lesson. */
const form = document.getElementById("lesson_form");
const list = document.querySelector("[data-ordered]");
const said = document.querySelector("[data-ordered-said]");
if (list instanceof HTMLElement && said instanceof HTMLElement) {
  new OrderedList(list, said);
}
if (form instanceof HTMLFormElement) {
  new Unsaved(form);
}
