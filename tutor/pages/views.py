"""The pages of learners: find, call one service, render."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_POST, require_safe

from tutor import plan as plans
from tutor.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, DemoAccount
from tutor.models import Attempt, AttemptOutcome, Lesson, Look
from tutor.pages import consent, errors, record
from tutor.pages.contents import detours, lesson_map, open_attempt, past_attempts, way_back
from tutor.pages.lookups import SignedInRequest, own_attempt, picture_of, version_of
from tutor.pages.modules import modules_of
from tutor.pages.shelf import shelf
from tutor.pages.wording import language_name
from tutor.services import access, attempts, consents, review
from tutor.services.errors import ConsentNeededError, NotPublishedError, TooManyError

ROOM_SCRIPT = "tutor/js/room.js"
# The latest of those who looked at what a learner said, as the learner is told.
MOST_LOOKS = 20


@require_safe
def home(request: SignedInRequest) -> HttpResponse:
    """The lessons to choose from; for who is not signed in, what Viva is."""
    if not request.user.is_authenticated:
        return render(request, "tutor/landing.html")
    return render(request, "tutor/home.html", {"boards": shelf(request.user)})


@login_required
@require_safe
def lesson(request: SignedInRequest, slug: str) -> HttpResponse:
    """What a lesson is about, and what the learner did of it before."""
    version = version_of(request.user, slug)
    begun = open_attempt(request.user, version.lesson)
    # Who is in the middle stays on the version they began with.
    plan = plans.from_stored(begun.version.plan if begun else version.plan)
    context = {
        "slug": slug,
        "plan": plan,
        "detours": detours(plan),
        "map": lesson_map(plan, attempt=begun),
        "language": language_name(plan.language),
        "before": past_attempts(request.user, version.lesson),
        "open_attempt": begun,
    }
    return render(request, "tutor/lesson.html", context)


@login_required
@require_POST
def start(request: SignedInRequest, slug: str) -> HttpResponse:
    """Begin a lesson, or go on with the open attempt at it, and enter the room."""
    try:
        found = access.visible_to(request.user).get(slug=slug)
        attempt, _is_new = attempts.start_attempt(found, learner=request.user)
    except (Lesson.DoesNotExist, NotPublishedError):
        messages.error(request, _("This lesson is not open at the moment."))
        return redirect("home")
    except ConsentNeededError:
        return redirect(consent.address(reverse("lesson", args=[slug])))
    except TooManyError as error:
        messages.error(request, error.message)
        return redirect("lesson", slug=slug)
    return redirect("room", code=attempt.code)


@login_required
@require_safe
@ensure_csrf_cookie
@gzip_page
def room(request: SignedInRequest, code: str) -> HttpResponse:
    """The page where the lesson happens; what the scripts need to know comes as JSON.

    Who has yet to agree to what happens with their words is led there first.
    """
    attempt = own_attempt(request.user, code)
    if attempt.ended_at is None and not attempt.is_trial and consents.wanting(request.user.pk):
        return redirect(consent.address(request.path))
    plan = plans.from_stored(attempt.version.plan)
    return render(
        request,
        "tutor/room.html",
        {
            "attempt": attempt,
            "plan": plan,
            "is_new": attempt.ended_at is None and not attempt.utterances.exists(),
            "rehearsal": attempt.is_rehearsal,
            "map": lesson_map(plan),
            "modules": modules_of(ROOM_SCRIPT),
            "room_data": {
                "code": str(attempt.code),
                "rehearsal": attempt.is_rehearsal,
                "debug": settings.DEBUG,
                "beat": settings.CALL_LEASE / 3,
                "lesson": {"title": plan.title, "language": plan.language},
                "urls": _room_urls(attempt),
            },
        },
    )


def _room_urls(attempt: Attempt) -> dict[str, str]:
    api = {name: reverse(f"api:{name}", args=[attempt.code]) for name in _ENDPOINTS}
    return {
        **api,
        "socket": f"/ws/attempts/{attempt.code}/",
        "card": reverse("card", args=[attempt.code]),
        "lesson": way_back(attempt),
    }


_ENDPOINTS = ("state", "connections", "tool_calls", "journal", "corrections", "end")


@login_required
@require_safe
def card(request: SignedInRequest, code: str) -> HttpResponse:
    """What the learner takes home: how each stage went, in whose words, what they put right, and what comes next."""
    attempt = own_attempt(request.user, code)
    plan = plans.from_stored(attempt.version.plan)
    stays = record.stays(attempt)
    stages = record.card_stages(attempt, plan, stays)
    back, was_completed = way_back(attempt), attempt.outcome == AttemptOutcome.COMPLETED
    context = {
        "attempt": attempt,
        "plan": plan,
        "stages": stages,
        "corrections": [line for stage in stages for line in stage.corrections],
        "was_completed": was_completed,
        "ahead": [] if was_completed else record.still_ahead(plan, stays),
        "last_stage": stays[-1].title,
        "spent": record.time_spent([attempt]).get(attempt.pk, ""),
        "next": None if attempt.is_trial else record.next_lesson(request.user, attempt),
        "open_attempt": open_attempt(request.user, attempt.lesson),
        "way_back": back,
        "may_repeat": back == reverse("lesson", args=[attempt.lesson.slug]),
        "rehearsal": attempt.is_rehearsal,
    }
    return render(request, "tutor/card.html", context)


@require_safe
def picture(request: SignedInRequest, code: str, item_id: str) -> HttpResponse:
    """A picture that the learner showed the tutor; a look of others at it is put down.

    Whatever it may be in truth, it can do nothing but be looked at.
    """
    found = picture_of(request.user, code, item_id)
    review.note_looks([found.attempt], request.user, Look.Kind.READ)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": "inline",
        # The styles are those of the browser's own page around a picture that is opened alone.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(bytes(found.data), content_type=found.media_type, headers=headers)


@login_required
@require_safe
@gzip_page
def transcript(request: SignedInRequest, code: str) -> HttpResponse:
    """All that was said in an attempt of the learner's, stage by stage."""
    attempt = own_attempt(request.user, code)
    context = {
        "attempt": attempt,
        "plan": plans.from_stored(attempt.version.plan),
        "stays": record.stays(attempt, with_acts=True),
        "spent": record.time_spent([attempt]).get(attempt.pk, ""),
        "looks": attempt.looks.select_related("viewer").order_by("-id")[:MOST_LOOKS],
        "way_back": way_back(attempt),
        "rehearsal": attempt.is_rehearsal,
    }
    return render(request, "tutor/transcript.html", context)


@login_required
@require_safe
def history(request: SignedInRequest) -> HttpResponse:
    """What the learner did, newest first."""
    page, shown = record.history(request.user, request.GET.get("page"))
    agreed = request.user.consents.select_related("text").first()
    return render(request, "tutor/history.html", {"page": page, "shown": shown, "agreed": agreed})


class SignInView(LoginView):
    """Signing in; on a laptop with the demo accounts at hand."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the demo accounts that exist, and their password; and by which other ways people come, if any."""
        demo = {"demo_accounts": _demo_accounts(), "demo_password": DEMO_PASSWORD}
        school = (settings.OIDC_NAME or _("Sign in with your school account")) if settings.OIDC_ISSUER else ""
        return super().get_context_data(**kwargs, **demo, lti=settings.LTI, school=school)


def _demo_accounts() -> list[DemoAccount]:
    if not settings.DEBUG:
        return []
    emails = [account.email for account in DEMO_ACCOUNTS]
    there = set(get_user_model().objects.filter(email__in=emails, is_active=True).values_list("email", flat=True))
    return [account for account in DEMO_ACCOUNTS if account.email in there]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a POST whose form is too old, or that came from elsewhere."""
    return errors.answer(request, 403, "csrf_failed", errors.STALE_FORM, template="403_csrf.html")
