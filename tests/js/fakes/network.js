// @ts-check
/**
 * @callback Handler
 * @param {{method: string, path: string, body: any, init: RequestInit}} request
 * @returns {{status?: number, body?: any, headers?: Record<string, string>}}
 */

/**
 * A network between `fetch` and a handler. Each planned trouble strikes one request:
 * "lost" loses it on its way; "unanswered" loses the answer, after the server has done its work; a number is
 * an error status from somewhere in between.
 */
export class FakeNetwork {
  /** @type {Array<{method: string, path: string, body: any, keepalive: boolean, headers: any}>} */
  requests = [];
  #handler;
  /** @type {Array<{path: string, trouble: "lost"|"unanswered"|number}>} */
  #troubles = [];

  /** @param {Handler} handler */
  constructor(handler) {
    this.#handler = handler;
  }

  /**
   * @param {string} path the next requests to it are struck
   * @param {...("lost"|"unanswered"|number)} troubles one request each
   */
  trouble(path, ...troubles) {
    this.#troubles.push(...troubles.map((trouble) => ({ path, trouble })));
  }

  /** @param {string} path */
  to(path) {
    return this.requests.filter((request) => request.path === path);
  }

  /** @type {typeof fetch} */
  fetch = async (input, init = {}) => {
    const path = String(input);
    const method = init.method ?? "GET";
    const body = init.body ? JSON.parse(String(init.body)) : null;
    this.requests.push({ method, path, body, keepalive: init.keepalive ?? false, headers: init.headers ?? {} });
    const trouble = this.#takeTrouble(path);
    if (typeof trouble === "number") {
      return new Response("<h1>Proxy error</h1>", { status: trouble, headers: { "Content-Type": "text/html" } });
    }
    if (trouble === "lost") {
      throw new TypeError("Failed to fetch");
    }
    const { status = 200, body: answer, headers = {} } = this.#handler({ method, path, body, init });
    if (trouble === "unanswered") {
      throw new TypeError("Failed to fetch");
    }
    const isText = typeof answer === "string";
    return new Response(isText ? answer : JSON.stringify(answer), {
      status,
      headers: { "Content-Type": isText ? "application/sdp" : "application/json", ...headers },
    });
  };

  /** @param {string} path */
  #takeTrouble(path) {
    const index = this.#troubles.findIndex((planned) => planned.path === path);
    return index < 0 ? null : this.#troubles.splice(index, 1)[0].trouble;
  }
}
