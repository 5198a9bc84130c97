"""Coming from a learning platform: who may, as whom, and what becomes of course and lesson."""

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.models import Group, User
from django.core import signing
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from tutor import plan as plans
from tutor.models import (
    Assignment,
    Audience,
    Classroom,
    InstructorRole,
    Lesson,
    LessonVersion,
    LtiCourse,
    LtiIdentity,
    LtiLink,
    LtiNonce,
    LtiPlatform,
)
from tutor.peers import lti
from tutor.peers.lti import Choice, Claims, DeepLinking, LtiError
from tutor.services import access, lti_keys
from tutor.services.errors import ServiceError

log = logging.getLogger(__name__)

# Seconds between setting out to a platform and coming back from there.
STATE_LIVES = 10 * 60
# Seconds to choose a lesson in.
CHOICE_LIVES = 60 * 60
_STATE, _CHOICE = "tutor.lti.state", "tutor.lti.choice"
_NAME_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
TEACHERS = "Teachers"


class LtiRefusedError(ServiceError):
    """Nobody is let in by this. `why` is one word for the log."""

    code = "lti_refused"

    def __init__(self, message: str, *, why: str) -> None:
        self.why = why
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class SettingOut:
    """A browser is sent to the platform at `url`, and comes back with `state`."""

    url: str
    state: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came, and to which lesson: None where the platform named none that they can find."""

    person: User
    lesson: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A teacher on the platform may choose one of these; `ticket` says in whose name."""

    ticket: str
    versions: list[LessonVersion]
    return_url: str


def set_out(params: Mapping[str, str], *, back_to: str, to_choose: bool) -> SettingOut:
    """Begin a launch: say where the platform is to be asked who is there. Nothing is stored.

    The state is signed, and holds the nonce. `to_choose` says that a lesson is chosen, for which nobody is signed in.
    """
    platform = _platform_of(params)
    nonce = secrets.token_urlsafe(24)
    state = lti.STATE_PREFIX + signing.dumps([platform.pk, nonce, to_choose], salt=_STATE)
    try:
        url = lti.address_to_ask(platform, params, back_to=back_to, state=state, nonce=nonce)
    except LtiError as error:
        raise _refused(platform, error.why) from error
    return SettingOut(url, state)


def _platform_of(params: Mapping[str, str]) -> LtiPlatform:
    found = LtiPlatform.objects.filter(issuer=params.get("iss", ""), is_active=True)
    if params.get("client_id"):
        found = found.filter(client_id=params["client_id"])
    platforms = list(found[:2])
    if len(platforms) != 1:
        raise _refused(None, "platform")
    return platforms[0]


def _refused(platform: LtiPlatform | None, why: str) -> LtiRefusedError:
    log.info("lti refused platform=%s why=%s", platform and platform.pk, why)
    return LtiRefusedError(_WORDS.get(why, _never_mind)(), why=why)


def _never_mind() -> str:
    return _("Your learning platform and this site do not agree. Please tell your teacher, and name the word below.")


def _again() -> str:
    return _("This took too long, or was opened twice. Go back to your course, and open the lesson there again.")


def _cookie() -> str:
    return _("Your browser has kept nothing of where you came from. Open the lesson from your course in a new window.")


_WORDS = {"state": _again, "nonce": _again, "replay": _again, "signature": _again, "cookie": _cookie}


def proof_of(state: str) -> str:
    """Return what a cookie holds to prove that its browser set out with a state."""
    return hashlib.sha256(state.encode()).hexdigest()


def read(params: Mapping[str, str], *, proof: str | None) -> tuple[LtiPlatform, Claims]:
    """Return who sends somebody, and what it says, once all of that was checked. Raises LtiRefusedError.

    1. The state is one of ours, and not old.
    2. The browser is the one that set out with it: nobody can be signed in as somebody else by a link. Where a lesson
       is chosen nobody is signed in, and frames, in which browsers keep no cookies of ours, are let off.
    3. What the platform has signed is whole, meant for us, of a known deployment, and answers this state.
    4. It comes for the first time.
    """
    # 1
    state = params.get("state", "")
    try:
        key, nonce, to_choose = signing.loads(state.removeprefix(lti.STATE_PREFIX), salt=_STATE, max_age=STATE_LIVES)
    except signing.BadSignature as error:
        raise _refused(None, "state") from error
    platform = LtiPlatform.objects.filter(pk=key, is_active=True).first()
    if platform is None:
        raise _refused(None, "platform")
    # 2
    is_own_browser = proof is not None and secrets.compare_digest(proof, proof_of(state))
    if not is_own_browser and not to_choose:
        raise _refused(platform, "cookie")
    # 3
    try:
        claims = lti.read(platform, params, nonce=nonce, own_state=state)
    except LtiError as error:
        raise _refused(platform, error.why) from error
    if claims.deep_linking is None and not is_own_browser:
        raise _refused(platform, "cookie")
    # 4
    try:
        with transaction.atomic():
            LtiNonce.objects.create(digest=proof_of(nonce))
    except IntegrityError as error:
        raise _refused(platform, "replay") from error
    return platform, claims


# --- A learner, or an instructor, at a lesson ----------------------------------------------------------------------


@transaction.atomic
def arrive(platform: LtiPlatform, claims: Claims) -> Arrival:
    """Let somebody in whom a platform has sent. Raises LtiRefusedError for an account that was switched off.

    1. Find their account by platform and name there, or make one: without a password, and without any right.
    2. Put them into the class of their course; instructors are what the platform's row says.
    3. Give that class the lesson, if its teacher could.
    4. Remember where scores go.
    """
    # 1
    person = _person_of(platform, claims)
    if not person.is_active:
        raise _refused(platform, "account")
    # 2
    classroom = _classroom_of(platform, claims)
    if classroom is not None:
        _place(person, classroom, platform, claims)
    # 3
    lesson = Lesson.objects.filter(slug=claims.lesson).first() if claims.lesson else None
    if lesson is not None and classroom is not None and offered(platform).filter(pk=lesson.pk).exists():
        Assignment.objects.get_or_create(classroom=classroom, lesson=lesson)
    if lesson is None or not access.visible_to(person).filter(pk=lesson.pk).exists():
        log.warning("lti lesson not there platform=%s lesson=%s", platform.pk, lesson and lesson.slug)
        return Arrival(person, None)
    # 4
    if claims.line_item:
        LtiLink.objects.update_or_create(person=person, lesson=lesson, defaults={"line_item": claims.line_item})
    log.info("lti arrived platform=%s person=%s lesson=%s", platform.pk, person.pk, lesson.slug)
    return Arrival(person, lesson.slug)


def _person_of(platform: LtiPlatform, claims: Claims) -> User:
    names = {"first_name": claims.given_name, "last_name": claims.family_name}
    # Two windows at once: the second waits here, and finds what the first has made.
    LtiPlatform.objects.select_for_update().get(pk=platform.pk)
    known = LtiIdentity.objects.filter(platform=platform, sub=claims.sub).select_related("person").first()
    if known is None:
        person = User(username=_new_username(claims.given_name), **names)
        person.set_unusable_password()
        person.save()
        LtiIdentity.objects.create(person=person, platform=platform, sub=claims.sub)
        return person
    person = known.person
    if any(getattr(person, name) != value for name, value in names.items()):
        User.objects.filter(pk=person.pk).update(**names)
    return person


def _new_username(given_name: str) -> str:
    """A name to be told apart by, that people can read. Nobody signs in with it."""
    ending = "".join(secrets.choice(_NAME_LETTERS) for _letter in range(8))
    return f"{slugify(given_name, allow_unicode=True)[:40] or 'lti'}-{ending}"


def _classroom_of(platform: LtiPlatform, claims: Claims) -> Classroom | None:
    if not claims.course:
        return None
    facts = {"platform": platform, "deployment": claims.deployment, "context": claims.course}
    course = LtiCourse.objects.filter(**facts).select_related("classroom").first()
    if course is not None:
        return course.classroom
    name = claims.course_title or _("A course of %(platform)s") % {"platform": platform}
    classroom = Classroom.objects.create(name=name[:80], teacher=platform.teacher)
    LtiCourse.objects.create(classroom=classroom, **facts)
    return classroom


def _place(person: User, classroom: Classroom, platform: LtiPlatform, claims: Claims) -> None:
    if not claims.is_instructor or platform.instructors == InstructorRole.LEARNERS:
        classroom.reviewers.remove(person)
        classroom.learners.add(person)
        return
    classroom.learners.add(person)
    classroom.reviewers.add(person)
    if not person.is_staff:
        person.is_staff = True
        person.save(update_fields=["is_staff"])
    if platform.instructors == InstructorRole.TEACHERS:
        person.groups.add(*Group.objects.filter(name=TEACHERS))


# --- Choosing a lesson ---------------------------------------------------------------------------------------------


def offered(platform: LtiPlatform) -> QuerySet[Lesson]:
    """The published lessons that courses of a platform may be given: those its teacher may write, and those for all."""
    published = Exists(LessonVersion.objects.filter(lesson=OuterRef("pk"), number=1))
    theirs = Q(pk__in=access.authored_by(platform.teacher).order_by().values("pk"))
    found = Lesson.objects.filter(published, theirs | Q(audience=Audience.EVERYONE))
    return found.exclude(audience=Audience.NOBODY)


def offer(platform: LtiPlatform, claims: Claims, wish: DeepLinking) -> Offer:
    """Return the lessons that a teacher on a platform may choose from. Two queries."""
    newer = LessonVersion.objects.filter(lesson=OuterRef("lesson"), number__gt=OuterRef("number"))
    latest = LessonVersion.objects.filter(~Exists(newer), number__isnull=False, lesson__in=offered(platform))
    facts = [platform.pk, claims.deployment, wish.return_url, wish.data, wish.takes_column]
    ticket = signing.dumps(facts, salt=_CHOICE, compress=True)
    return Offer(
        ticket, list(latest.select_related("lesson").order_by("lesson__title", "lesson__slug")), wish.return_url
    )


def choose(ticket: str, slug: str, *, launch_url: str) -> tuple[str, str]:
    """Return what tells the platform which lesson was chosen, signed, and where that goes. Raises LtiRefusedError."""
    try:
        key, deployment, *wished = signing.loads(ticket, salt=_CHOICE, max_age=CHOICE_LIVES)
    except signing.BadSignature as error:
        raise _refused(None, "state") from error
    platform = LtiPlatform.objects.filter(pk=key, is_active=True).select_related("teacher").first()
    if platform is None:
        raise _refused(None, "platform")
    lesson = offered(platform).filter(slug=slug).first()
    if lesson is None:
        raise _refused(platform, "lesson")
    latest = LessonVersion.objects.filter(lesson=lesson, number__isnull=False).order_by("-number")[0]
    plan = plans.from_stored(latest.plan)
    try:
        pair = lti_keys.current()
    except lti_keys.NoKeyError as error:
        raise _refused(platform, "key") from error
    wish = DeepLinking(*wished)
    choice = Choice(lesson.slug, plan.title, plan.summary, launch_url)
    return lti.answer_choice(platform, pair, deployment=deployment, wish=wish, choice=choice), wish.return_url
