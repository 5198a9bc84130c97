"""Whatever a conversation reports, in whatever order and pieces it arrives: the transcript is the same."""

import random
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tutor.models import Attempt, Connection, Speaker, UtteranceStatus
from tutor.services import journal
from tutor.services.journal import UtteranceEntry

PARTIAL, COMPLETE = UtteranceStatus.PARTIAL, UtteranceStatus.COMPLETE
INTERRUPTED, UNTRANSCRIBED = UtteranceStatus.INTERRUPTED, UtteranceStatus.UNTRANSCRIBED
CALLS, VISITS = 3, 3
WORDS = "I would like a large cup of tea, please."


@dataclass(frozen=True)
class Said:
    """One utterance, and all that is ever reported of it: words so far, and how it ended, by one record or two."""

    speaker: Speaker
    so_far: list[int]
    ends: dict[UtteranceStatus, str]
    call: int
    visit: int
    follows: int | None

    def expected(self) -> tuple[UtteranceStatus, str]:
        """The last status there is, with the best text there is: the whole, else the cut one, else the longest."""
        status = max([PARTIAL, *self.ends], key=[PARTIAL, UNTRANSCRIBED, COMPLETE, INTERRUPTED].index)
        sketches = [WORDS[:length] for length in self.so_far]
        texts = [self.ends.get(COMPLETE, ""), self.ends.get(INTERRUPTED, ""), max(sketches, key=len, default="")]
        return status, next(filter(None, texts), "")


@st.composite
def conversations(draw: Any) -> list[Said]:
    """Up to eight utterances in up to three calls and visits; a call goes on after something said before."""
    count = draw(st.integers(1, 8))
    calls = sorted(draw(st.lists(st.integers(0, CALLS - 1), min_size=count, max_size=count)))
    visits = sorted(draw(st.lists(st.integers(1, VISITS), min_size=count, max_size=count)))
    said: list[Said] = []
    for number, (call, visit) in enumerate(zip(calls, visits, strict=True)):
        ends = draw(
            st.fixed_dictionaries(
                {},
                optional={
                    COMPLETE: st.just("I would like tea."),
                    INTERRUPTED: st.sampled_from(["", "I would", "I would like tea."]),
                    UNTRANSCRIBED: st.just(""),
                },
            )
        )
        so_far = draw(st.lists(st.integers(0, len(WORDS)), max_size=3))
        if not ends and not so_far:
            so_far = [0]
        said.append(Said(draw(st.sampled_from(Speaker)), so_far, ends, call, visit, number - 1 if number else None))
    return said


def entries_of(said: list[Said], calls: list[Connection]) -> list[UtteranceEntry]:
    entries = []
    for number, one in enumerate(said):
        for status, text in [*((PARTIAL, WORDS[:length]) for length in one.so_far), *one.ends.items()]:
            entries.append(
                UtteranceEntry(
                    id=f"item_{number}",
                    speaker=one.speaker,
                    status=status,
                    text=text,
                    previous_item_id="" if one.follows is None else f"item_{one.follows}",
                    visit=one.visit,
                    connection=str(calls[one.call].code),
                )
            )
    return entries


def transcript(attempt: Attempt) -> list[tuple]:
    rows = attempt.utterances.order_by("position")
    return list(rows.values_list("item_id", "position", "status", "text", "visit__number", "speaker"))


@pytest.fixture
def calls(attempt) -> list[Connection]:
    """Three calls of an attempt that has come to its third visit."""
    first = attempt.visits.get()
    attempt.visits.update(completed_at=timezone.now())
    for number in range(2, VISITS + 1):
        attempt.visits.create(
            number=number, stage_key="order", session={}, entered_at=timezone.now(), completed_at=timezone.now()
        )
    return [Connection.objects.create(attempt=attempt, visit=first, config={}) for _ in range(CALLS)]


patient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@patient
@given(said=conversations(), seed=st.integers(0, 2**32), again=st.integers(0, 5))
def test_any_order_and_any_splitting_gives_the_same_transcript(attempt, calls, said, seed, again):
    attempt.utterances.all().delete()
    chance = random.Random(seed)
    entries = entries_of(said, calls)
    entries += chance.choices(entries, k=again)
    chance.shuffle(entries)

    while entries:
        size = chance.randint(1, len(entries))
        receipt = journal.store_entries(attempt, entries[:size])
        assert (receipt.conflict, receipt.rejected) == ([], [])
        del entries[:size]

    assert transcript(attempt) == [
        (f"item_{number}", number + 1, *one.expected(), one.visit, one.speaker) for number, one in enumerate(said)
    ]


@patient
@given(order=st.permutations(range(4)), split=st.integers(0, 4))
def test_what_two_windows_said_after_the_same_sentence_stands_in_the_order_of_their_calls(attempt, calls, order, split):
    attempt.utterances.all().delete()
    chain = [("a", "", 0), ("b", "a", 1), ("c", "b", 1), ("x", "a", 0)]
    entries = [
        UtteranceEntry(
            id=item_id,
            speaker=Speaker.LEARNER,
            status=COMPLETE,
            text="Yes.",
            previous_item_id=after,
            visit=1,
            connection=str(calls[call].code),
        )
        for item_id, after, call in chain
    ]
    shuffled = [entries[number] for number in order]

    for part in (shuffled[:split], shuffled[split:]):
        journal.store_entries(attempt, part)

    assert [row[0] for row in transcript(attempt)] == ["a", "x", "b", "c"]


def test_texts_of_before_the_field_that_says_where_they_come_from_count_by_their_status(attempt, said):
    said(attempt, "Hello.")
    attempt.utterances.update(text_status="")
    entry = UtteranceEntry(id="said_1", speaker=Speaker.LEARNER, status=COMPLETE, text="Goodbye.", visit=1)

    assert journal.store_entries(attempt, [entry]).conflict == ["said_1"]
    assert attempt.utterances.get().text == "Hello."
