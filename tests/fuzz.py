"""`python -m tests.fuzz --minutes 10`: damaged and made-up input for everything that reads what strangers write.

Each reader has its one way of saying no; whatever else it raises is a crash, which Hypothesis makes as small as it can.
The figures are printed at the end: how many inputs each has read, and how long its slowest took.
"""

import argparse
import copy
import json
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.lessons import DOT, PLAN, WITH_CARDS
from tests.strategies import any_json, any_text
from tutor import plan as plans
from tutor.api import inputs
from tutor.api.http import ApiError, parse_object
from tutor.plan import PlanError
from tutor.plan.evidence import count_found
from tutor.plan.text import is_json, line_at, lines_of
from tutor.realtime import errors, events, images, reminder, usage
from tutor.realtime.events import RealtimeError
from tutor.realtime.listening import Known, Listening, Status
from tutor.realtime.reminder import Reminder
from tutor.tools.mathml import MathError, checked, to_mathml

FIXTURES = sorted((Path(__file__).parent / "fixtures/realtime").glob("*.json"))
# Inputs of one round. Rounds go from reader to reader until the time is over.
ROUND = 300


@dataclass
class Reader:
    """Something that reads: what it is given, what it does with it, and what became of that."""

    name: str
    given: st.SearchStrategy[Any]
    read: Callable[[Any], None]
    inputs: int = 0
    slowest: float = 0.0

    def run(self, number: int, cases: int) -> None:
        """Read so many inputs; raise what the smallest of them raised that broke it."""

        @seed(number)
        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        )
        @given(self.given)
        def one(value: Any) -> None:
            began = time.process_time()
            self.read(value)
            self.inputs += 1
            self.slowest = max(self.slowest, time.process_time() - began)

        one()


# --- What is given ---------------------------------------------------------------------------------------------------

SPLINTERS = [
    *(b"", b"\x00", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\\ud800", b"\\u0000", b'"', b"{", b"}", b"[", b"]"),
    *(b":", b",", b"\n", b"NaN", b"1e999", b"-1", b"9" * 30, b"null", b"true", b"[" * 5000, b"\\", b"{" * 200, b"^"),
    *(
        b"&a ",
        b"*a",
        b"<<: ",
        b"!!python/object:os.system ",
        b"? ",
        b"\\frac",
        b"\\left(",
        b"\\begin{array}",
        b"</math>",
    ),
]


@st.composite
def damaged(draw: st.DrawFn, samples: list[bytes]) -> bytes:
    """A sound text with a few places cut out, doubled, moved or overwritten."""
    text = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        put = draw(st.sampled_from(SPLINTERS) | st.binary(max_size=6) | st.just(text[start:end] * 2))
        text = text[:start] + put + text[end:]
    return text


@st.composite
def wrong(draw: st.DrawFn, samples: list[Any]) -> Any:
    """Sound JSON in which a few values are others, or gone."""
    data = copy.deepcopy(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(1, 3))):
        place, parent, key = data, None, None
        while isinstance(place, dict | list) and place and draw(st.integers(0, 5)):
            keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
            parent, key = place, draw(st.sampled_from(keys))
            place = parent[key]
        if parent is None:
            continue
        if draw(st.integers(0, 3)):
            parent[key] = draw(any_json)
        else:
            del parent[key]
    return data


def as_bytes(data: Any) -> bytes:
    return json.dumps(data).encode()


SERVER_EVENTS = [event for path in FIXTURES for event in json.loads(path.read_text())]
CALLS = [json.loads(path.read_text()) for path in FIXTURES]
PACKS = [plans.to_data(plan) for plan in (PLAN, WITH_CARDS)]
YAML = [plans.to_yaml(plan).encode() for plan in (PLAN, WITH_CARDS)]
ENTRY = {"id": "i1", "kind": "utterance", "speaker": "learner", "status": "complete", "text": "Tea.", "visit": 1}
BODIES = [
    {"sdp": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"},
    {"call_id": "call_1", "name": "hint", "arguments": "{}", "visit": 1, "connection": None},
    {"id": "00000000-0000-4000-8000-000000000001", "item_id": "i1", "text": "Tea."},
    {
        "entries": [
            ENTRY,
            {"id": "i1", "kind": "picture", "image": DOT},
            {"id": "u1", "kind": "usage", "source": "response", "usage": {"total_tokens": 1}},
            {"id": "f1", "kind": "fault", "code": "x", "message": "m"},
        ],
        "received": "stall-1-1",
        "desk": 1,
    },
]
FORMULAS = [
    r"x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
    r"\sum_{i=1}^{n} i^2 \to \infty",
    r"\left( \overline{AB} \right) \text{ with } \alpha \leq 90^\circ",
]
NOTES = [
    reminder.write(Reminder((("Warm-up", "Likes tea."),), (("learner", "Tea: hot."), ("tutor", "Good!")))),
    reminder.write(Reminder((), (("tutor", "a\nb"),))),
]


# --- What reads it ---------------------------------------------------------------------------------------------------


def read_event(raw: bytes) -> None:
    with suppress(RealtimeError):
        events.parse(raw)


def listen(call: Any) -> None:
    """Hear a whole call of which some messages are wrong; each sentence is told of as what it is."""
    listening = Listening(
        visit=1,
        known=[Known(item_id="old", speaker=events.Speaker.LEARNER, status=Status.COMPLETE, text="Hello.", visit=1)],
    )
    for event in call if isinstance(call, list) else [call]:
        with suppress(RealtimeError):
            listening.hear(as_bytes(event))
    listening.end()


def read_pack(raw: bytes) -> None:
    text = raw.decode(errors="surrogateescape")
    lines = lines_of(text)
    for read in (plans.pack_from_yaml, plans.pack_from_json):
        try:
            pack = read(text)
        except PlanError:
            line_at(lines, "stages[0].goal")
        else:
            keep(pack.plan)


def read_plan(data: Any) -> None:
    with suppress(PlanError):
        keep(plans.from_data(data))


def keep(plan: plans.Plan) -> None:
    """A plan that could be read is written down, read again and looked through."""
    assert plans.from_json(plans.to_json(plan)) == plan
    assert plans.from_yaml(plans.to_yaml(plan)) == plan
    plans.lint(plan)


def read_body(raw: bytes) -> None:
    try:
        data = parse_object(raw)
    except ApiError:
        return
    read_inputs(data)


def read_inputs(data: Any) -> None:
    if not isinstance(data, dict):
        return
    for read in (inputs.offer, inputs.tool_call, inputs.correction, inputs.received, inputs.from_desk):
        with suppress(ApiError):
            read(data)
    try:
        entries, unfit = inputs.journal(data)
    except ApiError:
        return
    for entry in entries:
        assert is_json({name: getattr(entry, name) for name in ("id", "connection")})
    for one in unfit:
        assert "\0" not in one.body
        one.body.encode()


def read_formula(text: str) -> None:
    try:
        math = to_mathml(text)
    except MathError:
        return
    assert checked(math), math
    assert "<script" not in math


def read_stored_formula(raw: bytes) -> None:
    math = checked(raw.decode(errors="surrogateescape"))
    # What came out once is no other the second time.
    assert math == "" or checked(math) == math


def read_note(text: str) -> None:
    found = reminder.read(text)
    if found is not None:
        reminder.write(found)


def write_note(pairs: tuple[Any, Any]) -> None:
    note = reminder.write(Reminder(tuple(pairs[0]), tuple(pairs[1])))
    assert reminder.read(note) is not None


def read_rest(value: Any) -> None:
    """The small readers: usage, errors, pictures, evidence."""
    usage.read_usage(value)
    errors.error_detail(value)
    text = json.dumps(value)
    errors.read_error(text)
    images.read("data:image/png;base64," + text)
    count_found([text[:200]], [text[:300], "I like tea."])


def text_of(raw: st.SearchStrategy[bytes]) -> st.SearchStrategy[str]:
    return raw.map(lambda value: value.decode(errors="surrogateescape"))


pairs = st.lists(st.tuples(any_text, any_text), max_size=4)


def readers() -> list[Reader]:
    """All of them, fresh."""
    event_bytes = [as_bytes(event) for event in SERVER_EVENTS]
    xml = [to_mathml(formula).encode() for formula in FORMULAS]
    return [
        Reader("events.parse, damaged", damaged(event_bytes), read_event),
        Reader("events.parse, wrong", wrong(SERVER_EVENTS).map(as_bytes), read_event),
        Reader("Listening, wrong calls", wrong(CALLS), listen),
        Reader("lesson packs, damaged", damaged([*YAML, *map(as_bytes, PACKS)]), read_pack),
        Reader("lesson packs, wrong", wrong(PACKS), read_plan),
        Reader("bodies, damaged", damaged([as_bytes(body) for body in BODIES]), read_body),
        Reader("bodies, wrong", wrong(BODIES), read_inputs),
        Reader("formulas, damaged", text_of(damaged([one.encode() for one in FORMULAS])), read_formula),
        Reader("formulas, any text", any_text, read_formula),
        Reader("stored formulas, damaged", damaged(xml), read_stored_formula),
        Reader("notes, damaged", text_of(damaged([note.encode() for note in NOTES])), read_note),
        Reader("notes, any words", st.tuples(pairs, pairs), write_note),
        Reader("usage, errors, pictures, evidence", any_json, read_rest),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    all_of_them, number = readers(), options.seed
    until = time.monotonic() + 60 * options.minutes
    broken: dict[str, str] = {}
    while time.monotonic() < until:
        for reader in all_of_them:
            if reader.name in broken or time.monotonic() >= until:
                continue
            number += 1
            try:
                reader.run(number, ROUND)
            except Exception as error:  # every kind of crash is what is looked for
                notes = "\n".join(getattr(error, "__notes__", ()))
                broken[reader.name] = f"seed {number}: {type(error).__name__}: {error}\n{notes}"
    print(f"seed {options.seed}, {options.minutes:g} minutes")
    for reader in all_of_them:
        fate = "BROKEN" if reader.name in broken else "ok"
        print(f"  {reader.name:36} {reader.inputs:9,} inputs, slowest {1000 * reader.slowest:7.1f} ms  {fate}")
    print(f"  {'in all':36} {sum(reader.inputs for reader in all_of_them):9,}")
    for name, what in broken.items():
        print(f"\n{name}\n{what}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
