"""A crowd that never was."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.rows import row_counts
from tutor.models import Attempt, Digest, StageVisit, UsageReport, Utterance
from tutor.services import words


@pytest.fixture
def _seeded(settings, db):
    settings.DEBUG = True
    call_command("seed", stdout=StringIO())


def crowd(*options: str) -> str:
    out = StringIO()
    call_command("crowd", "--attempts", "4", "--learners", "3", "--turns", "10", *options, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("_seeded")
def test_a_crowd_is_written_whole_and_summed_up():
    printed = crowd()

    assert printed == "\rattempts: 4 of 4\rdigests: 4 of 4\n"
    assert Attempt.objects.filter(ended_at__isnull=False).exclude(outcome="").count() == 4
    assert Digest.objects.count() == 4
    assert UsageReport.objects.count() == Utterance.objects.count() > 20
    for attempt in Attempt.objects.all():
        said = list(attempt.utterances.order_by("position"))
        assert [one.speaker for one in said[:2]] == ["tutor", "learner"]
        assert attempt.started_at == said[0].stored_at
        assert all(one.stored_at < attempt.ended_at for one in said)
        assert StageVisit.objects.filter(attempt=attempt).latest("number").completed_at == attempt.ended_at


@pytest.mark.usefixtures("_seeded")
def test_what_a_crowd_says_is_found():
    crowd()

    last = Utterance.objects.latest("id")
    utterances, _corrections = words.said(last.text)

    assert last in utterances


@pytest.mark.usefixtures("_seeded")
def test_a_second_crowd_joins_the_first_and_says_something_else():
    crowd()
    first = list(Utterance.objects.order_by("id").values_list("text", flat=True))
    crowd("--seed", "2")
    second = list(Utterance.objects.order_by("id").values_list("text", flat=True))[len(first) :]

    assert Attempt.objects.count() == 8
    assert second != first


@pytest.mark.django_db
def test_times_are_given_by_the_database_again_afterwards(settings):
    settings.DEBUG = True
    call_command("seed", stdout=StringIO())
    crowd()

    for model, field in ((Attempt, "started_at"), (Utterance, "stored_at"), (UsageReport, "stored_at")):
        assert model._meta.get_field(field).auto_now_add
    assert Utterance._meta.get_field("changed_at").auto_now


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("debug", "sentence"),
    [
        (False, "A crowd that never was has no place among learners: crowd only works with DEBUG on."),
        (True, "No lesson is published: run seed first."),
    ],
)
def test_where_a_crowd_does_not_belong_nothing_is_written(settings, debug, sentence):
    settings.DEBUG = debug
    before = row_counts()

    with pytest.raises(CommandError) as refusal:
        crowd()

    assert (str(refusal.value), row_counts()) == (sentence, before)
