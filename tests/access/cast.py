"""Who comes to the doors, and what is behind them: two schools' worth of people, and one row of everything."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from tests import lessons
from tests.access.routes import Route
from tests.access.table import ROLES
from tests.outspoken import WORD, speak_out
from tutor.models import (
    Alarm,
    Assignment,
    Attempt,
    Audience,
    Budget,
    Classroom,
    Connection,
    Consent,
    ConsentText,
    Fault,
    Intervention,
    Lesson,
    LessonVersion,
    LtiPlatform,
    LtiScore,
    SetAside,
    Stage,
    StageVisit,
    Switch,
    Tool,
    ToolCall,
    UsageReport,
    Utterance,
)
from tutor.services import attempts, trials

UNKNOWN = 987_654
UNKNOWN_CODE = uuid.UUID("6f1c1f0e-6d4c-4a53-9d1c-0d6a5b2f7a11")


@dataclass
class World:
    """What there is, and a session for everybody."""

    lesson: Lesson
    attempt: Attempt  # it goes on
    ended: Attempt  # it is over, and one word stands in all its rows
    trial: Attempt
    classroom: Classroom
    people: dict[str, User]
    note: uuid.UUID
    sessions: dict[str, str] = field(default_factory=dict)
    # One for all: a new one would put up the whole site again.
    browser: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def client(self, role: str) -> Client:
        """A browser of somebody, as fresh as it was when the world was made."""
        self.browser.cookies.clear()
        if role in self.sessions:
            self.browser.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[role]
        return self.browser

    def address(self, route: Route, *, known: bool = True) -> str:
        """The address of a row that is there, or of one that never was."""
        return route.filled(self._values(route) if known else self._unknown(route))

    def _values(self, route: Route) -> dict[str, Any]:
        values: dict[str, Any] = {
            "slug": self.lesson.slug,
            "code": self.attempt.code,
            "item_id": "said_2",
            "form": "sentences.csv" if route.name == "review_take_out_many" else "txt",
            "note_id": self.note,
            "number": 1,
            "pk": self.people["learner"].pk,
            "id": self.people["learner"].pk,
            "language": "de",
            "version": "0",
            "app_label": "tutor",
            "content_type_id": ContentType.objects.get_for_model(Lesson).pk,
            "object_id": self.lesson.pk,
            "url": "nowhere/",
        }
        if route.name in ("join_by_link", "leave"):
            values["code"] = self.classroom.join_code
        if route.name in ("picture", "review_note_remove", "review_ruling"):
            values["code"] = self.ended.code
        if route.path.startswith("/admin/tutor/lesson/"):
            values["code"] = self.trial.code
        if model := model_of(route):
            values["pk"] = values["object_id"] = self.row_of(model).pk
        return values

    def _unknown(self, route: Route) -> dict[str, Any]:
        unknown = dict.fromkeys(("pk", "id", "object_id", "number", "content_type_id"), UNKNOWN)
        return {**self._values(route), **unknown, "code": UNKNOWN_CODE, "slug": "nowhere", "item_id": "nowhere"}

    def row_of(self, model: type[Model]) -> Model:
        """A row of a model that belongs to the lesson, the class, the learner or the learner's attempts."""
        own: dict[type[Model], Any] = {
            Lesson: {"pk": self.lesson.pk},
            Classroom: {"pk": self.classroom.pk},
            User: {"pk": self.people["learner"].pk},
            Attempt: {"pk": self.attempt.pk},
        }
        rows = model._default_manager.order_by("pk")
        if model in own:
            return rows.get(**own[model])
        if model in (Stage, Tool, LessonVersion):
            rows = rows.filter(lesson=self.lesson)
        if model in OF_ATTEMPTS:
            rows = rows.filter(attempt__learner=self.people["learner"], attempt__is_trial=False)
        return rows[0]


OF_ATTEMPTS = (StageVisit, Connection, Utterance, ToolCall, UsageReport, Fault, SetAside, Intervention)


def model_of(route: Route) -> type[Model] | None:
    """The model that an address of the admin is about, if it is about one."""
    app, _, rest = route.path.removeprefix("/admin/").partition("/")
    name = rest.partition("/")[0]
    models = {(model._meta.app_label, model._meta.model_name): model for model in admin.site._registry}
    return models.get((app, name)) if route.path.startswith("/admin/") else None


def make_world(say: Callable[..., list[str]]) -> World:
    """Make it; `say` is the fixture `said`."""
    people = _people()
    lea, tess, carl, rita = (people[role] for role in ("learner", "teacher", "other teacher", "reviewer"))
    consent = ConsentText.objects.create(text="What you say is kept.", made_by=people["superuser"])
    Consent.objects.create(learner=lea, text=consent)
    lesson, cards = lessons.publish(by=tess), lessons.publish(lessons.WITH_CARDS, slug="cards", by=tess)
    Lesson.objects.update(owner=tess, audience=Audience.CLASSES)
    classroom, other = (Classroom.objects.create(name=name, teacher=who) for name, who in (("7b", tess), ("8a", carl)))
    classroom.learners.add(lea)
    classroom.reviewers.add(people["class reviewer"])
    other.learners.add(people["other learner"])
    other.reviewers.add(people["other class reviewer"])
    Assignment.objects.bulk_create(Assignment(classroom=classroom, lesson=each) for each in (lesson, cards))
    for each in (lesson, cards):
        each.refresh_from_db()

    ended = speak_out(attempts.start_attempt(cards, learner=lea)[0], rita, say)
    UsageReport.objects.create(attempt=ended, source="response", report_id="u", usage={})
    Budget.objects.create(scope="everyone", minutes=1_000)
    Switch.objects.create(changed_by=people["superuser"])
    Alarm.objects.create(raised_at=timezone.now(), learners=3, error="provider_failed")
    LtiPlatform.objects.create(name="Moodle", issuer="i", client_id="c", teacher=tess)
    LtiScore.objects.create(attempt=ended, line_item="https://moodle.example.org/7")
    attempt = attempts.start_attempt(lesson, learner=lea)[0]
    say(attempt, f"I drink {WORD}.")
    world = World(
        lesson=lesson,
        attempt=attempt,
        ended=ended,
        trial=trials.start_trial(lesson, teacher=tess),
        classroom=classroom,
        people=people,
        note=ended.notes.filter(author=rita)[0].note_id,
    )
    for role, user in people.items():
        client = Client()
        client.force_login(user)
        world.sessions[role] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return world


def _people() -> dict[str, User]:
    names = ("lea", "otto", "tess", "carl", "nora", "dora", "rita")
    people = {
        role: User.objects.create_user(name, password="secret", is_staff=role not in ("learner", "other learner"))
        for role, name in zip(ROLES[1:-1], names, strict=True)
    }
    for role, group in (("teacher", "Teachers"), ("other teacher", "Teachers"), ("reviewer", "Reviewers")):
        people[role].groups.add(Group.objects.get(name=group))
    return {**people, "superuser": User.objects.create_superuser("root", password="secret")}


def body_of(route: Route, world: World) -> dict[str, Any]:
    """What a browser would send to an address, as the arguments of a test client's `post`."""
    if not route.path.startswith("/api/"):
        return {"data": _FORMS.get(route.name, {})}
    call = {"outcome": "understood", "reasoning": "r", "summary": "", "evidence": []}
    bodies: dict[str, dict[str, Any]] = {
        "api:tool_calls": {"call_id": "c", "name": "stage_complete", "arguments": json.dumps(call)},
        "api:journal": {"entries": []},
        "api:corrections": {"id": str(uuid.UUID(int=9)), "item_id": "said_1", "text": "I drink tea."},
    }
    return {"data": json.dumps(bodies.get(route.name, {})), "content_type": "application/json"}


_FORMS: dict[str, dict[str, Any]] = {
    "admin:login": {"username": "lea", "password": "wrong"},
    "login": {"username": "lea", "password": "wrong"},
    "join": {"code": "nowhere"},
    "join_by_link": {"code": "nowhere"},
    "set_language": {"language": "de"},
    "review_note": {"note_id": str(uuid.UUID(int=9)), "kind": "note", "text": "Hm."},
    "review_ruling": {"visit": 1, "outcome": "understood", "reason": "They knew it."},
    "review_act": {"action_id": uuid.UUID(int=8), "kind": "pause", "reason": "r"},
    "review_search": {"name": "Tea", "query": "text=tea"},
    "admin:tutor_lesson_try": {"stage": "order"},
}
