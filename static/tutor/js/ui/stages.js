// @ts-check
import { byId, element, setText } from "./dom.js";

/**
 * @typedef {{key: string, title: string, goal: string, progress: "done"|"current"|"ahead"|"skipped"}} StageProgress
 */

const WORDS = { done: "done", current: "", ahead: "to come", skipped: "not needed" };

/** The way through the lesson, and the goal of the stage the learner is in. */
export class Stages {
  #list = byId("stages");
  #goal = byId("goal");
  #count = byId("goal-count");
  #title = byId("goal-title");
  #text = byId("goal-text");
  #shown = "";

  /** @param {{stages: StageProgress[], stage: {title: string, goal: string, position: number}|null, status: string}} view */
  show({ stages, stage, status }) {
    const isOver = status === "ended";
    this.#goal.hidden = stage === null || isOver;
    if (stage) {
      setText(this.#count, `Stage ${stage.position} of ${stages.length}`);
      setText(this.#title, stage.title);
      setText(this.#text, stage.goal);
    }
    const key = JSON.stringify(stages);
    if (key !== this.#shown) {
      this.#shown = key;
      this.#list.replaceChildren(...stages.map(item));
    }
  }
}

/** @param {StageProgress} stage */
function item({ title, progress }) {
  const word = WORDS[progress];
  const made = element("li", `stage stage--${progress}`, element("span", "stage__title", title));
  if (word) {
    // The marks say it to those who see them; an empty mark needs its word.
    made.append(element("span", progress === "skipped" ? "stage__word" : "visually-hidden", ` (${word})`));
  }
  if (progress === "current") {
    made.setAttribute("aria-current", "step");
  }
  return made;
}
