"""Entries may come twice, late, in any order and in pieces; the transcript is the same."""

import itertools
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from tests.rows import row_counts
from tutor.models import Connection, PictureType, Speaker, UsageReport, Utterance, UtteranceStatus
from tutor.services import attempts, journal
from tutor.services.errors import AttemptClosedError
from tutor.services.journal import GRACE, FaultEntry, PictureEntry, Receipt, UsageEntry, UtteranceEntry

PARTIAL, COMPLETE = UtteranceStatus.PARTIAL, UtteranceStatus.COMPLETE
INTERRUPTED, UNTRANSCRIBED = UtteranceStatus.INTERRUPTED, UtteranceStatus.UNTRANSCRIBED


def heard(
    item_id: str,
    text: str = "Hello.",
    *,
    after: str = "",
    status: UtteranceStatus = COMPLETE,
    speaker: Speaker = Speaker.LEARNER,
    visit: int | None = 1,
    connection: str = "",
) -> UtteranceEntry:
    return UtteranceEntry(
        id=item_id,
        speaker=speaker,
        status=status,
        text=text,
        previous_item_id=after,
        visit=visit,
        connection=connection,
    )


def transcript(attempt) -> list[str]:
    return list(attempt.utterances.order_by("position").values_list("item_id", flat=True))


def store(attempt, *entries) -> Receipt:
    return journal.store_entries(attempt, entries)


def the(attempt) -> tuple[str, str]:
    """The status and the text of the attempt's only utterance."""
    utterance = attempt.utterances.get()
    return utterance.status, utterance.text


# --- Once, twice, in any order ---------------------------------------------------------------------------------------

CHAIN = [
    heard("a", "One", speaker=Speaker.TUTOR),
    heard("b", "Two", after="a"),
    heard("c", "", after="b", status=UNTRANSCRIBED),
    heard("d", "Fo…", after="c", status=PARTIAL, speaker=Speaker.TUTOR),
    heard("e", "Five", after="d"),
]


def test_store_entries_thrice_stores_once(attempt):
    entries = [
        *CHAIN,
        UsageEntry(id="a", source=UsageReport.Source.RESPONSE, usage={"total_tokens": 1}),
        FaultEntry(id="f", code="x"),
    ]
    first = store(attempt, *entries)
    rows, before = list(Utterance.objects.values()), row_counts()

    again = [store(attempt, *entries) for _ in range(2)]

    ids = ["a", "b", "c", "d", "e", "a", "f"]
    assert first == Receipt(stored=ids)
    assert again == [Receipt(duplicate=ids), Receipt(duplicate=ids)]
    assert (list(Utterance.objects.values()), row_counts()) == (rows, before)


def test_store_entries_in_one_batch_twice_stores_once(attempt):
    assert store(attempt, *CHAIN, *CHAIN).stored == ["a", "b", "c", "d", "e"]
    assert transcript(attempt) == ["a", "b", "c", "d", "e"]


def test_transcript_does_not_depend_on_the_order_of_arrival(attempt):
    for order in itertools.permutations(CHAIN):
        for entry in order:
            store(attempt, entry)
        assert transcript(attempt) == ["a", "b", "c", "d", "e"]
        attempt.utterances.all().delete()


def test_transcript_does_not_depend_on_the_order_in_a_batch(attempt):
    for order in itertools.permutations(CHAIN):
        store(attempt, *order)
        assert transcript(attempt) == ["a", "b", "c", "d", "e"]
        attempt.utterances.all().delete()


def test_transcript_puts_what_was_inserted_later_first(attempt):
    store(attempt, heard("a"), heard("c", after="a"), heard("b", after="a"))

    assert transcript(attempt) == ["a", "b", "c"]


def test_transcript_keeps_what_follows_an_unknown_item(attempt):
    store(attempt, heard("a"), heard("c", after="lost"), heard("d", after="c"))

    assert transcript(attempt) == ["a", "c", "d"]


def test_transcript_orders_calls_by_visit(attempt):
    attempt.visits.update(completed_at=timezone.now())
    attempt.visits.create(number=2, stage_key="order", session={}, entered_at=timezone.now())

    store(attempt, heard("x", visit=2), heard("y", after="x", visit=2))
    store(attempt, heard("b", after="a"), heard("a"))

    assert transcript(attempt) == ["a", "b", "x", "y"]


@pytest.mark.parametrize("circle", [[heard("a", after="a")], [heard("a", after="b"), heard("b", after="a")]])
def test_transcript_bears_a_circle(attempt, circle):
    store(attempt, heard("x"), *circle)

    assert transcript(attempt) == ["x", *sorted(entry.id for entry in circle)]


def test_positions_count_from_one(attempt):
    store(attempt, *reversed(CHAIN))

    assert list(attempt.utterances.order_by("position").values_list("position", flat=True)) == [1, 2, 3, 4, 5]


# --- Pictures -------------------------------------------------------------------------------------------------------


def shown(item_id: str, data: bytes = b"x", *, visit: int | None = 1) -> PictureEntry:
    return PictureEntry(id=item_id, media_type=PictureType.JPEG, data=data, visit=visit)


@pytest.mark.parametrize("is_first", [True, False])
def test_picture_may_come_before_or_after_its_utterance(attempt, is_first):
    entries = [shown("a"), heard("a")]

    for entry in entries if is_first else reversed(entries):
        assert store(attempt, entry) == Receipt(stored=["a"])

    assert [picture.item_id for picture in attempt.pictures.all()] == transcript(attempt) == ["a"]


def test_picture_is_kept_once_and_never_changes(attempt):
    assert store(attempt, shown("a", b"one"), shown("a", b"two")) == Receipt(stored=["a"], duplicate=["a"])
    assert store(attempt, shown("a", b"three")) == Receipt(duplicate=["a"])

    assert [bytes(picture.data) for picture in attempt.pictures.all()] == [b"one"]


def test_picture_belongs_to_the_visit_it_names_or_to_the_current_one(attempt):
    attempt.visits.update(completed_at=timezone.now())
    attempt.visits.create(number=2, stage_key="order", session={}, entered_at=timezone.now())

    receipt = store(attempt, shown("a"), shown("b", visit=None), shown("c", visit=3))

    assert receipt == Receipt(stored=["a", "b"], rejected=[{"id": "c", "code": "unknown_visit"}])
    assert dict(attempt.pictures.values_list("item_id", "visit__number")) == {"a": 1, "b": 2}


def test_attempt_holds_so_many_pictures_and_no_more(attempt, monkeypatch):
    monkeypatch.setattr(journal, "MOST_PICTURES", 2)
    store(attempt, shown("a"))

    receipt = store(attempt, shown("b"), shown("c"), shown("a"), heard("c"))

    assert receipt.rejected == [{"id": "c", "code": "too_many_pictures"}]
    assert (receipt.stored, receipt.duplicate) == (["c", "b"], ["a"])


def test_picture_goes_with_its_attempt(attempt):
    store(attempt, shown("a"))

    attempt.delete()

    assert row_counts()["Picture"] == 0


@pytest.mark.parametrize("size", [1, 3])
def test_pictures_take_the_same_queries(attempt, django_assert_num_queries, size):
    # A savepoint 2, the lock 1, the visits 1, the known ones 1, the new ones 1, the current visit 1,
    # the hand of staff 1.
    with django_assert_num_queries(8):
        store(attempt, *[shown(f"p{number}") for number in range(size)])


# --- Growing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "entry", "fate", "after"),
    [
        ((PARTIAL, ""), (PARTIAL, "Hel"), "stored", (PARTIAL, "Hel")),
        ((PARTIAL, "Hel"), (PARTIAL, "Hello"), "stored", (PARTIAL, "Hello")),
        ((PARTIAL, "Hello"), (PARTIAL, "Hel"), "duplicate", (PARTIAL, "Hello")),
        ((PARTIAL, "Hello"), (PARTIAL, ""), "duplicate", (PARTIAL, "Hello")),
        ((PARTIAL, "Hello"), (COMPLETE, "Hello you"), "stored", (COMPLETE, "Hello you")),
        ((PARTIAL, "Hello"), (INTERRUPTED, ""), "stored", (INTERRUPTED, "Hello")),
        ((PARTIAL, ""), (UNTRANSCRIBED, ""), "stored", (UNTRANSCRIBED, "")),
        ((COMPLETE, "Hello"), (PARTIAL, "Hello and more"), "duplicate", (COMPLETE, "Hello")),
        ((COMPLETE, "Hello"), (COMPLETE, "Goodbye"), "conflict", (COMPLETE, "Hello")),
        ((COMPLETE, "Hello"), (UNTRANSCRIBED, ""), "duplicate", (COMPLETE, "Hello")),
        ((COMPLETE, "Hello"), (INTERRUPTED, "Hello"), "stored", (INTERRUPTED, "Hello")),
        ((COMPLETE, "Hello"), (INTERRUPTED, "Hel"), "stored", (INTERRUPTED, "Hello")),
        ((UNTRANSCRIBED, ""), (COMPLETE, "Hello"), "stored", (COMPLETE, "Hello")),
        ((UNTRANSCRIBED, ""), (INTERRUPTED, "Hel"), "stored", (INTERRUPTED, "Hel")),
        ((UNTRANSCRIBED, ""), (PARTIAL, "Hello"), "stored", (UNTRANSCRIBED, "Hello")),
        ((UNTRANSCRIBED, ""), (UNTRANSCRIBED, "x"), "stored", (UNTRANSCRIBED, "x")),
        ((INTERRUPTED, "Hel"), (COMPLETE, "Hello"), "stored", (INTERRUPTED, "Hello")),
        ((INTERRUPTED, ""), (PARTIAL, "Hel"), "stored", (INTERRUPTED, "Hel")),
        ((INTERRUPTED, "Hel"), (INTERRUPTED, ""), "duplicate", (INTERRUPTED, "Hel")),
        ((COMPLETE, "Hello"), (COMPLETE, ""), "duplicate", (COMPLETE, "Hello")),
        ((INTERRUPTED, "Hel"), (INTERRUPTED, "Hello"), "conflict", (INTERRUPTED, "Hel")),
        ((INTERRUPTED, "Hel"), (PARTIAL, "Hello"), "duplicate", (INTERRUPTED, "Hel")),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_utterance_grows_and_never_shrinks(attempt, before, entry, fate, after, at_once):
    entries = [heard("a", text, status=status) for status, text in (before, entry)]

    receipts = [store(attempt, *entries)] if at_once else [store(attempt, each) for each in entries]

    assert the(attempt) == after
    assert "a" in getattr(receipts[-1], fate)


def test_utterance_grown_notes_when(attempt):
    store(attempt, heard("a", "", status=PARTIAL))
    before = attempt.utterances.get()

    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        store(attempt, heard("a", "Hello", status=COMPLETE))

    now = attempt.utterances.get()
    assert now.changed_at - before.changed_at >= timedelta(minutes=1)
    assert now.stored_at == before.stored_at


def test_utterance_of_another_speaker_is_a_conflict(attempt):
    store(attempt, heard("a", "", status=PARTIAL))

    assert store(attempt, heard("a", "Hello", speaker=Speaker.TUTOR)) == Receipt(conflict=["a"])
    assert the(attempt) == (PARTIAL, "")


def test_utterance_of_an_unknown_visit_is_rejected(attempt):
    receipt = store(attempt, heard("a"), heard("b", visit=7))

    assert receipt == Receipt(stored=["a"], rejected=[{"id": "b", "code": "unknown_visit"}])


def test_utterance_without_a_visit_belongs_to_the_latest(attempt):
    store(attempt, heard("a", visit=None))

    assert attempt.utterances.get().visit.number == 1


def test_utterance_names_its_connection(attempt, lesson, other_learner):
    visit = attempt.visits.get()
    own = Connection.objects.create(attempt=attempt, visit=visit, config={})
    other = attempts.start_attempt(lesson, learner=other_learner)[0]
    foreign = Connection.objects.create(attempt=other, visit=other.visits.get(), config={})

    store(attempt, heard("a", connection=str(own.code)), heard("b", after="a", connection=str(foreign.code)))

    assert [row.connection for row in attempt.utterances.order_by("position")] == [own, None]


def test_item_ids_of_another_attempt_are_free(attempt, lesson, other_learner):
    other = attempts.start_attempt(lesson, learner=other_learner)[0]
    store(other, heard("a", "Mine"))

    assert store(attempt, heard("a", "Yours")) == Receipt(stored=["a"])
    assert the(other) == (COMPLETE, "Mine")


TEXTS = [
    "😀👩‍👩‍👧 é" * 60,
    "\u202eright\u2066left",
    "<script>alert(1)</script>{{7*7}}",
    "'; DROP TABLE x; -- % _ \\",
    "\u0301" * 500,
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_as_it_was(attempt, text):
    store(attempt, heard("a", text))

    assert the(attempt) == (COMPLETE, text)


# --- Usage and faults ------------------------------------------------------------------------------------------------


def test_usage_of_a_response_and_of_a_transcription_may_share_an_id(attempt):
    entries = [UsageEntry(id="x", source=source, usage={"n": 1}) for source in UsageReport.Source]

    store(attempt, *entries, *entries)

    assert list(attempt.usage_reports.values_list("source", "usage")) == [
        ("response", {"n": 1}),
        ("transcription", {"n": 1}),
    ]


def test_usage_keeps_the_first_report(attempt):
    for total in (1, 2):
        store(attempt, UsageEntry(id="x", source=UsageReport.Source.RESPONSE, usage={"total_tokens": total}))

    assert attempt.usage_reports.get().usage == {"total_tokens": 1}


def test_fault_is_stored_and_logged_once(attempt, caplog):
    entry = FaultEntry(id="f", code="data_channel_closed", message="gone", param="p")

    receipts = [store(attempt, entry) for _ in range(2)]

    assert receipts == [Receipt(stored=["f"]), Receipt(duplicate=["f"])]
    assert attempt.faults.get().code == "data_channel_closed"
    line = f"browser fault attempt={attempt.code} code=data_channel_closed"
    assert caplog.messages.count(line) == 1
    assert not any("param" in message or "gone" in message for message in caplog.messages)


def test_a_fault_that_is_no_code_is_not_quoted_in_the_log(attempt, caplog):
    store(attempt, FaultEntry(id="f", code="I live in Elm Street", message="", param="7 Elm Street"))

    assert f"browser fault attempt={attempt.code} code=unlike a code" in caplog.messages
    assert "Elm" not in caplog.text


# --- After the end ---------------------------------------------------------------------------------------------------


def test_entries_are_taken_for_a_while_after_the_end(attempt):
    ended = attempts.end_attempt(attempt).ended_at

    with time_machine.travel(ended + GRACE - timedelta(minutes=1)):
        assert store(attempt, heard("a", visit=None)) == Receipt(stored=["a"], ended=True)


def test_entries_are_refused_after_the_grace(attempt):
    ended = attempts.end_attempt(attempt).ended_at

    with time_machine.travel(ended + GRACE + timedelta(minutes=1)), pytest.raises(AttemptClosedError):
        store(attempt, heard("a"))

    assert attempt.utterances.count() == 0


# --- Cost ------------------------------------------------------------------------------------------------------------


def batch(size: int, *, start: int, grow: int = 0) -> list[UtteranceEntry]:
    """New utterances in a chain, the first few of which finish ones that are there."""
    old = [heard(f"i{number}", "Now complete.") for number in range(grow)]
    new = [heard(f"i{number}", after=f"i{number - 1}") for number in range(start, start + size - grow)]
    return [*old, *new]


@pytest.mark.parametrize("size", [1, 50])
@pytest.mark.parametrize("before", [1, 300])
def test_store_entries_queries_for_new_utterances(attempt, django_assert_num_queries, size, before):
    for start in range(0, before, 50):
        store(attempt, *batch(min(50, before), start=start))

    # A savepoint 2, the lock 1, the visits 2, the transcript 1, the new ones 1, the
    # hand of staff 1.
    with django_assert_num_queries(8):
        assert len(store(attempt, *batch(size, start=before)).stored) == size


@pytest.mark.parametrize("size", [2, 50])
def test_store_entries_queries_for_everything_at_once(attempt, django_assert_num_queries, size):
    half = size // 2
    connection = Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    store(attempt, *[heard(f"i{number}", "", status=PARTIAL) for number in range(half)], heard("last", after="unknown"))
    entries = [
        *batch(size, start=half, grow=half),
        UsageEntry(id="u", source=UsageReport.Source.RESPONSE, usage={}, connection=str(connection.code)),
        FaultEntry(id="f", code="x"),
    ]

    # As above 8, what has grown 1, what has moved 1, connections 1, usage 2, faults 2.
    with django_assert_num_queries(15):
        assert len(store(attempt, *entries).stored) == size + 2
