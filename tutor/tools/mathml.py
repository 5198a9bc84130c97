"""LaTeX to MathML that is safe to put into a page: known elements, known attributes, and nothing else."""

import html
import re
import unicodedata
from xml.etree import ElementTree as ET

from latex2mathml.converter import convert_to_element

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
# Characters. A formula on a card has a few dozen; nested ones of this length are converted in milliseconds.
MAX_LATEX = 1_000
# Elements within elements: more than any formula on a page, and no trouble for the interpreter's stack.
MAX_DEPTH = 60

# fmt: off
_ELEMENTS = frozenset(
    {
        "math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace",
        "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
    }
)
_ATTRIBUTES = frozenset(
    {
        "accent", "columnalign", "columnlines", "columnspacing", "depth", "display", "displaystyle", "fence", "form",
        "height", "largeop", "linebreak", "linethickness", "lspace", "mathvariant", "maxsize", "minsize",
        "movablelimits", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator", "stretchy",
        "voffset", "width",
    }
)
# fmt: on
# Elements that are nothing with fewer parts.
_PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
_VALUE = re.compile(r"[A-Za-z0-9 .+-]{0,60}")
# Characters that XML refuses: control characters, halves of surrogate pairs, and what is no character at all.
_UNSPEAKABLE = ("Cc", "Cs", "Cn")
# They would let a short text unfold into a long one.
_DEFINITIONS = re.compile(r"\\(?:def|gdef|edef|newcommand|renewcommand|providecommand|newenvironment)(?![A-Za-z])")
_DELIMITERS = re.compile(r"\$\$(.*)\$\$|\$(.*)\$|\\\((.*)\\\)|\\\[(.*)\\\]", re.DOTALL)


class MathError(ValueError):
    """The text is not LaTeX that can be shown; the message says why, for a model or a teacher."""


def to_mathml(latex: str) -> str:
    """Return a formula as one `<math>` element. Raises MathError, and nothing else whatever the text."""
    latex = _bare(latex.strip())
    if len(latex) > MAX_LATEX:
        raise MathError(f"the formula is longer than {MAX_LATEX} characters.")
    if _DEFINITIONS.search(latex):
        raise MathError("a formula cannot define commands of its own.")
    math = ET.Element("math", {"xmlns": NAMESPACE, "display": "block"})
    math.extend([_clean(part, MAX_DEPTH) for part in _converted(latex)])
    return ET.tostring(math, encoding="unicode")


def checked(source: str) -> str:
    """Return a stored `<math>` element as it may stand in a page; empty if it is none, or holds anything else."""
    try:
        found = ET.fromstring(source)  # noqa: S314, ours, and what is too deep or unknown goes no further
        for part in found.iter():
            part.tag = part.tag.removeprefix(f"{{{NAMESPACE}}}")
        if found.tag != "math":
            return ""
        clean = _clean(found, MAX_DEPTH + 1)
    except (ET.ParseError, MathError, UnicodeEncodeError):
        return ""
    math = ET.Element("math", {"xmlns": NAMESPACE, **clean.attrib})
    math.extend(clean)
    return ET.tostring(math, encoding="unicode")


def _bare(latex: str) -> str:
    """Without the dollar signs or brackets that would set it apart from a text."""
    found = _DELIMITERS.fullmatch(latex)
    return next(part for part in found.groups() if part is not None) if found else latex


def _converted(latex: str) -> ET.Element:
    try:
        return convert_to_element(latex, display="block")
    except Exception as error:  # it trips over a broken formula in a dozen ways, each with its own error
        raise MathError("this is not a formula in LaTeX.") from error


def _clean(element: ET.Element, depth: int) -> ET.Element:
    if depth == 0:
        raise MathError("its parts are nested too deeply.")
    if element.tag not in _ELEMENTS:
        raise MathError(f"“{element.tag}” is not supported.")
    if len(element) != _PARTS.get(element.tag, len(element)):
        raise MathError("a part of it is missing.")
    kept = {name: value for name, value in element.attrib.items() if name in _ATTRIBUTES and _VALUE.fullmatch(value)}
    clean = ET.Element(element.tag, kept)
    clean.text = _text(element.text)
    clean.extend([_clean(child, depth - 1) for child in element])
    return clean


def _text(text: str | None) -> str:
    # Symbols come as entities, `&#x02212;`.
    plain = html.unescape(text or "")
    if plain.startswith("\\") and len(plain) > 1:
        raise MathError(f"the command {plain} is not known.")
    return "".join(char for char in plain if unicodedata.category(char) not in _UNSPEAKABLE)
