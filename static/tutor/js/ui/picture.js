// @ts-check
/** @typedef {import("../realtime/picture.js").Render} Render */

/**
 * Open a picture file so that it can be drawn in any size.
 * @param {Blob} file
 * @returns {Promise<Render>} rejects when the browser cannot read it as a picture
 */
export async function openPicture(file) {
  const bitmap = await createImageBitmap(file);
  return (side, quality) => {
    const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    // A drawing with a transparent ground would come out black.
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas.toDataURL("image/jpeg", quality);
  };
}
