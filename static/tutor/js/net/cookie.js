// @ts-check

// What Django calls the cookie of its token: in production by a name that only our own host can set, over HTTPS
// (config/settings.py).
const TOKEN_NAMES = ["__Host-csrftoken", "csrftoken"];

/**
 * The value of a cookie that scripts may read; empty when there is none.
 * @param {string} name
 * @param {string} jar `document.cookie`
 */
export function cookie(name, jar) {
  const pair = jar.split("; ").find((one) => one.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}

/**
 * The token that every request which changes something carries; read anew each time, for signing in changes it.
 * @param {string} jar `document.cookie`
 */
export function csrfToken(jar) {
  return TOKEN_NAMES.map((name) => cookie(name, jar)).find((token) => token) ?? "";
}
