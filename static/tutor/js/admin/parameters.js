// @ts-check
/**
 * The page of a tool: parameters as rows or as JSON, rows added and removed without a round trip.
 * Without this script both ways are shown, an empty row stands at the end, and removing is a tick.
 */
import { gettext } from "../words.js";
import { Unsaved } from "./unsaved.js";

/** Shows the rows or the JSON, whichever the radio buttons say counts. */
class Ways {
  #panels = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-way]"));
  #radios = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll("input[name=written_as]"));

  constructor() {
    this.#radios.forEach((radio) => radio.addEventListener("change", () => this.#show()));
    const isJsonOnly = document.querySelector("[data-json-only]") !== null;
    this.#radios.forEach((radio) => {
      radio.disabled = isJsonOnly && !radio.checked;
    });
    this.#show();
  }

  #show() {
    const chosen = [...this.#radios].find((radio) => radio.checked)?.value;
    this.#panels.forEach((panel) => {
      panel.hidden = panel.dataset.way !== chosen;
    });
  }
}

/** The rows: one form for each parameter, counted in the hidden fields that Django reads. */
class Rows {
  #list;
  #template = /** @type {HTMLTemplateElement} */ (document.querySelector("[data-new-row]"));
  #total = /** @type {HTMLInputElement} */ (document.querySelector("input[name=rows-TOTAL_FORMS]"));
  #most = Number(document.querySelector("input[name=rows-MAX_NUM_FORMS]")?.getAttribute("value"));
  #add = /** @type {HTMLButtonElement} */ (document.querySelector("[data-add-row]"));
  #said = /** @type {HTMLElement} */ (document.querySelector("[data-rows-said]"));

  /** @param {HTMLElement} list */
  constructor(list) {
    this.#list = list;
    this.#dropSpare();
    list.querySelectorAll("[data-row]").forEach((row) => this.#prepare(/** @type {HTMLElement} */ (row)));
    this.#add.hidden = false;
    this.#add.addEventListener("click", () => this.#addRow());
    this.#count();
  }

  /** The empty row at the end is for pages without this script. */
  #dropSpare() {
    const shown = Number(document.querySelector("input[name=rows-INITIAL_FORMS]")?.getAttribute("value"));
    const last = this.#list.querySelector("[data-row]:last-child");
    if (Number(this.#total.value) > shown && last?.querySelector("input")?.value === "") {
      last.remove();
      this.#total.value = String(Number(this.#total.value) - 1);
    }
  }

  #addRow() {
    const number = this.#total.value;
    const row = /** @type {HTMLElement} */ (this.#template.content.cloneNode(true)).firstElementChild;
    if (!(row instanceof HTMLElement)) {
      throw new Error("The template of a row has no element.");
    }
    // Names and ids of an empty form hold a placeholder where a number belongs.
    row.querySelectorAll("[name], [id], [for]").forEach((element) => {
      for (const name of ["name", "id", "for"]) {
        const value = element.getAttribute(name);
        if (value !== null) {
          element.setAttribute(name, value.replace("__prefix__", number));
        }
      }
    });
    this.#list.append(row);
    this.#total.value = String(Number(number) + 1);
    this.#prepare(row);
    row.querySelector("input")?.focus();
    this.#count(gettext("A parameter was added."));
  }

  /** @param {HTMLElement} row */
  #prepare(row) {
    const kind = /** @type {HTMLSelectElement} */ (row.querySelector("select"));
    const particular = /** @type {NodeListOf<HTMLElement>} */ (row.querySelectorAll("[data-kinds]"));
    const remove = /** @type {HTMLElement} */ (row.querySelector("[data-remove-row]"));
    const tick = /** @type {HTMLElement} */ (row.querySelector("[data-delete]"));
    const follow = () => {
      particular.forEach((field) => {
        field.hidden = !(field.dataset.kinds ?? "").split(" ").includes(kind.value);
      });
    };
    kind.addEventListener("change", follow);
    follow();
    tick.hidden = true;
    remove.hidden = false;
    remove.addEventListener("click", () => this.#remove(row));
  }

  /** A removed row stays in the form, ticked: Django counts by number. @param {HTMLElement} row */
  #remove(row) {
    const tick = /** @type {HTMLInputElement} */ (row.querySelector("input[name$='-DELETE']"));
    tick.checked = true;
    tick.dispatchEvent(new Event("change", { bubbles: true }));
    row.hidden = true;
    this.#add.focus();
    this.#count(gettext("The parameter was removed."));
  }

  /** @param {string} [said] what has just happened, for those who do not see it */
  #count(said = "") {
    this.#add.disabled = Number(this.#total.value) >= this.#most;
    this.#said.textContent = said;
  }
}

const rows = document.querySelector("[data-rows]");
const form = document.querySelector("#tool_form");
if (rows instanceof HTMLElement && form instanceof HTMLFormElement) {
  new Ways();
  new Rows(rows);
  new Unsaved(form);
}
