"""Every JSON endpoint with a request that it takes."""

from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from tutor.models import Attempt


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint: its name in the URL configuration, its method, a body that it takes, its limit in bytes."""

    name: str
    method: str = "POST"
    body: dict[str, Any] = field(default_factory=dict)
    limit: int = 64 * 1024

    def path(self, attempt: Attempt) -> str:
        """Its path for an attempt, or for the attempt's lesson."""
        return reverse(f"api:{self.name}", args=[attempt.lesson.slug if self.name == "start" else attempt.code])

    def __str__(self) -> str:
        return self.name


OFFER = "v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
CALL = {"call_id": "call_1", "name": "hint", "arguments": "{}"}
START = Endpoint("start")
STATE = Endpoint("state", "GET")
CONNECT = Endpoint("connections", body={"sdp": OFFER}, limit=128 * 1024)
CALL_TOOL = Endpoint("tool_calls", body=CALL, limit=256 * 1024)
REPORT = Endpoint("journal", body={"entries": []}, limit=256 * 1024)
CORRECT = Endpoint(
    "corrections", body={"id": "00000000-0000-4000-8000-000000000001", "item_id": "said_1", "text": "Tea."}
)
END = Endpoint("end")
POSTS = [START, CONNECT, CALL_TOOL, REPORT, CORRECT, END]
ENDPOINTS = [*POSTS, STATE]
OF_ATTEMPTS = [CONNECT, CALL_TOOL, REPORT, CORRECT, END, STATE]


def post(client: Client, path: str, data: Any) -> Any:
    """Post JSON."""
    return client.post(path, data, content_type="application/json")
