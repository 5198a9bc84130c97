// @ts-check
import { Unsaved } from "./unsaved.js";

/** The page where a lesson pack is brought in. */
const form = document.querySelector("form.import-form");
if (form instanceof HTMLFormElement) {
  new Unsaved(form);
}
