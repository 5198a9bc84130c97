"""A school in which every text that somebody can write holds a script: `fill()` puts it into the database it finds.

Learners, teachers, reviewers and the model write such texts. None may ever run, wherever it is shown.
"""

from dataclasses import replace
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.utils import timezone

from tests import outspoken
from tests.lessons import WITH_CARDS
from tests.running import PASSWORD
from tests.walking import show_card
from tutor.models import (
    Assignment,
    Attempt,
    Classroom,
    Consent,
    ConsentText,
    Fault,
    SavedSearch,
    SetAside,
    Speaker,
    UtteranceStatus,
    WatchWord,
)
from tutor.plan import Plan
from tutor.services import attempts, authoring, corrections, desk, digests, journal

# What each does if it ever runs.
RUN = "window.struck=1"
# Closes whatever it stands in, short enough for every field.
SHORT = "'\"--></title></script></p><img src=x onerror=window.struck=1>"
PAYLOADS = (
    SHORT,
    f"<script>{RUN}</script>",
    f"<ScRiPt >{RUN}</sCrIpT>",
    f"<script src=data:text/javascript,{RUN}></script>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror\n=\n{RUN} //",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f'"><script>{RUN}</script>',
    f"' onmouseover='{RUN}' autofocus onfocus='{RUN}' x='",
    f'" onpointerenter="{RUN}" autofocus onfocus="{RUN}" x="',
    f"</script><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script><!--",
    f"]]><script>{RUN}</script>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f'<iframe src="javascript:parent.{RUN}"></iframe>',
    f'<object data="javascript:{RUN}"></object>',
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<body onload={RUN}>",
    f"<math><mtext><script>{RUN}</script></mtext></math>",
    f'<math href="javascript:{RUN}">x</math>',
    f"<template><script>{RUN}</script></template>",
    f'<a href="javascript:{RUN}">javascript:{RUN}</a>',
    f"{{{{constructor.constructor('{RUN}')()}}}} ${{{RUN}}} {{% {RUN} %}}",
    f"\\u003cscript\\u003e{RUN}\\u003c/script\\u003e \\x3cscript\\x3e{RUN}\\x3c/script\\x3e",
    f"%3Cscript%3E{RUN}%3C/script%3E &lt;script&gt;{RUN}&lt;/script&gt;",
)
ALL = " ".join(PAYLOADS)
SLUG = "scripts"


def plan() -> Plan:
    """A lesson with a script in every text of its teacher."""
    stages = tuple(
        replace(
            stage,
            title=f"{stage.title} {SHORT}",
            goal=f"{stage.goal} {SHORT}",
            instructions=f"{stage.instructions} {ALL}",
            opening=f"{stage.opening} {ALL}",
            hints=(ALL,) if stage.hints else (),
            outcomes=tuple(replace(one, when=f"{one.when} {SHORT}") for one in stage.outcomes),
        )
        for stage in WITH_CARDS.stages
    )
    tools = tuple(
        replace(tool, description=SHORT, options={**tool.options, "alt": SHORT} if tool.options else {})
        for tool in WITH_CARDS.tools
    )
    return replace(WITH_CARDS, title=f"Café {SHORT}", summary=ALL[:1500], preamble=ALL, stages=stages, tools=tools)


def fill() -> None:
    """Write it all, as those write it who are allowed to: an attempt that is over, and one that goes on, paused."""
    outspoken.WORD = SHORT
    learner, teacher, reviewer = (User.objects.get(username=name) for name in ("learner", "teacher", "reviewer"))
    head = User.objects.create_superuser("head", password=PASSWORD)
    for number, person in enumerate((learner, teacher, reviewer, head)):
        # No form takes such a user name; an import by hand may.
        User.objects.filter(pk=person.pk).update(first_name=SHORT, last_name=PAYLOADS[number][:150])
        person.refresh_from_db()
    lesson = authoring.load_draft(plan(), slug=SLUG)
    lesson.author = teacher
    lesson.save()
    authoring.publish(lesson, by=teacher)
    classroom = Classroom.objects.create(name=SHORT, teacher=teacher)
    classroom.learners.add(learner)
    Assignment.objects.create(classroom=classroom, lesson=lesson)
    over, _ = attempts.start_attempt(lesson, learner=learner)
    outspoken.speak_out(over, reviewer, _say)
    going_on, _ = attempts.start_attempt(lesson, learner=learner)
    _go_on(going_on, reviewer)
    for words in (SHORT, "script"):
        WatchWord.objects.create(words=words)
    SavedSearch.objects.create(owner=reviewer, name=SHORT[:60], query="said=" + PAYLOADS[1])
    Group.objects.create(name=SHORT)
    digests.refresh_due()
    # Last: from now on nobody begins without agreeing to it. The learner has.
    Consent.objects.create(learner=learner, text=ConsentText.objects.create(text=ALL, made_by=head))


def _go_on(attempt: Attempt, reviewer: User) -> None:
    """Every payload once in each text of a conversation that goes on."""
    call = attempt.connections.create(
        visit=attempt.visits.get(), config={}, call_id="rtc_1", answered_at=timezone.now(), heard_at=timezone.now()
    )
    for number, payload in enumerate(PAYLOADS):
        speaker = Speaker.TUTOR if number % 2 else Speaker.LEARNER
        _say(attempt, payload, speaker=speaker)
        show_card(attempt, title=payload[:100], text=payload, math="a^2")
        if speaker is Speaker.LEARNER:
            ids = attempt.utterances.order_by("-id").values_list("item_id", flat=True)
            corrections.correct(attempt, correction_id=UUID(int=number), item_id=ids[0], text=f"{payload} corrected")
    show_card(attempt, name="draw", task=SHORT)
    show_card(attempt, name=SHORT, text=SHORT)
    Fault.objects.create(attempt=attempt, report_id="f", code=SHORT[:100], message=ALL[:2000], param=SHORT)
    SetAside.objects.create(attempt=attempt, code="odd", item_id=SHORT[:64], body=ALL, digest="d")
    attempt.utterances.filter(speaker=Speaker.LEARNER).update(provider_text=SHORT)
    desk.whisper(attempt, desk.Action(UUID(int=900), reviewer, reason=SHORT), text=SHORT)
    desk.move(attempt, desk.Action(UUID(int=901), reviewer, reason=SHORT), visit=1, to="order")
    desk.pause(attempt, desk.Action(UUID(int=902), reviewer, reason=SHORT))
    call.refresh_from_db()


def _say(attempt: Attempt, *texts: str, speaker: Speaker = Speaker.LEARNER) -> None:
    begun = attempt.utterances.count() + 1
    journal.store_entries(
        attempt,
        [
            journal.UtteranceEntry(
                id=f"said_{number}",
                speaker=speaker,
                status=UtteranceStatus.COMPLETE,
                text=text,
                previous_item_id=f"said_{number - 1}" if number > 1 else "",
            )
            for number, text in enumerate(texts, begun)
        ],
    )
