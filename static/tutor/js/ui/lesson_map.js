// @ts-check

/**
 * @typedef {{key: string, progress: "done"|"current"|"ahead"|"passed"|"skipped"}} StageProgress
 */

/** The picture of a lesson in its frame: marks how far the learner is, and brings that into view. */
export class LessonMap {
  #frame;
  #shown = "";

  /** @param {HTMLElement} frame */
  constructor(frame) {
    this.#frame = frame;
    // What is folded away has no place to scroll to.
    frame.closest("details")?.addEventListener("toggle", () => {
      frame.scrollIntoView({ block: "nearest" });
      this.centre();
    });
  }

  /** @param {{stages: StageProgress[]}} view */
  show({ stages }) {
    const shown = stages.map(({ key, progress }) => `${key} ${progress}`).join();
    if (shown !== this.#shown) {
      this.#shown = shown;
      const progress = new Map(stages.map((stage) => [stage.key, stage.progress]));
      this.#frame.querySelectorAll("[data-stage]").forEach((box) => mark(box, progress));
      this.centre();
    }
  }

  /** Scroll a picture that is larger than its frame to the current stage, or to the start. */
  centre() {
    const target =
      this.#frame.querySelector("[aria-current=step]") ?? this.#frame.querySelector(".lesson-map__start");
    if (target) {
      const [here, there] = [this.#frame.getBoundingClientRect(), target.getBoundingClientRect()];
      this.#frame.scrollLeft += there.x + there.width / 2 - (here.x + here.width / 2);
      this.#frame.scrollTop += there.y + there.height / 2 - (here.y + here.height / 2);
    }
  }
}

/**
 * @param {Element} box
 * @param {Map<string, string>} progress
 */
function mark(box, progress) {
  const its = progress.get(box.getAttribute("data-stage") ?? "");
  box.classList.toggle("lesson-map__stage--done", its === "done");
  box.classList.toggle("lesson-map__stage--current", its === "current");
  if (its === "current") {
    box.setAttribute("aria-current", "step");
  } else {
    box.removeAttribute("aria-current");
  }
}
