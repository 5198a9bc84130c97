"""A school of years in a database, and how long pages of reviewers take with it.

`DATABASE_URL=… python -m bench.crowd`, with a database to throw away: unless they are there already, it fills it with
10,000 attempts at one lesson and 1,000,000 utterances. `--explain` prints the slowest queries of each page too.
"""

import argparse
import os
import random
import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

import django

ATTEMPTS, STAYS, UTTERANCES, LEARNERS, CLASSES = 10_000, 5, 100, 500, 20
PAGES = (
    "/review/lessons/",
    "/review/lessons/cafe/",
    "/review/lessons/cafe/?version=1&against=2&measure=wait",
    "/review/lessons/cafe/?period=month",
    "/review/costs/",
    "/review/costs/?by=day&period=all",
    "/review/costs/?by=lesson&period=all",
    "/review/costs/?by=class&period=all",
    "/review/costs/?by=learner&period=all",
    "/review/costs/?by=learner&period=all&format=csv",
)


def main() -> None:
    """Fill the database if it is empty, and print a line for each page and person."""
    parser = argparse.ArgumentParser(prog="python -m bench.crowd", description=__doc__)
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--times", type=int, default=20)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.core.management import call_command  # noqa: PLC0415 # needs settings

    from tutor.models import Attempt  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    if Attempt.objects.count() < ATTEMPTS:
        fill()
    measure(options.times, explain=options.explain)


def measure(times: int, *, explain: bool) -> None:
    """Ask for each page so many times, as a reviewer and as a teacher of one class."""
    from django.contrib.auth.models import User  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    from bench.figures import Figure, show  # noqa: PLC0415
    from tutor.services import digests  # noqa: PLC0415

    figures = []
    for username in ("crowd-reviewer", "crowd-teacher"):
        client = Client(HTTP_HOST="localhost")
        client.force_login(User.objects.get(username=username))
        for page in PAGES:
            samples = []
            for _time in range(times):
                start = time.perf_counter()
                response = client.get(page, secure=True)
                response.getvalue()
                samples.append(1000 * (time.perf_counter() - start))
                if response.status_code != 200:
                    raise SystemExit(f"{page} answers {response.status_code}")
            figures.append(Figure(f"{username[6:]:8} {page}", samples))
            if explain:
                with CaptureQueriesContext(connection) as queries:
                    client.get(page, secure=True)
                slowest = sorted(queries.captured_queries, key=lambda one: -float(one["time"]))[:3]
                for one in slowest:
                    print(f"{page} {one['time']} {one['sql'][:2500]}\n")
    samples = []
    for _time in range(times):
        start = time.perf_counter()
        digests.refresh_stale(limit=1)
        samples.append(1000 * (time.perf_counter() - start))
    figures.append(Figure("a round of digests, nothing stale", samples))
    show(figures)


def fill() -> None:
    """Make the school: lesson, classes, learners, attempts and all that was made of them."""
    from django.contrib.auth.models import Group, User  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from tests import lessons  # noqa: PLC0415
    from tutor.models import (  # noqa: PLC0415
        Assignment,
        Attempt,
        Classroom,
        DayUse,
        Digest,
        LessonVersion,
        StageVisit,
        StayDigest,
        Utterance,
    )
    from tutor.services import digests  # noqa: PLC0415

    chance = random.Random(7)
    now = timezone.now()
    plan = lessons.of_stages(STAYS)
    lesson = lessons.publish(plan)
    first = lesson.versions.get()
    versions = [first, LessonVersion.objects.create(lesson=lesson, number=2, plan=first.plan, checksum="2")]
    for number in range(19):
        lessons.publish(plan, slug=f"other-{number}")
    people = {}
    for username, group in (("crowd-reviewer", "Reviewers"), ("crowd-teacher", "Teachers")):
        people[group] = User.objects.create_user(username, is_staff=True)
        people[group].groups.add(Group.objects.get(name=group))
    learners = User.objects.bulk_create(
        User(username=f"learner{number:03}", first_name="Lea", last_name=f"Learner {number:03}")
        for number in range(LEARNERS)
    )
    for number in range(CLASSES):
        room = Classroom.objects.create(
            name=f"Class {number}", teacher=people["Teachers" if number % 2 else "Reviewers"]
        )
        room.learners.set(learners[number::CLASSES])
        Assignment.objects.create(classroom=room, lesson=lesson)

    def attempts() -> Iterator[Attempt]:
        for number in range(ATTEMPTS):
            yield Attempt(
                learner=learners[number % LEARNERS],
                lesson=lesson,
                version=versions[number % 2],
                outcome=chance.choice(("completed", "completed", "left")),
                ended_at=now + timedelta(hours=2),
            )

    made = _create(Attempt, attempts())
    for one in made:
        one.started_at = now - timedelta(minutes=chance.randrange(400 * 24 * 60))
    Attempt.objects.bulk_update(made, ["started_at"], batch_size=500)
    visits = _create(
        StageVisit,
        (
            StageVisit(
                attempt=one,
                number=number,
                stage_key=f"stage-{number}",
                session={},
                entered_at=one.started_at,
                completed_at=now,
                outcome="on" if number < STAYS or one.outcome == "completed" else "",
            )
            for one in made
            for number in range(1, STAYS + 1)
        ),
    )
    _create(
        StayDigest,
        (
            StayDigest(
                attempt_id=visit.attempt_id,
                visit=visit,
                version_id=visit.attempt.version_id,
                started_at=visit.attempt.started_at,
                stage_key=visit.stage_key,
                end="moved" if visit.outcome else "left",
                outcome=visit.outcome,
                again=chance.random() < 0.1,
                seconds=chance.randrange(600),
                learner_turns=10,
                tutor_turns=10,
                learner_words=60,
                tutor_words=100 + chance.randrange(100),
                waits=9,
                wait_ms=9_000 + chance.randrange(9_000),
            )
            for visit in visits
        ),
    )
    _create(
        Digest,
        LessonVersion,
        (Digest(attempt=one, until=now + timedelta(days=1), edition=digests.EDITION, seconds=1200) for one in made),
    )
    _create(
        DayUse,
        (
            DayUse(attempt=one, day=one.started_at.date(), model=model, text_in=9000, audio_out=5000, cost=cost)
            for one in made
            for model, cost in (("voice", "0.123456"), ("ears", None if chance.random() < 0.01 else "0.012"))
        ),
    )
    _create(
        Utterance,
        (
            Utterance(
                attempt_id=visit.attempt_id,
                visit=visit,
                item_id=f"item_{visit.number}_{number}",
                position=100 * visit.number + number,
                speaker=("tutor", "learner")[number % 2],
                status="complete",
                text="I would like a large cup of tea with milk, please.",
                text_status="complete",
            )
            for visit in visits
            for number in range(UTTERANCES // STAYS)
        ),
    )


def _create(model: Any, rows: Iterable[Any]) -> list[Any]:
    """Store rows, five thousand at a time; return those of all tables but the largest."""
    made, rows = [], iter(rows)
    while some := list(islice(rows, 5000)):
        model.objects.bulk_create(some)
        if model.__name__ in ("Attempt", "StageVisit"):
            made += some
    print(f"{model.__name__}: {model.objects.count()}", flush=True)
    return made


if __name__ == "__main__":
    main()
