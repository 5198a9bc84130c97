// @ts-check
import { gettext, interpolate } from "../words.js";
import { byId, setText } from "./dom.js";

/** Whether everything that was said is stored. */
export class SavedSign {
  #sign = byId("saved");

  /** @param {{saved: {kind: "saved"|"saving"|"unsaved"|"dropped", count: number}, isKept: boolean}} view isKept: this browser keeps what is not saved */
  show({ saved: { kind, count }, isKept }) {
    const lost = interpolate(gettext("Not saved (%(count)s)"), { count });
    const unsaved = isKept ? lost : interpolate(gettext("Not saved (%(count)s): keep this page open"), { count });
    const words = { saved: gettext("Saved"), saving: gettext("Saving …"), unsaved, dropped: lost };
    setText(this.#sign, words[kind]);
    this.#sign.dataset.kind = kind;
  }
}
