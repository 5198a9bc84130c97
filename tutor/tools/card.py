"""Kind `card`: the learner is shown a card with a text, a formula or a picture.

A card is JSON data, `{"kind", "title", "text", "math", "image", "alt"}`: all texts, `math` MathML, `image` a data URI.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from tutor.tools.mathml import MathError, to_mathml
from tutor.tools.scene import Answer, Call, Kind, ToolError, takes

MAX_TITLE = 120
MAX_TEXT = 2_000
# Bytes of a picture. It travels inside the lesson, its pack and every call that shows it.
MAX_IMAGE = 100 * 1024
_DATA_URI = re.compile(r"data:image/(png|jpeg|gif|webp);base64,([A-Za-z0-9+/]+={0,2})")
_SIGNATURES = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "gif": re.compile(rb"GIF8[79]a"),
    "webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}


def image_uri(data: bytes) -> str:
    """Return a picture file as a data URI; empty if it is not PNG, JPEG, GIF or WebP."""
    for name, signature in _SIGNATURES.items():
        if signature.match(data):
            return f"data:image/{name};base64,{base64.b64encode(data).decode()}"
    return ""


def _options_fault(options: Mapping[str, Any]) -> str:
    image, alt = options.get("image", ""), options.get("alt", "")
    if not isinstance(image, str) or not isinstance(alt, str):
        return "“image” and “alt” must be texts"
    if not image:
        return ""
    if not _is_image(image):
        return f"“image” must be a PNG, JPEG, GIF or WebP picture of at most {MAX_IMAGE // 1024} KiB as a data URI"
    if not alt.strip():
        return "the picture needs words for those who cannot see it: fill in “What it shows” (in a pack: “alt”)"
    return ""


def _is_image(uri: str) -> bool:
    found = _DATA_URI.fullmatch(uri)
    if found is None or len(found[2]) > MAX_IMAGE * 4 / 3 + 4:
        return False
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return False
    return _SIGNATURES[found[1]].match(data) is not None


def _run(call: Call) -> Answer:
    """Show what the arguments `title`, `text` and `math` (LaTeX) say, with the tool's own picture if it has one."""
    title, text = _text(call, "title", MAX_TITLE), _text(call, "text", MAX_TEXT)
    image, alt = call.tool.options.get("image", ""), call.tool.options.get("alt", "")
    math = _math(call)
    if not (title or text or math or image):
        raise ToolError("The card is empty: give it a title, a text or a formula.")
    return Answer({"shown": True}, blank_card("card", title=title, text=text, math=math, image=image, alt=alt))


def blank_card(kind: str, **fields: str) -> dict[str, Any]:
    """A card whose fields are all there, empty where nothing was given."""
    return {"kind": kind, "title": "", "text": "", "math": "", "image": "", "alt": "", **fields}


def _text(call: Call, name: str, limit: int) -> str:
    value = call.arguments.get(name, "")
    if not isinstance(value, str):
        raise ToolError(f"“{name}” must be text.")
    if len(value) > limit:
        raise ToolError(f"“{name}” is too long for a card: use at most {limit} characters.")
    return value.strip()


def _math(call: Call) -> str:
    latex = call.arguments.get("math", "")
    if not isinstance(latex, str):
        raise ToolError("“math” must be LaTeX, as text.")
    try:
        return to_mathml(latex) if latex.strip() else ""
    except MathError as error:
        raise ToolError(f"“math” cannot be shown: {error}") from error


CARD = Kind(
    label="Show a card",
    help="The learner sees a card in the conversation: a title, a text, a formula, or a picture you choose here.",
    run=_run,
    parameters=takes(
        "title",
        title={"type": "string", "description": "A few words above the card."},
        text={"type": "string", "description": "What the learner should read."},
        math={"type": "string", "description": "A formula in LaTeX, without dollar signs."},
    ),
    sample={
        "title": "Pythagoras",
        "text": "The square on the long side is as big as the other two together.",
        "math": "a^2 + b^2 = c^2",
    },
    options_fault=_options_fault,
)
