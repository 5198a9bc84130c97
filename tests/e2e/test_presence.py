"""What was typed in the admin outlives a sign-in that ends, and a server that goes away."""

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open, sign_in, sign_out
from tests.e2e.test_authoring import new_lesson, save
from tests.running import Server

# The answer to whether somebody is signed in may well be no; the browser reports that by itself.
REFUSALS = (401,)


async def leave(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/")
    await sign_out(page)


async def test_what_was_typed_is_kept_while_nobody_is_signed_in(open_page: Open, server: Server):
    page = await open_page(username="teacher", refusals=REFUSALS)
    await new_lesson(page, server, "Signed out")
    await page.get_by_label("Summary").fill("You say hello.")
    other = await page.context.new_page()
    await leave(other, server)

    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
    await expect(page.get_by_label("Summary")).to_have_value("You say hello.")
    async with page.expect_popup() as opened:
        await page.get_by_role("link", name="Sign in in another window").click()
    await expect((await opened.value).get_by_label("User name")).to_be_visible()
    await sign_in(other, server.url, "learner")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("Somebody else is signed in now.")

    await leave(other, server)
    await sign_in(other, server.url, "teacher")
    await save(page)
    assert server.rows("SELECT summary FROM tutor_lesson WHERE title = 'Signed out'") == [{"summary": "You say hello."}]


async def test_what_was_typed_is_kept_while_the_server_cannot_be_reached(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Out of reach")
    await page.get_by_label("Summary").fill("You say goodbye.")
    # Ends requests as a lost network does, but for the browser's own complaint.
    await page.route("**/api/account/", lambda route: route.fulfill(status=200, body="no JSON"))

    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
    await expect(page.locator("[data-unsaved]")).to_have_text("Not saved yet")

    await page.unroute("**/api/account/")
    await save(page)
    await expect(page.get_by_label("Summary")).to_have_value("You say goodbye.")
