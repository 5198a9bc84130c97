"""What the server has not stored when a page goes away is kept in the browser, and sent from the next page."""

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import NO_STORAGE, Open, sign_in, sign_out, until
from tests.e2e.test_lesson import enter, listening, say, utterances
from tests.running import Server

# Texts of utterances on the shelf.
KEPT = """() => new Promise((resolve) => {
  const request = indexedDB.open("viva", 1);
  request.onupgradeneeded = () => request.transaction.abort();
  request.onerror = () => resolve([]);
  request.onsuccess = () => {
    const all = request.result.transaction("unsent").objectStore("unsent").getAll();
    all.onsuccess = () => {
      request.result.close();
      resolve(all.result.map((kept) => kept.entry.text ?? ""));
    };
  };
})"""
# Requests that find no server are complained of by the browser itself.
NO_SERVER = "net::ERR_"


async def kept(page: Page, words: str) -> None:
    """Wait until words are on the shelf."""
    await until(page, f"async (words) => (await ({KEPT})()).some((text) => text.includes(words))", words)


async def stored(page: Page, server: Server, code: str, words: str) -> list[str]:
    """Wait until words are in the database; return all that was said, in order."""
    async with asyncio.timeout(20):
        while not any(words in row["text"] for row in utterances(server, code)):
            await page.wait_for_timeout(100)
    return [row["text"] for row in utterances(server, code)]


async def test_words_of_a_page_closed_without_a_network_are_sent_by_the_next_page(
    open_page: Open, server: Server
) -> None:
    page = await open_page(tolerates=[NO_SERVER])
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    await page.context.set_offline(True)
    await say(page, "I would like some tea with lemon.")
    await listening(page)
    await expect(page.locator("#saved")).to_contain_text("Not saved")
    await kept(page, "tea with lemon")

    another = await page.context.new_page()
    await page.close()
    await another.context.set_offline(False)
    await another.goto(server.url)
    said = await stored(another, server, code, "tea with lemon")
    await until(another, f"async () => (await ({KEPT})()).length === 0")

    assert said.count("I would like some tea with lemon.") == 1
    # The tutor's answer to it, too.
    assert said.index("I would like some tea with lemon.") < len(said) - 1


@pytest.mark.chromium
async def test_what_the_tutor_was_saying_survives_a_crash_of_the_page(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await kept(page, "Hello")
    browser = await page.context.new_cdp_session(page)
    async with page.expect_event("crash"):
        # A page that has crashed answers nothing any more.
        crash = asyncio.ensure_future(browser.send("Page.crash"))
    crash.cancel()

    another = await page.context.new_page()
    await another.goto(server.url)

    assert any("Hello" in text for text in await stored(another, server, code, "Hello"))


async def test_words_are_never_sent_under_another_name(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer", tolerates=[NO_SERVER])
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    await page.context.set_offline(True)
    await say(page, "I would like some cocoa.")
    await kept(page, "some cocoa")
    another = await page.context.new_page()
    await page.close()
    await another.context.set_offline(False)
    posts: list[str] = []
    another.on("request", lambda request: posts.append(request.url) if "/journal/" in request.url else None)

    # Before the page of the first person could send anything: straight to signing out.
    await another.route("**/unsent.js", lambda route: route.abort())
    await another.goto(server.url)
    await sign_out(another)
    await expect(another.get_by_role("link", name="Sign in").first).to_be_visible()
    await another.wait_for_load_state()
    await another.unroute("**/unsent.js")
    await sign_in(another, server.url, "learner")
    await another.goto(f"{server.url}/history/", wait_until="networkidle")
    under_another_name = list(posts)
    await sign_out(another)
    await expect(another.get_by_role("link", name="Sign in").first).to_be_visible()
    await another.wait_for_load_state()
    await sign_in(another, server.url, "reviewer")

    assert "I would like some cocoa." in await stored(another, server, code, "some cocoa")
    assert under_another_name == []


async def test_where_the_browser_keeps_nothing_the_page_says_so_and_goes_on(open_page: Open, server: Server) -> None:
    page = await open_page(tolerates=[NO_SERVER])
    await page.add_init_script(NO_STORAGE)
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    await page.context.set_offline(True)
    await say(page, "I would like some water.")

    await expect(page.locator("#saved")).to_contain_text("keep this page open")
    await page.context.set_offline(False)
    await expect(page.locator("#saved")).to_have_text("Saved", timeout=30_000)

    assert "I would like some water." in [row["text"] for row in utterances(server, code)]
