"""Attempts in figures, and what stands out in them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from tests.walking import complete
from tutor.models import (
    Connection,
    Digest,
    Fault,
    ModelPrice,
    Sign,
    Speaker,
    StageVisit,
    UsageReport,
    Utterance,
    WatchWord,
)
from tutor.models.price import TOKEN_KINDS
from tutor.services import attempts, digests

pytestmark = pytest.mark.django_db


def call(attempt, *, model: str = "voice") -> Connection:
    config = {"model": model, "audio": {"input": {"transcription": {"model": "ears"}}}}
    now = timezone.now()
    return Connection.objects.create(
        attempt=attempt,
        visit=attempt.visits.last(),
        config=config,
        call_id=f"rtc_{attempt.connections.count()}",
        answered_at=now,
    )


def rules(attempt) -> list[tuple[str, str]]:
    return list(attempt.signs.order_by("id").values_list("rule", "detail"))


def test_a_digest_counts_turns_and_words(attempt, said):
    said(attempt, "I like tea.", "", "Tea with milk and sugar, please.")
    said(attempt, "Good.", speaker=Speaker.TUTOR)

    digest = digests.refresh(attempt)

    assert (digest.learner_turns, digest.tutor_turns) == (2, 1)
    assert (digest.learner_words, digest.tutor_words, digest.tutor_share) == (9, 1, 10)
    assert digest.until == max(Utterance.objects.values_list("changed_at", flat=True))
    assert rules(attempt) == []


def test_an_empty_attempt_has_an_empty_digest(attempt):
    digest = digests.refresh(attempt)

    assert (digest.learner_turns, digest.tutor_share, digest.longest_silence, digest.calls) == (0, None, 0, 0)
    assert digest.until == attempt.started_at


def test_only_what_has_changed_is_made_anew(attempt, said):
    assert digests.refresh_due() == 1
    assert digests.refresh_due() == 0
    said(attempt, "I like tea.")
    attempts.end_attempt(attempt)
    assert digests.refresh_due() == 1
    assert digests.refresh_due() == 0


def test_figures_of_a_lesson_that_goes_on_lag_a_minute_behind(attempt, said):
    said(attempt, "I like tea.")
    assert digests.refresh_due() == 1
    said(attempt, "And coffee.")

    assert digests.refresh_due() == 0
    Digest.objects.update(until=timezone.now() - digests.REST)
    assert [digests.refresh_due(), digests.refresh_due()] == [1, 0]
    assert Digest.objects.get().learner_turns == 2


def test_a_correction_in_a_lesson_that_goes_on_does_not_wait(attempt, said):
    said(attempt, "I like tea.")
    digests.refresh_due()

    digests.outdate(attempt)

    assert digests.refresh_due() == 1


def test_no_more_are_made_at_a_time_than_asked_for(lesson, learner, other_learner):
    for person in (learner, other_learner):
        attempts.start_attempt(lesson, learner=person)

    assert [digests.refresh_due(limit=1) for _ in range(3)] == [1, 1, 0]


def test_a_silence_is_between_two_utterances_of_one_call(attempt, said):
    first, second = call(attempt), call(attempt)
    ids = said(attempt, "One.", "Two.", "Three.")
    start = timezone.now()
    for item_id, connection, seconds in zip(ids, (first, first, second), (0, 75, 9000), strict=True):
        Utterance.objects.filter(item_id=item_id).update(
            connection=connection, stored_at=start + timedelta(seconds=seconds)
        )

    assert digests.refresh(attempt).longest_silence == 75
    assert rules(attempt) == [("silence", "75 s")]


def test_words_to_watch_for_are_whole_words_whatever_their_case_and_accents(attempt, said):
    WatchWord.objects.bulk_create(WatchWord(words=words) for words in ("hate", "kill myself", "élan"))
    said(attempt, "Whatever, I HATE it.", "I hate it, hate it.", "I kill, myself.", "Elan!")

    digests.refresh(attempt)

    assert rules(attempt) == [("safety", "hate"), ("safety", "kill myself"), ("safety", "élan")]
    assert {sign.visit.number for sign in attempt.signs.all()} == {1}


def test_what_stands_out_is_signed(attempt, said):
    said(attempt, "word " * 70, speaker=Speaker.TUTOR)
    complete(attempt, "nonsense")
    StageVisit.objects.update(refusals=2)
    Fault.objects.create(attempt=attempt, report_id="f", code="data_channel_lost")
    attempts.end_attempt(attempt)

    digests.refresh(attempt)
    digests.refresh(attempt)

    assert rules(attempt) == [
        ("refused", ""),
        ("quit", ""),
        ("monologue", "100 %"),
        ("fault", "data_channel_lost"),
    ]


@pytest.mark.parametrize(
    ("flag", "rule"), [(StageVisit.Flag.STALLED, Sign.Rule.STALLED), (StageVisit.Flag.UNPROVEN, Sign.Rule.UNPROVEN)]
)
def test_a_flag_of_a_visit_is_a_sign_of_its_attempt(attempt, flag, rule):
    StageVisit.objects.update(flag=flag)

    digests.refresh(attempt)

    assert rules(attempt) == [(rule, "")]


def test_the_same_stage_again_and_again_is_a_loop(attempt):
    now = timezone.now()
    StageVisit.objects.update(completed_at=now, outcome="again")
    first = StageVisit.objects.get()
    for number in (2, 3):
        StageVisit.objects.create(
            attempt=attempt,
            number=number,
            stage_key=first.stage_key,
            session={},
            entered_at=now,
            completed_at=now if number == 2 else None,
        )

    digests.refresh(attempt)

    assert rules(attempt) == [("loop", "3")]


def test_a_call_that_failed_is_a_fault(attempt):
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={}, error="provider_busy")

    digests.refresh(attempt)

    assert rules(attempt) == [("fault", "provider_busy")]


def test_cost_is_what_the_tokens_and_minutes_cost_on_their_day(attempt):
    attempt.is_rehearsal = False
    attempt.save()
    connection = call(attempt)
    since = date(2026, 1, 1)
    ModelPrice.objects.create(model="voice", valid_from=since, **dict.fromkeys(TOKEN_KINDS, Decimal(2)))
    ModelPrice.objects.create(model="ears", valid_from=since, minute=Decimal("0.006"))
    usage = {"input_token_details": {"text_tokens": 500_000}, "output_token_details": {"audio_tokens": 1_000_000}}
    UsageReport.objects.create(
        attempt=attempt, connection=connection, report_id="r", source=UsageReport.Source.RESPONSE, usage=usage
    )
    UsageReport.objects.create(
        attempt=attempt,
        connection=connection,
        report_id="t",
        source=UsageReport.Source.TRANSCRIPTION,
        usage={"type": "duration", "seconds": 30},
    )

    assert digests.refresh(attempt).cost == Decimal("3.003")
    ModelPrice.objects.filter(model="ears").delete()
    assert digests.refresh(attempt).cost is None


def test_a_rehearsal_has_no_cost(attempt):
    assert digests.refresh(attempt).cost is None
