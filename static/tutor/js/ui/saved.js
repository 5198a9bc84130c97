// @ts-check
import { byId, setText } from "./dom.js";

/** Whether everything that was said is stored. */
export class SavedSign {
  #sign = byId("saved");

  /** @param {{saved: {kind: "saved"|"saving"|"unsaved"|"dropped", count: number}}} view */
  show({ saved: { kind, count } }) {
    const words = { saved: "Saved", saving: "Saving …", unsaved: `Not saved (${count})`, dropped: `Not saved (${count})` };
    setText(this.#sign, words[kind]);
    this.#sign.dataset.kind = kind;
  }
}
