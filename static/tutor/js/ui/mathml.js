// @ts-check
/**
 * MathML from our server into the page, node by node: whatever is no element or attribute of a formula stays out.
 * `tutor/tools/mathml.py` lets the same through.
 */

const NAMESPACE = "http://www.w3.org/1998/Math/MathML";
const ELEMENTS = new Set(
  ("math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr " +
    "munder munderover").split(" "),
);
const ATTRIBUTES = new Set(
  ("accent columnalign columnlines columnspacing depth display displaystyle fence form height largeop linebreak linethickness " +
    "lspace mathvariant maxsize minsize movablelimits notation rowlines rowspacing rspace scriptlevel separator stretchy " +
    "voffset width").split(" "),
);

/**
 * @param {string} source one `<math>` element
 * @returns {Element|null} null when it is no such element
 */
export function mathElement(source) {
  const { documentElement } = new DOMParser().parseFromString(source, "application/xml");
  return documentElement.localName === "math" ? copied(documentElement) : null;
}

/**
 * @param {Element} from
 * @returns {Element|null}
 */
function copied(from) {
  if (from.namespaceURI !== NAMESPACE || !ELEMENTS.has(from.localName)) {
    return null;
  }
  const to = document.createElementNS(NAMESPACE, from.localName);
  for (const { name, value } of from.attributes) {
    if (ATTRIBUTES.has(name)) {
      to.setAttribute(name, value);
    }
  }
  for (const child of from.childNodes) {
    const part = child instanceof Element ? copied(child) : child.nodeType === Node.TEXT_NODE ? (child.textContent ?? "") : null;
    if (part !== null) {
      to.append(part);
    }
  }
  return to;
}
