"""The JSON endpoints: read the input, call one service, return what it says."""

from dataclasses import asdict

from asgiref.sync import sync_to_async
from django.http import HttpResponse, JsonResponse
from django.urls import reverse

from tutor import metrics
from tutor.api import inputs, lookups
from tutor.api.http import ApiRequest, endpoint
from tutor.services import attempts, connections, corrections, journal, tool_calls


@endpoint("GET")
def account(request: ApiRequest) -> HttpResponse:
    """Who is signed in; whoever is not gets 401, as everywhere."""
    return JsonResponse({"username": request.user.get_username()}, headers={"Cache-Control": "no-store"})


@endpoint("POST")
def start(request: ApiRequest, slug: str) -> HttpResponse:
    """Begin a lesson, or find the learner's open attempt at it."""
    attempt, is_new = attempts.start_attempt(lookups.lesson_for(request.user, slug), learner=request.user)
    return JsonResponse(attempts.state(attempt), status=201 if is_new else 200)


@endpoint("GET")
def state(request: ApiRequest, code: str) -> HttpResponse:
    """Where the attempt stands."""
    return JsonResponse(attempts.state(lookups.attempt_of(request.user, code, "version", "lesson")))


@endpoint("POST", limit=2 * inputs.MAX_OFFER)
async def connect(request: ApiRequest, code: str) -> HttpResponse:
    """Make a call: the browser's SDP offer in, the provider's SDP answer out.

    `Viva-Visit` is the number of the visit the call is configured for: the attempt may have moved on since the browser
    asked for its state.
    """
    attempt = await sync_to_async(lookups.attempt_of)(await request.auser(), code)
    connection, answer = await connections.open_connection(attempt, inputs.offer(request.data))
    location = reverse("api:connections", args=[code]) + f"{connection.code}/"
    headers = {"Location": location, "Viva-Visit": str(connection.visit.number)}
    return HttpResponse(answer, status=201, content_type="application/sdp", headers=headers)


@endpoint("POST", limit=8 * inputs.MAX_ARGUMENTS)
def call_tool(request: ApiRequest, code: str) -> HttpResponse:
    """Answer a function call of the model."""
    attempt = lookups.attempt_of(request.user, code, "version", "lesson")
    call = inputs.tool_call(request.data)
    answer = tool_calls.answer_tool_call(
        attempt,
        call_id=call.call_id,
        name=call.name,
        arguments=call.arguments,
        visit=call.visit,
        connection=call.connection,
    )
    return JsonResponse(answer)


@endpoint("POST", limit=256 * 1024)
def report(request: ApiRequest, code: str) -> HttpResponse:
    """Store what the browser's journal holds, and say entry by entry what became of it.

    `rescue` in the answer is null, or help for a stage that stalls: `{"id", "events", "stage", "stages", "ended"}`,
    the latter four as in the answer to a tool call. It is offered again until a request says `"received": id`.
    `desk` is null, or what staff have done: `{"number", "paused", "offers"}` (`services.desk.for_room`); its offers
    come again until a request says `"desk": number`.
    `"connection"` in the request is the call the room is in, which goes on; `ended` in the answer says that the
    attempt is over, whoever has ended it. `"waited"` is how many milliseconds the oldest entry has waited.
    """
    attempt = lookups.attempt_of(request.user, code)
    entries, unfit = inputs.journal(request.data)
    received, connection = inputs.received(request.data), inputs.connection(request.data)
    from_desk, waited = inputs.from_desk(request.data), inputs.waited(request.data)
    receipt = journal.store_entries(
        attempt, entries, unfit=unfit, received=received, connection=connection, from_desk=from_desk
    )
    metrics.count_journal(
        stored=len(receipt.stored),
        duplicate=len(receipt.duplicate),
        conflict=len(receipt.conflict),
        rejected=len(receipt.rejected),
    )
    if entries:
        metrics.count_lag(waited)
    return JsonResponse(asdict(receipt))


@endpoint("POST")
def correct(request: ApiRequest, code: str) -> HttpResponse:
    """Take the learner's word for what they said; `events` in the answer are to be forwarded in a quiet moment."""
    attempt = lookups.attempt_of(request.user, code)
    correction = inputs.correction(request.data)
    answer = corrections.correct(attempt, correction_id=correction.id, item_id=correction.item_id, text=correction.text)
    return JsonResponse(answer)


@endpoint("POST")
def end(request: ApiRequest, code: str) -> HttpResponse:
    """End the attempt; ending it twice is fine."""
    attempt = attempts.end_attempt(lookups.attempt_of(request.user, code))
    return JsonResponse(attempts.state(attempt))
