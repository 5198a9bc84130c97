// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";

/** Whether everything that was said is stored. */
export class SavedSign {
  #sign = byId("saved");

  /** @param {{saved: {kind: "saved"|"saving"|"unsaved"|"dropped", count: number}}} view */
  show({ saved: { kind, count } }) {
    const lost = interpolate(gettext("Not saved (%(count)s)"), { count });
    const words = { saved: gettext("Saved"), saving: gettext("Saving …"), unsaved: lost, dropped: lost };
    setText(this.#sign, words[kind]);
    this.#sign.dataset.kind = kind;
  }
}
