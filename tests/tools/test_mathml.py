"""LaTeX to MathML: what formulas become, and that nothing but MathML comes out."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import patient
from tutor.tools.mathml import _ATTRIBUTES, _ELEMENTS, NAMESPACE, MathError, checked, to_mathml

PIECES = [
    *(r"\frac", r"\sqrt", r"\left(", r"\right)", r"\begin{matrix}", r"\end{matrix}", r"\text{", r"\href{", r"\style{"),
    *(r"\class{", r"\color{red}", r"\operatorname{", r"\not", r"\substack{", r"\hspace{1cm}", r"\\", r"\foo", "{", "}"),
    *("^", "_", "&", "&lt;", "<", "</math>", "<script>", "x", "2", "+", " ", "'", "[", "]", "javascript:", "é", "\x00"),
]
formulas = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30).map("".join)


def inner(latex: str) -> str:
    """The MathML of a formula without the elements around it."""
    text = to_mathml(latex)
    return text.removeprefix(f'<math xmlns="{NAMESPACE}" display="block"><mrow>').removesuffix("</mrow></math>")


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{1}{2}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"\sqrt{x}", "<msqrt><mrow><mi>x</mi></mrow></msqrt>"),
        ("a<b", "<mi>a</mi><mo>&lt;</mo><mi>b</mi>"),
        (r"\text{a b}", "<mtext>a\u00a0b</mtext>"),
        ("$x$", "<mi>x</mi>"),
        ("$$x$$", "<mi>x</mi>"),
        (r"\(x\)", "<mi>x</mi>"),
        (r"\[x\]", "<mi>x</mi>"),
    ],
)
def test_formula_becomes_mathml(latex, expected):
    assert inner(latex) == expected


def test_text_in_a_formula_stays_text():
    assert inner(r"\text{<script>alert(1)</script>}") == ("<mtext>&lt;script&gt;alert(1)&lt;/script&gt;</mtext>")


@pytest.mark.parametrize("latex", [r"\href{javascript:x}{y}", r"\style{color:red}{y}", r"\class{button}{y}"])
def test_attributes_of_no_formula_are_dropped(latex):
    assert inner(latex).replace("mrow", "").replace("<>", "").replace("</>", "") == "<mi>y</mi>"


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\frac", "this is not a formula in LaTeX."),
        (r"\frac{1}", "a part of it is missing."),
        (r"\foo{x}", r"the command \foo is not known."),
        (r"\newcommand{\a}{x}\a", "a formula cannot define commands of its own."),
        ("x" * 1001, "the formula is longer than 1000 characters."),
        ("{" * 500 + "}" * 500, "its parts are nested too deeply."),
        ("", "this is not a formula in LaTeX."),
    ],
)
def test_what_is_no_formula_is_named(latex, message):
    with pytest.raises(MathError) as caught:
        to_mathml(latex)

    assert str(caught.value) == message


@patient
@given(formulas)
def test_nothing_but_mathml_comes_out(latex):
    try:
        text = to_mathml(latex)
    except MathError:
        return
    for element in ET.fromstring(text).iter():  # noqa: S314 - our own text
        assert element.tag.removeprefix(f"{{{NAMESPACE}}}") in _ELEMENTS
        assert set(element.attrib) <= _ATTRIBUTES


@patient
@given(formulas)
def test_formula_that_was_stored_comes_back_as_it_is(latex):
    try:
        math = to_mathml(latex)
    except MathError:
        return
    assert checked(math) == math


@pytest.mark.parametrize(
    "source",
    [
        "",
        "<math",
        "<script>alert(1)</script>",
        "<mi>x</mi>",
        f'<math xmlns="{NAMESPACE}"><script>alert(1)</script></math>',
        '<math xmlns="http://www.w3.org/1999/xhtml"><mi>x</mi></math>',
    ],
)
def test_stored_text_that_is_no_formula_is_not_shown(source):
    assert checked(source) == ""


def test_stored_formula_keeps_no_attribute_of_another_kind():
    source = f'<math xmlns="{NAMESPACE}" onclick="alert(1)"><mi href="javascript:x" mathvariant="bold">x</mi></math>'

    assert checked(source) == f'<math xmlns="{NAMESPACE}"><mi mathvariant="bold">x</mi></math>'
