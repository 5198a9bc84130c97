"""Finding what was said, on either database."""

import uuid

import pytest
from django.db import connection

from tutor.models import Utterance
from tutor.services import corrections, words

pytestmark = pytest.mark.django_db


def found(term: str) -> list[str]:
    return list(words.said(term)[0].order_by("position").values_list("text", flat=True))


@pytest.mark.parametrize(
    ("term", "texts"),
    [
        ("tea", ["I like tea.", "Teatime, said Zoë."]),
        ("TEA like", ["I like tea."]),
        ("like te", ["I like tea."]),
        ("tea coffee", []),
        ("ike", []),
        ("", []),
        ("  …  ", []),
    ],
)
def test_words_are_found_whole_or_begun(attempt, said, term, texts):
    said(attempt, "I like tea.", "Teatime, said Zoë.", "A <b>large</b> coffee; please")

    assert found(term) == texts


@pytest.mark.parametrize(
    "term", ['"', "tea OR", "NEAR(", "tea*", "-tea", "text:tea", "tea' & !x", "tea:*", "\\", "%", "_", "(tea"]
)
def test_signs_of_a_search_language_are_only_signs(attempt, said, term):
    said(attempt, "tea")

    assert found(term) == (["tea"] if "tea" in term and "OR" not in term and "x" not in term else [])


def test_an_index_follows_what_is_changed_and_deleted(attempt, said):
    said(attempt, "I like tea.")
    Utterance.objects.update(text="I like coffee.")

    assert (found("tea"), found("coffee")) == ([], ["I like coffee."])
    Utterance.objects.all().delete()
    assert found("coffee") == []


def test_preparing_again_changes_nothing_and_mends_what_is_missing(attempt, said):
    said(attempt, "I like tea.")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            # As a migration that remakes the table leaves it.
            cursor.execute("DROP TRIGGER tutor_utterance_words_added")
        said(attempt, "Tea again.")

    # PostgreSQL makes no index while foreign keys wait to be checked.
    connection.check_constraints()
    words.prepare("default")
    words.prepare("default")

    assert len(found("tea")) == (2 if connection.vendor == "sqlite" else 1)


def test_hits_show_the_words_in_their_place(attempt, said):
    said(attempt, "x " * 60 + "and I would like some TÉA, please" + " y" * 60)

    [hit] = words.hits([attempt], "tea").values()

    assert hit.words == "TÉA"
    assert hit.before.startswith("… ")
    assert hit.before.endswith("like some ")
    assert hit.after.endswith(" …")
    assert hit.item_id == "said_1"


def test_hits_find_what_was_corrected(attempt, said):
    [item_id] = said(attempt, "I like tree.")
    corrections.correct(attempt, correction_id=uuid.uuid4(), item_id=item_id, text="I like tea.")

    [hit] = words.hits([attempt], "tea").values()

    assert (hit.before, hit.words, hit.after, hit.item_id) == ("I like ", "tea", ".", item_id)


def test_hits_take_two_queries_however_many_attempts(attempt, said, django_assert_num_queries):
    said(attempt, "tea", "tea", "tea")

    with django_assert_num_queries(2):
        words.hits([attempt], "tea")
