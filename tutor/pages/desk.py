"""The pages of staff with lessons in progress: see which there are, read along in one, and have a hand in it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tutor import plan as plans
from tutor.models import Attempt, Intervention, InterventionKind, Look, StageVisit, Utterance, UtteranceStatus
from tutor.pages.acts import Act, acts_of
from tutor.pages.lookups import SignedInRequest, form_on, let_in_readers
from tutor.pages.modules import modules_of
from tutor.pages.review_forms import DeskForm
from tutor.plan import Plan
from tutor.services import access, calls, desk, pauses, prices, review, stages, transcript, uses
from tutor.services.desk import Action
from tutor.services.errors import DeskError
from tutor.services.live import running

# Of what was said, the latest: more than nearly any lesson has. All of it is on the page of the attempt.
MOST_LINES = 500


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
    return _page(request, attempt)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants done, by the fields of its form, and why it could not be."""

    values: Mapping[str, str]
    fault: str


def _page(request: SignedInRequest, attempt: Attempt, draft: Draft | None = None) -> HttpResponse:
    """The page of one lesson, or its part that changes; with a form as it was filled in if there is a draft."""
    plan = plans.from_stored(attempt.version.plan)
    part = f"{reverse('review_watch', args=[attempt.code])}?part=1"
    context = {
        "attempt": attempt,
        "plan": plan,
        **_now(attempt, plan),
        "draft": draft,
        "is_stop_refused": draft is not None and draft.values.get("kind") in ("pause", "end"),
        "new_id": uuid.uuid4,
        "modules": modules_of("tutor/js/live.js"),
        "live_data": {"socket": f"/ws/live/{attempt.code}/", "part": part},
    }
    template = "live_now.html" if "part" in request.GET else "watch.html"
    return render(request, f"tutor/review/{template}", context, status=400 if draft else 200)


@form_on("review_watch")
def act(request: SignedInRequest, code: str) -> HttpResponse:
    """Whisper, move, pause, go on or end; what is wrong with it is said on the page, where it can be put right."""
    attempt, form = _attempt(request, code), DeskForm(request.POST)
    try:
        made = _do(attempt, request.user, form)
    except DeskError as error:
        draft = Draft(request.POST.dict(), error.message)
        if draft.values.get("kind") not in _WRITTEN or attempt.ended_at is not None:
            # The page has no form to say it in.
            messages.error(request, error.message)
        return _page(request, attempt, draft)
    messages.success(request, _what_was_done(made), extra_tags=f"until-{made.number}" if _is_coming(made) else "")
    return redirect("review_watch", code=code)


def _do(attempt: Attempt, user: User, form: DeskForm) -> Intervention:
    if not form.is_valid():
        field, faults = next(iter(form.errors.items()))
        raise DeskError(f"{form.fields[field].label or field}: {faults[0]}")
    given = form.cleaned_data
    action = Action(given["action_id"], user, given["reason"].strip())
    kind = given["kind"]
    if kind == InterventionKind.WHISPER:
        return desk.whisper(attempt, action, text=given["text"], say_now=given["say_now"])
    if kind == InterventionKind.MOVE:
        return desk.move(attempt, action, visit=given["visit"] or 0, to=given["to"])
    do = {"pause": desk.pause, "resume": desk.resume, "end": desk.end}[kind]
    return do(attempt, action)


def _what_was_done(made: Intervention) -> str:
    """What to tell whoever did it. What a call has to take up first has not been done yet."""
    if made.kind == InterventionKind.MOVE and _is_coming(made):
        return _("The move is on its way: the tutor takes it up as soon as nobody speaks, and soon in any case.")
    return str(_DONE[made.kind])


def _is_coming(made: Intervention) -> bool:
    """Whether it is for a call to take up, and has not been. Then the page takes its message away once it has."""
    is_taken_up = made.kind in (InterventionKind.WHISPER, InterventionKind.MOVE)
    return is_taken_up and made.connection_id is not None and made.taken_at is None


# What there are words to.
_WRITTEN = ("whisper", "move", "pause", "end")
_DONE = {
    "whisper": gettext_lazy("The hint is on its way to the tutor."),
    "move": gettext_lazy("The lesson has been moved."),
    "pause": gettext_lazy("The lesson is paused."),
    "resume": gettext_lazy("The lesson goes on."),
    "end": gettext_lazy("The lesson has been ended."),
}


def _attempt(request: SignedInRequest, code: str) -> Attempt:
    """An attempt that the user may read along in; for any other, Http404."""
    rows = access.watched_by(request.user).select_related("learner", "lesson", "version", "digest")
    return get_object_or_404(rows, code=code)


def _now(attempt: Attempt, plan: Plan) -> dict[str, Any]:
    """How an attempt stands: as many queries for a long one as for a short one."""
    visits = list(attempt.visits.order_by("number"))
    visit = next((one for one in visits if one.completed_at is None), None)
    stage = plan.stage(visit.stage_key) if visit else None
    own_calls = calls.calls_of([attempt]).get(attempt.pk, [])
    is_on = bool(own_calls) and own_calls[-1].ended_at is None
    acts = acts_of(attempt, plan)
    stays, is_cut = _stays(attempt, plan, visits, acts, is_on=is_on)
    led_here = [act for pairs in acts.values() for _at, act in pairs if visit and act.to_visit == visit.number]
    return {
        "visit": visit,
        "stage": stage,
        "position": plan.stages.index(stage) + 1 if stage else 0,
        "others": [one for one in plan.stages if visit is None or one.key != visit.stage_key],
        "turns": stages.learner_turns(visit).count() if visit else 0,
        "stays": stays,
        "is_cut": is_cut,
        "is_coming": any(act.taken_at is None for act in led_here),
        "pause": pauses.pause_of(attempt),
        "call": own_calls[-1] if own_calls else None,
        "is_on": is_on,
        "minutes": int(calls.time_in(own_calls).total_seconds() // 60),
        "cost": uses.total_cost(attempt, uses.of(attempt, prices.price_list())),
    }


def _stays(
    attempt: Attempt,
    plan: Plan,
    visits: Sequence[StageVisit],
    acts: Mapping[int, list[tuple[datetime, Act]]],
    *,
    is_on: bool,
) -> tuple[list[dict[str, Any]], bool]:
    """What was said and done stage by stage, from the first one; and whether the earliest is left out."""
    lines = list(attempt.utterances.order_by("-position", "-id")[:MOST_LINES])[::-1]
    is_cut = len(lines) == MOST_LINES
    corrected = transcript.corrected(attempt)
    said: dict[int, list[tuple[datetime | None, dict[str, Any]]]] = {}
    for one in lines:
        said.setdefault(one.visit_id, []).append((one.stored_at, _line(one, corrected, is_on=is_on)))
    stays = []
    for visit in visits:
        done = [pair for pair in acts.get(visit.pk, ()) if not is_cut or pair[0] >= lines[0].stored_at]
        entries = transcript.placed(said.get(visit.pk, ()), done)
        if entries or not is_cut:
            title = plan.stage(visit.stage_key).title
            stays.append({"number": visit.number, "title": title, "entries": entries})
    return stays, is_cut


def _line(one: Utterance, corrected: dict[int, str], *, is_on: bool) -> dict[str, Any]:
    """One sentence. What is unfinished while there is a call is being said just now; without one, it broke off."""
    is_corrected = one.pk in corrected
    is_cut = one.status == UtteranceStatus.INTERRUPTED or (one.status == UtteranceStatus.PARTIAL and not is_on)
    return {
        "utterance": one,
        "text": corrected.get(one.pk, one.text),
        "is_corrected": is_corrected,
        "is_cut": is_cut and bool(one.text) and not is_corrected,
    }
