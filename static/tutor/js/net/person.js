// @ts-check

/**
 * Who is signed in, as the page says.
 * @param {Document} page
 */
export function person(page) {
  return page.querySelector("meta[name=viva-person]")?.getAttribute("content") ?? "";
}
