"""Somebody who was erased is in no file of a real server any more: not in its database, its log, or what is beside."""

from tests.running import Browser, running

WORD = "zqxjabc"


def files_with(word: str, folder) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes().lower()]


def test_nothing_of_an_erased_learner_is_left_in_any_file(tmp_path):
    with running(tmp_path) as server:
        browser = Browser(server)
        attempt = browser.post("/api/lessons/ordering-in-a-cafe/attempts/", {}).json()["code"]
        path = f"/api/attempts/{attempt}/"
        spoken = {"id": "i1", "kind": "utterance", "speaker": "learner", "status": "complete", "text": f"I am {WORD}."}
        odd = {"id": "i2", "kind": "utterance", "text": WORD, "speaker": "nobody"}
        fault = {"id": "f1", "kind": "fault", "code": "odd", "message": f"no {WORD}"}
        told = browser.post(f"{path}journal/", {"entries": [spoken | {"visit": 1}, odd, fault]}).json()
        assert (told["stored"], [one["id"] for one in told["rejected"]]) == (["i1", "f1"], ["i2"])
        arguments = f'{{"outcome": "{WORD}", "reasoning": "{WORD}", "summary": "{WORD}", "evidence": ["{WORD}"]}}'
        call = {"call_id": "c1", "name": "stage_complete", "arguments": arguments}
        assert browser.post(f"{path}tool-calls/", call).status_code == 200
        # What is wrong with a request must not be logged with what was in it.
        assert browser.post(f"{path}tool-calls/", {"call_id": WORD, "name": 7, "arguments": WORD}).status_code == 400
        assert browser.get(f"/review/?text={WORD}").status_code == 404
        before = files_with(WORD, tmp_path)

        server.manage("learner", "erase", "learner", "--yes-erase", "learner")

        assert before
        assert "server.log" not in before
        assert files_with(WORD, tmp_path) == []
        # Their browser is told to throw away what it kept: nobody is signed in as them any more.
        assert browser.post(f"{path}journal/", {"entries": [spoken]}).status_code == 401
        browser.http.close()
