"""Two windows, a model that errs, a network that loses answers, a database that breaks off: a stage changes once.

A model in plain Python predicts what the HTTP views answer and what is stored.
"""

import json
import random
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine

from tests import lessons
from tests.api.helpers import OFFER, post
from tests.lessons import PLAN
from tutor.models import Attempt, Connection, Lesson, StageVisit
from tutor.peers import client as provider
from tutor.peers.client import Call
from tutor.plan import Outcome, Plan
from tutor.services import attempts, hang_ups
from tutor.services.hang_ups import Told

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

EXAMPLES, STEPS = 12, 25
SENTENCE, SKETCHES, NEVER_SAID = "A cup of tea, please.", ("", "A", "A cup"), "Zebras gallop quickly."
FINAL = ("partial", "untranscribed", "complete", "interrupted")
BROKEN = object()
# In each table that a request writes, so that it can break off at any of them.
BREAKS = ("tutor_toolcall", "tutor_stagevisit", "tutor_utterance", "tutor_correction", "tutor_setaside")

# A circle, a branch, a way back to the start, evidence, every context rule, and limits that are soon reached.
LIMITS: dict[str, dict[str, Any]] = {
    "warm-up": {"stall_minutes": 3, "fallback": "understood"},
    "order": {"stall_turns": 3, "fallback": "ordered"},
    "goodbye": {"outcomes": (*PLAN.stage("goodbye").outcomes, Outcome(key="again", when="…", next="warm-up"))},
}
CIRCLING: Plan = replace(PLAN, stages=tuple(replace(stage, **LIMITS[stage.key]) for stage in PLAN.stages))
EDGES = {(stage.key, outcome.key): outcome.next for stage in CIRCLING.stages for outcome in stage.outcomes}


@dataclass
class Item:
    """What the server must know of an utterance: by the status of each entry it was told, the text that counts."""

    speaker: str
    visit: int
    told: dict[str, str] = field(default_factory=dict)

    def take(self, status: str, text: str) -> str:
        """Take an entry; return the fate it must have."""
        new, before = not self.told, self.reads
        if self._source() == status != "partial" and text and text != before[1]:
            return "conflict"
        known = self.told.get(status, "")
        longer = status == "partial" and len(text) > len(known)
        self.told[status] = text if longer or not known else known
        return "stored" if new or self.reads != before else "duplicate"

    @property
    def reads(self) -> tuple[str, str]:
        """Status and text: the most final one, and the best one."""
        status = max(self.told, key=FINAL.index, default="")
        return status, self.told.get(self._source(), "")

    def _source(self) -> str:
        return next((name for name in ("complete", "interrupted", "partial") if self.told.get(name)), "")


@dataclass
class Visit:
    stage: str
    refusals: int = 0
    left: bool = False


class World(RuleBasedStateMachine):
    """One attempt in two windows. The model is `visits`, `items`, `answers`, `apart` and `meant`."""

    lesson: Lesson
    windows: tuple[Client, Client]
    learner: Any

    @initialize()
    def begin(self) -> None:
        self.clock = time_machine.travel(START, tick=False)
        self.time = self.clock.start()
        for left_over in Attempt.objects.filter(learner=self.learner, ended_at__isnull=True):
            attempts.end_attempt(left_over)
        state = post(self.windows[0], f"/api/lessons/{self.lesson.slug}/attempts/", {}).json()
        again = post(self.windows[1], f"/api/lessons/{self.lesson.slug}/attempts/", {})
        assert (again.status_code, again.json()["code"]) == (200, state["code"])
        self.attempt = Attempt.objects.get(code=state["code"])
        self.visits, self.ended = [Visit(CIRCLING.start.key)], False
        self.items: dict[str, Item] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.calls: dict[str, dict[str, Any]] = {}
        self.apart: set[str] = set()
        self.meant: dict[str, str] = {}
        self.corrections: dict[str, tuple[dict[str, Any], Any]] = {}
        # What the browser still has to tell, and all that it ever told.
        self.outbox: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.count, self.last, self.received, self.call = 0, None, None, None
        self.connect(0)

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.clock.stop()

    # --- What happens ---

    @rule(
        speaker=st.sampled_from(["learner", "learner", "tutor"]),
        sketches=st.lists(st.sampled_from(SKETCHES), max_size=2),
        end=st.sampled_from([("complete", SENTENCE), ("interrupted", "A cup"), ("untranscribed", ""), None]),
        back=st.sampled_from([0, 0, 0, 1]),
        told=st.booleans(),
    )
    def say(self, speaker: str, sketches: list[str], end: tuple[str, str] | None, back: int, told: bool) -> None:
        """Something is said, in the current visit or as a window that is late believes; it is told now or later."""
        self.count += 1
        item_id, visit = f"item_{self.count}", max(1, len(self.visits) - back)
        for status, text in [*(("partial", sketch) for sketch in sketches or [""]), *filter(None, [end])]:
            self.outbox.append(self._entry(item_id, speaker, status, text, visit))
        self.last = item_id
        if told:
            self.report(self.outbox[-3:], 0)

    @precondition(lambda self: self.outbox)
    @rule(seed=st.integers(0, 2**16), window=st.integers(0, 1), answered=st.booleans(), breaks=st.sampled_from(BREAKS))
    def deliver(self, seed: int, window: int, answered: bool, breaks: str) -> None:
        """Some of it goes out in any order; the answer may be lost, and the database may break it off before."""
        chance = random.Random(seed)
        some = chance.sample(self.outbox, chance.randint(1, len(self.outbox)))
        if self.report(some, window, breaks if chance.random() < 0.3 else None) is not BROKEN and answered:
            self.outbox = [entry for entry in self.outbox if entry not in some]

    @precondition(lambda self: self.sent)
    @rule(seed=st.integers(0, 2**16), window=st.integers(0, 1))
    def tell_again(self, seed: int, window: int) -> None:
        chance = random.Random(seed)
        self.report(chance.choices(self.sent, k=chance.randint(1, 4)), window)

    @precondition(lambda self: self.items)
    @rule(seed=st.integers(0, 2**16), fault=st.sampled_from(["text", "other words", "visit", "speaker", "kind"]))
    def tell_nonsense(self, seed: int, fault: str) -> None:
        """One bad entry among its neighbours."""
        item_id = random.Random(seed).choice([*self.items])
        item = self.items[item_id]
        bad = self._entry(item_id, item.speaker, "complete", SENTENCE, item.visit)
        values = {"text": [seed], "other words": f"No {seed}.", "visit": 999, "speaker": "system", "kind": "x"}
        name = "text" if fault == "other words" else fault
        self.report([*self.outbox[:2], {**bad, name: values[fault]}, *self.outbox[2:4]], seed % 2)

    @rule(minutes=st.sampled_from([-1, 0, 1, 2, 10]), forwards=st.booleans())
    def wait(self, minutes: int, forwards: bool) -> None:
        self.time.shift(timedelta(minutes=minutes))
        rescue = self.report([], 0)
        if forwards and isinstance(rescue, dict):
            self.received = rescue["id"]

    @rule(number=st.integers(0, 1), window=st.integers(0, 1), breaks=st.none() | st.sampled_from(BREAKS[:2]))
    def complete_well(self, number: int, window: int, breaks: str | None) -> None:
        """A good model: a way out that there is, with a quote. The first try may be broken off."""
        stage = CIRCLING.stage(self.visits[-1].stage)
        outcome = stage.outcomes[number % len(stage.outcomes)].key
        self._call(self._completion(outcome, SENTENCE), len(self.visits), window, breaks)

    @rule(
        outcome=st.sampled_from(["understood", "ordered", "done", "no-such"]),
        quote=st.sampled_from([SENTENCE, NEVER_SAID]),
        stale=st.sampled_from([None, 0, 1]),
    )
    def complete_badly(self, outcome: str, quote: str, stale: int | None) -> None:
        """Any way out with any quote, perhaps of a stage that is over."""
        visit = None if stale is None else max(1, len(self.visits) - stale)
        self._call(self._completion(outcome, quote), visit, 0, None)

    @rule(
        name=st.sampled_from(["hint", "no_such_tool", "stage_complete"]), arguments=st.sampled_from(["{}", "{", "[]"])
    )
    def call_tool(self, name: str, arguments: str) -> None:
        self._call({"name": name, "arguments": arguments}, None, 1, None)

    @rule(first=st.sampled_from(["understood", "ordered", "done"]), second=st.sampled_from(["understood", "ordered"]))
    def call_in_parallel(self, first: str, second: str) -> None:
        """Two calls of one response, which both speak of the visit in which it began."""
        visit = len(self.visits)
        for window, outcome in enumerate((first, second)):
            self._call(self._completion(outcome, SENTENCE), visit, window, None)

    @precondition(lambda self: self.answers)
    @rule(number=st.integers(0, 100), window=st.integers(0, 1), changed=st.booleans())
    def call_again(self, number: int, window: int, changed: bool) -> None:
        """The answer was lost, or the other window has the same call: the same answer, whatever happened since."""
        call_id = [*self.answers][number % len(self.answers)]
        call = {**self.calls[call_id], **({"arguments": "{}", "visit": 1} if changed else {})}
        response = post(self.windows[window], self._path("tool_calls"), call)
        assert (response.status_code, response.json()) == (200, self.answers[call_id])

    @precondition(lambda self: any(item.speaker == "learner" for item in self.items.values()))
    @rule(number=st.integers(0, 100), text=st.sampled_from(["I meant coffee.", SENTENCE]), breaks=st.booleans())
    def correct(self, number: int, text: str, breaks: bool) -> None:
        learners = [item_id for item_id, item in self.items.items() if item.speaker == "learner"]
        item_id = learners[number % len(learners)]
        body = {"id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.count}{number}{item_id}{text}")), "item_id": item_id}
        body["text"] = text
        response = self._send("corrections", body, 0, "tutor_correction" if breaks else None)
        if response is BROKEN:
            return
        assert response.status_code == 200
        if body["id"] not in self.corrections:
            self.meant[item_id] = text
        self.corrections.setdefault(body["id"], (body, response.json()["events"]))

    @precondition(lambda self: self.corrections)
    @rule(number=st.integers(0, 100))
    def correct_again(self, number: int) -> None:
        body, events = [*self.corrections.values()][number % len(self.corrections)]
        assert post(self.windows[1], self._path("corrections"), body).json()["events"] == events

    @rule(window=st.integers(0, 1))
    def connect(self, window: int) -> None:
        """A new call, which replaces the one before."""
        response = post(self.windows[window], self._path("connections"), {"sdp": OFFER})
        assert response.status_code == (409 if self.ended else 201)
        if not self.ended:
            self.call, self.received = response["Location"].rstrip("/").rpartition("/")[2], None

    @precondition(lambda self: len(self.visits) > 2)
    @rule(window=st.integers(0, 1))
    def end(self, window: int) -> None:
        response = post(self.windows[window], self._path("end"), {})
        assert (response.status_code, response.json()["ended"]) == (200, True)
        if not self.ended:
            self.visits[-1].left = self.ended = True

    # --- How the model follows ---

    def report(self, entries: list[dict[str, Any]], window: int, breaks: str | None = None) -> Any:
        """Send entries; compare the receipt with what the model says; return the rescue in it, or BROKEN."""
        body = {"entries": entries, "received": self.received}
        response = self._send("journal", body, window, breaks)
        if response is BROKEN:
            return BROKEN
        assert response.status_code == 200
        receipt, expected = response.json(), {"stored": [], "duplicate": [], "conflict": [], "rejected": []}
        for entry in entries:
            fate = self._take(entry)
            if entry["id"] not in expected[fate]:
                expected[fate].append(entry["id"])
        rejected = [*dict.fromkeys(each["id"] for each in receipt["rejected"])]
        rescue, ended, desk = receipt.pop("rescue"), receipt.pop("ended"), receipt.pop("desk")
        assert {**receipt, "rejected": rejected} == expected
        self.sent += [entry for entry in entries if entry not in self.sent]
        if rescue and rescue["id"] == f"stall-{len(self.visits)}-3" and not self.ended:
            self._move(CIRCLING.stage(self.visits[-1].stage).fallback or "")
        assert (ended, desk) == (self.ended, None)
        return rescue

    def _take(self, entry: dict[str, Any]) -> str:
        sound = isinstance(entry["text"], str) and entry["speaker"] != "system" and entry["kind"] == "utterance"
        if not sound or entry["visit"] > len(self.visits):
            self.apart.add(json.dumps(entry))
            return "rejected"
        item = self.items.setdefault(entry["id"], Item(entry["speaker"], entry["visit"]))
        fate = item.take(entry["status"], entry["text"])
        if fate == "conflict":
            self.apart.add(json.dumps(entry))
        return fate

    def _call(self, call: dict[str, Any], visit: int | None, window: int, breaks: str | None) -> None:
        self.count += 1
        call = {"call_id": f"call_{self.count}", "visit": visit, **call}
        response = self._send("tool_calls", call, window, breaks)
        if response is BROKEN:
            return
        if self.ended:
            assert (response.status_code, response.json()["error"]) == (409, "attempt_ended")
            return
        assert response.status_code == 200
        answer = response.json()
        refusal = self._verdict(call)
        stored = self.attempt.tool_calls.get(call_id=call["call_id"])
        assert refusal is None or stored.refusal == refusal
        if call["name"] == "stage_complete" and not refusal:
            self._move(json.loads(call["arguments"])["outcome"])
        self.calls[call["call_id"]], self.answers[call["call_id"]] = call, answer

    def _verdict(self, call: dict[str, Any]) -> str | None:
        """The code with which a call must be refused, empty if it must not be, None if the model does not know."""
        number, current = len(self.visits), self.visits[-1]
        stage = CIRCLING.stage(current.stage)
        if call["visit"] not in (None, number):
            return "stage_over"
        if call["arguments"] in ("{", "[]"):
            return "invalid_arguments"
        if call["name"] != "stage_complete":
            return None if call["name"] in stage.tools else "unknown_tool"
        claim = json.loads(call["arguments"])
        if "outcome" not in claim:
            return "invalid_arguments"
        if (stage.key, claim["outcome"]) not in EDGES:
            return "unknown_outcome"
        turns = [
            (item.reads[1], self.meant.get(item_id, item.reads[1]))
            for item_id, item in self.items.items()
            if item.visit == number and item.speaker == "learner"
        ]
        proven = not stage.evidence or any(claim["evidence"][0] in texts for texts in turns)
        missing = "too_early" if len(turns) < stage.turns else "" if proven else "evidence_missing"
        if missing == "evidence_missing" and not all(meant for _, meant in turns):
            return ""
        if not missing or current.refusals >= 2:
            return ""
        current.refusals += 1
        return missing

    def _move(self, outcome: str) -> None:
        following = EDGES[self.visits[-1].stage, outcome]
        if following is None:
            self.ended = True
        else:
            self.visits.append(Visit(following))

    def _send(self, name: str, body: dict[str, Any], window: int, breaks: str | None) -> Any:
        """Post; BROKEN if the database broke it off at its first write to a table, and then nothing has changed."""
        if breaks is None:
            return post(self.windows[window], self._path(name), body)
        before = self._stored()
        with breaking(breaks) as broken:
            response = post(self.windows[window], self._path(name), body)
        if not broken:
            return response
        assert (response.status_code, response["Retry-After"]) == (503, "2")
        assert self._stored() == before
        return BROKEN

    def _stored(self) -> list[Any]:
        return [
            list(self.attempt.visits.order_by("number").values()),
            list(self.attempt.utterances.order_by("id").values_list("item_id", "status", "text", "position")),
            [rows.count() for rows in (self.attempt.tool_calls, self.attempt.corrections, self.attempt.set_aside)],
        ]

    def _path(self, name: str) -> str:
        return reverse(f"api:{name}", args=[self.attempt.code])

    def _entry(self, item_id: str, speaker: str, status: str, text: str, visit: int) -> dict[str, Any]:
        previous = self.last if self.last != item_id else None
        facts = {"id": item_id, "kind": "utterance", "previous_item_id": previous, "speaker": speaker}
        return {**facts, "status": status, "text": text, "visit": visit, "connection": self.call}

    @staticmethod
    def _completion(outcome: str, quote: str) -> dict[str, Any]:
        arguments = {"outcome": outcome, "reasoning": "r", "summary": "s", "evidence": [quote]}
        return {"name": "stage_complete", "arguments": json.dumps(arguments)}

    # --- What stays true ---

    @invariant()
    def visits_are_as_predicted(self) -> None:
        rows = list(self.attempt.visits.order_by("number"))
        assert [(row.number, row.stage_key) for row in rows] == [
            (number, visit.stage) for number, visit in enumerate(self.visits, start=1)
        ]
        assert [row.completed_at is None for row in rows] == [False] * (len(rows) - 1) + [not self.ended]
        assert all(row.completed_at is None or row.completed_at >= row.entered_at for row in rows)
        for row, following in pairwise(rows):
            assert EDGES[row.stage_key, row.outcome] == following.stage_key
        assert all((row.stall_step == 3) == (row.flag == StageVisit.Flag.STALLED) for row in rows)

    @invariant()
    def utterances_are_as_predicted(self) -> None:
        rows = self.attempt.utterances.order_by("position")
        stored = {row.item_id: (row.visit.number, row.status, row.text) for row in rows.select_related("visit")}
        assert stored == {item_id: (item.visit, *item.reads) for item_id, item in self.items.items()}
        assert list(rows.values_list("position", flat=True)) == list(range(1, len(stored) + 1))

    @invariant()
    def calls_and_corrections_are_as_predicted(self) -> None:
        assert dict(self.attempt.tool_calls.values_list("call_id", "answer")) == self.answers
        assert self.attempt.corrections.count() == len(self.corrections)
        assert self.attempt.connections.filter(answered_at__isnull=False, ended_at__isnull=True).count() <= 1

    @invariant()
    def what_could_not_be_stored_is_kept_apart(self) -> None:
        assert self.attempt.set_aside.count() == len(self.apart)

    @invariant()
    def both_windows_are_told_the_same(self) -> None:
        states = [window.get(self._path("state")).json() for window in self.windows]
        assert states[0] == states[1]
        assert states[0]["ended"] == self.ended
        assert states[0]["stage"] is None if self.ended else states[0]["stage"]["visit"] == len(self.visits)
        told = {line["item_id"]: line["corrected"] or line["text"] for line in states[0]["transcript"]}
        assert told == {item_id: self.meant.get(item_id, item.reads[1]) for item_id, item in self.items.items()}
        if not self.outbox:
            # Nothing is missing, so every utterance stands where it was said.
            assert [*told] == sorted(told, key=lambda item_id: int(item_id.removeprefix("item_")))


@contextmanager
def breaking(table: str) -> Iterator[list[str]]:
    """The database breaks off at the first write to a table; the statement that met it is in the list."""
    broken: list[str] = []

    def execute(run: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith((f'INSERT INTO "{table}"', f'UPDATE "{table}"')):
            broken.append(sql)
            raise OperationalError("broken off on purpose")
        return run(sql, params, many, context)

    with connection.execute_wrapper(execute):
        yield broken


@pytest.fixture
def provider_that_answers(monkeypatch) -> None:
    """Calls are made without a network."""

    async def create_call(*arguments: Any, **options: Any) -> Call:
        return Call(call_id=f"rtc_{uuid.uuid4().hex}", answer=b"v=0")

    async def hang_up(calls: Iterable[Connection]) -> Told:
        # In another thread it would wait for the one transaction that all of this happens in.
        return Told()

    monkeypatch.setattr(provider, "create_call", create_call)
    monkeypatch.setattr(hang_ups, "hang_up", hang_up)


@pytest.mark.usefixtures("provider_that_answers")
def test_a_stage_changes_exactly_once_whatever_happens(learner):
    World.lesson, World.learner, World.windows = lessons.publish(CIRCLING), learner, (Client(), Client())
    for window in World.windows:
        window.force_login(learner)

    run_machine(World, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None))
