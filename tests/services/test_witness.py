"""What the second record is worth: what it confirms, what it refuses, and when it keeps silent."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tutor.models import Connection, Fault, HeardCall, Speaker, StageVisit, ToolCall, UsageReport, Utterance, Witness
from tutor.models import UtteranceStatus as Status
from tutor.services import attempts, journal, witness
from tutor.services.errors import NotConfirmedError
from tutor.services.journal import UsageEntry, UtteranceEntry
from tutor.services.tool_calls import answer_tool_call

LEARNER, TUTOR = Speaker.LEARNER, Speaker.TUTOR
ARGUMENTS = '{"outcome": "understood", "reasoning": "Because."}'
LONG_AGO = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def _on(settings, monkeypatch):
    settings.SIDEBAND = "server"
    monkeypatch.setattr(witness, "PATIENCE", 0.0)


@pytest.fixture
def call(attempt) -> Connection:
    """A call that is listened to, and was heard just now."""
    return make_call(attempt)


def make_call(attempt, call_id: str = "rtc_1", **fields: Any) -> Connection:
    now = timezone.now()
    fields = {"answered_at": now, "witness": "listening", "witness_seen_at": now, "witness_heard_at": now, **fields}
    visit = attempt.visits.order_by("-number").first()
    return Connection.objects.create(attempt=attempt, visit=visit, config={}, call_id=call_id, **fields)


def utterance(item_id: str, text: str, status: Status = Status.COMPLETE, **fields: Any) -> UtteranceEntry:
    return UtteranceEntry(**{"id": item_id, "speaker": LEARNER, "status": status, "text": text, "visit": 1, **fields})


def hear(attempt, *entries: UtteranceEntry | UsageEntry) -> journal.Receipt:
    return journal.store_heard(attempt, entries)


def bring(attempt, *entries: UtteranceEntry | UsageEntry) -> journal.Receipt:
    return journal.store_entries(attempt, entries)


def row(item_id: str = "i1") -> tuple[Any, ...]:
    one = Utterance.objects.get(item_id=item_id)
    return one.status, one.text, one.delivered, one.confirmed_at is not None, one.provider_text


# --- Two records become one


@pytest.mark.parametrize("heard_first", [True, False])
def test_same_words_are_confirmed_whoever_was_first(attempt, heard_first):
    steps = [lambda: hear(attempt, utterance("i1", "Tea.")), lambda: bring(attempt, utterance("i1", "Tea."))]

    fates = [step() for step in (steps if heard_first else steps[::-1])]

    assert row() == ("complete", "Tea.", True, True, "Tea.")
    assert [fate.stored for fate in fates] == [["i1"], []]
    assert fates[1].duplicate == ["i1"]


@pytest.mark.parametrize("heard_first", [True, False])
def test_other_words_are_noted_and_the_browser_s_are_shown(attempt, heard_first):
    steps = [lambda: hear(attempt, utterance("i1", "Tea.")), lambda: bring(attempt, utterance("i1", "Coffee!"))]

    for step in steps if heard_first else steps[::-1]:
        step()

    assert row() == ("complete", "Coffee!", True, True, "Tea.")
    assert witness.was_heard_differently(Utterance.objects.get())


def test_browser_that_gave_up_on_words_does_not_take_them_back(attempt):
    hear(attempt, utterance("i1", "Tea."))

    bring(attempt, utterance("i1", "", Status.UNTRANSCRIBED))

    assert row() == ("complete", "Tea.", True, True, "Tea.")


def test_words_that_the_browser_had_begun_are_finished(attempt):
    bring(attempt, utterance("i1", "", Status.PARTIAL), utterance("i2", "I would", Status.PARTIAL, speaker=TUTOR))

    hear(attempt, utterance("i1", "Tea."), utterance("i2", "I would take tea.", Status.INTERRUPTED, speaker=TUTOR))

    assert row("i1") == ("complete", "Tea.", False, True, "Tea.")
    assert row("i2") == ("interrupted", "I would take tea.", False, True, "I would take tea.")
    bring(attempt, utterance("i1", "Tea."))
    assert row("i1") == ("complete", "Tea.", True, True, "Tea.")


def test_unfinished_words_confirm_nothing(attempt):
    bring(attempt, utterance("i1", "Tea."))

    assert hear(attempt, utterance("i1", "", Status.PARTIAL)).duplicate == ["i1"]

    assert row() == ("complete", "Tea.", True, False, "")


def test_words_of_another_speaker_are_not_confirmed(attempt, call):
    bring(attempt, utterance("i1", "I know it all.", connection=str(call.code)))

    assert hear(attempt, utterance("i1", "Do you know it?", speaker=TUTOR)).conflict == ["i1"]

    assert row() == ("complete", "I know it all.", True, False, "Do you know it?")
    assert witness.was_heard_differently(Utterance.objects.get())


def test_interruption_that_one_of_them_missed_is_kept(attempt):
    bring(attempt, utterance("i1", "Let me", Status.INTERRUPTED, speaker=TUTOR))

    hear(attempt, utterance("i1", "Let me", speaker=TUTOR))

    assert row() == ("interrupted", "Let me", True, True, "Let me")
    assert not witness.was_heard_differently(Utterance.objects.get())


def test_usage_is_kept_once_and_confirmed(attempt, call):
    def report(name: str) -> UsageEntry:
        return UsageEntry(id=name, source=UsageReport.Source.RESPONSE, usage={"total_tokens": 7})

    bring(attempt, report("r1"), report("r3"))
    assert hear(attempt, report("r1"), report("r2")).stored == ["r2"]
    assert bring(attempt, report("r2")).duplicate == ["r2"]

    unconfirmed = UsageReport.objects.filter(confirmed_at__isnull=True)
    assert list(unconfirmed.values_list("report_id", flat=True)) == ["r3"]
    assert UsageReport.objects.count() == 3


@pytest.mark.parametrize("size", [1, 3])
def test_what_was_heard_takes_the_same_queries(attempt, call, django_assert_num_queries, size):
    brought = [utterance(f"i{number}", "Tea.") for number in range(size)]
    bring(attempt, *brought)
    usage = [UsageEntry(id=f"r{n}", source=UsageReport.Source.RESPONSE, usage={}) for n in range(size)]
    # A savepoint 2, the lock 1, the connections 0, the visits 1, the known ones 1, the confirmed ones 1, new ones 1,
    # known reports 1, new reports 1, confirmed reports 1.
    with django_assert_num_queries(10):
        hear(attempt, *brought, utterance("new", "Cake."), *usage)


# --- Marks


@pytest.mark.parametrize(
    ("state", "seen", "expected"),
    [
        ("", None, None),
        ("awaited", None, None),
        ("none", None, None),
        ("whole", None, "browser_only"),
        ("listening", timedelta(), "browser_only"),
        ("listening", LONG_AGO, "missed"),
        ("listening", None, "missed"),
        ("gaps", timedelta(), "missed"),
        ("partly", None, "missed"),
    ],
)
def test_sentence_that_only_the_browser_brought_is_marked_where_somebody_listened(attempt, state, seen, expected):
    call = make_call(attempt, witness=state, witness_seen_at=None if seen is None else timezone.now() - seen)
    bring(attempt, utterance("i1", "Tea.", connection=str(call.code)))

    assert witness.mark_of(Utterance.objects.get(), call) == expected


def test_sentence_of_no_call_has_no_mark(attempt):
    bring(attempt, utterance("i1", "Tea."))

    assert witness.mark_of(Utterance.objects.get(), None) is None


# --- The end of a stage


def complete(attempt, call_id: str = "call_1", arguments: str = ARGUMENTS) -> dict[str, Any]:
    return answer_tool_call(attempt, call_id=call_id, name="stage_complete", arguments=arguments, visit=1)


def heard_call(attempt, call_id: str = "call_1", name: str = "stage_complete", arguments: str = ARGUMENTS) -> None:
    witness.confirm_calls(attempt, [HeardCall(attempt=attempt, call_id=call_id, name=name, arguments=arguments)])


@pytest.fixture
def ready(attempt, call, said):
    """The attempt of a learner who has shown enough."""
    said(attempt, "I would like some tea, please.", "A cup of tea.", "Thank you.")
    return attempt


def test_completion_that_was_heard_is_confirmed_at_once(ready, monkeypatch):
    monkeypatch.setattr(witness.time, "sleep", lambda seconds: pytest.fail("nothing is to be waited for"))
    heard_call(ready)

    answer = complete(ready)

    assert answer["stage"]["visit"] == 2
    assert ToolCall.objects.get().proof == "confirmed"
    assert StageVisit.objects.get(number=1).flag == ""


def test_completion_that_is_heard_a_little_later_is_confirmed(ready, monkeypatch):
    monkeypatch.setattr(witness, "PATIENCE", 60.0)
    monkeypatch.setattr(witness.time, "sleep", lambda seconds: heard_call(ready))

    assert complete(ready)["stage"]["visit"] == 2
    assert ToolCall.objects.get().proof == "confirmed"


def test_forged_completion_is_refused_and_noted_once(ready):
    for _ in range(2):
        with pytest.raises(NotConfirmedError) as refusal:
            complete(ready, "call_forged")

    assert refusal.value.code == "not_confirmed"
    fault = Fault.objects.get()
    assert (fault.code, fault.message) == ("not_confirmed", "call_forged")
    assert not ToolCall.objects.exists()
    assert ready.visits.get().completed_at is None


def test_other_words_in_a_genuine_call_are_a_forgery(ready):
    heard_call(ready, arguments='{"outcome": "needs_practice", "reasoning": "Because."}')

    with pytest.raises(NotConfirmedError):
        complete(ready)


def test_call_of_another_attempt_proves_nothing(ready, lesson, other_learner):
    heard_call(attempts.start_attempt(lesson, learner=other_learner)[0])

    with pytest.raises(NotConfirmedError):
        complete(ready)


@pytest.mark.parametrize(
    "changes",
    [
        {"witness": "awaited"},
        {"witness": "none"},
        {"witness": "gaps"},
        {"witness": "partly"},
        {"witness": ""},
        {"witness_seen_at": None},
        {"witness_seen_at": LONG_AGO},
        {"witness_heard_at": None},
    ],
    ids=str,
)
def test_completion_that_nobody_could_have_heard_goes_on_and_is_flagged(ready, call, changes):
    for name, value in changes.items():
        setattr(call, name, timezone.now() - value if isinstance(value, timedelta) else value)
    call.save()

    assert complete(ready)["stage"]["visit"] == 2

    assert ToolCall.objects.get().proof == "unverified"
    assert StageVisit.objects.get(number=1).flag == "unverified"
    assert not Fault.objects.exists()


@pytest.mark.parametrize("brought", ["usage", "words"])
def test_listener_that_is_deaf_stops_nobody(ready, call, brought):
    """Ten seconds without an event, while the browser had some."""
    Connection.objects.update(witness_heard_at=timezone.now() - witness.SILENCE * 2)
    code = str(call.code)
    usage = UsageEntry(id="resp_1", source=UsageReport.Source.RESPONSE, usage={}, connection=code)
    bring(ready, usage if brought == "usage" else utterance("i9", "More tea.", connection=code))

    assert complete(ready)["stage"]["visit"] == 2
    assert ToolCall.objects.get().proof == "unverified"


def test_silence_in_which_the_browser_heard_nothing_either_opens_no_door(ready, call):
    Utterance.objects.update(connection=call, stored_at=timezone.now() - LONG_AGO)
    Connection.objects.update(witness_heard_at=timezone.now() - witness.SILENCE * 2)

    with pytest.raises(NotConfirmedError):
        complete(ready)


def test_call_before_the_present_one_may_have_made_it(ready, call):
    """Both may have been open in this stage, and one was not listened to."""
    Connection.objects.update(witness=Witness.NONE, ended_at=timezone.now())
    make_call(ready, "rtc_2")

    assert complete(ready)["stage"]["visit"] == 2


def test_calls_that_were_all_heard_to_the_end_leave_no_doubt(ready, call):
    Connection.objects.update(witness=Witness.WHOLE, ended_at=timezone.now())
    make_call(ready, "rtc_2")

    with pytest.raises(NotConfirmedError):
        complete(ready)


def test_listener_that_dies_while_it_is_waited_for_stops_nobody(ready, call, monkeypatch):
    monkeypatch.setattr(witness, "PATIENCE", 0.05)
    monkeypatch.setattr(witness.time, "sleep", lambda seconds: Connection.objects.update(witness=Witness.GAPS) and None)

    assert complete(ready)["stage"]["visit"] == 2
    assert ToolCall.objects.get().proof == "unverified"


def test_completion_heard_after_it_was_taken_is_confirmed_and_its_flag_gone(ready, call):
    Connection.objects.update(witness=Witness.GAPS)
    complete(ready)

    heard_call(ready)

    assert ToolCall.objects.get().proof == "confirmed"
    assert StageVisit.objects.get(number=1).flag == ""


def test_weightier_flag_stays(ready, call):
    Connection.objects.update(witness=Witness.GAPS)
    StageVisit.objects.update(refusals=2)
    ready.utterances.all().delete()

    complete(ready)

    assert StageVisit.objects.get(number=1).flag == "unproven"


def test_other_tools_are_never_waited_for(ready, monkeypatch):
    monkeypatch.setattr(witness.time, "sleep", lambda seconds: pytest.fail("nothing is to be waited for"))
    heard_call(ready, "call_2", "hint", "{}")

    for number in (1, 2):
        answer_tool_call(ready, call_id=f"call_{number}", name="hint", arguments="{}")

    assert list(ToolCall.objects.values_list("call_id", "proof")) == [("call_1", "unverified"), ("call_2", "confirmed")]


def test_nothing_is_asked_where_nobody_listens(ready, settings, django_assert_num_queries):
    settings.SIDEBAND = "off"
    with django_assert_num_queries(0):
        assert witness.proof_of(ready, call_id="call_1", name="stage_complete", arguments=ARGUMENTS) == ""


def test_proof_of_a_heard_completion_is_one_query(ready, django_assert_num_queries):
    heard_call(ready)
    with django_assert_num_queries(1):
        proof = witness.proof_of(ready, call_id="call_1", name="stage_complete", arguments=ARGUMENTS)
    assert proof == "confirmed"
