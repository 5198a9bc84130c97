"""Function calls and journal entries: posted to answered."""

import json
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.learner import Learner, timed
from tests.running import Server, running

COUNT = 100
LESSON = "ordering-in-a-cafe"


def measure() -> list[Figure]:
    """Time refused and accepted `stage_complete` calls, and journal entries, on SQLite."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server:
        learner = Learner(server.url)
        walk = _Walk(learner, server)
        attempt = walk.attempt
        refused = timed(COUNT, lambda _: _call(learner, attempt, {"outcome": "nowhere", "reasoning": "x"}))
        journal = timed(COUNT, lambda number: learner.post(f"{attempt}journal/", {"entries": [_said(number)]}))
        accepted = [walk.move() for _ in range(COUNT)]
    return [
        Figure("POST …/tool-calls/, refused", refused),
        Figure("POST …/tool-calls/, the lesson moves", accepted),
        Figure("POST …/journal/, one utterance", journal),
    ]


class _Walk:
    """Goes through a lesson by the first way out of each stage, and begins again at its end."""

    def __init__(self, learner: Learner, server: Server) -> None:
        query = "SELECT plan FROM tutor_lessonversion v JOIN tutor_lesson l ON l.id = v.lesson_id WHERE l.slug = ?"
        stages = json.loads(server.rows(query, LESSON)[0]["plan"])["stages"]
        self._first_way_out = {stage["key"]: stage["outcomes"][0]["key"] for stage in stages}
        self._learner = learner
        self._stage = stages[0]["key"]
        self.attempt = learner.start(LESSON)

    def move(self) -> float:
        """Say something, then complete the stage; return the milliseconds of the second."""
        entries = [_said(number) for number in range(3)]
        self._learner.post(f"{self.attempt}journal/", {"entries": entries})
        quotes = [entry["text"] for entry in entries]
        arguments = {"outcome": self._first_way_out[self._stage], "reasoning": "x", "summary": "x", "evidence": quotes}
        started = time.perf_counter()
        answer = _call(self._learner, self.attempt, arguments)
        took = (time.perf_counter() - started) * 1000
        if answer["ended"]:
            self.attempt = self._learner.start(LESSON)
            self._stage = next(iter(self._first_way_out))
        else:
            self._stage = answer["stage"]["key"]
        return took


def _call(learner: Learner, attempt: str, arguments: dict[str, Any]) -> Any:
    call = {"call_id": f"call_{uuid.uuid4().hex}", "name": "stage_complete", "arguments": json.dumps(arguments)}
    return learner.post(f"{attempt}tool-calls/", call).json()


def _said(number: int) -> dict[str, Any]:
    text = f"I would like a cup of coffee number {number}, please."
    item_id = f"item_{uuid.uuid4().hex}"
    return {"id": item_id, "kind": "utterance", "speaker": "learner", "status": "complete", "text": text}
