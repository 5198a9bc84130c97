"""Writing a lesson in the admin: by mouse, by keyboard, and without a script."""

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.running import Server


async def new_lesson(page: Page, server: Server, title: str) -> None:
    """Make a lesson of three stages, as a teacher would, and stay on its page."""
    await page.goto(f"{server.url}/admin/tutor/lesson/add/")
    await page.get_by_label("Title").fill(title)
    for number, stage in enumerate(["Hello", "Practice", "Goodbye"], start=1):
        await page.get_by_label(f"Stage {number}").fill(stage)
    await page.get_by_role("button", name="Save and write the stages").click()
    await page.wait_for_url("**/change/")


async def stages(page: Page) -> list[str]:
    """The titles of the stages in the order of the page."""
    return await page.locator(".stage-card h3 a").all_text_contents()


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("was changed successfully")).to_be_visible()


async def test_a_stage_is_dragged_to_another_place(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Dragged")

    await page.locator(".drag-handle").nth(2).hover()
    await page.mouse.down()
    first = await page.locator(".stage-card").first.bounding_box()
    assert first is not None
    await page.mouse.move(first["x"] + 20, first["y"] + 4, steps=8)
    await page.mouse.up()

    assert await stages(page) == ["Goodbye", "Hello", "Practice"]
    await expect(page.locator("[data-ordered-said]")).to_have_text("“Goodbye” is now 1 of 3.")
    await save(page)
    assert await stages(page) == ["Goodbye", "Hello", "Practice"]
    orders = server.rows(
        'SELECT s."order" FROM tutor_stage s JOIN tutor_lesson l ON l.id = s.lesson_id WHERE slug = ? ORDER BY 1',
        "dragged",
    )
    assert [row["order"] for row in orders] == [10, 20, 30]


async def test_a_stage_is_moved_by_keyboard_and_keeps_the_focus(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Moved by keys")

    await page.get_by_role("button", name="Move “Hello” down").focus()
    for expected in (["Practice", "Hello", "Goodbye"], ["Practice", "Goodbye", "Hello"]):
        await page.keyboard.press("Enter")
        assert await stages(page) == expected
        await expect(page.get_by_role("button", name="Move “Hello” down")).to_be_focused()

    await save(page)
    assert await stages(page) == ["Practice", "Goodbye", "Hello"]


async def test_a_stage_is_moved_without_a_script(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await page.route("**/*.js", lambda route: route.fulfill(body="", content_type="text/javascript"))
    await new_lesson(page, server, "Moved without a script")

    await page.get_by_role("button", name="Move “Goodbye” up").click()
    await page.wait_for_url("**/change/#stage-*")

    assert await stages(page) == ["Hello", "Goodbye", "Practice"]
    await expect(page.get_by_label("Place of “Hello”")).to_be_visible()


async def test_a_new_stage_is_added_with_the_enter_key(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Added to")

    await page.get_by_label("New stage").fill("One more")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("link", name="One more", exact=True)).to_be_visible()
    assert await stages(page) == ["Hello", "Practice", "Goodbye", "One more"]


async def test_leaving_with_changes_that_are_not_saved_asks_first(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Unsaved")
    asked: list[str] = []

    async def stay(dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.on("dialog", stay)
    await page.get_by_label("Title").press("End")
    await page.keyboard.type("!")
    await expect(page.locator("[data-unsaved]")).to_have_text("Not saved yet")
    await page.get_by_role("link", name="Hello", exact=True).click()
    await page.wait_for_function("() => document.readyState === 'complete'")

    assert asked == ["beforeunload"]
    await page.keyboard.press("Backspace")
    await page.get_by_label("Title").fill("Unsaved")
    await expect(page.locator("[data-unsaved]")).to_have_text("")
    await page.get_by_role("link", name="Hello", exact=True).click()
    await page.wait_for_url("**/stage/**")
    assert asked == ["beforeunload"]


async def test_a_stage_page_counts_and_keeps_the_last_resort_in_step(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Counted")
    await page.get_by_role("link", name="Hello", exact=True).click()

    await page.get_by_label("Instructions to the tutor").fill("Say hello, and wait.")
    await expect(page.locator("output.length")).to_have_text("20 characters, about 5 tokens")
    await page.get_by_label("Name:", exact=True).first.fill("Said hello")
    await page.get_by_label("When to choose it").first.fill("The learner said hello.")
    await page.get_by_label("Last resort").select_option("said-hello")
    await page.get_by_label("Name:", exact=True).first.fill("Greeted back")
    await expect(page.get_by_label("Last resort")).to_have_value("greeted-back")
    await page.get_by_role("button", name="Save and open next stage").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Practice")
    row = server.rows("SELECT fallback FROM tutor_stage WHERE title = 'Hello' ORDER BY id DESC")[0]
    assert row["fallback"] == "greeted-back"


async def leaves_only_when_told(page: Page) -> None:
    """Going back asks first, and staying stays."""
    asked: list[str] = []

    async def stay(dialog) -> None:
        asked.append(dialog.type)
        await dialog.dismiss()

    page.once("dialog", stay)
    await page.get_by_role("link", name="Home").click()
    await page.wait_for_function("() => document.readyState === 'complete'")
    assert asked == ["beforeunload"]


async def test_a_stage_that_was_moved_and_not_saved_is_not_left_behind(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Moved, not saved")

    await page.get_by_role("button", name="Move “Hello” down").press("Enter")

    await expect(page.locator("[data-unsaved]")).to_have_text("Not saved yet")
    await leaves_only_when_told(page)


async def test_a_pack_that_was_pasted_and_not_imported_is_not_left_behind(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await page.goto(f"{server.url}/admin/tutor/lesson/import/")

    await page.get_by_label("Or its text").press_sequentially("title: Mine")

    await leaves_only_when_told(page)


async def test_trying_what_is_not_saved_saves_it_first(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await page.goto(f"{server.url}/admin/tutor/lesson/")
    await page.get_by_role("link", name="Ordering in a café").click()
    await page.get_by_role("link", name="Warm-up", exact=True).first.click()
    await expect(page.get_by_role("button", name="Try this stage", exact=True)).to_be_visible()
    await page.wait_for_load_state()

    await page.get_by_label("Opening:").fill("Hello. This is new.")
    await page.get_by_role("button", name="Save and try this stage").click()

    await page.wait_for_url("**/attempts/**")
    rows = server.rows("SELECT opening FROM tutor_stage WHERE opening = 'Hello. This is new.'")
    assert rows == [{"opening": "Hello. This is new."}]
    [trial] = server.rows(
        "SELECT v.plan FROM tutor_attempt a JOIN tutor_lessonversion v ON v.id = a.version_id "
        "WHERE a.is_trial ORDER BY a.id DESC LIMIT 1"
    )
    assert "This is new." in trial["plan"]


async def test_a_new_row_takes_the_focus_and_a_removed_one_gives_it_back(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await new_lesson(page, server, "Rows")
    await page.get_by_role("link", name="Hello", exact=True).click()

    await page.get_by_role("button", name="Add another Way out").press("Enter")
    await expect(page.get_by_label("Name:", exact=True).nth(1)).to_be_focused()
    await page.get_by_role("button", name="Remove").last.press("Enter")
    await expect(page.get_by_role("button", name="Add another Way out")).to_be_focused()


async def test_our_scripts_and_django_s_speak_the_reader_s_language(open_page: Open, server: Server):
    page = await open_page(username="teacher")
    await page.set_extra_http_headers({"Accept-Language": "de"})
    await page.goto(f"{server.url}/admin/tutor/classroom/add/")

    await page.locator("#id_name").fill("Deutsch")

    await expect(page.locator("[data-unsaved]")).to_have_text("Noch nicht gesichert")
    # Django's calendar, filters and inlines ask for theirs by this function.
    assert await page.evaluate("() => gettext('Today')") == "Heute"
