"""Learners in the middle of a lesson, made behind the server's back.

`python -m bench.people 400` makes so many in the database that DATABASE_URL names, and a reviewer, and prints them as
JSON.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from bench.load import post_json
from tests.faults import database
from tests.running import ROOT


@dataclass(frozen=True, slots=True)
class Person:
    """A learner: the key of their browser's session, and the code of their attempt."""

    session: str
    code: str

    def post(self, what: str, data: dict[str, Any]) -> bytes:
        """A request about their attempt, such as `journal`."""
        return post_json(f"/api/attempts/{self.code}/{what}/", data, session=self.session)

    def says(self, *texts: str) -> bytes:
        """What their room reports of sentences they have just finished."""
        return self.post("journal", {"entries": [_said(text) for text in texts]})

    def completes(self) -> bytes:
        """Their model finds that the first stage needs more practice: a new visit, and the lesson never ends."""
        arguments = {
            "outcome": "needs-practice",
            "reasoning": "Not yet.",
            "summary": "A drink.",
            "evidence": [SENTENCE],
        }
        call = {"call_id": f"call_{uuid4().hex}", "name": "stage_complete", "arguments": json.dumps(arguments)}
        return self.post("tool-calls", call)


SENTENCE = "I would like a cup of coffee with a little milk, please."


def _said(text: str) -> dict[str, Any]:
    item_id = f"item_{uuid4().hex}"
    return {"id": item_id, "kind": "utterance", "speaker": "learner", "status": "complete", "text": text}


def make(url: str, count: int) -> list[Person]:
    """Make the tables, a lesson, and so many learners who have begun it."""
    return make_watched(url, count)[0]


def make_watched(url: str, count: int) -> tuple[list[Person], str]:
    """The same, and somebody who may read along: the key of their session. In a process of its own, as Django wants."""
    command = [sys.executable, "-m", "bench.people", str(count)]
    made = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True, stdout=subprocess.PIPE
    )
    learners, watcher = json.loads(made.stdout)
    return [Person(*one) for one in learners], watcher


def main(count: int) -> None:
    """Make them, and print the pairs of session and code, and the reviewer's session."""
    sessions = database.fill(os.environ["DATABASE_URL"], count)

    from django.contrib.auth.models import User  # noqa: PLC0415 # Django is set up by now
    from django.db import transaction  # noqa: PLC0415

    from tutor.models import Lesson  # noqa: PLC0415
    from tutor.services import attempts  # noqa: PLC0415

    lesson = Lesson.objects.get(slug=database.SLUG)
    learners = User.objects.filter(username__startswith="learner-").order_by("pk")
    # In one transaction: a thousand of them would take the better part of a minute.
    with transaction.atomic():
        codes = [str(attempts.start_attempt(lesson, learner=learner)[0].code) for learner in learners]
    watcher = User.objects.create_superuser("watcher")
    print(json.dumps([list(zip(sessions, codes, strict=True)), database.sign_in(watcher)]))
    database.let_go()


if __name__ == "__main__":
    main(int(sys.argv[1]))
