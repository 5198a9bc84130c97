"""What a learner did, newest first."""

import re
from datetime import UTC, datetime

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.walking import finish
from tutor.models import Attempt, Audience, Lesson
from tutor.pages import record
from tutor.services import attempts, trials


@pytest.fixture
def taken(lesson, learner):
    """Make so many attempts that were left, and date them by month."""

    def take(*months: int) -> list[Attempt]:
        made = []
        for month in months:
            attempt = attempts.end_attempt(attempts.start_attempt(lesson, learner=learner)[0])
            Attempt.objects.filter(pk=attempt.pk).update(started_at=datetime(2026, month, 4, 9, tzinfo=UTC))
            made.append(attempt)
        return made

    return take


def test_history_lists_the_newest_first_by_month(learner_client, taken):
    old, new, newest = taken(2, 3, 3)

    page = learner_client.get("/history/").content.decode()

    order = ["March 2026", str(newest.code), str(new.code), "February 2026", str(old.code)]
    assert sorted(order, key=page.index) == order
    assert page.count("Ordering in a café</a></h3>") == 3
    assert page.count("<ul") == page.count("</ul>")


def test_history_says_how_each_ended_and_leads_on(learner_client, attempt, said, learner, lesson):
    finish(attempt, said)
    again = attempts.start_attempt(lesson, learner=learner)[0]

    response = learner_client.get("/history/")

    assertContains(response, '<span class="tag tag--ok">Completed</span>', html=True)
    assertContains(response, '<span class="tag tag--now">Started</span>', html=True)
    assertContains(response, f'href="/attempts/{again.code}/"')
    assertContains(response, f'href="/attempts/{attempt.code}/transcript/"')
    assertContains(response, "Take it again")


def test_history_does_not_offer_a_lesson_that_is_not_open(learner_client, taken):
    taken(3)
    Lesson.objects.update(audience=Audience.NOBODY)

    assertNotContains(learner_client.get("/history/"), "Take it again")


def test_history_is_ones_own_and_without_trials(client, teacher, lesson, attempt):
    trial = trials.start_trial(lesson, teacher=teacher)
    client.force_login(teacher)

    response = client.get("/history/")

    assertContains(response, "Nothing yet")
    for code in (trial.code, attempt.code):
        assertNotContains(response, str(code))


def test_history_asks_a_visitor_to_sign_in(client):
    assertRedirects(client.get("/history/"), "/accounts/login/?next=/history/")


def test_history_comes_in_pages(learner_client, taken, monkeypatch):
    monkeypatch.setattr(record, "PER_PAGE", 2)
    oldest, *_ = taken(1, 2, 3)

    assertNotContains(learner_client.get("/history/"), str(oldest.code))
    response = learner_client.get("/history/?page=2")
    assertContains(response, str(oldest.code))
    assert re.findall("Page . of .", response.content.decode()) == ["Page 2 of 2"]
    assert learner_client.get("/history/?page=nonsense").status_code == 200


def test_history_takes_the_same_queries_for_one_attempt_and_for_three(learner_client, taken, django_assert_num_queries):
    taken(1)
    with django_assert_num_queries(7):  # login, user; how many, the page, time spent, open lessons
        learner_client.get("/history/")

    taken(2, 3)
    with django_assert_num_queries(7):
        learner_client.get("/history/")


def test_history_says_in_which_language_titles_are(learner_client, attempt):
    assertContains(
        learner_client.get("/history/", headers={"Accept-Language": "de"}),
        f'<h3 lang="en"><a href="/attempts/{attempt.code}/card/">Ordering in a café</a></h3>',
        html=True,
    )
    assertContains(learner_client.get("/history/"), '“<span lang="en">Ordering in a café</span>”', count=2)
