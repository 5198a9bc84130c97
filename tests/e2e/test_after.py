"""What a learner makes of a lesson: puts a caption right, takes a card home, reads it all again."""

from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.sound import wav
from tests.e2e.test_accessibility import dress, in_every_look, walk
from tests.e2e.test_lesson import assert_official, enter, listening, say
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

    await page.goto(f"{page.url}card/")
    await expect(page.get_by_text("You are here")).to_be_visible()
    await expect(page.get_by_role("region", name="What you put right")).to_contain_text(MEANT)
    await page.get_by_role("link", name="Read all that was said").click()
    await expect(page.locator(".bubble--learner").first).to_contain_text("Corrected by you.")
    assert await page.locator("main b").count() == 0


async def test_a_lesson_that_was_left_gives_a_card_and_can_be_taken_again(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer")
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await say(page, "I would like some tea, please.")
    await listening(page)
    await page.get_by_role("button", name="End lesson").click()
    await page.get_by_role("button", name="Yes, end it").click()

    await page.get_by_role("link", name="See your card").click()
    await expect(page.get_by_text("You came as far as")).to_be_visible()
    await page.get_by_role("link", name="Everything you did").click()
    await expect(page.get_by_role("heading", name="What you did")).to_be_visible()
    await page.get_by_role("link", name="All that was said").first.click()
    await expect(page.get_by_text("I would like some tea, please.", exact=True)).to_be_visible()
    await page.get_by_role("link", name="See your card").click()
    await page.get_by_role("button", name="Take it again").click()
    await page.wait_for_url("**/attempts/*/")

    assert code not in page.url.replace("-", "")


@in_every_look
async def test_pages_after_a_lesson_have_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page(username="teacher")
    await dress(page, scheme, width)
    await enter(page, server)
    room = page.url.removeprefix(server.url)

    wrong = await walk(page, server.url, [f"{room}card/", f"{room}transcript/", "/history/"])

    assert wrong == []
