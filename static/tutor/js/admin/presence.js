// @ts-check
import { csrfToken } from "../net/cookie.js";
import { gettext, interpolate } from "../words.js";

/**
 * Before a form is sent, the server is asked whether whoever opened the page is still signed in. If not, the page stays
 * as it is, with all that was typed: the sign-in page would take its place, and keep nothing. Without this script forms
 * are sent as ever.
 *
 * @typedef {"here"|"signed_out"|"foreign"|"away"} Presence foreign: somebody else is signed in; away: no answer
 */

/** Milliseconds to wait for the answer. */
const PATIENCE = 10_000;

/**
 * @param {number} status of the answer, 0 without one
 * @param {unknown} username who is signed in, as the answer says
 * @param {string} person who opened the page
 * @returns {Presence}
 */
export function presence(status, username, person) {
  if (status === 200) {
    return username === person ? "here" : "foreign";
  }
  return status === 401 ? "signed_out" : "away";
}

/** What to tell: a sentence, and the words of the link to the sign-in page where that helps. @param {Presence} found @param {string} person */
export function advice(found, person) {
  const kept = gettext("Nothing was saved, and what you wrote is still here.");
  switch (found) {
    case "signed_out":
      return {
        text: `${gettext("You are signed out.")} ${kept} ${gettext("Then press the button again.")}`,
        link: gettext("Sign in in another window"),
      };
    case "foreign":
      return {
        text: `${gettext("Somebody else is signed in now.")} ${kept} ${gettext("Then press the button again.")}`,
        link: interpolate(gettext("Sign in as %(person)s in another window"), { person }),
      };
    default:
      return {
        text: `${gettext("The server cannot be reached.")} ${kept} ${gettext("Check your network connection, then press the button again.")}`,
        link: "",
      };
  }
}

/** Holds back the forms of a page while nobody can save them. */
export class Doorkeeper {
  #person;
  #ask;
  #signIn;
  /** @type {HTMLFormElement|null} whose sending waits for the answer */
  #waiting = null;
  /** @type {HTMLFormElement|null} whose sending was allowed */
  #allowed = null;
  #notice = document.createElement("p");

  /** @param {{person: string, ask: string, signIn: string}} page who opened it, and two addresses */
  constructor({ person, ask, signIn }) {
    this.#person = person;
    this.#ask = ask;
    this.#signIn = signIn;
    this.#notice.className = "held-back";
    this.#notice.setAttribute("role", "alert");
    // Before the forms' own listeners: they look whether the sending was held back.
    document.addEventListener("submit", (event) => this.#meet(event), { capture: true });
  }

  /** @param {SubmitEvent} event */
  #meet(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method !== "post" || !form.closest("#content, #main")) {
      return;
    }
    if (this.#allowed === form) {
      this.#allowed = null;
      return;
    }
    event.preventDefault();
    if (this.#waiting === null) {
      void this.#look(form, event.submitter);
    }
  }

  /** @param {HTMLFormElement} form @param {HTMLElement|null} button */
  async #look(form, button) {
    this.#waiting = form;
    const found = await this.#presence();
    this.#waiting = null;
    if (found !== "here") {
      this.#tell(found, form, button);
      return;
    }
    this.#notice.remove();
    const token = form.elements.namedItem("csrfmiddlewaretoken");
    const fresh = csrfToken(document.cookie);
    if (token instanceof HTMLInputElement && fresh) {
      // Signing in has changed it.
      token.value = fresh;
    }
    this.#allowed = form;
    form.requestSubmit(button);
    // A field that the browser finds wrong keeps the form from being sent: the next press asks again.
    this.#allowed = null;
  }

  /** @returns {Promise<Presence>} */
  async #presence() {
    try {
      const answer = await fetch(this.#ask, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      const { username } = answer.ok ? await answer.json() : { username: "" };
      return presence(answer.status, username, this.#person);
    } catch {
      return "away";
    }
  }

  /** @param {Presence} found @param {HTMLFormElement} form @param {HTMLElement|null} button */
  #tell(found, form, button) {
    const { text, link } = advice(found, this.#person);
    this.#notice.remove();
    this.#notice.replaceChildren(text);
    if (link) {
      const way = document.createElement("a");
      Object.assign(way, { href: this.#signIn, target: "_blank", textContent: link });
      this.#notice.prepend(way, ". ");
    }
    (button?.closest(".submit-row, .bench-ways, .object-tools") ?? form).prepend(this.#notice);
    this.#notice.scrollIntoView({ block: "nearest" });
  }
}
