// The relay of the unified interface as the provider's guide has it: Express where it is installed, else Node's own
// http. The browser's offer in, the provider's answer out, and nothing else. PROCESSES share the port.
const cluster = require("node:cluster");

const session = JSON.stringify({ type: "realtime", model: "gpt-realtime", audio: { output: { voice: "marin" } } });

async function call(offer) {
  const form = new FormData();
  form.set("sdp", offer);
  form.set("session", session);
  const answer = await fetch(`${process.env.PROVIDER}/realtime/calls`, {
    method: "POST",
    headers: { Authorization: "Bearer sk-bench" },
    body: form,
  });
  return answer.text();
}

function withExpress(express) {
  const app = express();
  app.use(express.text({ type: ["application/sdp", "text/plain"] }));
  app.post("/session", async (request, response) => response.send(await call(request.body)));
  return app;
}

async function plain(request, response) {
  let offer = "";
  for await (const part of request) offer += part;
  const answer = await call(offer);
  response.writeHead(200, { "Content-Type": "application/sdp", "Content-Length": Buffer.byteLength(answer) });
  response.end(answer);
}

function handler() {
  try {
    return withExpress(require("express"));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return plain;
  }
}

if (cluster.isPrimary && process.env.PROCESSES > 1) {
  for (let n = 0; n < process.env.PROCESSES; n += 1) cluster.fork();
  process.on("SIGTERM", () => process.exit());
} else {
  require("node:http").createServer(handler()).listen(process.env.PORT, "127.0.0.1");
  process.on("disconnect", () => process.exit());
}
