// @ts-check
/** The pages of reviewers on which something is written: it is not lost when somebody was signed out meanwhile. */
import { Doorkeeper } from "./admin/presence.js";
import { byId } from "./ui/dom.js";

const { person = "", ask = "", signIn = "" } = byId("doorkeeper").dataset;
new Doorkeeper({ person, ask, signIn });
