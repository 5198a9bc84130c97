"""From the frame of a course on another site into a lesson, and its score back; and a teacher's choice of a lesson."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import PATIENCE
from tests.e2e.test_lesson import LESSON, assert_complete, walk_by_typing
from tests.lti_platform import DEEP, LTI, Platform, framing, running_platform
from tests.running import Server, running

REGISTER = """
from django.contrib.auth.models import User
from tutor.models import LtiPlatform
from tutor.services import lti_keys
LtiPlatform.objects.create(teacher=User.objects.get(username="teacher"), **{registration})
lti_keys.ensure()
"""


@pytest.fixture(scope="module")
def viva(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("lti"), LTI="True", TEND_EVERY="1") as server:
        yield server


@pytest.fixture
def moodle(viva: Server) -> Iterator[Platform]:
    """A course whose pages show Viva in a frame: another site, as browsers see it."""
    with running_platform("localhost") as platform:
        platform.tool_keys = lambda: httpx.get(f"{viva.url}/lti/keys/", trust_env=False).json()["keys"]
        platform.claims = {f"{LTI}custom": {"lesson": LESSON}}
        viva.manage("shell", "-c", REGISTER.format(registration=platform.registration))
        for path, target in (("/course", "launch"), ("/choosing", "deep-link")):
            params = platform.login_params(f"{viva.url}/lti/{target}/")
            platform.pages[path] = framing(f"{viva.url}/lti/login/", params)
        yield platform


@pytest.fixture
async def course(plain_browser: Browser) -> AsyncIterator[Page]:
    """A page of somebody who was never at Viva."""
    context = await plain_browser.new_context()
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    await context.close()


async def test_a_lesson_launched_from_a_frame_sends_its_score(viva: Server, moodle: Platform, course: Page) -> None:
    await course.goto(f"{moodle.url}/course")
    tool = course.frame_locator("iframe")
    async with course.expect_popup() as opened:
        await tool.get_by_role("link", name="Open the lesson").click()
    page = await opened.value

    await page.wait_for_url(f"{viva.url}/lessons/{LESSON}/")
    await expect(page.locator(".site-nav__who")).to_contain_text("lea-")
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/attempts/**")
    code = page.url.rstrip("/").rpartition("/")[2].replace("-", "")
    await page.get_by_role("button", name="Start talking").click()
    await walk_by_typing(page)

    assert_complete(viva, code)
    assert await asyncio.to_thread(moodle.told.wait, 30)
    [told] = moodle.scores
    assert (told["scoreGiven"], told["scoreMaximum"], told["activityProgress"]) == (4, 4, "Completed")
    assert moodle.refused == []


async def test_a_lesson_is_chosen_in_the_frame_of_a_course(viva: Server, moodle: Platform, course: Page) -> None:
    moodle.claims = moodle.deep_linking()
    await course.goto(f"{moodle.url}/choosing")
    tool = course.frame_locator("iframe")

    await tool.get_by_role("button", name="Choose “Ordering in a café”").click()

    await expect(tool.get_by_role("heading", name="Chosen")).to_be_visible()
    [chosen] = moodle.choices
    assert [item["custom"] for item in chosen[f"{DEEP}content_items"]] == [{"lesson": LESSON}]
    assert "sessionid" not in {cookie.get("name") for cookie in await course.context.cookies(viva.url)}
    assert moodle.refused == []


async def test_a_launch_in_a_window_of_its_own_goes_straight_on(viva: Server, moodle: Platform, course: Page) -> None:
    params = moodle.login_params(f"{viva.url}/lti/launch/")
    moodle.pages["/link"] = f'<a href="{viva.url}/lti/login/?{httpx.QueryParams(params)}">Lesson</a>'
    await course.goto(f"{moodle.url}/link")

    await course.get_by_role("link", name="Lesson").click()

    await course.wait_for_url(f"{viva.url}/lessons/{LESSON}/")
    await course.reload()
    await expect(course.locator(".site-nav__who")).to_contain_text("lea-")
