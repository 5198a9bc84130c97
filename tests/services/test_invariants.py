"""Whatever happens in whatever order, some things about an attempt stay true."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import time_machine
from django.contrib.auth.models import User
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests import lessons, official
from tests.lessons import PLAN
from tutor.models import Attempt, Connection, Lesson, Speaker, StageVisit, UtteranceStatus
from tutor.plan import Plan
from tutor.services import attempts, journal, tool_calls
from tutor.services.errors import AttemptClosedError, AttemptEndedError
from tutor.services.journal import UtteranceEntry

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXAMPLES, STEPS = 35, 30

# A circle, a branch, evidence, every context rule, and limits that are reached within a few steps.
LIMITS = {
    "warm-up": {"stall_turns": 1, "stall_minutes": 3, "fallback": "understood"},
    "order": {"stall_minutes": 2, "fallback": "ordered"},
    "goodbye": {"stall_turns": 2},
}
STALLING: Plan = replace(PLAN, stages=tuple(replace(stage, **LIMITS[stage.key]) for stage in PLAN.stages))
EDGES = {(stage.key, outcome.key): outcome.next for stage in STALLING.stages for outcome in stage.outcomes}

item_ids = st.integers(1, 12).map("item_{}".format)
visit_numbers = st.none() | st.integers(1, 4)
outcomes = st.sampled_from([*(outcome.key for stage in STALLING.stages for outcome in stage.outcomes), "no-such", ""])
TEXTS = ["", "Hm.", "A tea, please."]


class Life(RuleBasedStateMachine):
    """One attempt, and everything that browsers, models, learners and time can do to it."""

    lesson: Lesson
    learner: User
    count = 0

    @initialize()
    def begin(self) -> None:
        self.clock = time_machine.travel(START, tick=False)
        self.time = self.clock.start()
        attempts_of = Attempt.objects.filter(learner=self.learner)
        for left_over in attempts_of.filter(ended_at__isnull=True):
            attempts.end_attempt(left_over)
        self.attempt = attempts.start_attempt(self.lesson, learner=self.learner)[0]
        self.answers: dict[str, dict[str, Any]] = {}
        self.steps: dict[int, int] = {}
        self.visit_of: dict[str, int] = {}
        self.received = ""
        self.offered = ""
        self.calls = 0
        self.resume()

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.clock.stop()

    # --- What happens ---

    @rule(
        item_id=item_ids,
        after=st.just("") | item_ids,
        speaker=st.sampled_from(Speaker),
        status=st.sampled_from(UtteranceStatus),
        text=st.sampled_from(TEXTS),
        visit=visit_numbers,
    )
    def say(
        self, item_id: str, after: str, speaker: Speaker, status: UtteranceStatus, text: str, visit: int | None
    ) -> None:
        """An entry, perhaps once more, perhaps of a visit long over or not yet begun."""
        latest = self.attempt.connections.order_by("-id").values_list("code", flat=True).first()
        entry = UtteranceEntry(
            id=item_id,
            speaker=speaker,
            status=status,
            text=text,
            previous_item_id=after,
            visit=visit,
            connection=str(latest or ""),
        )
        self._journal([entry])

    @rule(minutes=st.sampled_from([0, 1, 2, 10, 24 * 60]), forwards=st.booleans())
    def beat(self, minutes: int, forwards: bool) -> None:
        """Time passes, and the browser asks; its answer may be lost."""
        self.time.shift(timedelta(minutes=minutes))
        self._journal([])
        if forwards:
            self.received = self.offered

    @rule(forwards=st.booleans(), text=st.sampled_from(TEXTS))
    def take_turns(self, forwards: bool, text: str) -> None:
        """The learner says something, and the tutor answers."""
        after = self.attempt.utterances.order_by("-position").values_list("item_id", flat=True).first() or ""
        count = self.attempt.utterances.count()
        for speaker in (Speaker.LEARNER, Speaker.TUTOR):
            self.say(f"turn_{count}_{speaker}", after, speaker, UtteranceStatus.COMPLETE, text, None)
            after = f"turn_{count}_{speaker}"
            if forwards:
                self.received = self.offered

    @rule(number=st.integers(0, 1))
    def complete_well(self, number: int) -> None:
        """What a good model does: a way out that there is, with a quote."""
        stage = STALLING.stage(self._visits()[-1].stage_key)
        self.complete(stage.outcomes[number % len(stage.outcomes)].key, "Fine.", "A tea, please.", None)

    @rule(outcome=outcomes, summary=st.sampled_from(TEXTS), quote=st.sampled_from(TEXTS), visit=visit_numbers)
    def complete(self, outcome: str, summary: str, quote: str, visit: int | None) -> None:
        """A proposal of the model: right, wrong, too early, or of a visit that is over."""
        arguments = {"outcome": outcome, "reasoning": "r", "summary": summary, "evidence": [quote]}
        self._call("stage_complete", json.dumps(arguments), visit)

    @rule(
        name=st.sampled_from(["hint", "note", "no_such_tool", "stage_complete"]),
        arguments=st.sampled_from(["", "{}", "{", "[]", '{"drink": "tea"}']),
    )
    def call_tool(self, name: str, arguments: str) -> None:
        self._call(name, arguments, None)

    @precondition(lambda self: self.answers)
    @rule(number=st.integers(0, 100))
    def call_again(self, number: int) -> None:
        """A request that is repeated, whatever has happened since."""
        call_id = [*self.answers][number % len(self.answers)]
        answer = tool_calls.answer_tool_call(self.attempt, call_id=call_id, name="hint", arguments="changed")
        assert answer == self.answers[call_id]

    @rule()
    def set_the_clock_back(self) -> None:
        self.time.shift(timedelta(minutes=-1))

    @rule()
    def resume(self) -> None:
        """A page that is opened, and the call it makes."""
        state = attempts.state(Attempt.objects.get(pk=self.attempt.pk))
        self._check_events(state["opening"])
        if state["stage"] is not None:
            visit = self.attempt.visits.get(number=state["stage"]["visit"])
            Connection.objects.create(attempt=self.attempt, visit=visit, config={})
            self.received = ""

    @precondition(lambda self: self.attempt.visits.count() > 2)
    @rule()
    def end(self) -> None:
        attempts.end_attempt(self.attempt)

    def _journal(self, entries: list[UtteranceEntry]) -> None:
        before = self._helped()
        try:
            rescue = journal.store_entries(self.attempt, entries, received=self.received).rescue
        except AttemptClosedError:
            return
        assert self._helped() - before in (0, 1)
        if rescue is not None:
            assert rescue["id"] != self.received
            self.offered = rescue["id"]
            self._check_events(rescue["events"])

    def _call(self, name: str, arguments: str, visit: int | None) -> None:
        self.calls += 1
        call_id = f"call_{self.calls}"
        try:
            answer = tool_calls.answer_tool_call(
                self.attempt, call_id=call_id, name=name, arguments=arguments, visit=visit
            )
        except AttemptEndedError:
            assert self._visits()[-1].completed_at is not None
            return
        self.answers[call_id] = answer
        self._check_events(answer["events"])

    @staticmethod
    def _check_events(events: list[dict[str, Any]]) -> None:
        assert [problem for event in events for problem in official.check_client_event(event)] == []
        assert sum(event["type"] == "response.create" for event in events) <= 1
        deleted = [event["item_id"] for event in events if event["type"] == "conversation.item.delete"]
        assert len(deleted) == len(set(deleted))

    # --- What stays true ---

    def _visits(self) -> list[StageVisit]:
        return list(self.attempt.visits.order_by("number"))

    def _helped(self) -> int:
        return sum(visit.stall_step for visit in self._visits())

    @invariant()
    def visits_are_numbered_and_only_the_last_is_open(self) -> None:
        visits = self._visits()
        ended = Attempt.objects.get(pk=self.attempt.pk).ended_at is not None
        assert [visit.number for visit in visits] == list(range(1, len(visits) + 1))
        assert [visit.completed_at is None for visit in visits] == [False] * (len(visits) - 1) + [not ended]

    @invariant()
    def stages_follow_the_outcomes(self) -> None:
        visits = self._visits()
        assert visits[0].stage_key == STALLING.start.key
        for visit, following in pairwise(visits):
            assert EDGES[visit.stage_key, visit.outcome] == following.stage_key
        attempt = Attempt.objects.get(pk=self.attempt.pk)
        if attempt.outcome == "completed":
            assert EDGES[visits[-1].stage_key, visits[-1].outcome] is None
        else:
            assert visits[-1].outcome == ""

    @invariant()
    def help_only_grows_and_its_end_is_flagged(self) -> None:
        for visit in self._visits():
            assert visit.stall_step >= self.steps.get(visit.number, 0)
            self.steps[visit.number] = visit.stall_step
            assert (visit.stall_step == 3) == (visit.flag == StageVisit.Flag.STALLED)
            if visit.stall_step == 3:
                assert visit.outcome == STALLING.stage(visit.stage_key).fallback
                assert visit.reasoning != ""

    @invariant()
    def utterances_stay_on_their_visit_in_one_order(self) -> None:
        rows = list(self.attempt.utterances.order_by("position").values_list("position", "item_id", "visit__number"))
        assert [position for position, _, _ in rows] == list(range(1, len(rows) + 1))
        for _, item_id, number in rows:
            assert self.visit_of.setdefault(item_id, number) == number
        assert len(self.visit_of) == len(rows)

    @invariant()
    def calls_keep_their_answers(self) -> None:
        assert dict(self.attempt.tool_calls.values_list("call_id", "answer")) == self.answers


def test_an_attempt_keeps_its_promises_whatever_happens(learner):
    Life.lesson, Life.learner = lessons.publish(STALLING), learner

    run_state_machine_as_test(Life, settings=settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None))
