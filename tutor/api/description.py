"""What the JSON API takes and answers, as an OpenAPI 3.1 document: `manage.py openapi` writes docs/openapi.json.

A new endpoint is one Operation, a new error one Refusal or ServiceError in the operations that answer with it. Tests
hold the file, the routes, the codes and the answers against this description, and ask for what no client would.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.conf import settings

from tutor import database
from tutor.api import inputs
from tutor.api.http import status_of
from tutor.models import AttemptOutcome, BudgetPeriod, PictureType, Speaker, UsageReport, UtteranceStatus
from tutor.peers import client
from tutor.services import errors
from tutor.services.errors import ServiceError
from tutor.tools import KINDS

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no: its HTTP status, its code in `error`, and when it is given."""

    status: int
    code: str
    when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint. `body` names the schema of what it takes, `answers` are its good answers by status.

    `content` is the media type of a good answer whose body is not JSON, `headers` what it says in headers.
    """

    route: str
    path: str
    method: str
    summary: str
    answers: Mapping[int, str]
    body: str = ""
    content: str = "application/json"
    headers: Mapping[str, str] | None = None
    refusals: tuple[Refusal | type[ServiceError], ...] = ()


# --- What every endpoint may answer ----------------------------------------------------------------------------------

EVERYWHERE: tuple[Refusal | type[ServiceError], ...] = (
    Refusal(400, "bad_request", "The request is none, or asks for a host that is not ours."),
    Refusal(401, "signed_out", "Nobody is signed in."),
    Refusal(404, "not_found", "There is nothing at this address: the code is not spelled as a code is."),
    Refusal(405, "method_not_allowed", "The method is another one than the one in `Allow`."),
    errors.TooManyError,
    Refusal(500, "server_error", "Something went wrong on our side."),
    Refusal(503, "database_busy", "The database cannot serve now. Everything may be sent again."),
    Refusal(503, "storage_full", "The database has no room left."),
    Refusal(503, "restarting", "The server is about to end; another one takes over."),
)
TO_POSTS = (
    Refusal(400, "bad_json", "The body is not JSON in UTF-8, has a name twice, or a number that is none."),
    Refusal(400, "not_an_object", "The body is JSON, but no object."),
    Refusal(400, "body_unreadable", "The body broke off."),
    Refusal(403, "csrf_failed", "`X-CSRFToken` is missing or wrong."),
    Refusal(413, "body_too_large", "The body has more bytes than this endpoint takes; `message` says how many."),
    Refusal(415, "not_json", "The content type is not `application/json`."),
    Refusal(415, "not_utf8", "The content type names another charset than UTF-8."),
)
UNKNOWN_ATTEMPT = Refusal(404, "unknown_attempt", "There is no such attempt, or it is another's.")
UNKNOWN_LESSON = Refusal(404, "unknown_lesson", "There is no such lesson, or it is not for this learner.")
NOT_STORABLE = Refusal(400, "not_storable", "It has NUL, half a character, a number of over 64 bits, or is too deep.")
BAD_CONNECTION = Refusal(400, "connection_invalid", "`connection` is no id of a call.")
# The provider was asked, or is known to be down: then 503 with the code of the failure before.
OF_PROVIDER = tuple(
    Refusal(status, code, when)
    for code, statuses, when in (
        ("provider_bad_answer", (502, 503), "The provider answered with something that is no SDP."),
        ("provider_failed", (502, 503), "The provider failed."),
        ("provider_refused", (502,), "The provider does not take our key or our request."),
        ("provider_unreachable", (502, 503), "The provider cannot be reached."),
        ("provider_busy", (503,), "The provider has too much to do."),
        ("provider_quota", (503,), "The account with the provider is used up."),
        ("provider_timeout", (503,), "The provider takes too long."),
    )
    for status in statuses
)

# --- Endpoints -------------------------------------------------------------------------------------------------------

OPERATIONS = (
    Operation(
        route="account",
        path="/api/account/",
        method="GET",
        summary="Who is signed in.",
        answers={200: "Account"},
    ),
    Operation(
        route="start",
        path="/api/lessons/{slug}/attempts/",
        method="POST",
        summary="Begin a lesson (201), or find the learner's open attempt at it (200).",
        body="Nothing",
        answers={200: "State", 201: "State"},
        refusals=(UNKNOWN_LESSON, errors.NotPublishedError, errors.ConsentNeededError),
    ),
    Operation(
        route="state",
        path="/api/attempts/{code}/",
        method="GET",
        summary="Where an attempt stands.",
        answers={200: "State"},
        refusals=(UNKNOWN_ATTEMPT,),
    ),
    Operation(
        route="connections",
        path="/api/attempts/{code}/connections/",
        method="POST",
        summary="Make a call: an SDP offer in, the provider's SDP answer out.",
        body="Offer",
        answers={201: ""},
        content="application/sdp",
        headers={
            "Location": "Address of the call; its last part is the id that `connection` means elsewhere.",
            "Viva-Visit": "Number of the visit that the call is configured for.",
        },
        refusals=(
            UNKNOWN_ATTEMPT,
            NOT_STORABLE,
            Refusal(400, "offer_missing", "`sdp` is missing or empty."),
            Refusal(400, "offer_too_large", f"`sdp` has more than {inputs.MAX_OFFER} bytes."),
            Refusal(400, "offer_invalid", "`sdp` is not the offer of a call with sound and without video."),
            errors.AttemptEndedError,
            errors.AttemptPausedError,
            errors.ConsentNeededError,
            errors.BudgetSpentError,
            errors.CallsOffError,
            *OF_PROVIDER,
        ),
    ),
    Operation(
        route="tool_calls",
        path="/api/attempts/{code}/tool-calls/",
        method="POST",
        summary="Answer a function call of the model. The same `call_id` gets the same answer, for ever. "
        "A mistake of the model is no error here: the events tell it.",
        body="ToolCall",
        answers={200: "ToolAnswer"},
        refusals=(
            UNKNOWN_ATTEMPT,
            NOT_STORABLE,
            BAD_CONNECTION,
            Refusal(400, "call_id_invalid", "`call_id` is not an id of the provider's."),
            Refusal(400, "name_invalid", "`name` is no text of 1 to 200 characters."),
            Refusal(400, "arguments_invalid", f"`arguments` is no text of at most {inputs.MAX_ARGUMENTS} characters."),
            Refusal(400, "visit_invalid", "`visit` is not the number of a visit."),
            errors.AttemptEndedError,
            errors.AttemptClosedError,
            errors.NotConfirmedError,
        ),
    ),
    Operation(
        route="journal",
        path="/api/attempts/{code}/journal/",
        method="POST",
        summary="Store what the browser reports, entry by entry: one that cannot be stored holds up no other. "
        "Anything may be sent again. No entries are a beat.",
        body="Journal",
        answers={200: "Receipt"},
        refusals=(
            UNKNOWN_ATTEMPT,
            BAD_CONNECTION,
            Refusal(400, "entries_missing", "`entries` is no list."),
            Refusal(413, "too_many_entries", f"There are more than {inputs.MAX_ENTRIES} entries."),
            Refusal(400, "received_invalid", "`received` is not the id of a rescue."),
            Refusal(400, "desk_invalid", "`desk` is not the number of an intervention."),
            Refusal(400, "waited_invalid", "`waited` is no number of milliseconds."),
            errors.AttemptClosedError,
        ),
    ),
    Operation(
        route="corrections",
        path="/api/attempts/{code}/corrections/",
        method="POST",
        summary="Take the learner's word for what they said. The same `id` gets the same events.",
        body="Correction",
        answers={200: "Corrected"},
        refusals=(
            UNKNOWN_ATTEMPT,
            NOT_STORABLE,
            Refusal(400, "id_invalid", "`id` is no UUID."),
            Refusal(400, "item_id_invalid", "`item_id` is not the id of a sentence."),
            Refusal(400, "text_invalid", "`text` is no text."),
            Refusal(400, "text_missing", "`text` has no visible character."),
            Refusal(400, "text_too_long", f"`text` has more than {inputs.MAX_CORRECTION} characters."),
            errors.UnknownUtteranceError,
            errors.CorrectionConflictError,
            errors.AttemptClosedError,
        ),
    ),
    Operation(
        route="end",
        path="/api/attempts/{code}/end/",
        method="POST",
        summary="End an attempt; ending it twice is fine.",
        body="Nothing",
        answers={200: "State"},
        refusals=(UNKNOWN_ATTEMPT,),
    ),
)

# Codes in `rejected` of a receipt.
REJECTIONS = {
    "not_an_object": "The entry is no object.",
    "not_storable": NOT_STORABLE.when,
    "unknown_kind": "`kind` is none of ours.",
    "unknown_visit": "The attempt has no such visit.",
    "too_many_pictures": "The attempt has as many pictures as it may have.",
    **{
        f"{name}_invalid": f"`{name}` is missing or not what it must be."
        for name in (
            *("id", "speaker", "status", "text", "previous_item_id", "visit", "connection", "image", "usage"),
            *("source", "code", "message", "param"),
        )
    },
    **{f"{name}_too_long": f"`{name}` is too long." for name in ("text", "code", "message", "param")},
    "image_too_large": f"The picture has more than {inputs.MAX_PICTURE} bytes.",
}


# --- Schemas ---------------------------------------------------------------------------------------------------------


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _answered(**properties: Schema) -> Schema:
    """An object that we compose: all of it is there, and nothing else."""
    return {"type": "object", "properties": properties, "required": sorted(properties), "additionalProperties": False}


def _taken(*required: str, **properties: Schema) -> Schema:
    """An object that we take: what we do not know in it is ignored."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


TEXT = {"type": "string"}
BOOLEAN = {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}
UUID = {"type": "string", "format": "uuid"}
ITEM_ID = {"type": "string", "pattern": f"^{inputs.ID.pattern}$"}
VISIT = {"type": ["integer", "null"], "minimum": 1, "maximum": inputs.MAX_VISIT}
CALL = {"type": ["string", "null"], "format": "uuid"}
OFFER = r"^v=0[\s\S]*\nm=audio "
EVENTS = _list(_ref("Event"))


def _choice(*values: str) -> Schema:
    return {"type": "string", "enum": sorted(values)}


def _entry(kind: str, *required: str, **properties: Schema) -> Schema:
    fields = {"id": ITEM_ID, "kind": {"const": kind}, **properties, "connection": CALL}
    return _taken("id", "kind", *required, **fields)


def _schemas() -> dict[str, Schema]:
    return {**_of_requests(), **_of_answers(), **_of_parts()}


def _of_requests() -> dict[str, Schema]:
    return {
        "Nothing": _taken(),
        "Offer": _taken("sdp", sdp={"type": "string", "pattern": OFFER, "maxLength": inputs.MAX_OFFER}),
        "ToolCall": _taken(
            "call_id",
            "name",
            call_id=ITEM_ID,
            name={"type": "string", "minLength": 1, "maxLength": 200},
            arguments={"type": "string", "maxLength": inputs.MAX_ARGUMENTS},
            visit=VISIT,
            connection=CALL,
        ),
        "Journal": _taken(
            "entries",
            entries=_list(_ref("Entry"), maxItems=inputs.MAX_ENTRIES),
            connection=CALL,
            received={"type": ["string", "null"], "pattern": ITEM_ID["pattern"]},
            desk={"type": ["integer", "null"], "minimum": 0, "maximum": inputs.MAX_VISIT},
            waited={"type": ["integer", "null"], "minimum": 0, "maximum": inputs.MAX_WAITED},
        ),
        "Correction": _taken(
            "id",
            "item_id",
            "text",
            id=UUID,
            item_id=ITEM_ID,
            text={"type": "string", "minLength": 1, "maxLength": inputs.MAX_CORRECTION},
        ),
        "Entry": {
            "oneOf": [
                _entry(
                    "utterance",
                    "speaker",
                    "status",
                    speaker=_choice(*Speaker.values),
                    status=_choice(*UtteranceStatus.values),
                    text={"type": ["string", "null"], "maxLength": inputs.MAX_TEXT},
                    previous_item_id={"type": ["string", "null"], "pattern": ITEM_ID["pattern"]},
                    visit=VISIT,
                ),
                _entry(
                    "picture",
                    "image",
                    image={
                        "type": "string",
                        "description": f"A data URI of at most {inputs.MAX_PICTURE} bytes: "
                        + ", ".join(PictureType.values),
                    },
                    visit=VISIT,
                ),
                _entry(
                    "usage", "source", "usage", source=_choice(*UsageReport.Source.values), usage={"type": "object"}
                ),
                _entry("fault", code=TEXT, message=TEXT, param=TEXT),
            ]
        },
    }


def _of_answers() -> dict[str, Schema]:
    progress = {"stage": _or_null(_ref("Stage")), "stages": _list(_ref("StageOverview")), "ended": BOOLEAN}
    help_given = {"id": TEXT, "events": EVENTS, **progress}
    return {
        "Account": _answered(username=TEXT),
        "State": _answered(
            code=UUID,
            url=TEXT,
            lesson=_answered(slug=TEXT, title=TEXT, language=TEXT),
            rehearsal=BOOLEAN,
            trial=BOOLEAN,
            outcome=_choice("", *AttemptOutcome.values),
            ended_by=_or_null(TEXT),
            ended_why=_or_null(TEXT),
            paused=_or_null(_ref("Pause")),
            connection=_or_null(UUID),
            elsewhere=_or_null(TEXT),
            barred=_or_null(
                _answered(code=_choice(errors.CallsOffError.code, errors.BudgetSpentError.code), message=TEXT)
            ),
            time=_answered(
                minutes=COUNT,
                limit=COUNT,
                spent=COUNT,
                left=_or_null(_answered(**{"seconds": COUNT, "in": _choice(*BudgetPeriod.values)})),
            ),
            **progress,
            transcript=_list(_ref("Utterance")),
            cards=_list(_ref("Card")),
            opening=EVENTS,
            adjustments={"type": "object", "additionalProperties": {"type": "object", "required": ["type"]}},
        ),
        "ToolAnswer": _answered(events=EVENTS, card=_or_null(_ref("Card")), **progress),
        "Receipt": _answered(
            stored=_list(TEXT),
            duplicate=_list(TEXT),
            conflict=_list(TEXT),
            rejected=_list(_answered(id=TEXT, code=_choice(*REJECTIONS))),
            rescue=_or_null(_answered(**help_given)),
            desk=_or_null(
                _answered(
                    number=COUNT,
                    paused=_or_null(_ref("Pause")),
                    offers=_list(_answered(**help_given, number=COUNT, by=TEXT, why=TEXT)),
                )
            ),
            ended=BOOLEAN,
        ),
        "Corrected": _answered(events=EVENTS, utterance=_ref("Utterance")),
    }


def _of_parts() -> dict[str, Schema]:
    return {
        "Stage": _answered(
            key=TEXT,
            title=TEXT,
            goal=TEXT,
            visit=COUNT,
            position=COUNT,
            needs=_answered(turns=COUNT, quotes=COUNT),
        ),
        "StageOverview": _answered(
            key=TEXT, title=TEXT, goal=TEXT, progress=_choice("current", "done", "passed", "skipped", "ahead")
        ),
        "Utterance": _answered(
            item_id=TEXT,
            speaker=_choice(*Speaker.values),
            status=_choice(*UtteranceStatus.values),
            text=TEXT,
            corrected=_or_null(TEXT),
            picture=_or_null(TEXT),
            visit=COUNT,
            stage=TEXT,
        ),
        "Card": _answered(
            call_id=TEXT,
            kind=_choice(*KINDS),
            title=TEXT,
            text=TEXT,
            math=TEXT,
            image=TEXT,
            alt=TEXT,
            visit=COUNT,
            after=_or_null(TEXT),
        ),
        "Pause": _answered(by=TEXT, since={"type": "string", "format": "date-time"}, why=TEXT),
        "Event": {
            "type": "object",
            "description": "A client event of the Realtime API, to be forwarded as it is.",
            "properties": {"type": TEXT, "event_id": TEXT},
            "required": ["event_id", "type"],
        },
    }


# --- The document ----------------------------------------------------------------------------------------------------


def refusals(operation: Operation) -> list[Refusal]:
    """Return all that an operation may refuse a request with."""
    found = (*EVERYWHERE, *(TO_POSTS if operation.method == "POST" else ()), *operation.refusals)
    return [_refusal(one) if isinstance(one, type) else one for one in found]


def _refusal(kind: type[ServiceError]) -> Refusal:
    return Refusal(status_of(kind), kind.code, (kind.__doc__ or "").strip())


def document() -> dict[str, Any]:
    """Return the whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Viva",
            "version": "1",
            "description": "The JSON API of a voice tutor, for its own pages: JSON in UTF-8, with login and CSRF as "
            "everywhere in Django. Nothing is taken from a request that is refused. Every answer says "
            "`Cache-Control: no-store`. "
            f"No body has more than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes. "
            "Written by `manage.py openapi`.",
        },
        "paths": {one.path: {one.method.lower(): _operation(one)} for one in OPERATIONS},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "login": {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME},
                "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    posted = operation.method == "POST"
    parameters = [_PARAMETERS[name] for name in _PARAMETERS if f"{{{name}}}" in operation.path]
    body = {"required": True, "content": {"application/json": {"schema": _ref(operation.body)}}}
    return {
        "operationId": operation.route,
        "summary": operation.summary,
        "security": [{"login": [], "csrf": []} if posted else {"login": []}],
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": body} if posted else {}),
        "responses": {
            **{str(status): _good(operation, status) for status in operation.answers},
            **_bad(refusals(operation)),
        },
    }


_PARAMETERS = {
    "slug": {
        "name": "slug",
        "in": "path",
        "required": True,
        "description": "The lesson's name in addresses.",
        "schema": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    },
    "code": {
        "name": "code",
        "in": "path",
        "required": True,
        "description": "The attempt, in small letters.",
        "schema": {"type": "string", "format": "uuid", "pattern": "^[-0-9a-f]{36}$"},
    },
}


def _good(operation: Operation, status: int) -> dict[str, Any]:
    name = operation.answers[status]
    headers = {title: _header(text) for title, text in (operation.headers or {}).items()}
    return {
        "description": HTTPStatus(status).phrase,
        **({"headers": headers} if headers else {}),
        "content": {operation.content: {"schema": _ref(name) if name else TEXT}},
    }


def _bad(all_of_them: Iterable[Refusal]) -> dict[str, Any]:
    by_status = groupby(sorted(all_of_them, key=attrgetter("status", "code")), key=attrgetter("status"))
    return {str(status): _error(status, list(some)) for status, some in by_status}


def _error(status: int, some: list[Refusal]) -> dict[str, Any]:
    headers = {name: _header(text) for name, text in _HEADERS.get(status, {}).items()}
    schema = _answered(error=_choice(*(one.code for one in some)), message=TEXT)
    return {
        "description": "\n".join(f"- `{one.code}`: {one.when}" for one in some),
        **({"headers": headers} if headers else {}),
        "content": {"application/json": {"schema": schema}},
    }


_HEADERS = {
    405: {"Allow": "The method that is possible."},
    429: {"Retry-After": "Seconds to wait."},
    503: {
        "Retry-After": f"Seconds to wait: {database.RETRY_AFTER} for our database, "
        f"at most {client.MAX_RETRY_AFTER} for the provider."
    },
}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": TEXT}
