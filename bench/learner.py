"""Somebody signed in over plain HTTP, most often a learner."""

import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from tests.running import PASSWORD

OFFER = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + "a=x\r\n" * 500


class Learner:
    """Signs in and talks to the JSON API as the room does."""

    def __init__(self, url: str, username: str = "learner") -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False, event_hooks={"response": [self._trust]})
        page = self._http.get("/accounts/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token, "the sign-in page has no form"
        form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
        answer = self._http.post("/accounts/login/", data=form, headers={"Referer": url})
        assert answer.status_code == 302, answer.status_code

    def _trust(self, _answer: httpx.Response) -> None:
        """Send secure cookies to this machine without TLS, as browsers do."""
        for cookie in self._http.cookies.jar:
            cookie.secure = False

    def get(self, path: str) -> httpx.Response:
        """Fetch a page; anything but success is an error."""
        answer = self._http.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer

    def post(self, path: str, data: dict[str, Any]) -> httpx.Response:
        """Send JSON; anything but success is an error."""
        [token] = [value for name, value in self._http.cookies.items() if name.endswith("csrftoken")]
        answer = self._http.post(path, json=data, headers={"X-CSRFToken": token, "Referer": str(self._http.base_url)})
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer

    def start(self, slug: str) -> str:
        """Begin a lesson; return the path of its attempt's API."""
        return f"/api/attempts/{self.post(f'/api/lessons/{slug}/attempts/', {}).json()['code']}/"


def timed(count: int, work: Callable[[int], object], *, warm: int = 3) -> list[float]:
    """Do the work `count` times after a few unmeasured ones; return the milliseconds each took."""
    samples = []
    for number in range(warm + count):
        started = time.perf_counter()
        work(number)
        if number >= warm:
            samples.append((time.perf_counter() - started) * 1000)
    return samples
