"""The kind `card`."""

import base64

import pytest

from tests.lessons import PLAN
from tutor.plan import Tool
from tutor.realtime import images
from tutor.tools import Answer, Scene, ToolError, options_fault, run
from tutor.tools.card import MAX_IMAGE

SCENE = Scene(visit=None, stage=PLAN.start)
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
DOT = {"image": images.write(PNG), "alt": "A dot"}


def card(options=None, **arguments):
    return run(Tool(name="show", kind="card", description="", parameters={}, options=options or {}), SCENE, arguments)


def test_card_shows_what_it_was_given():
    assert card(title=" Tea ", text="It is hot.") == Answer(
        {"shown": True}, {"kind": "card", "title": "Tea", "text": "It is hot.", "math": "", "image": "", "alt": ""}
    )


def test_card_turns_latex_into_mathml():
    assert card(math="x^2").card["math"] == (
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">'
        "<mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>"
    )


def test_card_shows_the_picture_of_its_options():
    shown = card(DOT).card

    assert (shown["image"], shown["alt"]) == (f"data:image/png;base64,{base64.b64encode(PNG).decode()}", "A dot")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "The card is empty: give it a title, a text or a formula."),
        ({"title": "  "}, "The card is empty: give it a title, a text or a formula."),
        ({"title": 3}, "“title” must be text."),
        ({"title": "x" * 121}, "“title” is too long for a card: use at most 120 characters."),
        ({"text": "x" * 2001}, "“text” is too long for a card: use at most 2000 characters."),
        ({"math": []}, "“math” must be LaTeX, as text."),
        ({"math": r"\frac{1}"}, "“math” cannot be shown: a part of it is missing."),
    ],
)
def test_card_tells_the_model_what_is_wrong(arguments, message):
    with pytest.raises(ToolError) as caught:
        card(**arguments)

    assert str(caught.value) == message


@pytest.mark.parametrize("options", [{}, DOT, {"image": ""}, {"alt": "nothing to see"}])
def test_options_of_a_card_that_are_fine(options):
    assert options_fault("card", options) == ""


@pytest.mark.parametrize(
    "image",
    [
        "https://example.org/dot.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:image/png;base64,PHN2Zy8+",
        "data:image/png;base64,A",
        images.write(PNG + b"\x00" * MAX_IMAGE),
    ],
)
def test_options_of_a_card_refuse_other_pictures(image):
    assert options_fault("card", {"image": image, "alt": "A dot"}).startswith("“image” must be a PNG")


def test_options_of_a_card_need_words_for_the_picture():
    assert options_fault("card", {"image": DOT["image"]}).startswith("the picture needs words")
    assert options_fault("card", {"image": 3}) == "“image” and “alt” must be texts"
