// @ts-check
import { contained, ERASER, visible } from "./board_sketch.js";

/**
 * @typedef {import("./board_sketch.js").Sketch} Sketch
 * @typedef {import("./board_sketch.js").Stroke} Stroke
 * @typedef {import("./board_sketch.js").Size} Size
 */

/** Units between two lines of the paper. */
const RULING = 48;
const RULING_COLOUR = "#d5dde6";

/**
 * Draw what lies under the ink: paper, which is white in every theme, and the photo.
 * @param {HTMLCanvasElement} canvas
 * @param {Sketch} sketch
 * @param {CanvasImageSource|null} photo the one that `visible` names, opened
 */
export function paintGround(canvas, sketch, photo) {
  const pen = penOf(canvas, sketch.size);
  const { width, height } = sketch.size;
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  rule(pen, sketch);
  const shown = visible(sketch).photo;
  if (photo && shown) {
    const place = contained(shown, sketch.size);
    pen.fillRect(place.x, place.y, place.width, place.height);
    pen.drawImage(photo, place.x, place.y, place.width, place.height);
  }
}

/**
 * Draw the ink on a canvas of its own: the eraser takes away ink alone.
 * @param {HTMLCanvasElement} canvas
 * @param {Sketch} sketch
 */
export function paintInk(canvas, sketch) {
  const pen = penOf(canvas, sketch.size);
  pen.clearRect(0, 0, sketch.size.width, sketch.size.height);
  visible(sketch).strokes.forEach((stroke) => trace(pen, stroke, 0));
}

/**
 * Draw the newest part of a stroke that is being made.
 * @param {HTMLCanvasElement} canvas
 * @param {Size} size of the board
 * @param {Stroke} stroke
 * @param {number} from index of the first new point
 */
export function paintMore(canvas, size, stroke, from) {
  trace(penOf(canvas, size), stroke, from);
}

/**
 * The whole board as one picture.
 * @param {Sketch} sketch
 * @param {CanvasImageSource|null} photo
 * @param {number} side pixels of the longer side
 * @param {number} quality of the JPEG, from 0 to 1
 * @returns {string} a data URI
 */
export function asPicture(sketch, photo, side, quality) {
  const scale = side / Math.max(sketch.size.width, sketch.size.height);
  const [ground, ink] = [document.createElement("canvas"), document.createElement("canvas")];
  [ground, ink].forEach((canvas) => {
    canvas.width = Math.max(1, Math.round(sketch.size.width * scale));
    canvas.height = Math.max(1, Math.round(sketch.size.height * scale));
  });
  paintGround(ground, sketch, photo);
  paintInk(ink, sketch);
  const pen = /** @type {CanvasRenderingContext2D} */ (ground.getContext("2d"));
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.drawImage(ink, 0, 0);
  return ground.toDataURL("image/jpeg", quality);
}

/**
 * A pen that measures in units of the board.
 * @param {HTMLCanvasElement} canvas
 * @param {Size} size
 */
function penOf(canvas, size) {
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.setTransform(canvas.width / size.width, 0, 0, canvas.height / size.height, 0, 0);
  return pen;
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {Sketch} sketch
 */
function rule(pen, { size: { width, height }, paper }) {
  pen.fillStyle = RULING_COLOUR;
  for (let y = RULING; paper !== "plain" && y < height; y += RULING) {
    pen.fillRect(0, y, width, 1.5);
  }
  for (let x = RULING; paper === "squares" && x < width; x += RULING) {
    pen.fillRect(x, 0, 1.5, height);
  }
  pen.fillStyle = "white";
}

/**
 * Curves from the middle of each two points to the middle of the next two: no corners, and each part once.
 * @param {CanvasRenderingContext2D} pen
 * @param {Stroke} stroke
 * @param {number} from index of the first point that is new
 */
function trace(pen, { ink, points }, from) {
  pen.save();
  pen.globalCompositeOperation = ink === ERASER ? "destination-out" : "source-over";
  pen.strokeStyle = ink === ERASER ? "black" : ink;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  const at = (/** @type {number} */ index) => [points[3 * Math.max(index, 0)], points[3 * Math.max(index, 0) + 1]];
  const middle = (/** @type {number} */ index) => {
    const [[ax, ay], [bx, by]] = [at(index - 1), at(index)];
    return /** @type {const} */ ([(ax + bx) / 2, (ay + by) / 2]);
  };
  for (let index = from; index < points.length / 3; index += 1) {
    const isLast = index === points.length / 3 - 1;
    const [cx, cy] = at(index - 1);
    pen.beginPath();
    pen.lineWidth = points[3 * index + 2];
    pen.moveTo(...middle(index - 1));
    pen.quadraticCurveTo(cx, cy, ...middle(index));
    if (isLast) {
      pen.lineTo(...at(index));
    }
    pen.stroke();
  }
  pen.restore();
}
