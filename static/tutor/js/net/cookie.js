// @ts-check

/**
 * The value of a cookie that scripts may read; empty when there is none.
 * @param {string} name
 * @param {string} jar `document.cookie`
 */
export function cookie(name, jar) {
  const pair = jar.split("; ").find((one) => one.startsWith(`${name}=`));
  return pair ? decodeURIComponent(pair.slice(name.length + 1)) : "";
}
