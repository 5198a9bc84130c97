import assert from "node:assert/strict";
import { test } from "node:test";
import { download } from "../../static/tutor/js/net/download.js";

/** A server whose file comes in these pieces. */
function serving(pieces, init = {}) {
  const asked = [];
  const body = new ReadableStream({
    start(controller) {
      for (const piece of pieces) {
        controller.enqueue(new TextEncoder().encode(piece));
      }
      controller.close();
    },
  });
  const fetch = async (address, options) => {
    asked.push([address, options]);
    return new Response(body, init);
  };
  return { fetch, asked };
}

const signal = new AbortController().signal;

test("a file is what came, with the name the server gave it", async () => {
  const headers = { "Content-Disposition": 'attachment; filename="viva.csv"', "Content-Type": "text/csv" };
  const { fetch, asked } = serving(["a,b\n", "ä,", "2\n"], { headers });
  const { file, name } = await download("/file/", { signal, fetch, onProgress: () => {} });
  assert.equal(await file.text(), "a,b\nä,2\n");
  assert.equal(file.type, "text/csv");
  assert.equal(name, "viva.csv");
  assert.deepEqual(asked, [["/file/", { credentials: "same-origin", signal }]]);
});

test("every piece is told, in lines and bytes", async () => {
  const told = [];
  const { fetch } = serving(["one\ntwo\n", "ä\n"]);
  await download("/file/", { signal, fetch, onProgress: (progress) => told.push(progress) });
  assert.deepEqual(told, [
    { lines: 2, bytes: 8 },
    { lines: 3, bytes: 11 },
  ]);
});

test("a file without a name has none", async () => {
  assert.equal((await download("/file/", { signal, fetch: serving([""]).fetch, onProgress: () => {} })).name, "");
});

test("what is refused or breaks off is no file", async () => {
  const refused = serving(["Not found"], { status: 404 });
  await assert.rejects(download("/file/", { signal, fetch: refused.fetch, onProgress: () => {} }), /404/);
  const broken = async () => {
    let sent = false;
    const body = new ReadableStream({
      pull(controller) {
        sent ? controller.error(new Error("gone")) : controller.enqueue(new Uint8Array([10]));
        sent = true;
      },
    });
    return new Response(body);
  };
  await assert.rejects(download("/file/", { signal, fetch: broken, onProgress: () => {} }), /gone/);
});
