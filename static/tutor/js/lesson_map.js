// @ts-check
/**
 * A page with the picture of a lesson: on a phone it begins where the learner is.
 */
import { LessonMap } from "./ui/lesson_map.js";

for (const frame of document.querySelectorAll(".lesson-map-frame")) {
  new LessonMap(/** @type {HTMLElement} */ (frame)).centre();
}
