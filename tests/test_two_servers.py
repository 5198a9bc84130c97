"""Two server processes on one database, asked the same at the same moment."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from tests.running import Browser, Server, running

EACH = 3
ROUNDS = 5
LESSON = "ordering-in-a-cafe"


@pytest.fixture(scope="module")
def browsers(tmp_path_factory) -> Iterator[list[Browser]]:
    """The same learner in several windows, half of them served by another process."""
    folder = tmp_path_factory.mktemp("two_servers")
    with running(folder) as first, ExitStack() as stack:
        second = Server(folder)
        second.start()
        stack.callback(second.stop)
        windows = [Browser(server) for server in (first, second) for _ in range(EACH)]
        for window in windows:
            stack.callback(window.http.close)
        yield windows


@pytest.mark.parametrize("ids", ["one", "many"])
@pytest.mark.parametrize("number", range(ROUNDS))
def test_a_stage_changes_once_whoever_asks_which_process(browsers, ids, number):
    """With one id it is the same call, sent again; with many, each window believes that its model made one."""
    code = begin(browsers[0])
    together = Barrier(len(browsers))

    def complete(place: int) -> tuple[int, dict]:
        call_id = f"call_{place if ids == 'many' else 0}"
        arguments = {"outcome": "ready", "reasoning": "r", "summary": "s", "evidence": []}
        call = {"call_id": call_id, "name": "stage_complete", "arguments": json.dumps(arguments), "visit": 1}
        together.wait(timeout=20)
        response = browsers[place].post(f"/api/attempts/{code}/tool-calls/", call)
        return response.status_code, response.json()

    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = list(pool.map(complete, range(len(browsers))))

    assert {status for status, _answer in answers} == {200}
    moved = [answer for _status, answer in answers if answer["events"][0]["type"] == "session.update"]
    assert len(moved) == (len(browsers) if ids == "one" else 1)
    assert all(answer == moved[0] for answer in moved)
    states = [browser.get(f"/api/attempts/{code}/").json() for browser in (browsers[0], browsers[-1])]
    assert states[0] == states[1]
    assert (states[0]["stage"]["key"], states[0]["stage"]["visit"]) == ("counter", 2)


def test_an_utterance_is_stored_once_whichever_process_is_told(browsers):
    code = begin(browsers[0])
    together = Barrier(len(browsers))

    def say(place: int) -> list[str]:
        said = [utterance(f"item_{number}", f"Sentence {number}.") for number in range(20)]
        together.wait(timeout=20)
        response = browsers[place].post(f"/api/attempts/{code}/journal/", {"entries": said})
        response.raise_for_status()
        receipt = response.json()
        assert sorted(receipt["stored"] + receipt["duplicate"]) == sorted(entry["id"] for entry in said)
        return receipt["stored"]

    with ThreadPoolExecutor(len(browsers)) as pool:
        stored = [item_id for ids in pool.map(say, range(len(browsers))) for item_id in ids]

    assert sorted(stored) == sorted(f"item_{number}" for number in range(20))
    transcript = browsers[-1].get(f"/api/attempts/{code}/").json()["transcript"]
    assert [line["text"] for line in transcript if line["item_id"].startswith("item_")] == [
        f"Sentence {number}." for number in range(20)
    ]


def begin(browser: Browser) -> str:
    """A fresh attempt in which the learner has said enough for the first stage; its code."""
    state = browser.post(f"/api/lessons/{LESSON}/attempts/", {}).json()
    browser.post(f"/api/attempts/{state['code']}/end/", {}).raise_for_status()
    code = browser.post(f"/api/lessons/{LESSON}/attempts/", {}).json()["code"]
    said = [utterance(f"first_{number}", "I like tea.") for number in range(3)]
    browser.post(f"/api/attempts/{code}/journal/", {"entries": said}).raise_for_status()
    return code


def utterance(item_id: str, text: str) -> dict[str, object]:
    name, _, number = item_id.rpartition("_")
    chain = {"previous_item_id": f"{name}_{int(number) - 1}"} if int(number) else {}
    return chain | {
        "id": item_id,
        "kind": "utterance",
        "speaker": "learner",
        "status": "complete",
        "text": text,
        "visit": 1,
    }
