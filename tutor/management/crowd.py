"""A crowd that never was: learners, attempts and all that is said in them, to see how a database carries it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.db import models, transaction
from django.utils import timezone

from tutor import plan as plans
from tutor.models import (
    Assignment,
    Attempt,
    AttemptOutcome,
    Classroom,
    Connection,
    Correction,
    LessonVersion,
    Speaker,
    StageVisit,
    ToolCall,
    UsageReport,
    Utterance,
    UtteranceStatus,
)
from tutor.plan import Plan, Stage
from tutor.plan.lint import STAGE_COMPLETE
from tutor.services import prompts

TEACHER = "crowd-teacher"
LEARNERS_IN_A_CLASS = 25
# Attempts over so many days before today.
DAYS = 120
# Attempts written at once.
BATCH = 50
# Stays after which nobody goes back once more.
MOST_STAYS = 12
VOCABULARY = 4_000
SYLLABLES = ("ka", "lo", "mi", "ru", "ten", "sa", "vel", "dor", "ni", "pas", "qui", "ber", "tol", "an", "fe", "gir")


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many there are to be; `turns` is how many utterances an attempt has on the average."""

    attempts: int
    learners: int
    turns: int
    seed: int = 1


def fill(crowd: Crowd) -> Iterator[int]:
    """Write a crowd at the lessons that are published; yield after each batch how many attempts there are by now.

    The same seed makes the same crowd, but for the days: the last of them is today.
    """
    chance = random.Random(crowd.seed)  # noqa: S311 # nothing secret is drawn
    versions = [(version, plans.from_data(version.plan)) for version in _latest()]
    learners = _learners(crowd, [version for version, _plan in versions])
    write = _Writer(chance, crowd, versions, learners)
    for first in range(0, crowd.attempts, BATCH):
        count = min(BATCH, crowd.attempts - first)
        with transaction.atomic(), _own_times(Attempt, Connection, Utterance, Correction, ToolCall, UsageReport):
            write.batch(count)
        yield first + count


def _latest() -> list[LessonVersion]:
    newest = LessonVersion.objects.filter(number__isnull=False).order_by("lesson", "-number")
    return list({version.lesson_id: version for version in reversed(newest)}.values())


@transaction.atomic
def _learners(crowd: Crowd, versions: list[LessonVersion]) -> list[User]:
    """Learners in classes of one teacher, who has given them every lesson."""
    teacher, is_new = User.objects.get_or_create(username=TEACHER, defaults={"is_staff": True})
    teacher.groups.add(Group.objects.get(name="Teachers"))
    taken = 0 if is_new else User.objects.filter(username__startswith="crowd-learner-").count()
    names = [f"crowd-learner-{number:05}" for number in range(taken + 1, taken + crowd.learners + 1)]
    learners = User.objects.bulk_create(User(username=name) for name in names)
    for at in range(0, len(learners), LEARNERS_IN_A_CLASS):
        classroom = Classroom.objects.create(name=f"Crowd {(taken + at) // LEARNERS_IN_A_CLASS + 1}", teacher=teacher)
        classroom.learners.set(learners[at : at + LEARNERS_IN_A_CLASS])
        Assignment.objects.bulk_create(Assignment(classroom=classroom, lesson_id=one.lesson_id) for one in versions)
    return learners


def _end(moment: datetime | None) -> datetime:
    """Everything in a crowd is over."""
    if moment is None:
        raise ValueError("This was to have ended.")
    return moment


@contextmanager
def _own_times(*kinds: type[models.Model]) -> Iterator[None]:
    """Let rows have the times they are given: they are to have been written long ago."""
    fields: list[Any] = [field for kind in kinds for field in kind._meta.get_fields()]
    automatic = [
        (field, field.auto_now, field.auto_now_add) for field in fields if getattr(field, "auto_now", None) is not None
    ]
    for field, _now, _add in automatic:
        field.auto_now = field.auto_now_add = False
    try:
        yield
    finally:
        for field, now, add in automatic:
            field.auto_now, field.auto_now_add = now, add


class _Writer:
    """Makes the rows of attempts, many at once."""

    def __init__(
        self, chance: random.Random, crowd: Crowd, versions: list[tuple[LessonVersion, Plan]], learners: list[User]
    ) -> None:
        self._chance = chance
        self._crowd = crowd
        self._versions = versions
        self._learners = learners
        self._count = 0
        self._sessions: dict[tuple[int, str], dict[str, Any]] = {}
        self._words = ["".join(chance.choices(SYLLABLES, k=chance.randint(1, 3))) for _ in range(VOCABULARY)]
        # As in every language, a few words make up most of what is said.
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(VOCABULARY)))

    def batch(self, count: int) -> None:
        """Write so many attempts, with a query for each kind of row and not for each row."""
        pairs = [self._attempt() for _ in range(count)]
        Attempt.objects.bulk_create(attempt for attempt, _plan in pairs)
        stays = {attempt: self._stays(attempt, plan) for attempt, plan in pairs}
        StageVisit.objects.bulk_create(visit for visits in stays.values() for visit in visits)
        calls = {attempt: self._call(attempt, plan, stays[attempt]) for attempt, plan in pairs}
        Connection.objects.bulk_create(calls.values())
        said = [one for attempt, _plan in pairs for one in self._said(stays[attempt], calls[attempt])]
        Utterance.objects.bulk_create(said)
        UsageReport.objects.bulk_create(self._usage(one) for one in said)
        ToolCall.objects.bulk_create(
            self._completion(visit) for visits in stays.values() for visit in visits if visit.outcome
        )
        Correction.objects.bulk_create(self._corrections(said))

    def _attempt(self) -> tuple[Attempt, Plan]:
        version, plan = self._chance.choice(self._versions)
        self._count += 1
        learner = self._chance.choice(self._learners)
        ago = timedelta(seconds=self._chance.randint(3600, DAYS * 86400))
        attempt = Attempt(
            learner=learner, lesson_id=version.lesson_id, version=version, started_at=timezone.now() - ago
        )
        # All are over: of open ones a learner may have but one.
        attempt.outcome = self._chance.choices([AttemptOutcome.COMPLETED, AttemptOutcome.LEFT], [3, 1])[0]
        attempt.ended_at = attempt.started_at + timedelta(seconds=self._chance.randint(180, 1800))
        return attempt, plan

    def _stays(self, attempt: Attempt, plan: Plan) -> list[StageVisit]:
        """One way through the lesson, stays of the same length one after the other."""
        way = list(islice(self._way(plan), MOST_STAYS))
        if attempt.outcome == AttemptOutcome.LEFT:
            way = [*way[: self._chance.randint(0, len(way) - 1)], (self._chance.choice(way)[0], "")]
        lasted = _end(attempt.ended_at) - attempt.started_at
        return [
            StageVisit(
                attempt=attempt,
                number=number,
                stage_key=stage.key,
                session=self._session(attempt.version_id, plan, stage),
                entered_at=attempt.started_at + lasted * (number - 1) / len(way),
                completed_at=attempt.started_at + lasted * number / len(way),
                outcome=outcome,
                reasoning=self._sentence() if outcome else "",
                summary=self._sentence() if outcome else "",
                refusals=self._chance.choices([0, 1, 2], [90, 8, 2])[0],
                flag=self._chance.choices(["", StageVisit.Flag.STALLED, StageVisit.Flag.UNPROVEN], [94, 3, 3])[0],
            )
            for number, (stage, outcome) in enumerate(way, start=1)
        ]

    def _way(self, plan: Plan) -> Iterator[tuple[Stage, str]]:
        stage: Stage | None = plan.start
        while stage is not None:
            outcome = self._chance.choice(stage.outcomes)
            yield stage, outcome.key
            stage = plan.stage(outcome.next) if outcome.next else None

    def _session(self, version: int, plan: Plan, stage: Stage) -> dict[str, Any]:
        if (version, stage.key) not in self._sessions:
            self._sessions[version, stage.key] = prompts.stage_session(plan, stage)
        return self._sessions[version, stage.key]

    def _call(self, attempt: Attempt, plan: Plan, stays: list[StageVisit]) -> Connection:
        config = prompts.call_session(
            plan, stays[0].session, model=settings.REALTIME_MODEL, transcription_model=settings.TRANSCRIPTION_MODEL
        )
        began, ended = attempt.started_at, attempt.ended_at
        return Connection(
            attempt=attempt,
            visit=stays[0],
            call_id=f"rtc_{attempt.code.hex}",
            config=config,
            requested_at=began,
            answered_at=began,
            heard_at=ended,
            ended_at=ended,
        )

    def _said(self, stays: list[StageVisit], call: Connection) -> Iterator[Utterance]:
        """Both sides by turns, the tutor first."""
        turns = max(2, int(self._chance.gauss(self._crowd.turns, self._crowd.turns / 4)))
        each, before = max(1, turns // len(stays)), ""
        for position in range(each * len(stays)):
            visit = stays[position // each]
            at = visit.entered_at + (_end(visit.completed_at) - visit.entered_at) * ((position % each) / each)
            item_id = f"item_{call.attempt.code.hex[:12]}{position:04}"
            yield self._utterance(visit, call, item_id, before, position, at)
            before = item_id

    def _utterance(
        self, visit: StageVisit, call: Connection, item_id: str, before: str, position: int, at: datetime
    ) -> Utterance:
        by_tutor = position % 2 == 0
        status = UtteranceStatus.INTERRUPTED if by_tutor and self._chance.random() < 0.05 else UtteranceStatus.COMPLETE
        return Utterance(
            attempt_id=visit.attempt_id,
            visit=visit,
            connection=call,
            item_id=item_id,
            previous_item_id=before,
            position=position,
            speaker=Speaker.TUTOR if by_tutor else Speaker.LEARNER,
            status=status,
            text=self._sentence(),
            text_status=status,
            stored_at=at,
            changed_at=at,
        )

    def _usage(self, one: Utterance) -> UsageReport:
        heard, spoken = self._chance.randint(200, 4000), self._chance.randint(40, 300)
        if one.speaker == Speaker.LEARNER:
            source, usage = (
                UsageReport.Source.TRANSCRIPTION,
                {"type": "tokens", "total_tokens": spoken, "input_tokens": spoken - 20, "output_tokens": 20},
            )
        else:
            source, usage = UsageReport.Source.RESPONSE, {
                "total_tokens": heard + spoken,
                "input_tokens": heard,
                "output_tokens": spoken,
                "input_token_details": {
                    "text_tokens": heard // 2,
                    "audio_tokens": heard - heard // 2,
                    "cached_tokens": heard // 4,
                    "cached_tokens_details": {"text_tokens": heard // 4, "audio_tokens": 0},
                },
                "output_token_details": {"text_tokens": spoken // 5, "audio_tokens": spoken - spoken // 5},
            }  # fmt: skip
        return UsageReport(
            attempt_id=one.attempt_id,
            connection=one.connection,
            report_id=one.item_id,
            source=source,
            usage=usage,
            stored_at=one.stored_at,
        )

    def _completion(self, visit: StageVisit) -> ToolCall:
        output = {"status": "accepted"}
        return ToolCall(
            attempt_id=visit.attempt_id,
            visit=visit,
            call_id=f"call_{visit.attempt.code.hex[:12]}{visit.number:04}",
            name=STAGE_COMPLETE,
            arguments=f'{{"outcome": "{visit.outcome}"}}',
            output=output,
            answer={"output": output},
            made_at=_end(visit.completed_at),
        )

    def _corrections(self, said: list[Utterance]) -> Iterator[Correction]:
        for one in said:
            if one.speaker == Speaker.LEARNER and self._chance.random() < 0.02:
                yield Correction(
                    attempt_id=one.attempt_id,
                    utterance=one,
                    visit=one.visit,
                    correction_id=self._uuid(),
                    text=self._sentence(),
                    made_at=one.stored_at,
                )

    def _uuid(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128), version=4)

    def _sentence(self) -> str:
        words = self._chance.choices(self._words, cum_weights=self._weights, k=self._chance.randint(3, 25))
        return " ".join(words).capitalize() + "."
