"""What a room may say over its WebSocket: words under way. Pure: text in, checked values out."""

import json
import re
from typing import Any

# Characters of a message, and of one caption; captions of a message. The browser sends less (net/telling.js).
MAX_MESSAGE = 16 * 1024
MAX_TEXT = 2_000
MAX_CAPTIONS = 8
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_SPEAKERS = ("learner", "tutor")
_STATUSES = ("partial", "complete", "interrupted", "untranscribed")


class Unfit(ValueError):
    """Not what a room may say."""


def captions_of(text: str | None) -> list[dict[str, str]]:
    """Return the captions of a message: `{"item_id", "speaker", "status", "text"}` each, and nothing else of it.

    Raises Unfit for anything that is not `{"type": "captions", "captions": [...]}` within its bounds.
    """
    if text is None or len(text) > MAX_MESSAGE:
        raise Unfit("size")
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unfit("json") from error
    if not isinstance(message, dict) or message.get("type") != "captions":
        raise Unfit("type")
    captions = message.get("captions")
    if not isinstance(captions, list) or not 1 <= len(captions) <= MAX_CAPTIONS:
        raise Unfit("captions")
    return [_caption(one) for one in captions]


def _caption(one: Any) -> dict[str, str]:
    if not isinstance(one, dict):
        raise Unfit("caption")
    item_id, speaker, status, text = (one.get(name) for name in ("item_id", "speaker", "status", "text"))
    if not isinstance(item_id, str) or not _ID.fullmatch(item_id):
        raise Unfit("item_id")
    if speaker not in _SPEAKERS or status not in _STATUSES:
        raise Unfit("speaker or status")
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise Unfit("text")
    return {"item_id": item_id, "speaker": speaker, "status": status, "text": text}
