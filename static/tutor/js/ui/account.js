// @ts-check
import { byId } from "./dom.js";

/** Tells that somebody has to sign in, for as long as the server says so. */
export class Account {
  #signedOut = byId("signed-out");
  #foreign = byId("foreign");

  /** @param {{access: "granted"|"signed_out"|"foreign"}} view */
  show({ access }) {
    this.#signedOut.hidden = access !== "signed_out";
    this.#foreign.hidden = access !== "foreign";
  }
}
