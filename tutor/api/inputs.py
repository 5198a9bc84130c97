"""From decoded JSON to typed input. What does not fit is named; nothing unchecked goes further in."""

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.translation import gettext as _

from tutor.api.http import ApiError
from tutor.models import PictureType, Speaker, UsageReport, UtteranceStatus
from tutor.plan.text import is_json
from tutor.realtime import images
from tutor.services import set_aside
from tutor.services.journal import Entry, FaultEntry, PictureEntry, UsageEntry, UtteranceEntry
from tutor.services.set_aside import UnfitEntry

# Real offers have 2 to 8 KB, public servers allow 64 to 100 (protocol reference, section 1.1).
MAX_OFFER = 64 * 1024
MAX_ARGUMENTS = 32 * 1024
MAX_ENTRIES = 50
MAX_TEXT = 8_000
# Bytes. As text it fits into one request, with room to spare (static/tutor/js/net/journal.js sends somewhat less).
MAX_PICTURE = 150 * 1024
# As many characters as a typed message may have.
MAX_CORRECTION = 2_000
ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
MAX_VISIT = 100_000
# Milliseconds, a little more than a day: no attempt takes words that are older (services.journal.GRACE).
MAX_WAITED = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallInput:
    """A function call as the browser passes it on."""

    call_id: str
    name: str
    arguments: str
    visit: int | None
    connection: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionInput:
    """What a learner really said, with the browser's own id for the correction."""

    id: uuid.UUID
    item_id: str
    text: str


def offer(data: dict[str, Any]) -> bytes:
    """Return the browser's SDP offer, byte for byte as it was; ApiError 400 for anything else."""
    _storable(data)
    sdp = data.get("sdp")
    if not isinstance(sdp, str) or not sdp.strip():
        raise ApiError(400, "offer_missing", _("The request has no SDP offer."))
    if len(sdp.encode()) > MAX_OFFER:
        raise ApiError(
            400, "offer_too_large", _("The SDP offer is larger than %(limit)s bytes.") % {"limit": MAX_OFFER}
        )
    if not sdp.startswith("v=0") or "\nm=audio " not in sdp or "\nm=video " in sdp:
        raise ApiError(400, "offer_invalid", _("What was sent is not an SDP offer of a voice call."))
    return sdp.encode()


def tool_call(data: dict[str, Any]) -> ToolCallInput:
    """Return a function call; ApiError 400 for anything else. The arguments stay the model's text, broken or not."""
    _storable(data)
    call_id, name, arguments = data.get("call_id"), data.get("name"), data.get("arguments", "")
    if not isinstance(call_id, str) or not ID.fullmatch(call_id):
        raise ApiError(400, "call_id_invalid", _("“call_id” must be the provider's id of the call."))
    if not isinstance(name, str) or not 1 <= len(name) <= 200:
        raise ApiError(400, "name_invalid", _("“name” must be the name of a function."))
    if not isinstance(arguments, str) or len(arguments) > MAX_ARGUMENTS:
        raise ApiError(
            400,
            "arguments_invalid",
            _("“arguments” must be text of at most %(limit)s characters.") % {"limit": MAX_ARGUMENTS},
        )
    visit = data.get("visit")
    if not _is_visit(visit):
        raise ApiError(400, "visit_invalid", _("“visit” must be the number of a visit."))
    return ToolCallInput(call_id=call_id, name=name, arguments=arguments, visit=visit, connection=connection(data))


def correction(data: dict[str, Any]) -> CorrectionInput:
    """Return a correction, its text as one line; ApiError 400 for anything else."""
    _storable(data)
    correction_id, item_id, text = data.get("id"), data.get("item_id"), data.get("text")
    if not isinstance(correction_id, str) or not _UUID.fullmatch(correction_id):
        raise ApiError(400, "id_invalid", _("“id” must be a UUID."))
    if not isinstance(item_id, str) or not ID.fullmatch(item_id):
        raise ApiError(400, "item_id_invalid", _("“item_id” must be the id of a sentence."))
    if not isinstance(text, str):
        raise ApiError(400, "text_invalid", _("“text” must be text."))
    text = " ".join(text.split())
    if not any(char.isprintable() and not char.isspace() for char in text):
        raise ApiError(400, "text_missing", _("Please write down what you said."))
    if len(text) > MAX_CORRECTION:
        limit = {"limit": MAX_CORRECTION}
        raise ApiError(400, "text_too_long", _("This is too long: %(limit)s characters can be kept.") % limit)
    return CorrectionInput(id=uuid.UUID(correction_id), item_id=item_id, text=text)


def journal(data: dict[str, Any]) -> tuple[list[Entry], list[UnfitEntry]]:
    """Return the good entries of a journal, and the bad ones with what is wrong with each."""
    raw = data.get("entries")
    if not isinstance(raw, list):
        raise ApiError(400, "entries_missing", _("“entries” must be a list."))
    if len(raw) > MAX_ENTRIES:
        raise ApiError(
            413, "too_many_entries", _("At most %(limit)s entries can be sent at once.") % {"limit": MAX_ENTRIES}
        )
    entries: list[Entry] = []
    unfit = []
    for item in raw:
        try:
            entries.append(_entry(item))
        except _Unfit as fault:
            unfit.append(UnfitEntry(id=_name_of(item), code=str(fault), body=set_aside.as_text(item)))
    return entries, unfit


def received(data: dict[str, Any]) -> str:
    """Return the id of the latest rescue the browser has forwarded in its present call; empty if there was none."""
    value = data.get("received")
    if value is not None and not (isinstance(value, str) and ID.fullmatch(value)):
        raise ApiError(400, "received_invalid", _("“received” must be the id of a rescue."))
    return value or ""


def from_desk(data: dict[str, Any]) -> int:
    """Return the number up to which the browser has what staff have done, in its present call; 0 for nothing."""
    value = data.get("desk")
    if not _is_number(value, MAX_VISIT):
        raise ApiError(400, "desk_invalid", _("“desk” must be the number of an intervention."))
    return value or 0


def waited(data: dict[str, Any]) -> float:
    """Return for how many seconds the browser has had words that are not stored."""
    value = data.get("waited")
    if not _is_number(value, MAX_WAITED):
        raise ApiError(400, "waited_invalid", _("“waited” must be a number of milliseconds."))
    return (value or 0) / 1000


def _is_number(value: object, largest: int) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= largest)


def connection(data: dict[str, Any]) -> str:
    """Return the code of the call that the room is in; empty if it is in none."""
    try:
        return _connection(data)
    except _Unfit as error:
        raise ApiError(400, "connection_invalid", _("“connection” must be the id of a call.")) from error


Choice = TypeVar("Choice", Speaker, UtteranceStatus, UsageReport.Source)


class _Unfit(ValueError):
    """An entry that cannot be stored; the text is its code."""


def _entry(item: object) -> Entry:
    if not isinstance(item, dict):
        raise _Unfit("not_an_object")
    if not is_json(item):
        raise _Unfit("not_storable")
    read = _KINDS.get(str(item.get("kind")))
    if read is None:
        raise _Unfit("unknown_kind")
    if not isinstance(item.get("id"), str) or not ID.fullmatch(item["id"]):
        raise _Unfit("id_invalid")
    return read(item)


def _utterance(item: dict[str, Any]) -> Entry:
    previous, visit = item.get("previous_item_id"), item.get("visit")
    if previous is not None and not (isinstance(previous, str) and ID.fullmatch(previous)):
        raise _Unfit("previous_item_id_invalid")
    if not _is_visit(visit):
        raise _Unfit("visit_invalid")
    return UtteranceEntry(
        id=item["id"],
        speaker=_choice(Speaker, item, "speaker"),
        status=_choice(UtteranceStatus, item, "status"),
        text=_text(item, "text", MAX_TEXT),
        previous_item_id=previous or "",
        visit=visit,
        connection=_connection(item),
    )


def _picture(item: dict[str, Any]) -> Entry:
    visit, uri = item.get("visit"), item.get("image")
    if not _is_visit(visit):
        raise _Unfit("visit_invalid")
    if not isinstance(uri, str):
        raise _Unfit("image_invalid")
    if len(uri) > images.largest_uri(MAX_PICTURE):
        raise _Unfit("image_too_large")
    image = images.read(uri)
    if image is None or image.media_type not in PictureType:
        raise _Unfit("image_invalid")
    return PictureEntry(
        id=item["id"],
        media_type=PictureType(image.media_type),
        data=image.data,
        visit=visit,
        connection=_connection(item),
    )


def _usage(item: dict[str, Any]) -> Entry:
    usage = item.get("usage")
    if not isinstance(usage, dict) or len(str(usage)) > MAX_TEXT:
        raise _Unfit("usage_invalid")
    source = _choice(UsageReport.Source, item, "source")
    return UsageEntry(id=item["id"], source=source, usage=usage, connection=_connection(item))


def _fault(item: dict[str, Any]) -> Entry:
    return FaultEntry(
        id=item["id"],
        code=_text(item, "code", 100) or "unknown",
        message=_text(item, "message", 2_000),
        param=_text(item, "param", 200),
        connection=_connection(item),
    )


_KINDS: dict[str, Callable[[dict[str, Any]], Entry]] = {
    "utterance": _utterance,
    "picture": _picture,
    "usage": _usage,
    "fault": _fault,
}


def _choice(kind: type[Choice], item: dict[str, Any], name: str) -> Choice:
    try:
        return kind(str(item.get(name)))
    except ValueError as error:
        raise _Unfit(f"{name}_invalid") from error


def _text(item: dict[str, Any], name: str, limit: int) -> str:
    value = item.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _Unfit(f"{name}_invalid")
    if len(value) > limit:
        raise _Unfit(f"{name}_too_long")
    return value


def _connection(item: dict[str, Any]) -> str:
    value = item.get("connection")
    if value is None:
        return ""
    try:
        return str(uuid.UUID(value))
    except (ValueError, TypeError, AttributeError) as error:
        raise _Unfit("connection_invalid") from error


def _is_visit(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_VISIT)


def _name_of(item: object) -> str:
    """The id of a bad entry, as far as it has one, so that the browser knows which it was."""
    value = item.get("id") if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""


def _storable(data: dict[str, Any]) -> None:
    if not is_json(data):
        raise ApiError(400, "not_storable", _("The request holds values or characters that cannot be stored."))
