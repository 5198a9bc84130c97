"""The page that says what lessons cost."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tutor.models import Assignment, Attempt, Classroom, DayUse
from tutor.services import attempts
from tutor.templatetags.review import usd

COSTS = "/review/costs/"
TODAY = timezone.localdate()


@pytest.fixture
def use(lesson, django_user_model):
    """Let a learner use some of a model, for so many USD, so many days ago."""

    def one(name: str, cost: str | None, *, days: int = 0, model: str = "voice") -> Attempt:
        learner, _is_new = django_user_model.objects.get_or_create(username=name, defaults={"first_name": name})
        attempt = attempts.start_attempt(lesson, learner=learner)[0]
        day = TODAY - timedelta(days=days)
        DayUse.objects.create(
            attempt=attempt, day=day, model=model, cost=cost and Decimal(cost), text_in=1234, audio_out=7
        )
        return attempt

    return one


def table(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def test_costs_are_shown_by_day_with_their_total(reviewer_client, use):
    use("Ann", "1.50")
    use("Ben", "2.25", days=3)

    response = reviewer_client.get(COSTS)

    assertContains(response, "3.75 USD")
    assertContains(response, "1.50 USD")
    assertContains(response, "1,234")
    assert [(one.x, one.height) for one in response.context["chart"].columns] == [(0, 100), (30, 67)]
    assertNotContains(response, "Pictures in")


def test_what_is_older_than_a_month_is_asked_for(reviewer_client, use):
    use("Ann", "1", days=40)

    assertContains(reviewer_client.get(COSTS), "Nothing was used")
    assertContains(reviewer_client.get(COSTS, {"period": "all"}), "1.00 USD")


def test_what_has_no_price_is_blank_and_counted(reviewer_client, use):
    use("Ann", None)

    response = reviewer_client.get(COSTS, {"by": "learner"})

    assertContains(response, "In 1 attempt something was used that has no price")
    assertContains(response, "Not known")
    assertContains(response, '<th scope="row"><bdi>Ann</bdi></th><td></td><td>1</td><td>1</td>', html=False)
    assertNotContains(response, "0.00")


@pytest.mark.parametrize(("by", "name"), [("lesson", "Ordering in a café"), ("class", "7b <i>"), ("learner", "Ann")])
def test_costs_are_shown_for_each(reviewer_client, teacher, lesson, use, by, name):
    attempt = use("Ann", "1")
    classroom = Classroom.objects.create(name="7b <i>", teacher=teacher)
    classroom.learners.add(attempt.learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    response = reviewer_client.get(COSTS, {"by": by})

    assert [line.name for line in response.context["lines"]] == [name]
    assertNotContains(response, "<i>")


def test_the_table_can_be_had_for_a_spreadsheet(reviewer_client, use):
    use("=Eve", "1.5")
    use("Ann", None)

    response = reviewer_client.get(COSTS, {"by": "learner", "format": "csv"})

    assert response["Content-Disposition"] == 'attachment; filename="viva-costs-by-learner.csv"'
    head, *rows = table(response)
    assert head[:6] == ["learner", "username", "attempts", "without_price", "usd", "seconds_of_speech"]
    assert rows == [
        ["'=Eve", "'=Eve", "1", "0", "1.500000", "0.0", "1234", "0", "0", "0", "0", "7", "0", "0"],
        ["Ann", "Ann", "1", "1", "", "0.0", "1234", "0", "0", "0", "0", "7", "0", "0"],
    ]


def test_the_spreadsheet_has_every_page(reviewer_client, use):
    for number in range(60):
        use(f"pupil{number:02}", "1")

    assertContains(reviewer_client.get(COSTS, {"by": "learner"}), "Page 1 of 2")
    assertContains(reviewer_client.get(COSTS, {"by": "learner", "page": "2"}), "pupil59")
    assert len(table(reviewer_client.get(COSTS, {"by": "learner", "format": "csv"}))) == 61


@pytest.mark.parametrize(
    "query", [{"by": "x", "period": "y", "since": "z"}, {"page": "-1"}, {"since": "9999-12-31", "until": "0001-01-01"}]
)
def test_what_cannot_be_read_breaks_nothing(reviewer_client, use, query):
    use("Ann", "1")

    assert reviewer_client.get(COSTS, query).status_code == 200


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(("by", "queries"), [("day", 6), ("lesson", 6), ("class", 7), ("learner", 6)])
def test_costs_take_as_many_queries_for_one_as_for_three(
    reviewer_client, use, django_assert_num_queries, times, by, queries
):
    for number in range(times):
        use(f"pupil{number}", "1", days=number)

    with django_assert_num_queries(queries):
        reviewer_client.get(COSTS, {"by": by})


def test_nobody_else_finds_anything_there(client, learner_client):
    assert learner_client.get(COSTS).status_code == 404
    assertRedirects(client.get(COSTS), f"/accounts/login/?next={COSTS}")


def test_a_teacher_sees_nothing_of_others(teacher_client, use):
    use("Ann", "1")

    for by in ("day", "lesson", "class", "learner"):
        response = teacher_client.get(COSTS, {"by": by})
        assertContains(response, "Nothing was used")
        assertNotContains(response, "Ann")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.715273", "0.72 USD"), ("0.704999", "0.70 USD"), ("0.009", "less than 1 cent"), ("0", "0.00 USD")],
)
def test_amounts_are_rounded_to_cents(amount, shown):
    assert usd(Decimal(amount)) == shown
