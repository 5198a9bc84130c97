"""POST /api/attempts/<code>/journal/: entry by entry, so that a bad one never holds up the good ones."""

import json
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from tests import lessons
from tests.api.helpers import post
from tests.lessons import PLAN
from tests.rows import row_counts
from tests.services.calling import call_in
from tutor import metrics
from tutor.api.inputs import MAX_PICTURE
from tutor.models import Attempt, Connection, Fault, Picture, UsageReport, Utterance
from tutor.realtime import images
from tutor.services import attempts, journal

UTTERANCE = {
    "id": "item_1",
    "kind": "utterance",
    "previous_item_id": None,
    "speaker": "learner",
    "status": "complete",
    "text": "Hello.",
    "visit": 1,
    "connection": None,
}
USAGE = {"id": "resp_1", "kind": "usage", "source": "response", "usage": {"total_tokens": 5}, "connection": None}
FAULT = {"id": str(uuid.uuid4()), "kind": "fault", "code": "x", "message": "m", "param": None, "connection": None}

JPEG = b"\xff\xd8\xff\xe0"
PICTURE = {"id": "item_1", "kind": "picture", "visit": 1, "connection": None, "image": images.write(JPEG)}


@pytest.fixture
def report(attempt, learner_client):
    path = reverse("api:journal", args=[attempt.code])
    return lambda *entries: post(learner_client, path, {"entries": list(entries)})


def receipt(**fates) -> dict[str, list]:
    return {
        "stored": [],
        "duplicate": [],
        "conflict": [],
        "rejected": [],
        "rescue": None,
        "desk": None,
        "ended": False,
    } | fates


def test_journal_stores_every_kind(report):
    response = report(UTTERANCE, USAGE, FAULT)

    assert (response.status_code, response.json()) == (200, receipt(stored=["item_1", "resp_1", FAULT["id"]]))
    assert Utterance.objects.get().text == "Hello."
    assert UsageReport.objects.get().usage == {"total_tokens": 5}
    assert Fault.objects.get().param == ""


def test_journal_counts_for_how_long_its_entries_have_waited(attempt, learner_client):
    path = reverse("api:journal", args=[attempt.code])
    before = lag()

    post(learner_client, path, {"entries": [UTTERANCE], "waited": 2500})
    post(learner_client, path, {"entries": [], "waited": 0})

    assert [now - then for now, then in zip(lag(), before, strict=True)] == [1, 2.5]


def lag() -> list[float]:
    names = ("viva_journal_lag_seconds_count", "viva_journal_lag_seconds_sum")
    return [metrics.REGISTRY.get_sample_value(name) or 0.0 for name in names]


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(JPEG, "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF\x00\x00\x00\x00WEBP", "image/webp")],
)
def test_journal_keeps_pictures(report, data, media_type):
    assert report(PICTURE | {"image": images.write(data)}).json() == receipt(stored=["item_1"])

    picture = Picture.objects.get()
    assert (picture.media_type, bytes(picture.data), picture.visit.number) == (media_type, data, 1)


def test_journal_keeps_the_largest_picture_its_limit_lets_in(report):
    response = report(PICTURE | {"image": images.write(JPEG.ljust(MAX_PICTURE))})

    assert response.json() == receipt(stored=["item_1"])


def test_journal_takes_nothing(report):
    assert report().json() == receipt()


def test_journal_takes_the_shortest_entries(report):
    response = report(
        {"id": "a", "kind": "utterance", "speaker": "tutor", "status": "partial"},
        {"id": "b", "kind": "usage", "source": "transcription", "usage": {}},
        {"id": "c", "kind": "fault"},
    )

    assert response.json() == receipt(stored=["a", "b", "c"])


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (None, "not_an_object"),
        (1, "not_an_object"),
        ([], "not_an_object"),
        ({}, "unknown_kind"),
        (UTTERANCE | {"kind": "audio"}, "unknown_kind"),
        (UTTERANCE | {"kind": []}, "unknown_kind"),
        (UTTERANCE | {"id": None}, "id_invalid"),
        (UTTERANCE | {"id": 7}, "id_invalid"),
        (UTTERANCE | {"id": ""}, "id_invalid"),
        (UTTERANCE | {"id": "x" * 65}, "id_invalid"),
        (UTTERANCE | {"id": "a b"}, "id_invalid"),
        (UTTERANCE | {"id": "a\n"}, "id_invalid"),
        (UTTERANCE | {"id": "/../"}, "id_invalid"),
        (UTTERANCE | {"id": "a\x00"}, "not_storable"),
        (UTTERANCE | {"speaker": "system"}, "speaker_invalid"),
        (UTTERANCE | {"speaker": None}, "speaker_invalid"),
        (UTTERANCE | {"speaker": ["learner"]}, "speaker_invalid"),
        (UTTERANCE | {"status": "verified"}, "status_invalid"),
        (UTTERANCE | {"status": True}, "status_invalid"),
        (UTTERANCE | {"text": 1}, "text_invalid"),
        (UTTERANCE | {"text": ["Hello."]}, "text_invalid"),
        (UTTERANCE | {"text": "x" * 8001}, "text_too_long"),
        (UTTERANCE | {"text": "a\x00b"}, "not_storable"),
        (UTTERANCE | {"text": "\ud83d"}, "not_storable"),
        (UTTERANCE | {"visit": 0}, "visit_invalid"),
        (UTTERANCE | {"visit": -1}, "visit_invalid"),
        (UTTERANCE | {"visit": 1.0}, "visit_invalid"),
        (UTTERANCE | {"visit": "1"}, "visit_invalid"),
        (UTTERANCE | {"visit": True}, "visit_invalid"),
        (UTTERANCE | {"visit": 2**31}, "visit_invalid"),
        (UTTERANCE | {"visit": 2**53}, "visit_invalid"),
        (UTTERANCE | {"visit": 99}, "unknown_visit"),
        (UTTERANCE | {"previous_item_id": 1}, "previous_item_id_invalid"),
        (UTTERANCE | {"previous_item_id": ""}, "previous_item_id_invalid"),
        (UTTERANCE | {"previous_item_id": "x" * 65}, "previous_item_id_invalid"),
        (UTTERANCE | {"connection": "none"}, "connection_invalid"),
        (UTTERANCE | {"connection": 1}, "connection_invalid"),
        (UTTERANCE | {"more": {"a": [{"deep": {}}] * 2, "b": "\udfff"}}, "not_storable"),
        (PICTURE | {"image": None}, "image_invalid"),
        (PICTURE | {"image": ["x"]}, "image_invalid"),
        (PICTURE | {"image": ""}, "image_invalid"),
        (PICTURE | {"image": "https://example.org/a.png"}, "image_invalid"),
        (PICTURE | {"image": PICTURE["image"].replace("jpeg", "png")}, "image_invalid"),
        (PICTURE | {"image": images.write(b"GIF89a")}, "image_invalid"),
        (PICTURE | {"image": "data:image/svg+xml;base64,PHN2Zy8+"}, "image_invalid"),
        (PICTURE | {"image": "data:image/jpeg;base64,/9j/4"}, "image_invalid"),
        (PICTURE | {"image": "data:image/jpeg;base64,/9j/!AAA"}, "image_invalid"),
        (PICTURE | {"image": images.write(JPEG.ljust(MAX_PICTURE + 3))}, "image_too_large"),
        (PICTURE | {"visit": 0}, "visit_invalid"),
        (PICTURE | {"visit": 99}, "unknown_visit"),
        (PICTURE | {"connection": "none"}, "connection_invalid"),
        (PICTURE | {"id": "a/b"}, "id_invalid"),
        (USAGE | {"source": "audio"}, "source_invalid"),
        (USAGE | {"usage": None}, "usage_invalid"),
        (USAGE | {"usage": [1]}, "usage_invalid"),
        (USAGE | {"usage": {"a": "x" * 8000}}, "usage_invalid"),
        (FAULT | {"code": 1}, "code_invalid"),
        (FAULT | {"code": "x" * 101}, "code_too_long"),
        (FAULT | {"message": "x" * 2001}, "message_too_long"),
        (FAULT | {"param": "x" * 201}, "param_too_long"),
        (FAULT | {"param": {}}, "param_invalid"),
    ],
)
def test_journal_rejects_one_bad_entry_of_fifty(report, entry, code):
    good = [UTTERANCE | {"id": f"good_{number}"} for number in range(49)]
    entry_id = entry.get("id") if isinstance(entry, dict) else None

    response = report(*good[:20], entry, *good[20:])

    assert response.status_code == 200
    assert response.json() == receipt(
        stored=[each["id"] for each in good],
        rejected=[{"id": entry_id if isinstance(entry_id, str) else "", "code": code}],
    )


# Everything that the table above rejects, in one.
WANTING = [
    (None, "not_an_object"),
    ({"kind": "audio"}, "unknown_kind"),
    (UTTERANCE | {"text": "a\x00b\ud83d"}, "not_storable"),
    (UTTERANCE | {"text": "x" * 8001}, "text_too_long"),
    (PICTURE | {"image": "no"}, "image_invalid"),
]


def test_journal_keeps_what_it_rejects_apart_as_it_came(report, attempt):
    for _ in range(2):
        response = report(UTTERANCE, *[entry for entry, _ in WANTING])
        assert [each["code"] for each in response.json()["rejected"]] == [code for _, code in WANTING]

    rows = attempt.set_aside.order_by("id").values_list("code", "body")
    assert [(json.loads(body), code) for code, body in rows] == WANTING


def test_journal_keeps_apart_what_has_no_place(report, attempt, monkeypatch):
    monkeypatch.setattr(journal, "MOST_PICTURES", 0)

    report(UTTERANCE | {"visit": 99}, PICTURE | {"visit": 99}, PICTURE | {"id": "item_2"})

    rows = attempt.set_aside.order_by("id").values_list("code", "item_id", "body")
    assert [(code, item_id) for code, item_id, _ in rows] == [
        ("unknown_visit", "item_1"),
        ("unknown_visit", "item_1"),
        ("too_many_pictures", "item_2"),
    ]
    said, shown, _ = [json.loads(body) for _, _, body in rows]
    assert (said["text"], said["visit"]) == ("Hello.", 99)
    assert (shown["media_type"], shown["data"]) == ("image/jpeg", len(JPEG))


def test_journal_keeps_apart_what_contradicts(report, attempt):
    report(UTTERANCE)

    assert report(UTTERANCE | {"text": "Something else."}).json() == receipt(conflict=["item_1"])

    kept = attempt.set_aside.get()
    assert (kept.code, json.loads(kept.body)["text"]) == ("conflict", "Something else.")


def test_learner_is_never_shown_what_was_kept_apart(report, attempt, learner_client):
    report(UTTERANCE | {"text": ["Hidden words"]})

    pages = [
        learner_client.get(reverse(name, args=[attempt.code])) for name in ("api:state", "room", "card", "transcript")
    ]
    assert [page.status_code for page in pages] == [200] * 4
    assert not any("Hidden words" in page.content.decode() for page in pages)
    [kept] = attempt.set_aside.all()
    assert learner_client.get(reverse("admin:tutor_setaside_change", args=[kept.pk])).status_code == 302


def test_journal_takes_the_longest_text(report):
    assert report(UTTERANCE | {"text": "é" * 8000}).json() == receipt(stored=["item_1"])


@pytest.mark.parametrize("entries", [None, {}, "x", 1])
def test_journal_needs_a_list(attempt, learner_client, entries):
    response = post(learner_client, reverse("api:journal", args=[attempt.code]), {"entries": entries})

    assert (response.status_code, response.json()) == (
        400,
        {"error": "entries_missing", "message": "“entries” must be a list."},
    )


def test_journal_takes_fifty_entries_and_no_more(report):
    before = row_counts()

    response = report(*[UTTERANCE | {"id": f"i{number}"} for number in range(51)])

    assert (response.status_code, response.json()) == (
        413,
        {"error": "too_many_entries", "message": "At most 50 entries can be sent at once."},
    )
    assert row_counts() == before
    assert len(report(*[UTTERANCE | {"id": f"i{number}"} for number in range(50)]).json()["stored"]) == 50


def test_journal_reports_what_contradicts(report):
    report(UTTERANCE)

    response = report(UTTERANCE | {"text": "Something else."}, UTTERANCE | {"id": "item_2"}, UTTERANCE)

    assert response.json() == receipt(stored=["item_2"], conflict=["item_1"], duplicate=["item_1"])


@pytest.fixture
def stalled(learner) -> Attempt:
    """An attempt whose stage stalls after the first turn, in a call."""
    plan = replace(PLAN, stages=(replace(PLAN.start, stall_turns=1), *PLAN.stages[1:]))
    attempt = attempts.start_attempt(lessons.publish(plan), learner=learner)[0]
    Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
    return attempt


def test_journal_offers_a_rescue_until_it_is_received(stalled, learner_client):
    path = reverse("api:journal", args=[stalled.code])

    first = post(learner_client, path, {"entries": [UTTERANCE]}).json()
    again = post(learner_client, path, {"entries": []}).json()
    after = post(learner_client, path, {"entries": [], "received": "stall-1-1"}).json()

    rescue = first["rescue"]
    assert (rescue["id"], [event["event_id"] for event in rescue["events"]]) == ("stall-1-1", ["stall-1-1-1"])
    assert {name: rescue[name] for name in ("stage", "stages", "ended")} == attempts.progress(stalled)
    assert [first, again, after] == [
        receipt(stored=["item_1"], rescue=rescue),
        receipt(rescue=rescue),
        receipt(),
    ]


@pytest.mark.parametrize("received", [1, "", "a b", "x" * 65, ["stall-1-1"], {}])
def test_journal_refuses_what_cannot_have_been_received(attempt, learner_client, received):
    path = reverse("api:journal", args=[attempt.code])

    response = post(learner_client, path, {"entries": [UTTERANCE], "received": received})

    assert (response.status_code, response.json()) == (
        400,
        {"error": "received_invalid", "message": "“received” must be the id of a rescue."},
    )
    assert Utterance.objects.count() == 0


def test_journal_keeps_the_call_that_the_room_is_in(attempt, learner_client):
    call = call_in(attempt, heard=timedelta(minutes=5))
    path = reverse("api:journal", args=[attempt.code])

    response = post(learner_client, path, {"entries": [], "received": None, "connection": str(call.code)})

    assert (response.status_code, response.json()) == (200, receipt())
    call.refresh_from_db()
    assert timezone.now() - call.heard_at < timedelta(minutes=1)


@pytest.mark.parametrize("connection", [1, "", "conn-1", ["a"], {}])
def test_journal_refuses_what_is_no_call(attempt, learner_client, connection):
    path = reverse("api:journal", args=[attempt.code])

    response = post(learner_client, path, {"entries": [UTTERANCE], "connection": connection})

    assert (response.status_code, response.json()) == (
        400,
        {"error": "connection_invalid", "message": "“connection” must be the id of a call."},
    )
    assert Utterance.objects.count() == 0


def test_journal_is_closed_a_day_after_the_end(attempt, report):
    ended = attempts.end_attempt(attempt).ended_at
    assert report(UTTERANCE).json() == receipt(stored=["item_1"], ended=True)
    entry = UTTERANCE | {"id": "item_2"}

    with time_machine.travel(ended + timedelta(hours=25)):
        response = report(entry)

    assert (response.status_code, response.json()) == (
        410,
        {"error": "attempt_closed", "message": "This lesson ended more than a day ago and takes no more entries."},
    )


@pytest.mark.parametrize("size", [1, 50])
@pytest.mark.parametrize("before", [1, 300])
def test_journal_queries(report, attempt, learner_client, django_assert_num_queries, size, before):
    for start in range(0, before, 50):
        report(*[UTTERANCE | {"id": f"old_{number}"} for number in range(start, start + min(50, before))])

    path = reverse("api:journal", args=[attempt.code])
    entries = [UTTERANCE | {"id": f"new_{number}"} for number in range(size)]

    # The login 2, the attempt 1, a savepoint 2, the lock 1, the call 1, the visits 2, the transcript 1, the new ones 1,
    # the hand of staff 1.
    with django_assert_num_queries(12):
        response = post(learner_client, path, {"entries": entries, "connection": str(uuid.uuid4())})

    assert len(response.json()["stored"]) == size
