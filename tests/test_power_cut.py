"""A process that is killed in the middle of a stage change, started again and asked again."""

import json
import signal
from collections.abc import Iterator

import httpx
import pytest

from tests import failpoint
from tests.running import Browser, Server, running

CALL_ID = "call_power_cut"


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("power_cut"), DJANGO_SETTINGS_MODULE="tests.failpoint") as started:
        yield started


@pytest.fixture
def browser(server) -> Iterator[Browser]:
    browser = Browser(server)
    yield browser
    browser.http.close()


def begin(browser: Browser, slug: str) -> dict:
    """A fresh attempt in which the learner has said something."""
    state = browser.post(f"/api/lessons/{slug}/attempts/", {}).json()
    browser.post(f"/api/attempts/{state['code']}/end/", {}).raise_for_status()
    state = browser.post(f"/api/lessons/{slug}/attempts/", {}).json()
    said = [
        {"id": f"item_{number}", "kind": "utterance", "speaker": "learner", "status": "untranscribed", "visit": 1}
        for number in range(10)
    ]
    browser.post(f"/api/attempts/{state['code']}/journal/", {"entries": said}).raise_for_status()
    return state


def completion(server: Server, code: str) -> dict:
    """A call that ends the first stage of an attempt by its first outcome."""
    [row] = server.rows(
        "SELECT v.session FROM tutor_stagevisit v JOIN tutor_attempt a ON a.id = v.attempt_id"
        " WHERE a.code = ? AND v.number = 1",
        code.replace("-", ""),
    )
    [tool] = [tool for tool in json.loads(row["session"])["tools"] if tool["name"] == "stage_complete"]
    outcome = tool["parameters"]["properties"]["outcome"]["enum"][0]
    arguments = {"outcome": outcome, "reasoning": "r", "summary": "s", "evidence": []}
    return {"call_id": CALL_ID, "name": "stage_complete", "arguments": json.dumps(arguments), "visit": 1}


def visits_of(server: Server, code: str) -> list[tuple[int, bool]]:
    """The number of each visit of an attempt, and whether it is open."""
    rows = server.rows(
        "SELECT v.number, v.completed_at FROM tutor_stagevisit v JOIN tutor_attempt a ON a.id = v.attempt_id"
        " WHERE a.code = ? ORDER BY v.number",
        code.replace("-", ""),
    )
    return [(row["number"], row["completed_at"] is None) for row in rows]


def answers_of(server: Server, code: str) -> list[dict]:
    """The answers stored for an attempt's function calls."""
    rows = server.rows(
        "SELECT t.answer FROM tutor_toolcall t JOIN tutor_attempt a ON a.id = t.attempt_id WHERE a.code = ?",
        code.replace("-", ""),
    )
    return [json.loads(row["answer"]) for row in rows]


@pytest.mark.parametrize(
    ("where", "left_behind"),
    [(failpoint.AFTER_COMMIT, [(1, False), (2, True)]), (failpoint.BEFORE_COMMIT, [(1, True)])],
)
def test_a_killed_stage_change_is_whole_or_not_there_and_is_answered_when_asked_again(
    server, browser, where, left_behind
):
    [lesson] = server.rows("SELECT slug FROM tutor_lesson ORDER BY slug LIMIT 1")
    code = begin(browser, lesson["slug"])["code"]
    path, call = f"/api/attempts/{code}/tool-calls/", completion(server, code)

    with pytest.raises(httpx.RemoteProtocolError):
        browser.post(path, call, **{failpoint.HEADER: where})
    # Nothing is left to be stopped: this is how the process ended.
    assert server.stop() == -signal.SIGKILL
    assert visits_of(server, code) == left_behind
    stored = answers_of(server, code)
    assert len(stored) == len(left_behind) - 1

    server.start()
    answer = browser.post(path, call).json()
    again = browser.post(path, call).json()

    assert (answer["stage"]["visit"], again) == (2, answer)
    assert visits_of(server, code) == [(1, False), (2, True)]
    assert answers_of(server, code) == [answer]
    assert stored in ([], [answer])
