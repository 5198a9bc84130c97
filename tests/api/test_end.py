"""POST /api/attempts/<code>/end/: leave a lesson."""

from django.urls import reverse

from tests.api.helpers import post
from tests.rows import row_counts


def test_end_closes_the_attempt(attempt, learner_client):
    response = post(learner_client, reverse("api:end", args=[attempt.code]), {})

    state = response.json()
    assert response.status_code == 200
    assert (state["ended"], state["outcome"], state["stage"], state["opening"]) == (True, "left", None, [])
    assert [stage["progress"] for stage in state["stages"]] == ["ahead", "ahead", "ahead"]


def test_end_twice_is_fine(attempt, learner_client):
    first = post(learner_client, reverse("api:end", args=[attempt.code]), {})
    attempt.refresh_from_db()
    ended_at, before = attempt.ended_at, row_counts()

    again = post(learner_client, reverse("api:end", args=[attempt.code]), {})

    attempt.refresh_from_db()
    assert (again.status_code, again.json()) == (200, first.json())
    assert (attempt.ended_at, row_counts()) == (ended_at, before)
