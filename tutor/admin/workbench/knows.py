"""What the model will know: the payloads of each stage as they will be sent, their sizes, and what they may cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from tutor.admin.wording import write_number
from tutor.admin.workbench.base import Bench, user_of
from tutor.models import Lesson
from tutor.plan import ContextRule, Plan, Stage
from tutor.plan.estimate import tokens
from tutor.realtime import models, replies, session
from tutor.realtime.prices import Rate, forecast
from tutor.services import authoring, prices, prompts

# Bytes of one message that every data channel carries (protocol reference, section 8.2).
CHANNEL_LIMIT = 64 * 1024
# Tokens of instructions and tools together (section 11).
TOKEN_LIMIT = 16_384
FORECAST_MINUTES = 10


@dataclass(frozen=True, slots=True)
class Payload:
    """JSON as it goes over the wire, laid out to be read. `size` is in bytes as sent, without the layout."""

    text: str
    size: int

    @classmethod
    def of(cls, data: Any) -> "Payload":
        """Return the payload that a piece of JSON data makes."""
        sent = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return cls(json.dumps(data, ensure_ascii=False, indent=2), len(sent.encode()))


@dataclass(frozen=True, slots=True)
class Told:
    """All that the model is told for one stage.

    `call` is the config of a call that begins in the stage, `update` the event when a conversation moves into it;
    `tokens` are those of instructions and tools together, about; `carried` says what it remembers of earlier stages,
    and `note` is how it is reminded of them, empty where it is not.
    """

    stage: Stage
    url: str
    instructions: str
    tools: tuple[str, ...]
    tokens: int
    call: Payload
    update: Payload
    carried: str
    note: str


@dataclass(frozen=True, slots=True)
class Cost:
    """About what ten minutes cost with a model, in USD, and the day its price is of; None where that is not known."""

    model: str
    is_ours: bool
    usd: Decimal | None
    since: date | None


class Knowledge(Bench):
    """The page “What the tutor will know”."""

    def get_urls(self) -> list[URLPattern]:
        """Add the page to the addresses of a lesson."""
        return [self.bench_url("<int:pk>/knows/", require_safe(self.knows), "knows"), *super().get_urls()]

    def knows(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show stage by stage what will be sent, how big it is, and what ten minutes may cost."""
        lesson = self.authored(request, pk)
        draft = authoring.compile_plan(lesson)
        told = told_in(lesson, draft)
        return self.page(
            request,
            "knows",
            lesson=lesson,
            title=_("What the tutor will know in “%(lesson)s”") % {"lesson": lesson},
            told=told,
            model=settings.REALTIME_MODEL,
            channel_limit=CHANNEL_LIMIT,
            token_limit=TOKEN_LIMIT,
            minutes=FORECAST_MINUTES,
            **forecasts(max((stage.tokens for stage in told), default=0)),
            may_price=user_of(request).is_superuser,
        )


def told_in(lesson: Lesson, draft: Plan) -> list[Told]:
    """Return what the model is told in each stage of a draft, however unfinished."""
    pages = {stage.key: reverse("admin:tutor_stage_change", args=[stage.pk]) for stage in lesson.stages.all()}
    return [_told(draft, stage, pages[stage.key]) for stage in draft.stages]


def _told(draft: Plan, stage: Stage, url: str) -> Told:
    config = prompts.stage_session(draft, stage)
    call = prompts.call_session(
        draft, config, model=settings.REALTIME_MODEL, transcription_model=settings.TRANSCRIPTION_MODEL
    )
    (update,) = replies.numbered("call_id", [session.session_update(config)])
    tools = json.dumps(config["tools"], ensure_ascii=False)
    return Told(
        stage=stage,
        url=url,
        instructions=config["instructions"],
        tools=tuple(tool["name"] for tool in config["tools"]),
        tokens=tokens(config["instructions"], draft.language) + tokens(tools, draft.language),
        call=Payload.of(call),
        update=Payload.of(update),
        carried=_CARRIED[stage.context] % {"count": write_number(prompts.MAX_SUMMARIES)},
        note=_example_note(draft, stage),
    )


_CARRIED = {
    ContextRule.KEEP: gettext_lazy("Everything said so far stays in the model's memory; nothing is sent besides."),
    ContextRule.SUMMARY: gettext_lazy(
        "What was said in the stages before is deleted from the model's memory, item by item. In its place it gets one "
        "note with the summaries of finished stages, at most %(count)s characters:"
    ),
    ContextRule.FRESH: gettext_lazy(
        "What was said in the stages before is deleted from the model's memory, item by item. "
        "Only the rules for the whole lesson go on."
    ),
}


def _example_note(draft: Plan, stage: Stage) -> str:
    if stage.context is not ContextRule.SUMMARY:
        return ""
    leading_here = [other for other in draft.stages if any(way.next == stage.key for way in other.outcomes)]
    return prompts.summaries_note((other.title, "(what the tutor noted there)") for other in leading_here)


def forecasts(instruction_tokens: int) -> dict[str, Any]:
    """Return what ten minutes may cost today, and the price of the transcription that is in each of these figures."""
    in_force = prices.price_list().all_in_force(timezone.localdate())
    transcription = in_force.get(settings.TRANSCRIPTION_MODEL)
    return {
        "costs": costs(in_force, transcription, instruction_tokens),
        "transcription_model": settings.TRANSCRIPTION_MODEL,
        "transcribed_since": transcription.since if transcription and transcription.minute is not None else None,
    }


def costs(in_force: Mapping[str, Rate], transcription: Rate | None, instruction_tokens: int) -> list[Cost]:
    """Return what ten minutes may cost with the model in use and with the others whose prices are known."""
    speaking = [name for name, rate in in_force.items() if rate.tokens and rate.minute is None]
    return [
        _cost(name, in_force.get(name), transcription, instruction_tokens)
        for name in dict.fromkeys([settings.REALTIME_MODEL, *sorted(speaking)])
        if name not in models.TRANSCRIPTION_MODELS
    ]


def _cost(model: str, voice: Rate | None, transcription: Rate | None, instruction_tokens: int) -> Cost:
    usd = forecast(
        voice=voice, transcription=transcription, minutes=FORECAST_MINUTES, instruction_tokens=instruction_tokens
    )
    return Cost(model, model == settings.REALTIME_MODEL, usd, voice.since if voice and voice.tokens else None)
