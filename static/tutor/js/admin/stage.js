// @ts-check
import { Fallback } from "./fallback.js";
import { countLength } from "./length.js";
import { Unsaved } from "./unsaved.js";

/** The page of a stage. */
const form = document.getElementById("stage_form");
const instructions = document.getElementById("id_instructions");
const fallback = document.getElementById("id_fallback");
if (instructions instanceof HTMLTextAreaElement) {
  countLength(instructions);
}
if (fallback instanceof HTMLSelectElement) {
  new Fallback(fallback);
}
if (form instanceof HTMLFormElement) {
  new Unsaved(form);
}
