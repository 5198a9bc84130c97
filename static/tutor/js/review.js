// @ts-check
/** The page of an attempt: the form for a note comes to the utterance it is about, and keys go through what was said. */
import { byId } from "./ui/dom.js";
import { NoteDoors } from "./ui/note_doors.js";
import { ReadingKeys } from "./ui/reading_keys.js";

new NoteDoors(document, /** @type {HTMLTemplateElement} */ (byId("new-note")));
new ReadingKeys(byId("said"), /** @type {HTMLDialogElement} */ (byId("keys")), byId("keys-door"));
