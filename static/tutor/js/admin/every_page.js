// @ts-check
import { labelCells } from "./lists.js";
import { Doorkeeper } from "./presence.js";
import { leadFocus } from "./row_focus.js";

/** What every page of the admin has, once somebody is signed in. */
const page = document.querySelector("script[data-person]");
if (page instanceof HTMLScriptElement) {
  const { person = "", ask = "", signIn = "" } = page.dataset;
  new Doorkeeper({ person, ask, signIn });
}
leadFocus(document);
const list = document.getElementById("result_list");
if (list instanceof HTMLTableElement) {
  labelCells(list);
}
