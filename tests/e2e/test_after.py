"""What a learner makes of a lesson: puts a caption right, takes a card home, reads it all again."""

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.sound import wav
from tests.e2e.test_lesson import assert_official, enter, listening
from tests.running import Server

CORRECTIONS = """SELECT c.text, u.text AS heard FROM tutor_correction c JOIN tutor_utterance u ON u.id = c.utterance_id
                 JOIN tutor_attempt a ON a.id = c.attempt_id WHERE a.code = ? ORDER BY c.id"""
SPOKEN = wav([7.0, "I would like a coffee, please", 60.0])
MEANT = "I would like a <b>toffee</b>, please."


async def notes(page: Page) -> list[dict[str, Any]]:
    """What the tutor was sent because of corrections: the notes, and the requests to speak after them."""
    return await page.evaluate("""() => {
        const first = window.seen.sent.findIndex((event) => event.item?.id?.startsWith("correction-"));
        return first < 0 ? [] : window.seen.sent.slice(first);
    }""")


async def speak(page: Page) -> None:
    """Start the lesson, and wait until the learner has been heard once and answered."""
    await page.get_by_role("button", name="Start talking").click()
    await expect(page.get_by_role("button", name="Correct", exact=True)).to_be_visible(timeout=40_000)
    await listening(page)


async def test_a_caption_is_put_right_and_the_tutor_is_told(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=SPOKEN, username="teacher")
    code = await enter(page, server)
    await speak(page)
    button = page.get_by_role("button", name="Correct", exact=True)

    await button.focus()
    await page.keyboard.press("Enter")
    box = page.get_by_label("What did you really say?")
    await expect(box).to_be_focused()
    heard = await box.input_value()
    await page.keyboard.press("Escape")
    await expect(button).to_be_focused()
    await expect(box).to_be_hidden()
    await page.keyboard.press("Enter")
    await box.fill(MEANT)
    await page.keyboard.press("Enter")

    await expect(button).to_be_focused()
    log = page.get_by_role("log", name="Transcript")
    await expect(log.locator(".caption--learner .caption__text")).to_have_text(MEANT)
    await page.wait_for_function("() => window.seen.sent.some((event) => event.item?.id === 'correction-1')")
    await listening(page)
    sent = await notes(page)
    assert [event["type"] for event in sent] == ["conversation.item.create", "response.create"]
    assert MEANT in sent[0]["item"]["content"][0]["text"]
    assert server.rows(CORRECTIONS, code) == [{"text": MEANT, "heard": heard}]
    await assert_official(page)

    await page.reload()

    await expect(log.locator(".caption--learner .caption__text")).to_have_text(MEANT)
    await log.get_by_text("corrected by you").click()
    await expect(log.get_by_text(f"Understood at first: “{heard}”")).to_be_visible()
