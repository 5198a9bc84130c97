"""A lesson in one browser, read along in a second one: words as they come, and the hand of staff in it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.sound import wav
from tests.e2e.test_lesson import assert_official, enter, listening, say, stage, stage_after, stored, utterances, visits
from tests.running import Server, running

# Notes each text that the latest words of the tutor have had, and when; looks at every frame.
NOTE_TEXTS = """(selector) => {
  window.texts = new Map();
  const look = () => {
    for (const line of document.querySelectorAll(selector)) {
      const text = line.textContent.trim();
      if (text !== "" && !window.texts.has(text)) window.texts.set(text, Date.now());
    }
    requestAnimationFrame(look);
  };
  look();
}"""
DONE = """SELECT i.* FROM tutor_intervention i JOIN tutor_attempt a ON a.id = i.attempt_id
          WHERE a.code = ? ORDER BY i.number"""


@pytest.fixture(scope="module", params=["one process", "two processes and Redis"])
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """The server of the learner, and that of the teacher."""
    folder = tmp_path_factory.mktemp("desk")
    if request.param == "one process":
        with running(folder) as server:
            yield server, server
        return
    redis = os.environ.get("TEST_REDIS_URL")
    if not redis:
        pytest.skip("no Redis here: name one in TEST_REDIS_URL")
    with running(folder, REDIS_URL=redis) as first, ExitStack() as stack:
        second = Server(folder, REDIS_URL=redis)
        second.start()
        stack.callback(second.stop)
        yield first, second


@pytest.fixture(scope="module")
def server(servers: tuple[Server, Server]) -> Server:
    return servers[0]


@pytest.fixture
def desk(servers: tuple[Server, Server], open_page: Open):
    """Opens the page of somebody who reads along in the only lesson in progress."""

    async def open_desk(code: str) -> Page:
        url = servers[1].url
        page = await open_page(username="reviewer", url=url)
        await page.goto(f"{url}/review/live/")
        await page.locator(".live__one a").click()
        await expect(page.locator("#live-state")).to_have_text("Live")
        return page

    return open_desk


def said_in(server: Server, code: str, *, visit: int) -> str:
    """The learner's words in a visit."""
    rows = utterances(server, code)
    return " ".join(row["text"] for row in rows if row["speaker"] == "learner" and row["visit"] == visit)


async def test_words_appear_while_they_are_spoken(open_page: Open, server: Server, desk) -> None:
    page = await open_page()
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    watching = await desk(code)
    await expect(page.locator("#reading-along")).to_have_text("Reviewer is reading along.")
    await page.evaluate(NOTE_TEXTS, "#captions .caption--tutor .caption__text")
    await watching.evaluate(NOTE_TEXTS, "#said .bubble--tutor bdi")

    await say(page, "I would like a cup of coffee")
    await listening(page)
    said = utterances(server, code)[-1]["text"]
    await expect(watching.locator("#said")).to_contain_text(said)

    here = dict(await page.evaluate("() => [...window.texts]"))
    there = dict(await watching.evaluate("() => [...window.texts]"))
    # Both pages hear the same clock. Of what the learner saw, the watcher may skip a little; how late is a figure.
    lags = {text: at - here[text] for text, at in there.items() if text in here}
    print("lags in ms:", sorted(lags.values()))
    assert len(lags) > 3
    await watching.close()
    await expect(page.locator("#reading-along")).to_be_hidden()


async def test_whisper_reaches_the_tutor_and_moves_nothing(open_page: Open, server: Server, desk) -> None:
    page = await open_page()
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    watching = await desk(code)

    await watching.get_by_label("Why (the learner can read it)").fill("Too <i>easy</i>.")
    await watching.get_by_label("Why you pause or end it (the learner can read it)").fill("Fire drill.")
    await watching.get_by_label("Whisper to the tutor").fill("Ask about milk.")
    await watching.get_by_role("button", name="Whisper").click()
    await expect(watching.locator("#said .act")).to_contain_text("Reviewer gave the tutor a hint")
    # What was sent is gone, what was typed beside it is not.
    await expect(watching.get_by_label("Whisper to the tutor")).to_have_value("")
    await expect(watching.get_by_label("Why (the learner can read it)")).to_have_value("Too <i>easy</i>.")
    await expect(watching.get_by_label("Why you pause or end it (the learner can read it)")).to_have_value(
        "Fire drill."
    )
    await expect(watching.get_by_text("The hint is on its way to the tutor.")).to_be_hidden()

    await page.wait_for_function("() => window.seen.sent.some((event) => event.item?.id === 'desk-1')")
    notes = "() => window.seen.sent.filter((event) => event.item?.id === 'desk-1')"
    text = (await page.evaluate(notes))[0]["item"]["content"][0]["text"]
    assert '"Ask about milk."' in text
    assert "Ask about milk" not in await page.locator("#captions").inner_text()
    await say(page, "I like tea")
    await listening(page)
    await assert_official(page)
    await expect(watching.get_by_text("on its way", exact=True)).to_be_hidden()
    (done,) = server.rows(DONE, code)
    assert (done["kind"], done["text"], done["taken_at"] is not None) == ("whisper", "Ask about milk.", True)


async def test_move_takes_the_lesson_to_another_stage(open_page: Open, server: Server, desk) -> None:
    page = await open_page()
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    here = await stage(page)
    watching = await desk(code)

    choice = watching.get_by_label("Move to another stage")
    title = await choice.locator("option").nth(1).inner_text()
    await choice.select_option(index=1)
    await watching.get_by_label("Why (the learner can read it)").fill("Too easy.")
    await watching.get_by_role("button", name="Move").click()
    await expect(watching.get_by_text("The move is on its way")).to_be_hidden()

    assert await stage_after(page, here) == title
    await expect(page.locator("#desk-note")).to_have_text("Reviewer has moved the lesson to this stage. Why: Too easy.")
    await listening(page)
    await assert_official(page)
    first, second = visits(server, code)
    assert (first["flag"], first["outcome"], first["reasoning"]) == ("moved", "", "Too easy.")
    assert second["completed_at"] is None
    calls = server.rows(
        "SELECT c.* FROM tutor_connection c JOIN tutor_attempt a ON a.id = c.attempt_id WHERE a.code = ?", code
    )
    assert len(calls) == 1
    await expect(watching.locator("#live")).to_contain_text(title)
    await expect(watching.locator("#said .act .tag")).to_have_text("done")
    await watching.reload()
    await expect(watching.locator("#said h2")).to_have_text([here, title])


async def test_move_takes_place_though_somebody_talks_on_and_on(open_page: Open, server: Server, desk) -> None:
    # Played over and over: there is never a quiet moment.
    page = await open_page(
        microphone=wav(["I would like a cup of coffee and a piece of cake and a glass of water and"])
    )
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await expect(page.locator("#room")).to_have_attribute("data-status", "hearing", timeout=30_000)
    here = await stage(page)
    watching = await desk(code)

    await watching.get_by_label("Why (the learner can read it)").fill("It is loud.")
    await watching.get_by_role("button", name="Move").click()

    await expect(page.locator("#desk-note")).to_have_text("Reviewer is moving the lesson on to another stage.")
    assert await stage_after(page, here) != here
    moved = "Reviewer has moved the lesson to this stage. Why: It is loud."
    await expect(page.locator("#desk-note")).to_have_text(moved)
    await expect(watching.get_by_text("The move is on its way")).to_be_hidden()
    await assert_official(page)
    assert await page.evaluate("() => window.seen.sent.some(({ type }) => type === 'input_audio_buffer.commit')")
    # Half a minute of speech is not written down in no time; and where the machine is so busy that the recording
    # stutters, it is several sentences, the last one perhaps too short for a word.
    await stored(lambda: "coffee" in said_in(server, code, visit=1))


async def test_pause_survives_a_reload_and_the_lesson_goes_on(open_page: Open, server: Server, desk) -> None:
    page = await open_page()
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    watching = await desk(code)

    await watching.get_by_label("Why you pause or end it (the learner can read it)").fill("Fire drill.")
    await watching.get_by_role("button", name="Pause the lesson").click()
    await expect(page.locator("#room")).to_have_attribute("data-status", "paused")
    await expect(page.locator("#desk-note")).to_contain_text("Reviewer has paused the lesson.")

    await watching.get_by_role("button", name="Let it go on").click()
    await listening(page)

    await watching.get_by_label("Why you pause or end it (the learner can read it)").fill("Again.")
    await watching.get_by_role("button", name="Pause the lesson").click()
    await expect(page.locator("#room")).to_have_attribute("data-status", "paused")
    await page.reload()
    await expect(page.locator("#room")).to_have_attribute("data-status", "paused")
    await watching.get_by_role("button", name="Let it go on").click()
    await expect(page.get_by_role("button", name="Start talking")).to_be_visible()
    assert [row["kind"] for row in server.rows(DONE, code)] == ["pause", "resume", "pause", "resume"]


async def test_end_ends_the_lesson_kindly(open_page: Open, server: Server, desk) -> None:
    page = await open_page()
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    watching = await desk(code)

    await watching.get_by_label("Why you pause or end it (the learner can read it)").fill("The hour is over.")
    colleague = await desk(code)
    await watching.get_by_role("button", name="End the lesson").click()

    for reading in (watching, colleague):
        await expect(reading.locator("#over-note")).to_be_visible()
        await expect(reading.locator("#live-note")).to_be_hidden()
        await expect(reading.get_by_role("button", name="End the lesson")).to_have_count(0)
    await expect(page.get_by_role("heading", name="Reviewer has ended this lesson.")).to_be_visible()
    await expect(page.locator("#ending-why")).to_have_text("Why: The hour is over.")
    await expect(watching.locator("#live")).to_contain_text("The lesson is over")
    (attempt,) = server.rows("SELECT * FROM tutor_attempt WHERE code = ?", code)
    assert attempt["outcome"] == "stopped"
    await page.get_by_role("link", name="Read what was said").click()
    await expect(page.locator(".act")).to_contain_text("Reviewer ended the lesson")
