"""Holds what is stored against what was said. Knows neither Django nor the network."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

STAGE_COMPLETE = "stage_complete"
# What a lesson may be charged with, and what the table calls it.
CHARGES = {
    "lost": "utterances lost",
    "altered": "utterances with other words",
    "duplicate": "utterances twice",
    "invented": "utterances nobody said",
    "unfinished": "utterances left unfinished",
    "misplaced": "utterances in a wrong stage",
    "disordered": "utterances out of order",
    "double": "double stage changes",
    "astray": "stages out of course",
    "phantom": "function calls nobody made",
    "inconsistent": "function calls answered in two ways",
    "refused": "entries refused for good",
    "stuck": "lessons stuck",
    "broken": "pages broken",
}


@dataclass(frozen=True, slots=True)
class Charge:
    """One thing that must not be."""

    kind: str
    lesson: int
    detail: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """One as it is stored."""

    id: str
    speaker: str
    status: str
    text: str
    visit: int


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a stage, as it is stored; `outcome` empty where the learner left in the middle of it."""

    number: int
    stage: str
    outcome: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Call:
    """A function call, as it is stored; `visit` is the one it was answered in."""

    id: str
    name: str
    arguments: str
    refusal: str
    output: Any
    visit: int


@dataclass(frozen=True, slots=True)
class Stored:
    """All that the database has of one attempt, everything in its order."""

    ended: bool
    utterances: Sequence[Utterance] = ()
    visits: Sequence[Visit] = ()
    calls: Sequence[Call] = ()
    ways: Mapping[tuple[str, str], str | None] = field(default_factory=dict)


def judge(truth: Mapping[str, Any], stored: Stored) -> list[Charge]:
    """Return all that is wrong with what is stored of a lesson. `truth` is what learner.js tells of it."""
    found = [
        *_of_ending(truth, stored),
        *_of_words(truth, stored),
        *_of_order(truth, stored),
        *_of_stages(stored),
        *_of_calls(truth, stored),
    ]
    return [Charge(kind, truth["lesson"], detail) for kind, detail in found]


Findings = Iterator[tuple[str, str]]


def _of_ending(truth: Mapping[str, Any], stored: Stored) -> Findings:
    if truth["stuck"]:
        yield "stuck", truth["stuck"]
    elif not stored.ended or any(visit.is_open for visit in stored.visits):
        yield "stuck", "the attempt is still open on the server"
    for entry in truth["rejected"]:
        yield "refused", str(entry)


def _of_words(truth: Mapping[str, Any], stored: Stored) -> Findings:
    kept = {utterance.id: utterance for utterance in stored.utterances}
    stages = {visit.number: visit.stage for visit in stored.visits}
    said = {item["id"]: item for item in truth["items"]}
    for item_id, item in said.items():
        utterance = kept.get(item_id)
        if utterance is not None:
            yield from _of_one(item, utterance, stages.get(utterance.visit, ""))
        elif _spoken(item["least"] if item["isTorn"] else item["text"]):
            yield "lost", f"{item['speaker']} said {item['text']!r} ({item_id})"
    typed = {sentence["text"]: sentence["isCertain"] for sentence in truth["typed"]}
    for item_id in kept.keys() - said.keys():
        # A lesson may end while a typed sentence waits for a tutor: it is kept all the same.
        if not (kept[item_id].speaker == "learner" and kept[item_id].text in typed):
            yield "invented", f"{kept[item_id].text!r} ({item_id})"
    for text in {text for text, is_certain in typed.items() if is_certain} - {each.text for each in kept.values()}:
        yield "lost", f"learner typed {text!r}"
    texts = Counter(utterance.text for utterance in stored.utterances if utterance.text)
    ids = Counter(utterance.id for utterance in stored.utterances)
    yield from (("duplicate", repr(what)) for what, times in [*texts.items(), *ids.items()] if times > 1)


def _of_one(item: Mapping[str, Any], utterance: Utterance, stage: str) -> Findings:
    text = _spoken(item["text"])
    if item["isTorn"]:
        is_there = text.startswith(utterance.text) and utterance.text.startswith(_spoken(item["least"]))
    else:
        is_there = utterance.text == text
    if utterance.status == "partial" and not item["isCut"]:
        yield "unfinished", f"{utterance.text!r} ({utterance.id})"
    if not is_there:
        yield "altered" if utterance.text else "lost", f"{utterance.text!r} instead of {text!r} ({utterance.id})"
    if utterance.speaker != item["speaker"]:
        yield "altered", f"{utterance.id} is said by {utterance.speaker}"
    if stage != item["stage"]:
        yield "misplaced", f"{text!r} is in {stage}, not in {item['stage']} ({utterance.id})"


def _spoken(text: str) -> str:
    return text.strip()


def _of_order(truth: Mapping[str, Any], stored: Stored) -> Findings:
    """Within a call, always; over calls, unless two of them went on at the same time."""
    place = {utterance.id: number for number, utterance in enumerate(stored.utterances)}
    items = [item for item in truth["items"] if item["id"] in place]
    calls = {item["call"] for item in items}
    rows = [[item for item in items if item["call"] == call] for call in calls] if truth["isOverlapping"] else [items]
    for row in rows:
        for before, after in pairwise(row):
            if place[before["id"]] > place[after["id"]]:
                yield "disordered", f"{after['id']} stands before {before['id']}"


def _of_stages(stored: Stored) -> Findings:
    """Each change was asked for by one call, and leads where the lesson says."""
    if [visit.number for visit in stored.visits] != list(range(1, len(stored.visits) + 1)):
        yield "astray", f"visits {[visit.number for visit in stored.visits]}"
    accepted = [call for call in stored.calls if call.name == STAGE_COMPLETE and not call.refusal]
    closed = [visit.number for visit in stored.visits if visit.outcome]
    if [call.visit for call in accepted] != closed:
        yield "double", f"calls {[(call.id, call.visit) for call in accepted]} closed visits {closed}"
    for visit, following in pairwise(stored.visits):
        if stored.ways.get((visit.stage, visit.outcome), "") != following.stage:
            yield "astray", f"{visit.stage} by {visit.outcome!r} to {following.stage}"


def _of_calls(truth: Mapping[str, Any], stored: Stored) -> Findings:
    made = {call["id"]: (call["name"], call["arguments"]) for call in truth["calls"]}
    for call in stored.calls:
        if made.get(call.id) != (call.name, call.arguments):
            yield "phantom", f"{call.name} {call.arguments} ({call.id})"
    answers = {call.id: call.output for call in stored.calls}
    told = Counter((output["call"], output["call_id"]) for output in truth["outputs"])
    yield from (("inconsistent", f"{call_id} told {times} times") for (_, call_id), times in told.items() if times > 1)
    for output in truth["outputs"]:
        if answers.get(output["call_id"]) != output["data"]:
            yield "inconsistent", f"{output['call_id']} told {output['data']}, stored {answers.get(output['call_id'])}"


def count_by_kind(charges: Iterable[Charge]) -> dict[str, int]:
    """How often each kind of charge was found, all kinds named."""
    counts = Counter(charge.kind for charge in charges)
    return {kind: counts[kind] for kind in CHARGES}
