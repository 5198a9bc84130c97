// @ts-check
/** @typedef {{src: string, width: number, height: number}} OpenedPicture src: a data URI */

/** Pixels of the longer side in which a photo is kept: a little more than is ever sent. */
const SIDE = 1280;
const QUALITY = 0.85;

/**
 * Open a picture file, however large, in a size that is easy to keep.
 * @param {Blob} file
 * @returns {Promise<OpenedPicture>} rejects when the browser cannot read it as a picture
 */
export async function openPicture(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  // A drawing with a transparent ground would come out black.
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { src: canvas.toDataURL("image/jpeg", QUALITY), width: canvas.width, height: canvas.height };
}

/**
 * The picture file among what was pasted or dropped.
 * @param {DataTransfer|null} data
 * @returns {File|null}
 */
export function pictureIn(data) {
  return [...(data?.files ?? [])].find((file) => file.type.startsWith("image/")) ?? null;
}
