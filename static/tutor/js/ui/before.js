// @ts-check
import { byId } from "./dom.js";

const IDLE = new Set(["ready", "failed", "elsewhere"]);

/** What the lesson is about, for as long as nothing has been said. */
export class Before {
  #panel = byId("before");
  #room = byId("room");

  /** @param {{status: string, begun: boolean}} view */
  show({ status, begun }) {
    const isBefore = IDLE.has(status) && !begun;
    this.#panel.hidden = !isBefore;
    this.#room.classList.toggle("room--before", isBefore);
  }
}
