"""A provider that makes every call, and whose answer tells the scripted model how the call is set up."""

import asyncio
import json
import re
from itertools import count

from tests import capture
from tests.faults.proxy import GONE, Request, read_request

# No two stages of the lesson share an outcome.
STAGE_OF = {"understood": "warm-up", "ordered": "order", "done": "goodbye"}
# The offers of the scripted calls name lesson and call.
OFFER = re.compile(rb"^o=- (\d+) (\d+) ", re.MULTILINE)
HANG_UP = re.compile(r"/calls/rtc_(\d+)_\d+/hangup$")
# Every call is another one, even when the same offer comes twice.
_numbers = count(1)


def name(request: Request) -> tuple[int, str]:
    """In which lesson a request to the provider is made, and what it is for."""
    hang_up = HANG_UP.search(request.path)
    if hang_up:
        return int(hang_up[1]), "hang-up"
    offer = OFFER.search(request.body)
    return int(offer[1]) if offer else 0, "call"


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one request."""
    try:
        request = await read_request(reader)
        answer = capture.answered(200) if HANG_UP.search(request.path) else _make_call(request)
        await answer(writer)
    except GONE:
        return


def _make_call(request: Request) -> capture.Answer:
    """Answer an offer. What of the session matters to the model stands in the SDP."""
    parts = capture.Request("", request.headers, request.body).parts
    offer = OFFER.search(parts[0].body)
    assert offer, parts[0].body
    tools = json.loads(parts[1].body)["tools"]
    [complete] = [tool for tool in tools if tool["name"] == "stage_complete"]
    outcomes = complete["parameters"]["properties"]["outcome"]["enum"]
    lines = [capture.SDP_ANSWER.decode().rstrip("\r\n"), f"a=stage:{STAGE_OF[outcomes[0]]}"]
    lines += [f"a=outcomes:{','.join(outcomes)}", "a=end", ""]
    return capture.call_made(f"rtc_{int(offer[1])}_{next(_numbers)}", "\r\n".join(lines).encode())
