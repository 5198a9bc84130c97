"""Kind `card`: the learner is shown a card with a text, a formula or a picture.

A card is JSON data, `{"kind", "title", "text", "math", "image", "alt"}`: all texts, `math` MathML, `image` a data URI.
"""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from tutor.plan.phrase import Phrase, gettext_noop
from tutor.realtime import images
from tutor.tools.mathml import MathError, to_mathml
from tutor.tools.scene import Answer, Call, Kind, ToolError, takes

MAX_TITLE = 120
MAX_TEXT = 2_000
# Bytes of a picture. It travels inside the lesson, its pack and every call that shows it.
MAX_IMAGE = 100 * 1024


def _options_fault(options: Mapping[str, Any]) -> str:
    image, alt = options.get("image", ""), options.get("alt", "")
    if not isinstance(image, str) or not isinstance(alt, str):
        return Phrase(gettext_noop("“image” and “alt” must be texts"))
    if not image:
        return ""
    if not _is_image(image):
        return Phrase(
            gettext_noop("“image” must be a PNG, JPEG, GIF or WebP picture of at most %(limit)s KiB as a data URI"),
            limit=MAX_IMAGE // 1024,
        )
    if not alt.strip():
        return Phrase(
            gettext_noop(
                "the picture needs words for those who cannot see it: fill in “What it shows” (in a pack: “alt”)"
            )
        )
    return ""


def _is_image(uri: str) -> bool:
    image = images.read(uri) if len(uri) <= images.largest_uri(MAX_IMAGE) else None
    return image is not None and len(image.data) <= MAX_IMAGE


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
    label=_("Show a card"),
    help=_("The learner sees a card in the conversation: a title, a text, a formula, or a picture you choose here."),
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
