"""Four ways of taking part in the same lesson, and from one to the other."""

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open, until
from tests.e2e.sound import wav
from tests.e2e.test_accessibility import faults
from tests.e2e.test_lesson import (
    assert_complete,
    assert_official,
    enter,
    listening,
    over,
    say,
    stage,
    stage_after,
    utterances,
    walk_by_typing,
)
from tests.running import Server

COFFEE = wav(["I would like a coffee, please", 1.2])
# Milliseconds: long enough to hear the whole sentence, wherever the recording is.
SENTENCE = 5_000


async def choose(page: Page, way: str) -> None:
    """Take part in another way."""
    await page.get_by_role("button", name="How you take part").click()
    await page.get_by_role("radio", name=way).check()
    await page.get_by_role("button", name="Done").click()


async def start(page: Page, button: str = "Start talking") -> None:
    await page.get_by_role("button", name=button).click()
    await listening(page)


async def talk(page: Page, milliseconds: int = SENTENCE) -> None:
    """Hold the button for a while when it is the learner's turn, and hear the answer out."""
    await listening(page)
    await page.get_by_role("button", name="Hold to talk").hover()
    await page.mouse.down()
    await expect(page.get_by_role("button", name="Let go to send")).to_be_visible()
    # Speaking takes its time.
    await page.wait_for_timeout(milliseconds)
    await page.mouse.up()
    settled = "() => ['listening', 'ended'].includes(document.getElementById('room').dataset.status)"
    await page.wait_for_function(settled)


async def sent(page: Page, kind: str) -> list[dict[str, Any]]:
    """The client events of a type that have crossed the channel."""
    events: list[dict[str, Any]] = await page.evaluate("window.seen.sent")
    return [event for event in events if event["type"] == kind]


def by_learner(server: Server, code: str) -> list[str]:
    return [row["text"] for row in utterances(server, code) if row["speaker"] == "learner"]


async def test_a_lesson_by_push_to_talk_reaches_the_end(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=wav(["next please", 1.2]))
    code = await enter(page, server)
    await choose(page, "Button")
    await start(page)

    presses = 0
    while await stage(page):
        await talk(page, 2_600)
        presses += 1
        assert presses < 30
    await over(page)

    assert_complete(server, code)
    await assert_official(page)
    heard = by_learner(server, code)
    assert len(heard) == presses
    # The recording goes round, so a press may catch half a word.
    assert all(heard)
    assert any("next" in text for text in heard)
    assert len(await sent(page, "input_audio_buffer.commit")) == presses
    received = await page.evaluate("window.seen.received.map((event) => event.type)")
    assert "input_audio_buffer.speech_started" not in received


async def test_the_talk_button_works_by_key_by_toggle_and_not_by_accident(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=COFFEE, username="reviewer")
    await enter(page, server, "why-is-the-sky-blue")
    await choose(page, "Button")
    await start(page)
    button = page.get_by_role("button", name="Hold to talk")

    await page.get_by_label("Message to the tutor").press_sequentially("a b")
    assert await sent(page, "input_audio_buffer.clear") == []
    await button.focus()
    await page.keyboard.press("Space")
    await expect(page.get_by_role("status").first).to_have_text("Too short: hold the button while you speak")
    assert await sent(page, "input_audio_buffer.commit") == []
    await page.keyboard.down("Space")
    await page.wait_for_timeout(SENTENCE)
    await page.keyboard.up("Space")
    await expect(page.locator(".caption--learner").first).to_be_visible()
    await page.get_by_role("button", name="How you take part").click()
    await page.get_by_role("checkbox", name="Press once").check()
    await page.get_by_role("button", name="Done").click()
    await listening(page)
    await page.get_by_role("button", name="Press to talk").click()
    await page.wait_for_timeout(SENTENCE)
    await page.get_by_role("button", name="Press to send").press("Enter")
    await listening(page)

    assert len(await sent(page, "input_audio_buffer.commit")) == 2
    await assert_official(page)


async def test_a_lesson_by_typing_with_the_microphone_off_reaches_the_end(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=COFFEE)
    code = await enter(page, server)
    await choose(page, "Typing")
    await start(page, "Start typing")
    await until(page, "async () => await window.loudness() > 0.01")

    await walk_by_typing(page)

    assert_complete(server, code)
    await assert_official(page)
    assert all("in " in text or text == "next" for text in by_learner(server, code))


async def test_a_lesson_of_silent_reading_makes_no_sound(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=COFFEE)
    code = await enter(page, server)
    await choose(page, "Silent")
    await start(page, "Start typing")
    await say(page, "Good morning.")
    assert await page.evaluate("window.loudness()") < 0.001

    await walk_by_typing(page)

    assert_complete(server, code)
    await assert_official(page)
    received = await page.evaluate("window.seen.received.map((event) => event.type)")
    assert "output_audio_buffer.started" not in received
    assert "response.output_text.done" in received
    assert await page.evaluate("document.getElementById('voice').muted")


async def test_ways_change_in_the_middle_and_are_remembered(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=wav(["I would like a coffee, please", 8.0]))
    code = await enter(page, server)
    await choose(page, "Silent")
    await start(page, "Start typing")

    first = await stage(page)
    await say(page, "Some tea, please.")
    await listening(page)
    await choose(page, "Button")
    await talk(page, 11_000)
    await choose(page, "Typing")
    await say(page, "next")
    second = await stage_after(page, first)
    await listening(page)
    await page.reload()
    await expect(page.get_by_role("button", name="How you take part")).to_contain_text("Typing")
    await start(page, "Start typing")
    before = await page.locator(".caption--learner").count()
    await choose(page, "Voice")
    await expect(page.locator(".caption--learner").nth(before)).to_be_visible(timeout=30_000)
    await choose(page, "Silent")
    await say(page, "next")
    await stage_after(page, second)
    await walk_by_typing(page)

    assert_complete(server, code)
    said = by_learner(server, code)
    assert said[0] == "Some tea, please."
    assert said[1] != ""
    await assert_official(page)


async def test_with_time_to_think_the_tutor_waits(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=wav([6.0, "I would like a coffee, please", 6.0]), username="teacher")
    await enter(page, server)
    await start(page)

    await page.get_by_role("button", name="Let me think").click()
    log = page.get_by_role("log", name="Transcript")
    await expect(log).to_contain_text("coffee", timeout=30_000)
    await expect(page.get_by_role("status").first).to_have_text("Take your time: the tutor waits")
    during = len(await sent(page, "response.create"))
    await page.get_by_role("button", name="I am ready").click()
    await expect(page.locator("#room")).to_have_attribute("data-status", "speaking")

    assert (during, len(await sent(page, "response.create"))) == (1, 2)
    await assert_official(page)


async def test_the_panel_has_no_fault_and_fits_a_phone(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    await enter(page, server, "why-is-the-sky-blue")
    for scheme in ("light", "dark"):
        for width in (360, 768, 1280):
            await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            await page.set_viewport_size({"width": width, "height": 740})
            await choose(page, "Button")
            await page.get_by_role("button", name="How you take part").click()
            assert await faults(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
            await page.get_by_role("button", name="Done").click()
