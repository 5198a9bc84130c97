"""Journal entries that could not be stored as what they were meant to be, kept as they came for a person to look at."""

import hashlib
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tutor.models import Attempt, SetAside

log = logging.getLogger(__name__)

# Entries that one attempt may have here, and bytes of each: enough to see what went wrong, and no more than a disk
# bears, whoever sends them.
MOST = 100
LONGEST = 16 * 1024
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfitEntry:
    """An entry that cannot be stored: the id it claims to have, the code of what is wrong, and its JSON as text."""

    id: str
    code: str
    body: str


def as_text(entry: Any) -> str:
    """Return decoded JSON as text that every database can hold."""
    try:
        text = json.dumps(entry, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply)"
    # Half a character of two cannot be stored; written as an escape it is still valid JSON.
    return text.encode(errors="backslashreplace").decode()


def keep(attempt: Attempt, unfit: Iterable[UnfitEntry]) -> None:
    """Keep entries, each once however often it comes. Call it inside the transaction that holds the attempt's lock."""
    new = {hashlib.sha256(entry.body.encode()).hexdigest(): entry for entry in unfit}
    if not new:
        return
    known = set(attempt.set_aside.values_list("digest", flat=True))
    rows = [
        SetAside(
            attempt=attempt,
            item_id=entry.id.encode(errors="replace").decode().replace("\0", "?")[:_LONGEST_ID],
            code=entry.code,
            body=entry.body.encode()[:LONGEST].decode(errors="ignore"),
            digest=digest,
        )
        for digest, entry in new.items()
        if digest not in known
    ]
    room = max(MOST - len(known), 0)
    SetAside.objects.bulk_create(rows[:room])
    for row in rows:
        log.warning("entry kept apart attempt=%s code=%s item=%s", attempt.code, row.code, row.item_id)
    if len(rows) > room:
        log.error("no more entries kept apart attempt=%s lost=%d", attempt.code, len(rows) - room)
