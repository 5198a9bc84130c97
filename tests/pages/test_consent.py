"""What learners read and agree to before their first lesson."""

import pytest
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.api.helpers import OFFER
from tutor.models import Attempt, Consent, ConsentText
from tutor.services import attempts, consents, trials

TEXT = "We keep <b>what you say</b> for a year.\n\nAsk Ms Miller."


@pytest.fixture
def text(db) -> ConsentText:
    return ConsentText.objects.create(text=TEXT)


def test_without_a_text_nobody_is_asked(learner_client, lesson):
    assert learner_client.get("/consent/").status_code == 404
    assert learner_client.post("/api/lessons/cafe/attempts/", {}, "application/json").status_code == 201


def test_a_text_without_words_asks_nobody_any_more(learner_client, lesson, text):
    ConsentText.objects.create(text="")

    assert learner_client.post("/api/lessons/cafe/attempts/", {}, "application/json").status_code == 201


def test_learner_is_led_to_the_text_and_back_to_the_lesson(learner_client, learner, lesson, text):
    there = "/consent/?next=%2Flessons%2Fcafe%2F"
    assertRedirects(learner_client.post("/lessons/cafe/start/"), there)
    assertContains(learner_client.get(there), "We keep &lt;b&gt;what you say&lt;/b&gt; for a year.")
    assert not Attempt.objects.exists()

    answer = learner_client.post(there, {"text": text.pk, "next": "/lessons/cafe/"})

    assertRedirects(answer, "/lessons/cafe/")
    assert list(Consent.objects.values_list("learner", "text")) == [(learner.pk, text.pk)]
    assert learner_client.post("/lessons/cafe/start/").headers["Location"].startswith("/attempts/")


def test_agreeing_twice_is_once_and_the_first_time_counts(learner_client, text):
    learner_client.post("/consent/", {"text": text.pk})
    first = Consent.objects.get()

    learner_client.post("/consent/", {"text": text.pk})

    assert Consent.objects.get().agreed_at == first.agreed_at


@pytest.mark.parametrize("chosen", ["", "x", "0", "99999999999999999999", "²"])
def test_another_text_than_the_one_in_force_is_to_be_read_first(learner_client, text, chosen):
    answer = learner_client.post("/consent/", {"text": chosen, "next": "/history/"}, follow=True)

    assertContains(answer, "This text has changed.")
    assert answer.redirect_chain == [("/consent/?next=%2Fhistory%2F", 302)]
    assert not Consent.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_way_on_leads_to_no_other_site(learner_client, text, elsewhere):
    assert learner_client.post("/consent/", {"text": text.pk, "next": elsewhere}).headers["Location"] == "/"


def test_a_new_version_asks_again_in_the_middle_of_a_lesson(learner_client, learner, attempt, text):
    room = f"/attempts/{attempt.code}/"
    consents.agree(learner, text_id=text.pk)
    assert learner_client.get(room).status_code == 200

    ConsentText.objects.create(text="For two years.")

    assertRedirects(learner_client.get(room), f"/consent/?next={room.replace('/', '%2F')}")
    for path in ("/api/lessons/cafe/attempts/", f"/api/attempts/{attempt.code}/connections/"):
        refused = learner_client.post(path, {"sdp": OFFER}, "application/json")
        assert (refused.status_code, refused.json()["error"]) == (403, "consent_needed")
    assert not attempt.connections.exists()


def test_what_was_said_and_an_ended_lesson_stay_open_to_its_learner(learner_client, attempt, text):
    assert learner_client.get(f"/attempts/{attempt.code}/transcript/").status_code == 200
    attempts.end_attempt(attempt)
    assert learner_client.get(f"/attempts/{attempt.code}/").status_code == 200


def test_a_teacher_trying_a_draft_is_not_asked(teacher_client, teacher, lesson, text):
    trial = trials.start_trial(lesson, teacher=teacher)

    assert teacher_client.get(f"/attempts/{trial.code}/").status_code == 200


def test_history_says_when_they_agreed_and_leads_to_the_text(learner_client, learner, text):
    assertNotContains(learner_client.get("/history/"), "/consent/")
    consents.agree(learner, text_id=text.pk)

    assertContains(learner_client.get("/history/"), f"(version {text.pk})")
    assertContains(learner_client.get("/consent/"), "You agreed on")
    assertNotContains(learner_client.get("/consent/"), "I agree")


def test_what_one_agreed_to_can_be_read_when_nobody_is_asked_any_more(learner_client, learner, text):
    consents.agree(learner, text_id=text.pk)
    ConsentText.objects.create(text="")

    assertContains(learner_client.get("/consent/"), "Ask Ms Miller.")


def test_superusers_write_versions_and_change_none(admin_client, teacher_client, text):
    admin_client.post("/admin/tutor/consenttext/add/", {"text": "Newer."})

    assert list(ConsentText.objects.values_list("text", "made_by__username")) == [("Newer.", "admin"), (TEXT, None)]
    assert admin_client.post(f"/admin/tutor/consenttext/{text.pk}/change/", {"text": "x"}).status_code == 404
    assert admin_client.post(f"/admin/tutor/consenttext/{text.pk}/delete/", {"post": "yes"}).status_code == 404
    assert teacher_client.get("/admin/tutor/consenttext/").status_code == 404


@pytest.mark.parametrize("versions", [1, 3])
def test_asking_takes_one_query(learner, django_assert_num_queries, versions):
    for number in range(versions):
        ConsentText.objects.create(text=f"{number}")

    with django_assert_num_queries(1):
        found = consents.wanting(learner.pk)

    assert found is not None
    assert found.text == str(versions - 1)
