"""A transcript as a reviewer works on it in a browser."""

from uuid import UUID

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.test_accessibility import SAID, faults
from tests.running import Server

NOTES = "SELECT kind, text FROM tutor_note WHERE text != 'Ask why.' ORDER BY id"


async def open_transcript(open_page: Open, server: Server) -> Page:
    """The transcript of an attempt in which the tutor asked, and the learner answered."""
    page = await open_page(username="reviewer", refusals=(400,))
    server.manage("shell", "--no-imports", "--command", SAID)
    [attempt] = server.rows("SELECT code FROM tutor_attempt")
    await page.goto(f"{server.url}/review/{UUID(attempt['code'])}/")
    return page


async def test_a_note_is_written_beside_the_sentence_it_is_about(open_page: Open, server: Server) -> None:
    page = await open_transcript(open_page, server)
    said = page.locator("#item_1")

    await said.get_by_role("link", name="Note").press("Enter")
    await expect(said.get_by_label("About")).to_be_focused()
    assert await faults(page) == []
    await page.locator("#item_0").get_by_role("link", name="Note").click()
    await said.get_by_label("About").select_option("misheard")
    await said.get_by_role("textbox").fill("It was “key”.")
    await said.get_by_role("button", name="Add").click()

    await expect(said.locator(".note")).to_have_count(2)
    assert [dict(row) for row in server.rows(NOTES)] == [{"kind": "misheard", "text": "It was “key”."}]


async def test_a_note_that_is_refused_is_put_right_where_it_stands(open_page: Open, server: Server) -> None:
    page = await open_transcript(open_page, server)
    said = page.locator("#item_1")

    await said.get_by_role("link", name="Note").click()
    await said.get_by_role("button", name="Add").click()
    text = said.get_by_role("textbox")
    await expect(text).to_be_focused()
    await expect(text).to_have_attribute("aria-invalid", "true")
    await expect(said.locator(".notice--error")).to_be_visible()
    assert await faults(page) == []
    await text.fill("Ask again.")
    await said.get_by_role("button", name="Add").click()

    await expect(said.get_by_text("Ask again.")).to_be_visible()
    assert [dict(row) for row in server.rows(NOTES)] == [{"kind": "note", "text": "Ask again."}]


async def test_a_note_is_written_without_scripts(open_page: Open, server: Server) -> None:
    page = await open_transcript(open_page, server)
    await page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await page.reload()
    said = page.locator("#item_1")

    await said.get_by_role("link", name="Note").click()
    await expect(said.get_by_role("textbox")).to_be_focused()
    await said.get_by_role("textbox").fill("Tea?")
    await said.get_by_role("button", name="Add").click()

    await expect(said.get_by_text("Tea?")).to_be_visible()
    assert [row["text"] for row in server.rows(NOTES)] == ["Tea?"]


async def test_keys_lead_through_a_transcript_while_it_has_the_focus(open_page: Open, server: Server) -> None:
    page = await open_transcript(open_page, server)
    first, second = page.locator("#item_0"), page.locator("#item_1")
    await page.keyboard.press("j")
    await expect(page.locator(".said:focus")).to_have_count(0)

    await page.get_by_role("region", name="Transcript").focus()
    await page.keyboard.press("j")
    await expect(first).to_be_focused()
    await expect(page.get_by_role("group", name="Tutor")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(second).to_be_focused()
    await page.keyboard.press("j")
    await expect(second).to_be_focused()
    await page.keyboard.press("k")
    await expect(first).to_be_focused()
    # What stands out: the note on the second one.
    await page.keyboard.press("n")
    await expect(second).to_be_focused()
    assert await faults(page) == []

    await page.keyboard.press("?")
    help_of_keys = page.get_by_role("dialog", name="Keys for reading")
    await expect(help_of_keys).to_be_visible()
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await expect(help_of_keys).to_be_hidden()
    await expect(second).to_be_focused()

    await second.get_by_role("link", name="Note").click()
    text = second.get_by_role("textbox")
    await text.press_sequentially("jkn?")
    await expect(text).to_have_value("jkn?")
    await expect(text).to_be_focused()
    await page.get_by_role("button", name="Keys for reading").click()
    await expect(help_of_keys).to_be_visible()
