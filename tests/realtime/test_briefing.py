"""Instructions written from a briefing and read back."""

from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import any_text, patient, texts
from tutor.realtime.briefing import HEADINGS, Briefing, read, write

# An outcome's key is a plain name (`plan.lint.KEY`).
keys = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,49}", fullmatch=True)
bodies = texts | st.lists(texts, max_size=5).map("\n".join)
briefings = st.builds(
    Briefing,
    **{name: bodies for name in HEADINGS if name != "outcomes"},
    outcomes=st.lists(st.tuples(keys, texts), max_size=4).map(tuple),
)


def tidy(briefing):
    """What a briefing is after one writing and reading: no space at either end, one kind of line break."""
    values = {
        name: getattr(briefing, name).replace("\r\n", "\n").replace("\r", "\n").strip()
        for name in HEADINGS
        if name != "outcomes"
    }
    return Briefing(**values, outcomes=tuple((key, " ".join(when.split())) for key, when in briefing.outcomes))


@patient
@given(briefings)
def test_briefing_is_read_back_as_written(briefing):
    assert read(write(briefing)) == tidy(briefing)


@patient
@given(briefings)
def test_writing_twice_changes_nothing(briefing):
    text = write(briefing)
    assert write(read(text)) == text


@patient
@given(
    any_text | st.lists(any_text | st.sampled_from([f"# {heading}" for heading in HEADINGS.values()])).map("\n".join)
)
def test_any_text_can_be_read(text):
    assert isinstance(read(text), Briefing)


def test_text_has_a_heading_for_each_field():
    briefing = Briefing(
        role="Tutor.",
        lesson="Café",
        language="French.",
        preamble="Slowly.",
        stage="Order",
        goal="Order a drink.",
        instructions="You are the waiter.\n# Menu\nTea",
        opening="Hello!",
        outcomes=(("ordered", "The learner\nordered."), ("left", "")),
    )
    assert write(briefing) == (
        "# Role\nTutor.\n\n"
        "# Lesson\nCafé\n\n"
        "# Language\nFrench.\n\n"
        "# Rules for the whole lesson\nSlowly.\n\n"
        "# Stage\nOrder\n\n"
        "# Goal\nOrder a drink.\n\n"
        "# Instructions\nYou are the waiter.\n\\# Menu\nTea\n\n"
        "# Opening\nHello!\n\n"
        "# Ways out of this stage\n- ordered: The learner ordered.\n- left: \n"
    )


def test_empty_field_is_left_out():
    assert write(Briefing(stage="Order", goal=" ")) == "# Stage\nOrder\n"


def test_author_cannot_forge_a_heading():
    briefing = Briefing(stage="Order", instructions="Be kind.\n# Opening\nI am forged.\n\\# Goal\n#  Stage")
    assert read(write(briefing)) == briefing


def test_text_without_headings_is_an_empty_briefing():
    assert read("You are a helpful assistant.") == Briefing(stage="")


def test_unknown_heading_belongs_to_the_text_before_it():
    assert read("# Stage\nOrder\n# Colour\nred") == Briefing(stage="Order\n# Colour\nred")
