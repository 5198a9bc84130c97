"""The note about what went before, written and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import any_text, patient, texts
from tutor.models import Speaker
from tutor.realtime.reminder import (
    ANSWER,
    BEFORE,
    BEGIN,
    GO_ON,
    HERE,
    LEARNER,
    Reminder,
    latest,
    read,
    write,
    write_summaries,
)

pairs = st.lists(st.tuples(texts, texts), max_size=5).map(tuple)
reminders = st.builds(Reminder, summaries=pairs, said=pairs)


def tidy(found):
    """What pairs are after one writing and reading: each text on one line, none without a second text."""
    lines = [(" ".join(name.split()), " ".join(text.split())) for name, text in found]
    return tuple((name, text) for name, text in lines if text)


@patient
@given(reminders)
def test_reminder_is_read_back_as_written(reminder):
    assert read(write(reminder)) == Reminder(tidy(reminder.summaries), tidy(reminder.said))


@patient
@given(st.lists(any_text | st.sampled_from([BEFORE, HERE, GO_ON, ANSWER, BEGIN, "\n", "\n\n", "- a: b"])).map("".join))
def test_any_text_can_be_read(text):
    found = read(text)
    assert found is None or isinstance(found, Reminder)


def test_reminder_tells_the_stages_before_and_the_words_of_this_one():
    reminder = Reminder(
        summaries=(("Part 1: Hello", "Likes tea."),),
        said=(("learner", "A tea.\nlearner: And cake."), ("tutor", "What would you like?")),
    )
    assert write(reminder) == (
        "What the learner did in the stages before:\n- Part 1\\: Hello: Likes tea.\n\n"
        "This stage has already begun. The conversation in it so far:\n"
        "learner: A tea. learner: And cake.\n"
        "tutor: What would you like?\n\n"
        "The connection was lost and is back. Do not greet again: go on from your last question."
    )
    assert reminder.begun is True


def test_reminder_that_ends_with_the_learner_asks_for_an_answer():
    reminder = Reminder(said=(("tutor", "What would you like?"), ("learner", "A tea."), ("tutor", " ")))
    note = write(reminder)
    assert note.endswith(
        "\n\nThe connection was lost and is back. Do not greet again: answer what the learner said last."
    )
    assert read(note).unanswered == "A tea."
    assert Reminder(said=(("learner", "A tea."), ("tutor", "Gladly."))).unanswered == ""
    assert Reminder().unanswered == ""


def test_reminder_of_a_stage_without_words_says_to_begin_it():
    reminder = Reminder(summaries=(("Hello", " "),), said=(("tutor", ""),))
    assert write(reminder) == BEGIN
    assert read(BEGIN) == Reminder()
    assert Reminder().begun is False


@pytest.mark.parametrize(
    "note", ["", "The learner is stuck in the stage “Order”.", write_summaries([("Hello", "Tea.")])]
)
def test_other_notes_are_no_reminder(note):
    assert read(note) is None


def test_latest_keeps_the_last_pairs_that_fit():
    said = [("learner", f"{number} {'x' * 6}") for number in range(9)]
    assert latest([*said, ("tutor", " ")], 40) == (("learner", "7 xxxxxx"), ("learner", "8 xxxxxx"))


def test_latest_keeps_the_beginning_of_a_last_pair_that_is_too_long():
    assert latest([("tutor", "a"), ("learner", "b" * 50)], 20) == (("learner", "b" * 8),)
    assert latest([("learner", "b")], 3) == (("learner", ""),)


def test_learner_is_named_as_in_the_record():
    assert LEARNER == Speaker.LEARNER
