// @ts-check
/** The page where many conversations are taken out: shows how far a file is. Without this script, links are links. */
import { download } from "./net/download.js";
import { byId, setText } from "./ui/dom.js";
import { gettext, interpolate } from "./words.js";

const MEGABYTE = 1_000_000;

const box = byId("coming");
const bar = byId("coming-bar", HTMLProgressElement);
const words = byId("coming-words");
const stop = byId("coming-stop", HTMLButtonElement);
const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
/** The file under way. @type {AbortController|null} */
let running = null;

/** @param {HTMLAnchorElement} link */
async function take(link) {
  running?.abort();
  const mine = new AbortController();
  running = mine;
  box.hidden = false;
  stop.hidden = false;
  bar.hidden = false;
  const expected = Number(link.dataset.lines);
  bar.removeAttribute("value");
  setText(words, gettext("The file is being made."));
  try {
    const { file, name } = await download(link.href, {
      signal: mine.signal,
      onProgress: ({ lines, bytes }) => {
        if (expected > 0) {
          // What is said meanwhile comes too: a bar that is full and goes on would be a lie the other way round.
          bar.value = Math.min(lines / expected, 0.99);
        }
        setText(words, interpolate(gettext("%(size)s MB so far"), { size: number.format(bytes / MEGABYTE) }));
      },
    });
    keep(file, name);
    bar.value = 1;
    setText(words, interpolate(gettext("Done: %(name)s, %(size)s MB"), { name, size: number.format(file.size / MEGABYTE) }));
  } catch {
    bar.hidden = true;
    setText(words, mine.signal.aborted ? gettext("Stopped. Nothing was kept.") : gettext("The file broke off. Please try again."));
  } finally {
    if (running === mine) {
      running = null;
      stop.hidden = true;
    }
  }
}

/**
 * @param {Blob} file
 * @param {string} name
 */
function keep(file, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

stop.addEventListener("click", () => running?.abort());
document.querySelectorAll("a[data-lines]").forEach((link) => {
  link.addEventListener("click", (event) => {
    const { ctrlKey, metaKey, shiftKey, altKey } = /** @type {MouseEvent} */ (event);
    if (!(ctrlKey || metaKey || shiftKey || altKey)) {
      event.preventDefault();
      take(/** @type {HTMLAnchorElement} */ (link));
    }
  });
});
