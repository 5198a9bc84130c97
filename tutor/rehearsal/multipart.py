"""The one kind of multipart/form-data that the calls endpoint takes: plain fields, byte for byte.

The SDP must not be touched, not even its last line break, so no library that decodes or strips is used.
"""

import re
from email.message import Message

LINE = b"\r\n"


class BadForm(ValueError):
    """The body is not the multipart form that its header promises."""


def boundary_of(content_type: str) -> bytes:
    """Return the boundary. Raises BadForm when the header is not that of a multipart form."""
    message = Message()
    message["Content-Type"] = content_type
    boundary = message.get_param("boundary")
    if message.get_content_type() != "multipart/form-data" or not isinstance(boundary, str) or not boundary:
        raise BadForm("not a multipart form")
    return boundary.encode("latin-1", "replace")


def fields_of(body: bytes, boundary: bytes) -> dict[str, bytes]:
    """Return each field's bytes by its name. Raises BadForm for a broken form or a field given twice."""
    delimiter = LINE + b"--" + boundary
    parts = (LINE + body).split(delimiter)
    if len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise BadForm("the form has no end")
    fields: dict[str, bytes] = {}
    for part in parts[1:-1]:
        name, value = _field(part)
        if name in fields:
            raise BadForm(f"the field {name} is given twice")
        fields[name] = value
    return fields


def _field(part: bytes) -> tuple[str, bytes]:
    head, blank, value = part.partition(LINE + LINE)
    found = re.search(rb'^content-disposition:\s*form-data\s*;.*?\bname="([^"]*)"', head.lstrip(), re.I | re.M)
    if not blank or found is None:
        raise BadForm("a part of the form has no name")
    return found[1].decode("utf-8", "replace"), value
