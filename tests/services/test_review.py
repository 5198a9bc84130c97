"""Finding and judging attempts."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.contrib.auth.models import User
from django.utils import timezone

from tests import lessons
from tests.walking import complete, finish
from tutor.models import Assignment, Attempt, Classroom, Digest, Look, Note, NoteKind, Ruling, Sign
from tutor.services import attempts, desk, digests, review
from tutor.services.errors import NameTakenError, ReviewError
from tutor.services.review import Criteria

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(lesson, learner, said) -> dict[str, Attempt]:
    """One attempt that was completed, one that was left in the second stage, one that is under way."""
    other = lessons.publish(slug="other")
    anna = User.objects.create_user("anna", first_name="Anna", last_name="Öz")
    made = {
        "done": attempts.start_attempt(lesson, learner=learner)[0],
        "left": attempts.start_attempt(lesson, learner=anna)[0],
        "open": attempts.start_attempt(other, learner=learner)[0],
    }
    finish(made["done"], said)
    said(made["left"], "I like green tea.", visit=1)
    complete(made["left"], "understood")
    attempts.end_attempt(made["left"])
    for attempt in made.values():
        digests.refresh(attempt)
    return made


def names(three: dict[str, Attempt], found) -> list[str]:
    by_key = {attempt.pk: name for name, attempt in three.items()}
    return [by_key[attempt.pk] for attempt in found]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({}, ["open", "left", "done"]),
        ({"text": "green te"}, ["left"]),
        ({"person": "ann öz"}, ["left"]),
        ({"person": "lea"}, ["open", "done"]),
        ({"lesson": "other"}, ["open"]),
        ({"lesson": "cafe", "version": 2}, []),
        ({"outcome": "open"}, ["open"]),
        ({"outcome": "completed"}, ["done"]),
        ({"stage": "order"}, ["left", "done"]),
        ({"stage": "order", "way_out": "left"}, ["left"]),
        ({"stage": "order", "way_out": "ordered"}, ["done"]),
        ({"stage": "warm-up", "way_out": "left"}, []),
        ({"rule": "quit"}, ["left"]),
        ({"note": "safety"}, []),
        ({"reviewed": False}, ["open", "left", "done"]),
        ({"reviewed": True}, []),
        ({"shortest": 1}, []),
        ({"longest": 1}, ["open", "left", "done"]),
        ({"dearest": Decimal(1)}, []),
        ({"language": "en"}, ["open", "left", "done"]),
        ({"language": "de"}, []),
        ({"trials": True}, []),
    ],
    ids=str,
)
def test_find_meets_all_criteria_newest_first(three, reviewer, criteria, expected):
    assert names(three, review.find(reviewer, Criteria(**criteria))) == expected


def test_stays_that_staff_ended_are_found_apart_from_those_that_were_left(three, reviewer, teacher):
    desk.move(three["open"], desk.Action(uuid.uuid4(), teacher, "Too easy."), visit=1, to="order")
    desk.end(three["open"], desk.Action(uuid.uuid4(), teacher, "The bell has rung."))

    def found(stage: str, way_out: str) -> list[str]:
        return names(three, review.find(reviewer, Criteria(stage=stage, way_out=way_out)))

    assert [found(stage, "staff") for stage in ("warm-up", "order", "goodbye")] == [["open"], ["open"], []]
    assert [found(stage, "left") for stage in ("warm-up", "order")] == [[], ["left"]]


def test_find_goes_by_whole_days_of_the_site(three, reviewer):
    today = timezone.localdate()
    yesterday, tomorrow = today - timedelta(days=1), today + timedelta(days=1)
    Attempt.objects.filter(pk=three["done"].pk).update(started_at=timezone.now() - timedelta(days=1))

    def between(since=None, until=None) -> list[str]:
        return names(three, review.find(reviewer, Criteria(since=since, until=until)))

    assert between(since=today) == ["open", "left"]
    assert between(until=yesterday) == ["done"]
    assert between(since=yesterday, until=today) == ["open", "left", "done"]
    assert between(since=tomorrow) == []


def test_find_by_class_cost_length_and_review(three, reviewer, teacher, learner):
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    Digest.objects.filter(attempt=three["left"]).update(seconds=600, cost=Decimal(2))
    review.mark_reviewed(three["done"], reviewer, done=True)
    review.add_note(three["open"], reviewer, note_id=uuid.uuid4(), kind=NoteKind.SAFETY, text="")

    def found(**criteria) -> list[str]:
        return names(three, review.find(reviewer, Criteria(**criteria)))

    assert found(classroom=classroom) == ["open", "done"]
    assert found(shortest=10) == ["left"]
    assert found(longest=10) == ["open", "done"]
    assert found(dearest=Decimal("1.99")) == ["left"]
    assert found(reviewed=True) == ["done"]
    assert found(note="safety") == ["open"]


def test_a_teacher_finds_the_learners_of_their_classes_at_the_lessons_given_to_them(three, teacher, learner, lesson):
    assert list(review.find(teacher, Criteria())) == []
    classroom = Classroom.objects.create(name="7b", teacher=teacher)
    classroom.learners.add(learner)
    assert list(review.find(teacher, Criteria())) == []
    Assignment.objects.create(classroom=classroom, lesson=lesson)

    assert names(three, review.find(teacher, Criteria())) == ["done"]


def test_a_teacher_finds_their_own_trials_and_nobody_else_s(lesson, teacher, django_user_model, reviewer):
    colleague = django_user_model.objects.create_user("carl")
    version = lesson.versions.get()
    own, _other = (
        Attempt.objects.create(learner=person, lesson=lesson, version=version, is_trial=True)
        for person in (teacher, colleague)
    )

    assert list(review.find(teacher, Criteria(trials=True))) == [own]
    assert review.find(reviewer, Criteria(trials=True)).count() == 2


def test_a_learner_finds_nothing(three, learner):
    assert list(review.find(learner, Criteria())) == []


def test_the_queue_has_what_stands_out_and_nobody_reviewed_worst_first(three, reviewer):
    Sign.objects.create(attempt=three["open"], rule=Sign.Rule.SAFETY, weight=100)

    assert names(three, review.queue(reviewer, Criteria())) == ["open", "left"]
    review.mark_reviewed(three["open"], reviewer, done=True)
    assert names(three, review.queue(reviewer, Criteria())) == ["left"]


def test_a_look_is_put_down_once_in_half_an_hour_and_never_the_learner_s_own(attempt, reviewer, learner):
    with time_machine.travel("2026-11-02T10:00Z", tick=False) as clock:
        for _ in range(2):
            review.note_looks([attempt], reviewer, Look.Kind.READ)
        review.note_looks([attempt], learner, Look.Kind.READ)
        review.note_looks([attempt], reviewer, Look.Kind.SEARCH)
        clock.shift(timedelta(minutes=31))
        review.note_looks([attempt], reviewer, Look.Kind.READ)

    looks = attempt.looks.order_by("id").values_list("viewer__username", "kind")
    assert list(looks) == [("rita", "read"), ("rita", "search"), ("rita", "read")]


def test_a_note_sent_twice_is_one_note(attempt, reviewer, said):
    [item_id] = said(attempt, "Hello.")
    note_id = uuid.uuid4()

    for text in ("First.", "Second."):
        review.add_note(attempt, reviewer, note_id=note_id, kind=NoteKind.NOTE, text=text, item_id=item_id)

    note = Note.objects.get()
    assert (note.text, note.utterance.item_id, note.visit.number) == ("First.", item_id, 1)


@pytest.mark.parametrize(
    "about", [{"kind": NoteKind.NOTE, "text": ""}, {"item_id": "elsewhere"}, {"visit": 7}], ids=str
)
def test_a_note_that_says_nothing_or_is_about_nothing_is_refused(attempt, reviewer, about):
    facts = {"kind": NoteKind.PRAISE, "text": "Good.", **about}

    with pytest.raises(ReviewError):
        review.add_note(attempt, reviewer, note_id=uuid.uuid4(), **facts)
    assert not Note.objects.exists()


def test_only_one_s_own_notes_are_removed(attempt, reviewer, teacher):
    note = review.add_note(attempt, reviewer, note_id=uuid.uuid4(), kind=NoteKind.PRAISE, text="")

    review.remove_note(attempt, teacher, note.note_id)
    assert Note.objects.exists()
    for _ in range(2):
        review.remove_note(attempt, reviewer, note.note_id)
    assert not Note.objects.exists()


def test_a_ruling_keeps_what_the_tutor_decided(three, reviewer):
    review.rule(three["done"], reviewer, visit=1, outcome="needs-practice", reason="It was a guess.")

    ruling = Ruling.objects.get()
    assert (ruling.visit.outcome, ruling.outcome, ruling.reason) == ("understood", "needs-practice", "It was a guess.")


def test_a_stage_that_should_not_have_been_left_is_ruled_so_once(three, reviewer):
    for _ in range(2):
        review.rule(three["done"], reviewer, visit=1, outcome="not-yet", reason="It was a guess.")

    assert [ruling.outcome for ruling in Ruling.objects.all()] == ["not-yet"]
    with pytest.raises(ReviewError, match=r"^That is how it stands\. "):
        review.rule(three["done"], reviewer, visit=1, outcome="not-yet", reason="It was.")
    review.rule(three["done"], reviewer, visit=1, outcome="understood", reason="It was not.")
    assert Ruling.objects.count() == 2


@pytest.mark.parametrize(
    ("which", "ruling"),
    [
        ("done", {"visit": 1, "outcome": "understood", "reason": "As the tutor says."}),
        ("open", {"visit": 1, "outcome": "understood", "reason": "Yes."}),
        ("done", {"visit": 9, "outcome": "understood", "reason": "Yes."}),
        ("done", {"visit": 1, "outcome": "ordered", "reason": "Yes."}),
        ("done", {"visit": 1, "outcome": "understood", "reason": ""}),
    ],
)
def test_a_ruling_without_sense_is_refused(three, reviewer, which, ruling):
    with pytest.raises(ReviewError):
        review.rule(three[which], reviewer, **ruling)
    assert not Ruling.objects.exists()


def test_a_search_is_kept_under_its_name_and_forgotten(reviewer, monkeypatch):
    monkeypatch.setattr(review, "MOST_SAVED", 2)
    review.save_search(reviewer, name="Quitters", query="rule=quit")
    review.save_search(reviewer, name="Quitters", query="rule=quit")
    with pytest.raises(NameTakenError, match=r"^You have another search “Quitters”\. Replace it, or"):
        review.save_search(reviewer, name="Quitters", query="rule=quit&view=queue")
    assert [one.query for one in reviewer.saved_searches.all()] == ["rule=quit"]
    review.save_search(reviewer, name="Quitters", query="rule=quit&view=queue", replace=True)
    review.save_search(reviewer, name="Tea", query="text=tea")

    with pytest.raises(ReviewError):
        review.save_search(reviewer, name="Coffee", query="text=coffee")
    for _ in range(2):
        review.forget_search(reviewer, "Tea")
    assert list(reviewer.saved_searches.values_list("name", "query")) == [("Quitters", "rule=quit&view=queue")]
