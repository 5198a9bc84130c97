"""All that is kept of one person: counted, handed over, deleted."""

import io
import json
import zipfile
from datetime import UTC, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from tests.outspoken import WORD, speak_out
from tests.rows import places_of, row_counts
from tutor.models import (
    Allowance,
    Attempt,
    Budget,
    Classroom,
    Connection,
    Consent,
    ConsentText,
    Lesson,
    LessonVersion,
    Look,
    LtiIdentity,
    LtiLink,
    LtiPlatform,
    LtiScore,
    SavedSearch,
    WatchWord,
)
from tutor.services import attempts, persons, retention, review, trials
from tutor.services.errors import StillNeededError

NAME = "zqxjname"


@pytest.fixture
def staff(db) -> tuple[User, User]:
    """A teacher and a reviewer; what they may do does not matter here."""
    return User.objects.create_user("tom", is_staff=True), User.objects.create_user("rex", is_staff=True)


@pytest.fixture
def person(learner, staff, admin_user, attempt_with_cards, said, client) -> User:
    """A learner with rows of every kind, whose name is a word of its own."""
    teacher, reviewer = staff
    learner.username, learner.first_name = NAME, NAME.upper()
    learner.save()
    attempt = speak_out(attempt_with_cards, reviewer, said)
    WatchWord.objects.all().delete()
    review.note_looks([attempt], reviewer, Look.Kind.READ)
    review.mark_reviewed(attempt, reviewer, done=True)
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    Budget.objects.create(scope="learner", learner=learner, minutes=60)
    Allowance.objects.create(person=learner, kind="calls", full_at=0)
    SavedSearch.objects.create(owner=learner, name="x", query=f"text={WORD}")
    moodle = LtiPlatform.objects.create(name="Moodle", issuer="i", client_id="c", teacher=teacher)
    LtiIdentity.objects.create(person=learner, platform=moodle, sub=NAME)
    LtiLink.objects.create(person=learner, lesson=attempt.lesson, line_item=f"https://moodle.example.org/{NAME}")
    LtiScore.objects.create(attempt=attempt, line_item=f"https://moodle.example.org/{NAME}")
    of_users = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(
        user=admin_user, content_type=of_users, object_id=str(learner.pk), object_repr=NAME, action_flag=2
    )
    client.force_login(learner)
    attempts.start_attempt(attempt.lesson, learner=learner)
    Consent.objects.create(learner=learner, text=ConsentText.objects.create(text="We keep it."))
    return User.objects.get(pk=learner.pk)


@pytest.fixture
def neighbour(person, other_learner, attempt_with_cards) -> Attempt:
    """The attempt of somebody else, who has agreed to nothing: there was no text then."""
    ConsentText.objects.create(text="")
    return attempts.start_attempt(attempt_with_cards.lesson, learner=other_learner)[0]


def counted(kept) -> dict[str, int]:
    return {one.label.partition(".")[2]: one.count for one in kept}


def test_report_counts_every_row_of_theirs_and_no_other(person, neighbour):
    assert counted(persons.report(person)) == {
        "user": 1,
        "budget": 1,
        "allowance": 1,
        "attempt": 2,
        "stagevisit": 3,
        "connection": 1,
        "classroom_learners": 1,
        "consent": 1,
        "utterance": 2,
        "correction": 1,
        "picture": 1,
        "toolcall": 2,
        "heardcall": 1,
        "fault": 1,
        "setaside": 1,
        "note": 2,
        "ruling": 1,
        "reading": 1,
        "look": 1,
        "digest": 1,
        "staydigest": 2,
        "intervention": 1,
        "sign": 3,
        "savedsearch": 1,
        "ltiidentity": 1,
        "ltilink": 1,
        "ltiscore": 1,
        "logentry": 1,
    }


def test_erasing_leaves_no_row_no_word_and_no_name(person, neighbour):
    assert len(places_of(WORD)) > 10
    assert "auth_user.username" in places_of(NAME)

    gone = persons.erase(person)

    assert counted(gone)["utterance"] == 2
    # The index of words lets go with its next merge.
    assert {place for place in places_of(WORD) if "_words_data" not in place} == set()
    assert places_of(NAME) == set()
    assert Session.objects.count() == 0
    left = {name: count for name, count in row_counts().items() if count}
    assert left == {
        "Lesson": 1,
        "LessonVersion": 1,
        "Stage": 3,
        "Outcome": 4,
        "Tool": 3,
        "ModelPrice": left["ModelPrice"],
        "Classroom": 1,
        "LtiPlatform": 1,
        "ConsentText": 2,
        "Attempt": 1,
        "StageVisit": 1,
    }


def test_searches_for_somebody_go_with_them_and_others_stay(person, neighbour, staff, said):
    _teacher, reviewer = staff
    said(neighbour, "Tea for two.")
    kept = {"Tea": "text=tea", "No words": "rule=quit", "Never said": "person=Somebody+Else"}
    gone = {"Them": f"person={NAME}", f"About {NAME.upper()}": "rule=quit", "Their words": f"text={WORD}&view=queue"}
    for name, query in (kept | gone).items():
        review.save_search(reviewer, name=name, query=query)

    persons.erase(person)

    assert dict(reviewer.saved_searches.values_list("name", "query")) == kept


@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_in_the_files_of_the_database(person):
    persons.erase(person)

    retention.scrub()

    assert places_of(WORD) == places_of(NAME) == set()
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        for file in (name, f"{name}-wal"):
            with open(file, "rb") as opened:
                content = opened.read().lower()
                assert (file, WORD.encode() in content, NAME.encode() in content) == (file, False, False)


def test_staff_whose_work_others_need_is_not_erased(person, staff):
    teacher, reviewer = staff
    Lesson.objects.update(owner=teacher)

    assert counted(persons.work_for_others(reviewer)) == {
        "note": 2,
        "intervention": 1,
        "ruling": 1,
        "reading": 1,
        "look": 1,
    }
    assert counted(persons.work_for_others(teacher)) == {"lesson": 1, "classroom": 1, "ltiplatform": 1}
    for needed in (reviewer, teacher):
        before = row_counts()
        with pytest.raises(StillNeededError, match=r"^This account cannot be erased: others need \d"):
            persons.erase(needed)
        assert row_counts() == before


def test_a_teachers_own_trials_go_with_their_drafts(teacher, lesson):
    trials.start_trial(lesson, teacher=teacher)

    persons.erase(teacher)

    assert not Attempt.objects.exists()
    assert list(LessonVersion.objects.values_list("number", flat=True)) == [1]


def test_nobody_is_erased_while_a_call_goes_on(person):
    attempt = person.attempts.filter(ended_at=None).get()
    call = Connection.objects.create(
        attempt=attempt, visit=attempt.visits.get(), config={}, call_id="rtc_9", answered_at=timezone.now()
    )

    with pytest.raises(StillNeededError, match=r"^A call of theirs is going on"):
        persons.erase(person)
    call.ended_at = timezone.now()
    call.save()
    persons.erase(person)


def test_dossier_has_what_was_said_the_pictures_and_every_row(person):
    archive = zipfile.ZipFile(io.BytesIO(b"".join(persons.dossier(person))))

    assert archive.testzip() is None
    names = archive.namelist()
    assert names[0] == "README.md"
    assert [name.rpartition(".")[2] for name in names if name.startswith("conversations/")] == ["md", "json"] * 2
    [picture] = [name for name in names if name.startswith("pictures/")]
    assert archive.read(picture) == WORD.encode()
    rows = {
        name.removeprefix("rows/").removesuffix(".jsonl").partition(".")[2]: archive.read(name).decode().splitlines()
        for name in names
        if name.startswith("rows/")
    }
    assert {name: len(lines) for name, lines in rows.items() if lines} == counted(persons.report(person))
    assert all(json.loads(line) for lines in rows.values() for line in lines)
    assert "password" not in "".join(rows["user"])
    assert WORD in rows["utterance"][0]


def test_dossier_comes_piece_by_piece(person):
    assert len([piece for piece in persons.dossier(person) if piece]) > 5


def test_dossier_of_a_lesson_from_before_there_were_archives(person):
    Attempt.objects.update(started_at=datetime(1970, 1, 1, tzinfo=UTC))

    assert b"".join(persons.dossier(person))
