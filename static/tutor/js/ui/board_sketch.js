// @ts-check
/**
 * What is on the drawing board, as plain data: a list of steps that can be taken back. Pure; nothing here draws.
 *
 * Places are in the board's own units, of which its longer side has `SIDE`, whatever the size of the screen.
 *
 * @typedef {{width: number, height: number}} Size
 * @typedef {"plain"|"lines"|"squares"} Paper
 *
 * @typedef {object} Stroke
 * @property {"stroke"} type
 * @property {string} ink a colour, or ERASER
 * @property {number[]} points x, y and width of each point, one after the other
 *
 * @typedef {{type: "photo", src: string} & Size} Photo src: a data URI
 * @typedef {{type: "clear"}} Clear
 * @typedef {Stroke|Photo|Clear} Step
 *
 * @typedef {object} Sketch
 * @property {Size} size
 * @property {Paper} paper
 * @property {ReadonlyArray<Step>} steps oldest first
 * @property {ReadonlyArray<Step>} undone the one taken back last comes last
 */

/** Units of the longer side: as many as the finest picture that is sent has pixels. */
export const SIDE = 1024;
/** The ink that takes ink away. A photo under it stays. */
export const ERASER = "eraser";

/** @type {Sketch} */
export const EMPTY = { size: { width: SIDE, height: SIDE * 0.75 }, paper: "plain", steps: [], undone: [] };

/**
 * Take a step; what was taken back before is gone.
 * @param {Sketch} sketch
 * @param {Step} step
 * @returns {Sketch}
 */
export function withStep(sketch, step) {
  const size = step.type === "photo" && isUntouched(sketch) ? scaled(step) : sketch.size;
  return { ...sketch, size, steps: [...sketch.steps, step], undone: [] };
}

/** @param {Sketch} sketch @returns {Sketch} */
export function undo(sketch) {
  const step = sketch.steps.at(-1);
  return step ? { ...sketch, steps: sketch.steps.slice(0, -1), undone: [...sketch.undone, step] } : sketch;
}

/** @param {Sketch} sketch @returns {Sketch} */
export function redo(sketch) {
  const step = sketch.undone.at(-1);
  return step ? { ...sketch, steps: [...sketch.steps, step], undone: sketch.undone.slice(0, -1) } : sketch;
}

/**
 * Give the board the shape of the room there is for it, as long as nothing has been drawn in another one.
 * @param {Sketch} sketch
 * @param {Size} room
 * @returns {Sketch}
 */
export function shaped(sketch, room) {
  return isUntouched(sketch) && room.width > 0 && room.height > 0 ? { ...sketch, size: scaled(room) } : sketch;
}

/**
 * What is to be seen: the latest photo and the strokes since the board was last cleared.
 * @param {Sketch} sketch
 * @returns {{photo: Photo|null, strokes: Stroke[]}}
 */
export function visible({ steps }) {
  const seen = steps.slice(steps.findLastIndex((step) => step.type === "clear") + 1);
  return {
    photo: seen.findLast((step) => step.type === "photo") ?? null,
    strokes: seen.filter((step) => step.type === "stroke"),
  };
}

/** True when there is nothing to send. @param {Sketch} sketch */
export function isBlank(sketch) {
  const { photo, strokes } = visible(sketch);
  return photo === null && !strokes.some(({ ink }) => ink !== ERASER);
}

/**
 * Where something of one size lies in the middle of another, as large as it can be.
 * @param {Size} inner
 * @param {Size} outer
 */
export function contained(inner, outer) {
  const scale = Math.min(outer.width / inner.width, outer.height / inner.height);
  const [width, height] = [inner.width * scale, inner.height * scale];
  return { x: (outer.width - width) / 2, y: (outer.height - height) / 2, width, height };
}

/**
 * The sketch as text, to be kept until it is sent: what is to be seen, and nothing that was taken back. Empty for a blank one.
 * @param {Sketch} sketch
 */
export function written(sketch) {
  const { photo, strokes } = visible(sketch);
  const steps = photo ? [photo, ...strokes] : strokes;
  return isBlank(sketch) ? "" : JSON.stringify({ size: sketch.size, paper: sketch.paper, steps });
}

/**
 * @param {string|null} text as `written`
 * @returns {Sketch} an empty one for any other text
 */
export function readBack(text) {
  try {
    const { size, paper, steps } = JSON.parse(text ?? "");
    return size.width > 0 && size.height > 0 && steps.every(isStep) ? { ...EMPTY, size, paper, steps } : EMPTY;
  } catch {
    // Somebody else's text, or one that was cut off: nothing to go on from.
    return EMPTY;
  }
}

/** @param {any} step */
function isStep(step) {
  const isStroke = step.type === "stroke" && typeof step.ink === "string" && step.points.every(Number.isFinite);
  return isStroke || (step.type === "photo" && step.src.startsWith("data:image/"));
}

/** @param {Sketch} sketch */
function isUntouched({ steps, undone }) {
  return steps.length + undone.length === 0;
}

/** @param {Size} size @returns {Size} of the same shape, in units of the board */
function scaled({ width, height }) {
  const scale = SIDE / Math.max(width, height);
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}
