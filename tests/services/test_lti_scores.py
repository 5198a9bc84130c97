"""Scores on their way to a platform: once, the right ones, again until they are told, and never in anybody's way."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from tests.walking import complete, finish
from tutor.models import (
    Attempt,
    AttemptOutcome,
    Lesson,
    LtiIdentity,
    LtiKey,
    LtiLink,
    LtiPlatform,
    LtiScore,
    StageVisit,
)
from tutor.services import attempts, lti_scores, retention, review, tending, trials


@pytest.fixture
def teacher(db) -> User:
    """Whose courses they are; without the groups, which are gone where tests empty the database."""
    return User.objects.create_user("tess", is_staff=True)


@pytest.fixture
def arrived(moodle, learner, lesson) -> Lesson:
    """The learner has come to the lesson by a link of a course."""
    LtiIdentity.objects.create(person=learner, platform=LtiPlatform.objects.get(), sub="sub-of-lea")
    LtiLink.objects.create(person=learner, lesson=lesson, line_item=moodle.line_item)
    return lesson


def pass_lesson(attempt: Attempt, said) -> None:
    """Go through all three stages."""
    finish(attempt, said)
    attempt.refresh_from_db()


def later(minutes: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(minutes=minutes), tick=False)


def test_a_passed_lesson_is_told_once(moodle, arrived, attempt, said):
    pass_lesson(attempt, said)

    assert lti_scores.send_due() == 1
    assert lti_scores.send_due() == 0

    [told] = moodle.scores
    assert datetime.fromisoformat(told.pop("timestamp")) == attempt.ended_at
    assert told == {
        "userId": "sub-of-lea",
        "scoreGiven": 3,
        "scoreMaximum": 3,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
    }
    assert moodle.asked == ["POST /token", "POST /lineitems/7/scores"]
    row = LtiScore.objects.get()
    assert (row.due_at, row.tries, row.error, row.sent_at is None) == (None, 0, "", False)


def test_a_lesson_that_was_left_tells_how_far_it_went(moodle, arrived, attempt, said):
    said(attempt, "I like tea.")
    complete(attempt, "understood")
    attempts.end_attempt(attempt)

    lti_scores.send_due()

    [told] = moodle.scores
    assert (told["scoreGiven"], told["scoreMaximum"], told["activityProgress"]) == (1, 3, "Submitted")


@pytest.mark.parametrize("flag", [StageVisit.Flag.UNPROVEN, StageVisit.Flag.STALLED])
def test_what_was_not_earned_counts_once_a_reviewer_says_so(moodle, arrived, attempt, said, reviewer, flag):
    pass_lesson(attempt, said)
    attempt.visits.filter(number=2).update(flag=flag)
    lti_scores.send_due()

    review.rule(attempt, reviewer, visit=2, outcome="ordered", reason="She did.")
    lti_scores.send_due()

    assert [told["scoreGiven"] for told in moodle.scores] == [2, 3]
    first, second = (datetime.fromisoformat(told["timestamp"]) for told in moodle.scores)
    assert first < second


@pytest.mark.parametrize("outcome", ["needs-practice", "not-yet"])
def test_a_ruling_takes_back_what_the_tutor_gave(moodle, arrived, attempt, said, reviewer, outcome):
    pass_lesson(attempt, said)
    review.rule(attempt, reviewer, visit=1, outcome=outcome, reason="No.")

    lti_scores.send_due()

    assert [(told["scoreGiven"], told["scoreMaximum"]) for told in moodle.scores] == [(2, 3)]


def test_every_attempt_is_told(moodle, arrived, attempt, said, learner):
    pass_lesson(attempt, said)
    second = attempts.start_attempt(arrived, learner=learner)[0]
    attempts.end_attempt(second)

    assert lti_scores.send_due() == 2
    assert [told["scoreGiven"] for told in moodle.scores] == [3, 0]
    # One token is enough.
    assert moodle.asked.count("POST /token") == 1


def test_nothing_is_told_of_what_the_platform_has_no_business_with(
    moodle, arrived, attempt, said, teacher, other_learner
):
    trial = trials.start_trial(arrived, teacher=teacher)
    attempts.end_attempt(trial)
    attempts.end_attempt(attempts.start_attempt(arrived, learner=other_learner)[0])
    # Still going on.
    said(attempt, "I like tea.")

    assert lti_scores.send_due() == 0
    assert not LtiScore.objects.exists()


def test_an_attempt_from_before_the_link_is_left_alone(moodle, arrived, attempt):
    attempts.end_attempt(attempt)
    LtiLink.objects.update(made_at=timezone.now() + timedelta(minutes=1))

    assert lti_scores.send_due() == 0


def fail(moodle, path: str, status: int, *, body: bytes = b"{}", **headers: str) -> None:
    moodle.acts[path] = lambda: (status, headers, body)


TOKEN, SCORES = "/token", "/lineitems/7/scores"


@pytest.mark.parametrize(
    ("path", "status", "headers", "body", "error"),
    [
        (TOKEN, 500, {}, b"{}", "status_500"),
        (TOKEN, 409, {}, b"{}", "status_409"),
        (TOKEN, 302, {"Location": "/elsewhere"}, b"", "status_302"),
        (TOKEN, 200, {}, b"<html>", "answer"),
        (TOKEN, 200, {}, b"[]", "answer"),
        (TOKEN, 200, {}, b" " * 300_000, "too_large"),
        (SCORES, 503, {}, b"{}", "status_503"),
        (SCORES, 307, {"Location": "/elsewhere"}, b"", "status_307"),
        (SCORES, 401, {}, b"zqxj", "status_401"),
        (SCORES, 404, {}, b"zqxj", "status_404"),
    ],
)
def test_what_fails_is_tried_again_and_never_elsewhere(
    moodle, arrived, attempt, caplog, path, status, headers, body, error
):
    attempts.end_attempt(attempt)
    fail(moodle, path, status, body=body, **headers)

    assert lti_scores.send_due() == 0
    assert lti_scores.send_due() == 0
    row = LtiScore.objects.get()
    assert (row.tries, row.error, row.sent_at) == (1, error, None)
    assert "GET /elsewhere" not in moodle.asked
    assert "POST /elsewhere" not in moodle.asked
    assert "zqxj" not in caplog.text

    moodle.acts.clear()
    with later(1.1):
        assert lti_scores.send_due() == 1
    assert len(moodle.scores) == 1


def test_a_platform_that_is_slow_costs_one_exchange_in_a_round(moodle, arrived, attempt, learner, monkeypatch):
    monkeypatch.setattr("tutor.peers.lti.PATIENCE", 0.2)
    attempts.end_attempt(attempt)
    attempts.end_attempt(attempts.start_attempt(arrived, learner=learner)[0])
    moodle.acts[TOKEN] = lambda: (time.sleep(0.6), (200, {}, b"{}"))[1]

    assert lti_scores.send_due() == 0

    assert moodle.asked == ["POST /token"]
    assert list(LtiScore.objects.values_list("error", "tries")) == [("timeout", 1)] * 2


def test_a_score_that_is_known_there_already_is_told(moodle, arrived, attempt):
    attempts.end_attempt(attempt)
    fail(moodle, SCORES, 409)

    assert lti_scores.send_due() == 1
    assert LtiScore.objects.get().due_at is None


def test_pauses_grow_and_then_it_is_given_up_loudly(moodle, arrived, attempt, caplog):
    attempts.end_attempt(attempt)
    fail(moodle, SCORES, 500)
    now, waits = timezone.now(), []

    for _try in range(20):
        with time_machine.travel(now, tick=False):
            lti_scores.send_due()
        due = LtiScore.objects.get().due_at
        if due is None:
            break
        waits.append(due - now)
        now = due

    assert waits == list(lti_scores.PAUSES)
    assert waits == sorted(waits)
    [given_up] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert given_up.getMessage() == (
        f"lti score given up attempt={attempt.code} platform={LtiPlatform.objects.get().pk} why=status_500"
    )
    assert moodle.asked.count(f"POST {SCORES}") == len(lti_scores.PAUSES) + 1

    moodle.acts.clear()
    lti_scores.tell_again(LtiScore.objects.all())
    assert lti_scores.send_due() == 1


def test_a_process_that_dies_while_it_tells_loses_nothing(moodle, arrived, attempt):
    attempts.end_attempt(attempt)
    lti_scores.note_ended(timezone.now())
    assert len(lti_scores.claim(timezone.now())) == 1

    # Nobody else takes it meanwhile.
    assert lti_scores.send_due() == 0
    with later(1.1):
        assert lti_scores.send_due() == 1


def test_a_ruling_while_a_score_is_told_is_told_too(moodle, arrived, attempt, said, reviewer, monkeypatch):
    pass_lesson(attempt, said)
    send = lti_scores.ScoreSender.send

    def rule_meanwhile(self, *args, **kwargs):
        if not moodle.scores:
            review.rule(attempt, reviewer, visit=1, outcome="needs-practice", reason="No.")
        send(self, *args, **kwargs)

    monkeypatch.setattr(lti_scores.ScoreSender, "send", rule_meanwhile)
    lti_scores.send_due()
    lti_scores.send_due()

    assert [told["scoreGiven"] for told in moodle.scores] == [3, 2]


def test_nothing_goes_to_a_platform_that_was_switched_off_or_a_host_it_no_longer_has(moodle, arrived, attempt):
    attempts.end_attempt(attempt)
    LtiPlatform.objects.update(is_active=False)
    assert lti_scores.send_due() == 0
    LtiPlatform.objects.update(is_active=True)
    LtiScore.objects.update(line_item="https://elsewhere.example.org/7")

    assert lti_scores.send_due() == 0
    assert (LtiScore.objects.get().error, moodle.asked) == ("host", [])


def test_a_private_network_is_only_asked_where_the_operator_approved(moodle, arrived, attempt, settings, monkeypatch):
    """By name: what counts is where it leads."""

    async def resolve(self, host, port, **kwargs):
        return [(2, 1, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", resolve)
    moodle.api = moodle.api.replace("127.0.0.1", "localhost")
    LtiPlatform.objects.update(**{name: value for name, value in moodle.registration.items() if name != "issuer"})
    LtiLink.objects.update(line_item=moodle.line_item)
    attempts.end_attempt(attempt)
    monkeypatch.setattr("tutor.webhook_hosts.is_own_machine", lambda hostname: False)
    monkeypatch.setattr("tutor.lti_hosts.url_fault", lambda url: "")

    assert lti_scores.send_due() == 0
    assert (LtiScore.objects.get().error, moodle.asked) == ("address", [])

    settings.LTI_PRIVATE_HOSTS = ["localhost"]
    with later(1.1):
        assert lti_scores.send_due() == 1


def test_without_a_key_that_can_be_read_nothing_is_told(moodle, arrived, attempt, settings):
    attempts.end_attempt(attempt)
    settings.SECRET_KEY = "another one"

    assert lti_scores.send_due() == 0
    LtiKey.objects.all().delete()
    with later(1.1):
        assert lti_scores.send_due() == 0
    assert (LtiScore.objects.get().error, moodle.asked) == ("key", [])


def test_nothing_is_told_while_lti_is_off(moodle, arrived, attempt, settings):
    settings.LTI = False
    attempts.end_attempt(attempt)

    assert lti_scores.send_due() == 0
    assert not LtiScore.objects.exists()


def test_a_score_survives_its_words(moodle, arrived, attempt, said):
    pass_lesson(attempt, said)
    lti_scores.note_ended(timezone.now())
    retention.delete_words(attempt)

    assert lti_scores.send_due() == 1
    assert [told["scoreGiven"] for told in moodle.scores] == [3]


@pytest.mark.parametrize("count", [1, 3])
def test_claiming_takes_as_many_queries_for_three_as_for_one_but_for_their_stages(
    moodle, arrived, learner, count, django_assert_num_queries
):
    for _number in range(count):
        attempts.end_attempt(attempts.start_attempt(arrived, learner=learner)[0])
    lti_scores.note_ended(timezone.now())

    with django_assert_num_queries(6):
        assert len(lti_scores.claim(timezone.now())) == count


@pytest.mark.django_db(transaction=True)
def test_servers_that_claim_at_the_same_time_have_each_score_once(moodle, arrived, learner):
    for _number in range(6):
        attempts.end_attempt(attempts.start_attempt(arrived, learner=learner)[0])
    lti_scores.note_ended(timezone.now())
    together = threading.Barrier(3)

    def claim(_server: int) -> list[int]:
        together.wait()
        try:
            return [row.pk for row in lti_scores.claim(timezone.now())]
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        claimed = [key for keys in pool.map(claim, range(3)) for key in keys]

    assert sorted(claimed) == list(LtiScore.objects.order_by("pk").values_list("pk", flat=True))
    assert len(claimed) == 6


async def test_tending_waits_for_no_platform(monkeypatch):
    """Rounds go on while one of the outbox hangs, and no second one of it is begun meanwhile."""
    begun, answered, many_rounds = [], threading.Event(), asyncio.Event()
    rounds = iter([*range(5), many_rounds.set])

    async def one_round(**kwargs):
        ended = next(rounds, None)
        if callable(ended):
            ended()
        return tending.Round()

    monkeypatch.setattr(tending, "tend", one_round)
    monkeypatch.setattr(tending.digests, "refresh_due", lambda: 0)
    monkeypatch.setattr(lti_scores, "send_due", lambda: begun.append(1) or answered.wait(20))
    task = asyncio.ensure_future(tending.tend_for_ever(0.01, here=True))
    await asyncio.wait_for(many_rounds.wait(), 20)

    assert begun == [1]
    answered.set()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_an_attempt_of_long_ago_is_forgotten(moodle, arrived, attempt):
    attempts.end_attempt(attempt, outcome=AttemptOutcome.LEFT)

    with later(31 * 24 * 60):
        assert lti_scores.send_due() == 0
    assert not LtiScore.objects.exists()
