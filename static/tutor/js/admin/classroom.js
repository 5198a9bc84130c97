// @ts-check
import { Unsaved } from "./unsaved.js";

/** The page of a class. */
const form = document.getElementById("classroom_form");
if (form instanceof HTMLFormElement) {
  new Unsaved(form);
}
