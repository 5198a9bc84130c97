"""The pages of staff with lessons in progress: see which there are, read along in one, and have a hand in it."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tutor import plan as plans
from tutor.models import Attempt, InterventionKind, Look, Utterance
from tutor.pages.acts import acts_of
from tutor.pages.lookups import SignedInRequest, let_in_readers
from tutor.pages.modules import modules_of
from tutor.pages.review_forms import DeskForm
from tutor.plan import Plan
from tutor.services import access, calls, desk, pauses, prices, review, stages, transcript, uses
from tutor.services.desk import Action
from tutor.services.errors import DeskError
from tutor.services.live import running

# Of what was said, the latest; all of it is on the page of the attempt.
MOST_LINES = 100


@login_required
@require_safe
def in_progress(request: SignedInRequest) -> HttpResponse:
    """The lessons in progress. Of those whose latest words are shown a look is put down."""
    let_in_readers(request.user)
    found = running(request.user)
    review.note_looks((one.attempt for one in found if one.said), request.user, Look.Kind.WATCHED)
    template = "live_list.html" if "part" in request.GET else "live.html"
    context = {
        "running": found,
        "modules": modules_of("tutor/js/live.js"),
        "live_data": {"socket": "/ws/live/", "part": "?part=1"},
    }
    return render(request, f"tutor/review/{template}", context)


@login_required
@require_safe
def watch(request: SignedInRequest, code: str) -> HttpResponse:
    """One lesson in progress, to read along in. That it was looked at is put down, for its learner to see."""
    attempt = _attempt(request, code)
    review.note_looks([attempt], request.user, Look.Kind.WATCHED)
    plan = plans.from_data(attempt.version.plan)
    context = {
        "attempt": attempt,
        "plan": plan,
        **_now(attempt, plan),
        "new_id": uuid.uuid4,
        "modules": modules_of("tutor/js/live.js"),
        "live_data": {"socket": f"/ws/live/{attempt.code}/", "part": "?part=1"},
    }
    template = "live_now.html" if "part" in request.GET else "watch.html"
    return render(request, f"tutor/review/{template}", context)


@login_required
@require_POST
def act(request: SignedInRequest, code: str) -> HttpResponse:
    """Whisper, move, pause, go on or end; what is wrong with it is said on the page."""
    attempt, form = _attempt(request, code), DeskForm(request.POST)
    if not form.is_valid():
        field, faults = next(iter(form.errors.items()))
        messages.error(request, f"{form.fields[field].label or field}: {faults[0]}")
        return redirect("review_watch", code=code)
    given = form.cleaned_data
    action = Action(given["action_id"], request.user, given["reason"].strip())
    try:
        _do(attempt, action, given)
    except DeskError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _DONE[given["kind"]]())
    return redirect("review_watch", code=code)


def _do(attempt: Attempt, action: Action, given: dict[str, Any]) -> None:
    kind = given["kind"]
    if kind == InterventionKind.WHISPER:
        desk.whisper(attempt, action, text=given["text"], say_now=given["say_now"])
    elif kind == InterventionKind.MOVE:
        desk.move(attempt, action, visit=given["visit"] or 0, to=given["to"])
    else:
        {"pause": desk.pause, "resume": desk.resume, "end": desk.end}[kind](attempt, action)


_DONE = {
    "whisper": lambda: _("The tutor will be told."),
    "move": lambda: _("The lesson has been moved."),
    "pause": lambda: _("The lesson is paused."),
    "resume": lambda: _("The lesson goes on."),
    "end": lambda: _("The lesson has been ended."),
}


def _attempt(request: SignedInRequest, code: str) -> Attempt:
    """An attempt that the user may read along in; for any other, Http404."""
    rows = access.watched_by(request.user).select_related("learner", "lesson", "version", "digest")
    return get_object_or_404(rows, code=code)


def _now(attempt: Attempt, plan: Plan) -> dict[str, Any]:
    """How an attempt stands: as many queries for a long one as for a short one."""
    visit = stages.current_visit(attempt)
    lines = list(attempt.utterances.order_by("-position", "-id")[:MOST_LINES])[::-1]
    corrected = transcript.corrected(attempt)
    own_calls = calls.calls_of([attempt]).get(attempt.pk, [])
    said: list[tuple[datetime | None, dict[str, Any]]] = [(one.stored_at, _line(one, corrected)) for one in lines]
    acts = sorted((pair for pairs in acts_of(attempt, plan).values() for pair in pairs), key=lambda pair: pair[0])
    if len(lines) == MOST_LINES:
        acts = [pair for pair in acts if pair[0] >= lines[0].stored_at]
    stage = plan.stage(visit.stage_key) if visit else None
    return {
        "visit": visit,
        "stage": stage,
        "position": plan.stages.index(stage) + 1 if stage else 0,
        "others": [one for one in plan.stages if visit is None or one.key != visit.stage_key],
        "turns": stages.learner_turns(visit).count() if visit else 0,
        "entries": transcript.placed(said, acts),
        "is_cut": len(lines) == MOST_LINES,
        "pause": pauses.pause_of(attempt),
        "call": own_calls[-1] if own_calls else None,
        "is_on": bool(own_calls) and own_calls[-1].ended_at is None,
        "minutes": int(calls.time_in(own_calls).total_seconds() // 60),
        "cost": uses.total_cost(attempt, uses.of(attempt, prices.price_list())),
    }


def _line(one: Utterance, corrected: dict[int, str]) -> dict[str, Any]:
    return {"utterance": one, "text": corrected.get(one.pk, one.text), "is_corrected": one.pk in corrected}
