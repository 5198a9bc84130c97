"""What a stage's context rule leaves of the conversation, through several calls: exactly which items are deleted."""

import json
from dataclasses import replace

import pytest

from tests import lessons, official
from tutor.models import Attempt, Connection, Speaker, UtteranceStatus
from tutor.plan import ContextRule, Outcome, Plan, Stage
from tutor.services import attempts, journal, prompts, tool_calls
from tutor.services.journal import UtteranceEntry

KEEP, SUMMARY, FRESH = ContextRule.KEEP, ContextRule.SUMMARY, ContextRule.FRESH


def row(*rules: ContextRule, stalls: bool = False) -> Plan:
    """A lesson of stages with these rules, one after the other; the first may stall after a turn."""
    keys = [f"s{number}" for number in range(1, len(rules) + 1)]
    stages = tuple(
        Stage(
            key=key,
            title=key.upper(),
            goal="Speak.",
            instructions="Ask.",
            context=rule,
            stall_turns=1 if stalls and key == "s1" else 0,
            fallback="on" if stalls and key == "s1" else None,
            outcomes=(Outcome(key="on", when="Done.", next=following),),
        )
        for key, rule, following in zip(keys, rules, [*keys[1:], None], strict=True)
    )
    return Plan(title="Row", stages=stages)


class Walk:
    """One learner in a lesson: calls, words and stage changes, with ids that can be foretold."""

    def __init__(self, learner, plan: Plan) -> None:
        self.attempt: Attempt = attempts.start_attempt(lessons.publish(plan), learner=learner)[0]
        self.connection: Connection | None = None
        self.sent: list[dict] = []

    @property
    def visit(self) -> int:
        return self.attempt.visits.get(completed_at__isnull=True).number

    def call(self) -> list[dict]:
        """A new call; return what it is opened with."""
        opening = attempts.state(Attempt.objects.get(pk=self.attempt.pk))["opening"]
        visit = self.attempt.visits.get(completed_at__isnull=True)
        self.connection = Connection.objects.create(attempt=self.attempt, visit=visit, config={})
        self.sent += opening
        return opening

    def say(self, item_id: str, *, speaker: Speaker = Speaker.LEARNER, received: str = "") -> dict | None:
        entry = UtteranceEntry(
            id=item_id,
            speaker=speaker,
            status=UtteranceStatus.COMPLETE,
            text=f"Words of {item_id}.",
            previous_item_id=self.attempt.utterances.order_by("-position").values_list("item_id", flat=True).first()
            or "",
            visit=self.visit,
            connection=str(self.connection.code),
        )
        rescue = journal.store_entries(self.attempt, [entry], received=received).rescue
        self.sent += rescue["events"] if rescue else []
        return rescue

    def complete(self, summary: str = "Fine.") -> list[dict]:
        """Complete the stage; return what stands between the update and the answer to the call."""
        arguments = {"outcome": "on", "reasoning": "Because.", "summary": summary, "evidence": []}
        answer = tool_calls.answer_tool_call(
            self.attempt,
            call_id=f"call_{self.visit}",
            name="stage_complete",
            arguments=json.dumps(arguments),
        )
        self.sent += answer["events"]
        update, *between, output, create = answer["events"]
        assert [update["type"], output["item"]["type"], create["type"]] == [
            "session.update",
            "function_call_output",
            "response.create",
        ]
        return [{name: value for name, value in event.items() if name != "event_id"} for event in between]


@pytest.fixture
def walk(learner):
    walks: list[Walk] = []

    def begin(*rules: ContextRule, stalls: bool = False) -> Walk:
        walks.append(Walk(learner, row(*rules, stalls=stalls)))
        walks[-1].call()
        return walks[-1]

    yield begin
    sent = [event for walk in walks for event in walk.sent]
    assert [problem for event in sent for problem in official.check_client_event(event)] == []


def deletes(*item_ids: str) -> list[dict]:
    return [{"type": "conversation.item.delete", "item_id": item_id} for item_id in item_ids]


def note(visit: int, *lines: str) -> dict:
    text = "\n".join(["What the learner did in the stages before:", *lines])
    item = {"id": f"summary-{visit}", "type": "message", "role": "system"}
    return {"type": "conversation.item.create", "item": {**item, "content": [{"type": "input_text", "text": text}]}}


CHAINS = {
    "summary, fresh": ((KEEP, SUMMARY, FRESH), [*deletes("summary-2", "b", "c")]),
    "fresh, fresh": ((KEEP, FRESH, FRESH), [*deletes("b", "c")]),
    "keep, fresh": ((KEEP, KEEP, FRESH), [*deletes("a", "b", "c")]),
    "keep, summary": ((KEEP, KEEP, SUMMARY), [*deletes("a", "b", "c"), note(3, "- S1: Fine.", "- S2: Fine.")]),
    "summary, summary": (
        (KEEP, SUMMARY, SUMMARY),
        [*deletes("summary-2", "b", "c"), note(3, "- S1: Fine.", "- S2: Fine.")],
    ),
    "fresh, summary": ((KEEP, FRESH, SUMMARY), [*deletes("b", "c"), note(3, "- S1: Fine.", "- S2: Fine.")]),
    "fresh, keep": ((KEEP, FRESH, KEEP), []),
}


@pytest.mark.parametrize(("rules", "expected"), CHAINS.values(), ids=CHAINS)
def test_second_change_of_a_call_deletes_what_the_first_left(walk, rules, expected):
    lesson = walk(*rules)
    lesson.say("a")
    lesson.complete()
    lesson.say("b")
    lesson.say("c", speaker=Speaker.TUTOR)

    assert lesson.complete() == expected


AFTER_RESUME = {
    KEEP: [],
    SUMMARY: [*deletes("resume-2", "c"), note(3, "- S1: Fine.", "- S2: Fine.")],
    FRESH: [*deletes("resume-2", "c")],
}


@pytest.mark.parametrize("second", ContextRule)
@pytest.mark.parametrize(("third", "expected"), AFTER_RESUME.items())
def test_change_after_a_resume_deletes_the_items_of_the_new_call_alone(walk, second, third, expected):
    lesson = walk(KEEP, second, third)
    lesson.say("a")
    lesson.complete()
    lesson.say("b")
    lesson.call()
    lesson.say("c")

    assert lesson.complete() == expected


def test_what_a_call_was_opened_with_is_deleted_after_stages_that_kept_it(walk):
    lesson = walk(KEEP, KEEP, KEEP, FRESH)
    lesson.say("a")
    lesson.call()
    lesson.say("b")
    assert lesson.complete() == []
    lesson.say("c")
    assert lesson.complete() == []
    lesson.say("d")

    assert lesson.complete() == deletes("resume-1", "b", "c", "d")


def test_what_a_call_was_opened_with_is_deleted_once(walk):
    lesson = walk(KEEP, FRESH, FRESH)
    lesson.say("a")
    lesson.call()
    lesson.say("b")
    assert lesson.complete() == deletes("resume-1", "b")
    lesson.say("c")

    assert lesson.complete() == deletes("c")


def test_second_call_before_the_first_word_has_nothing_to_delete(walk):
    lesson = walk(KEEP, FRESH)
    lesson.call()
    lesson.say("a")

    assert lesson.complete() == deletes("a")


@pytest.mark.parametrize(
    ("rule", "carried"), [(KEEP, True), (SUMMARY, True), (FRESH, False)], ids=["keep", "summary", "fresh"]
)
def test_resume_in_a_stage_tells_what_its_rule_allows(walk, rule, carried):
    lesson = walk(KEEP, rule)
    lesson.say("a")
    lesson.complete()
    lesson.say("b")

    opening = lesson.call()

    said = prompts.resume_note(
        summaries=[("S1", "Fine.")] if carried else [], said=[("learner", "Words of b.")], rule=KEEP
    )
    assert opening == [
        {
            "type": "conversation.item.create",
            "item": {
                "id": "resume-2",
                "type": "message",
                "role": "system",
                "content": [{"type": "input_text", "text": said}],
            },
            "event_id": "open-2-2-1",
        },
        {"type": "response.create", "event_id": "open-2-2-2"},
    ]
    assert "Words of a." not in json.dumps(opening)


def test_nudges_and_hints_are_forgotten_with_their_stage(walk):
    lesson = walk(KEEP, FRESH, FRESH, stalls=True)
    assert lesson.say("a")["id"] == "stall-1-1"
    assert lesson.say("b", received="stall-1-1")["id"] == "stall-1-2"

    assert lesson.complete() == deletes("stall-1-1", "stall-1-2", "a", "b")
    lesson.say("c")
    assert lesson.complete() == deletes("c")


def test_note_of_the_last_resort_belongs_to_the_stage_it_leads_to(walk):
    lesson = walk(KEEP, KEEP, FRESH, stalls=True)
    lesson.say("a")
    lesson.say("b", received="stall-1-1")
    lesson.say("c", received="stall-1-2")
    moved = lesson.say("d", speaker=Speaker.TUTOR, received="stall-1-2")
    assert [event["type"] for event in moved["events"]] == [
        "session.update",
        "conversation.item.create",
        "response.create",
    ]
    lesson.say("e")

    assert lesson.complete() == deletes("stall-1-1", "stall-1-2", "stall-1-3", "a", "b", "c", "d", "e")


def test_evidence_is_found_in_the_words_of_an_earlier_call(learner):
    proven = replace(row(KEEP, KEEP).stages[0], evidence=1)
    attempt = attempts.start_attempt(
        lessons.publish(replace(row(KEEP, KEEP), stages=(proven, row(KEEP, KEEP).stages[1])), slug="proven"),
        learner=learner,
    )[0]
    for number in (1, 2):
        connection = Connection.objects.create(attempt=attempt, visit=attempt.visits.get(), config={})
        entry = UtteranceEntry(
            id=f"i{number}",
            speaker=Speaker.LEARNER,
            status=UtteranceStatus.COMPLETE,
            text=f"Call number {number}.",
            visit=1,
            connection=str(connection.code),
        )
        journal.store_entries(attempt, [entry])
    arguments = {"outcome": "on", "reasoning": "Because.", "summary": "", "evidence": ["call number 1"]}

    tool_calls.answer_tool_call(attempt, call_id="c", name="stage_complete", arguments=json.dumps(arguments))

    assert (attempt.visits.get(number=1).outcome, attempt.visits.get(number=1).flag) == ("on", "")
