"""Taking out: a learner their own, reviewers what they may read, one or many."""

import csv
import io
import json
import re

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from tests.walking import finish
from tutor.models import Attempt, Look
from tutor.services import attempts, digests, exports, review

FORMS = ["txt", "md", "vtt", "json"]
MANY = ["sentences.csv", "attempts.csv", "transcripts.jsonl", "statements.json"]


@pytest.fixture
def done(attempt, said):
    """A lesson that was completed."""
    finish(attempt, said)
    digests.refresh(attempt)
    return attempt


@pytest.fixture
def many(lesson, django_user_model, said):
    """Attempts of so many pupils."""

    def make(count: int) -> None:
        for number in range(count):
            pupil = django_user_model.objects.create_user(f"pupil{number}")
            one, _ = attempts.start_attempt(lesson, learner=pupil)
            said(one, f"I like tea {number}.", "=1+1")
            digests.refresh(one)

    return make


def body(response) -> str:
    return b"".join(response.streaming_content).decode()


@pytest.mark.parametrize("form", FORMS)
def test_learner_takes_out_their_own(learner_client, done, form):
    answer = learner_client.get(f"/attempts/{done.code}/take-out/{form}/")

    assert "I like coffee" in answer.content.decode()
    day = f"{timezone.localtime(done.started_at):%Y-%m-%d}"
    name = f"cafe-{day}-{str(done.code)[:8]}.{form}"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "It fits." not in answer.content.decode()
    assert not Look.objects.exists()


@pytest.mark.parametrize("form", FORMS)
def test_reviewer_taking_out_is_put_down_and_its_learner_sees_it(reviewer_client, learner_client, done, form):
    assert "I like coffee" in reviewer_client.get(f"/review/{done.code}/take-out/{form}/").content.decode()

    assert list(Look.objects.values_list("viewer__username", "kind")) == [("rita", "taken")]
    assertContains(learner_client.get(f"/attempts/{done.code}/transcript/"), "(taken out)")


def test_strangers_and_unknown_formats_find_nothing(client, learner_client, teacher_client, done, other_learner):
    other = type(learner_client)()
    other.force_login(other_learner)
    for path in (f"/attempts/{done.code}/take-out/txt/", f"/review/{done.code}/take-out/txt/"):
        assert other.get(path).status_code == 404
        assert teacher_client.get(path).status_code == 404
        assert client.get(path).status_code == 302
    assert learner_client.get(f"/attempts/{done.code}/take-out/exe/").status_code == 404
    for path in ("/review/take-out/", *(f"/review/take-out/{form}/" for form in MANY)):
        assert learner_client.get(path).status_code == 404
    assert not Look.objects.exists()


def test_unknown_format_of_many_is_not_there(reviewer_client, done):
    assert reviewer_client.get("/review/take-out/pdf/").status_code == 404
    assert reviewer_client.get(f"/review/{done.code}/take-out/pdf/").status_code == 404
    assert not Look.objects.exists()


def test_pages_lead_to_it(learner_client, reviewer_client, done):
    assertContains(learner_client.get(f"/attempts/{done.code}/transcript/"), f"/attempts/{done.code}/take-out/md/")
    assertContains(reviewer_client.get(f"/review/{done.code}/"), f"/review/{done.code}/take-out/md/")
    assertContains(reviewer_client.get("/review/", {"person": "lea"}), "/review/take-out/?person=lea")


def test_choosing_says_how_much_there_is_and_keeps_what_was_looked_for(reviewer_client, many):
    many(3)

    answer = reviewer_client.get("/review/take-out/", {"person": "pupil1", "page": "2"})

    assertContains(answer, "1 attempt, 2 sentences")
    assertContains(answer, "/review/take-out/sentences.csv/?person=pupil1")
    assertNotContains(answer, ".csv/?person=pupil1&amp;page")


def test_choosing_tells_the_page_how_long_files_will_be(reviewer_client, many):
    many(3)

    answer = reviewer_client.get("/review/take-out/").content.decode()

    # The heads of tables are lines too; how many statements there are nobody has counted.
    assert re.findall(r'/([\w.]+)/" data-lines="(\d+)"', answer) == [
        ("sentences.csv", "7"),
        ("attempts.csv", "4"),
        ("transcripts.jsonl", "3"),
        ("statements.json", "0"),
    ]


def test_what_cannot_be_looked_for_takes_nothing_out(reviewer_client, many):
    many(2)

    page = reviewer_client.get("/review/take-out/", {"since": "bogus"})
    file = reviewer_client.get("/review/take-out/sentences.csv/", {"since": "bogus"})

    assertContains(page, '<li class="error">From: Enter a valid date.</li>')
    assertContains(page, "0 attempts")
    assertNotContains(page, "sentences.csv")
    assertRedirects(file, "/review/take-out/?since=bogus")
    assert not Look.objects.filter(kind=Look.Kind.TAKEN).exists()


def test_choosing_names_what_was_looked_for_as_the_form_does(reviewer_client, lesson, many):
    many(1)

    answer = reviewer_client.get("/review/take-out/", {"person": "pupil", "stage": f"{lesson.slug}/warm-up"})

    assertContains(answer, "Learner <bdi>“pupil”</bdi>, Was in stage <bdi>“1. Warm-up”</bdi>")


@pytest.mark.parametrize("times", [1, 3])
def test_choosing_takes_as_many_queries_for_one_as_for_three(reviewer_client, many, django_assert_num_queries, times):
    many(times)

    with django_assert_num_queries(7):
        reviewer_client.get("/review/take-out/")


def test_every_sentence_as_a_table(reviewer_client, many):
    many(2)

    answer = reviewer_client.get("/review/take-out/sentences.csv/")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    rows = list(csv.DictReader(io.StringIO(body(answer).removeprefix("\ufeff"), newline="")))
    assert [(row["learner"], row["text"]) for row in rows] == [
        ("pupil0", "I like tea 0."),
        ("pupil0", "'=1+1"),
        ("pupil1", "I like tea 1."),
        ("pupil1", "'=1+1"),
    ]
    assert set(Look.objects.values_list("attempt__learner__username", "kind")) == {
        ("pupil0", "taken"),
        ("pupil1", "taken"),
    }


@pytest.mark.parametrize("form", ["attempts.csv", "statements.json"])
def test_what_has_no_words_is_no_look(reviewer_client, many, form):
    many(2)

    text = body(reviewer_client.get(f"/review/take-out/{form}/"))

    assert "tea" not in text
    assert "pupil1" in text
    assert not Look.objects.exists()


def test_whole_conversations_line_by_line(reviewer_client, many):
    many(2)

    lines = body(reviewer_client.get("/review/take-out/transcripts.jsonl/")).splitlines()

    assert [json.loads(line)["learner"]["username"] for line in lines] == ["pupil0", "pupil1"]


def test_what_was_ruled_goes_out_with_it(reviewer_client, learner_client, reviewer, done):
    review.rule(done, reviewer, visit=1, outcome="needs-practice", reason="It was a guess.")

    files = {form: reviewer_client.get(f"/review/{done.code}/take-out/{form}/").content.decode() for form in FORMS}
    own = {form: learner_client.get(f"/attempts/{done.code}/take-out/{form}/").content.decode() for form in FORMS}
    many = {form: body(reviewer_client.get(f"/review/take-out/{form}/")) for form in MANY}

    assert [form for form, text in files.items() if "It was a guess." in text] == ["txt", "md", "json"]
    assert "Ruling of rita: Needs practice. It was a guess." in files["txt"]
    assert [form for form, text in own.items() if "guess" in text or "ractice" in text] == []
    assert [form for form, text in many.items() if "needs-practice" in text] == MANY[:3]
    assert [form for form, text in many.items() if "It was a guess." in text] == ["transcripts.jsonl"]


@pytest.mark.parametrize("count", [0, 1, 3])
def test_statements_are_one_list_whatever_the_batches(reviewer_client, many, monkeypatch, count):
    monkeypatch.setattr(exports, "BATCH", 2)
    many(count)

    assert len(json.loads(body(reviewer_client.get("/review/take-out/statements.json/")))) == count


@pytest.mark.parametrize("form", MANY)
@pytest.mark.parametrize("times", [1, 3])
def test_many_takes_as_many_queries_for_one_as_for_three(reviewer, many, django_assert_num_queries, form, times):
    many(times)
    with_words = form in ("sentences.csv", "transcripts.jsonl")

    with django_assert_num_queries(1 + 4 + 6 * with_words):
        list(exports.take_out_many(Attempt.objects.all(), exports.Many(form), user=reviewer, home="http://testserver/"))


@pytest.mark.django_db(transaction=True)
async def test_under_asgi_pieces_are_sent_one_by_one(admin_user, many, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 1)
    await sync_to_async(many)(3)
    client = AsyncClient()
    await client.aforce_login(admin_user)

    answer = await client.get("/review/take-out/transcripts.jsonl/")

    assert answer.is_async
    # The head of a file of lines is empty, and so is its tail.
    assert len([piece async for piece in answer.streaming_content]) == 5


def test_a_teacher_takes_out_only_what_their_classes_said(teacher_client, done):
    assert body(teacher_client.get("/review/take-out/transcripts.jsonl/")) == ""
