// @ts-check
import { gettext, interpolate, ngettext } from "../words.js";
import { asPicture, paintGround, paintInk, paintMore } from "./board_paint.js";
import { contained, EMPTY, isBlank, redo, shaped, undo, visible, withStep } from "./board_sketch.js";
import { byId, setText } from "./dom.js";
import { openPicture } from "./picture.js";

/**
 * @typedef {import("./board_sketch.js").Sketch} Sketch
 * @typedef {import("./board_sketch.js").Stroke} Stroke
 * @typedef {import("./board_draft.js").BoardDraft} BoardDraft
 * @typedef {(side: number, quality: number) => string} Render
 */

/** How much wider than the pen the eraser is. */
const ERASING = 4;
/** Parts of the chosen width that a stylus draws at no and at full pressure. */
const LIGHTEST = 0.4;
const HEAVIEST = 1.6;

/**
 * The drawing board: a dialog on which the learner draws, or puts a photo and draws on it, looks at the result and sends it.
 * What has not been sent is there again when the board is opened the next time, and after a reload.
 */
export class Board {
  #dialog = byId("board", HTMLDialogElement);
  #task = byId("board-task");
  #room = byId("board-room");
  #sheet = byId("board-sheet");
  #ground = byId("board-ground", HTMLCanvasElement);
  #ink = byId("board-drawing", HTMLCanvasElement);
  #undo = byId("board-undo", HTMLButtonElement);
  #redo = byId("board-redo", HTMLButtonElement);
  #clear = byId("board-clear", HTMLButtonElement);
  #photoFile = byId("board-photo", HTMLInputElement);
  #paste = byId("board-paste", HTMLButtonElement);
  #paper = byId("board-paper", HTMLSelectElement);
  #words = byId("board-words", HTMLInputElement);
  #fault = byId("board-fault");
  #news = byId("board-news");
  #draft;
  #send;
  /** @type {Sketch} */
  #sketch;
  /** Opened photos by their source. @type {Map<string, HTMLImageElement>} */
  #photos = new Map();
  /** The stroke being made, and the pointer that makes it. @type {{id: number, stroke: Stroke}|null} */
  #drawing = null;
  /** Told when the board closes whether something was sent. @type {(isSent: boolean) => void} */
  #closed = () => {};
  #isSent = false;
  /** Sent, but waiting for a call: a reload would lose it, so the draft stays. */
  #isUnderWay = false;

  /**
   * @param {object} options
   * @param {BoardDraft} options.draft
   * @param {(render: Render, words: string) => boolean} options.send false when no size of the picture is small enough
   */
  constructor({ draft, send }) {
    this.#draft = draft;
    this.#send = send;
    this.#sketch = draft.read();
    this.#paper.value = this.#sketch.paper;
    this.#paste.hidden = !navigator.clipboard?.read;
    byId("board-close").addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#closed(this.#isSent));
    this.#dialog.addEventListener("keydown", (event) => this.#shortcut(event));
    byId("board-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#undo.addEventListener("click", () => this.#takeBack());
    this.#redo.addEventListener("click", () => this.#takeAgain());
    this.#clear.addEventListener("click", () => this.#wipe());
    this.#paper.addEventListener("change", () => {
      this.#become({ ...this.#sketch, paper: /** @type {Sketch["paper"]} */ (this.#paper.value) }, "");
    });
    this.#photoFile.addEventListener("change", () => this.#chosen());
    this.#paste.addEventListener("click", () => this.#readClipboard());
    this.#followPointer();
    new ResizeObserver(() => this.#fit()).observe(this.#room);
  }

  get isOpen() {
    return this.#dialog.open;
  }

  /** @param {{status: string, captions: Array<{picture: string, waiting: boolean}>}} view */
  show({ status, captions }) {
    if (status === "ended" && this.#dialog.open) {
      this.#dialog.close();
    }
    if (this.#isUnderWay && !captions.some(({ picture, waiting }) => picture && waiting)) {
      this.#isUnderWay = false;
      this.#draft.keep(this.#sketch);
    }
  }

  /**
   * @param {{task?: string, file?: File|null}} [wish] what to draw, and a picture to begin with
   * @returns {Promise<boolean>} when it closes: whether something was sent
   */
  async open({ task = "", file = null } = {}) {
    this.#closed(false);
    this.#isSent = false;
    setText(this.#task, task);
    this.#task.hidden = task === "";
    setText(this.#fault, "");
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
    this.#fit();
    if (file) {
      this.place(file);
    }
    return new Promise((resolve) => {
      this.#closed = resolve;
    });
  }

  // --- Changing what is there -----------------------------------------------------------------------------------------

  /**
   * @param {Sketch} sketch
   * @param {string} news what a screen reader says of the change
   */
  #become(sketch, news) {
    this.#sketch = sketch;
    this.#isUnderWay = false;
    this.#draft.keep(sketch);
    setText(this.#news, news);
    setText(this.#fault, "");
    this.#fit();
  }

  #takeBack() {
    this.#become(undo(this.#sketch), gettext("Undone"));
  }

  #takeAgain() {
    this.#become(redo(this.#sketch), gettext("Redone"));
  }

  #wipe() {
    this.#become(withStep(this.#sketch, { type: "clear" }), gettext("The board is empty. Undo brings everything back."));
  }

  /** @param {KeyboardEvent} event */
  #shortcut(event) {
    const isTyping = event.target === this.#words;
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isTyping) {
      return;
    }
    const key = event.key.toLowerCase();
    const isAgain = key === "y" || (key === "z" && event.shiftKey);
    if (isAgain || key === "z") {
      event.preventDefault();
      const move = isAgain ? () => this.#takeAgain() : () => this.#takeBack();
      move();
    }
  }

  #submit() {
    if (isBlank(this.#sketch)) {
      setText(this.#fault, gettext("There is nothing to send yet: draw something, or add a photo."));
      return;
    }
    const sketch = this.#sketch;
    const photo = this.#photo;
    if (!this.#send((side, quality) => asPicture(sketch, photo, side, quality), this.#words.value)) {
      setText(this.#fault, gettext("This picture cannot be made small enough to be sent. Try another one."));
      return;
    }
    this.#sketch = { ...EMPTY, paper: sketch.paper };
    this.#words.value = "";
    this.#isUnderWay = true;
    this.#isSent = true;
    this.#dialog.close();
  }

  // --- Photos ---------------------------------------------------------------------------------------------------------

  #chosen() {
    const [file] = this.#photoFile.files ?? [];
    if (file) {
      this.place(file);
      // So that the same file can be chosen again.
      this.#photoFile.value = "";
    }
  }

  async #readClipboard() {
    try {
      const items = await navigator.clipboard.read();
      const found = items.flatMap((item) => item.types.filter((type) => type.startsWith("image/")).map((type) => item.getType(type)))[0];
      if (found) {
        await this.place(await found);
        return;
      }
      setText(this.#fault, gettext("There is no picture to paste. Copy one first."));
    } catch {
      // Refused by the browser or by the learner.
      setText(this.#fault, gettext("The browser does not let this page paste. Press Ctrl+V instead."));
    }
  }

  /** Put a picture on the board. @param {Blob} file */
  async place(file) {
    try {
      const photo = await openPicture(file);
      await this.#develop(photo.src);
      this.#become(withStep(this.#sketch, { type: "photo", ...photo }), gettext("The picture is on the board."));
    } catch {
      setText(this.#fault, gettext("This file cannot be read as a picture. Choose a photo (JPEG or PNG)."));
    }
  }

  /** @param {string} src */
  async #develop(src) {
    const image = new Image();
    image.src = src;
    await image.decode();
    this.#photos.set(src, image);
  }

  get #photo() {
    return this.#photos.get(visible(this.#sketch).photo?.src ?? "") ?? null;
  }

  // --- Drawing --------------------------------------------------------------------------------------------------------

  #followPointer() {
    const ink = this.#ink;
    ink.addEventListener("pointerdown", (event) => this.#begin(event));
    ink.addEventListener("pointermove", (event) => this.#go(event));
    ink.addEventListener("pointerup", (event) => this.#finish(event));
    ink.addEventListener("pointercancel", (event) => this.#finish(event));
  }

  /** One pointer draws at a time: a palm on the glass is no pen. @param {PointerEvent} event */
  #begin(event) {
    if (this.#drawing || event.button !== 0) {
      return;
    }
    event.preventDefault();
    this.#ink.setPointerCapture(event.pointerId);
    this.#drawing = { id: event.pointerId, stroke: { type: "stroke", ink: chosen("board-ink"), points: [] } };
    this.#extend([event]);
  }

  /** @param {PointerEvent} event */
  #go(event) {
    if (this.#drawing?.id === event.pointerId) {
      const events = event.getCoalescedEvents?.() ?? [];
      this.#extend(events.length > 0 ? events : [event]);
    }
  }

  /** @param {PointerEvent} event */
  #finish(event) {
    if (this.#drawing?.id === event.pointerId) {
      const { stroke } = this.#drawing;
      this.#drawing = null;
      this.#become(withStep(this.#sketch, stroke), "");
    }
  }

  /** @param {PointerEvent[]} events */
  #extend(events) {
    const { stroke } = /** @type {{stroke: Stroke}} */ (this.#drawing);
    const from = stroke.points.length / 3;
    const box = this.#ink.getBoundingClientRect();
    const { width, height } = this.#sketch.size;
    events.forEach((event) => {
      const x = ((event.clientX - box.left) / box.width) * width;
      const y = ((event.clientY - box.top) / box.height) * height;
      stroke.points.push(rounded(x), rounded(y), rounded(widthOf(event, stroke.ink)));
    });
    paintMore(this.#ink, this.#sketch.size, stroke, from);
  }

  // --- Showing it -----------------------------------------------------------------------------------------------------

  /** Lay the sheet into the room there is, and draw everything anew. */
  #fit() {
    if (!this.#dialog.open || this.#drawing) {
      return;
    }
    const room = { width: this.#room.clientWidth, height: this.#room.clientHeight };
    this.#sketch = shaped(this.#sketch, room);
    const { width, height } = contained(this.#sketch.size, room);
    this.#sheet.style.width = `${width}px`;
    this.#sheet.style.height = `${height}px`;
    [this.#ground, this.#ink].forEach((canvas) => {
      canvas.width = Math.max(1, Math.round(width * devicePixelRatio));
      canvas.height = Math.max(1, Math.round(height * devicePixelRatio));
    });
    this.#paint();
  }

  #paint() {
    const { photo, strokes } = visible(this.#sketch);
    if (photo && !this.#photo) {
      // From the draft: it is still to be opened.
      this.#develop(photo.src).then(() => this.#paint(), () => this.#become(undo(this.#sketch), ""));
    }
    paintGround(this.#ground, this.#sketch, this.#photo);
    paintInk(this.#ink, this.#sketch);
    this.#sheet.ariaLabel = described(strokes.length, photo !== null);
    this.#able([
      [this.#undo, this.#sketch.steps.length > 0],
      [this.#redo, this.#sketch.undone.length > 0],
      [this.#clear, !isBlank(this.#sketch)],
    ]);
  }

  /**
   * A button that goes out of use hands the focus on: without it the keys would not reach the board any more.
   * @param {Array<[HTMLButtonElement, boolean]>} buttons each with whether it is of use, in the order to hand it on
   */
  #able(buttons) {
    const focused = document.activeElement;
    buttons.forEach(([button, isOfUse]) => (button.disabled = !isOfUse));
    if (buttons.some(([button]) => button === focused && button.disabled)) {
      (buttons.find(([, isOfUse]) => isOfUse)?.[0] ?? this.#paper).focus();
    }
  }
}

/** @param {string} name of a group of radio buttons */
function chosen(name) {
  return /** @type {HTMLInputElement} */ (document.querySelector(`input[name="${name}"]:checked`)).value;
}

/**
 * @param {PointerEvent} event
 * @param {string} ink
 */
function widthOf({ pointerType, pressure }, ink) {
  const width = Number(chosen("board-width")) * (ink === "eraser" ? ERASING : 1);
  return pointerType === "pen" && pressure > 0 ? width * (LIGHTEST + pressure * (HEAVIEST - LIGHTEST)) : width;
}

/** Tenths of a unit are fine enough. @param {number} value */
function rounded(value) {
  return Math.round(value * 10) / 10;
}

/**
 * What is on the board, for who cannot see it.
 * @param {number} strokes
 * @param {boolean} hasPhoto
 */
function described(strokes, hasPhoto) {
  const drawn = interpolate(ngettext("%(count)s stroke", "%(count)s strokes", strokes), { count: strokes });
  if (hasPhoto) {
    return strokes > 0 ? interpolate(gettext("A picture, and on it %(drawn)s"), { drawn }) : gettext("A picture");
  }
  return strokes > 0 ? interpolate(gettext("A drawing of %(drawn)s"), { drawn }) : gettext("Empty board");
}
