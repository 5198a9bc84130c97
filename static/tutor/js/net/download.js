// @ts-check

const LINE_FEED = 10;

/**
 * Fetch a file that is made while it comes.
 * @param {string} address
 * @param {object} options
 * @param {AbortSignal} options.signal ends it: what has come so far is dropped
 * @param {(progress: {lines: number, bytes: number}) => void} options.onProgress called with every piece
 * @param {typeof fetch} [options.fetch]
 * @returns {Promise<{file: Blob, name: string}>} `name` is the one that the server gives it, or nothing
 * @throws when the network, the server or the signal ends it before it is whole
 */
export async function download(address, { signal, onProgress, fetch: get = fetch }) {
  const response = await get(address, { credentials: "same-origin", signal });
  if (!response.ok || response.redirected || response.body === null) {
    throw new Error(`The server answered ${response.status}.`);
  }
  const pieces = [];
  const progress = { lines: 0, bytes: 0 };
  const reader = response.body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    progress.bytes += piece.value.length;
    progress.lines += piece.value.reduce((count, byte) => count + Number(byte === LINE_FEED), 0);
    onProgress({ ...progress });
  }
  const [, name = ""] = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "") ?? [];
  return { file: new Blob(pieces, { type: response.headers.get("Content-Type") ?? "" }), name };
}
