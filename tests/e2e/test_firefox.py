"""The same journeys in Firefox, which differs in WebRTC, in sound and in what it lets a page do."""

import shutil

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import Open
from tests.e2e.sound import wav
from tests.e2e.test_lesson import (
    BY_VOICE,
    assert_complete,
    assert_held_by_voice,
    assert_official,
    enter,
    listening,
    say,
    stage,
    stage_after,
    walk_by_typing,
)
from tests.running import Server, firefox

pytestmark = pytest.mark.skipif(not shutil.which(firefox()), reason="no Firefox: name one in FIREFOX")


async def test_a_lesson_by_voice_reaches_the_end_with_sound_coming_back(open_page: Open, server: Server) -> None:
    page = await open_page(in_firefox=True, microphone=wav(BY_VOICE))

    await assert_held_by_voice(page, server)


async def test_a_lesson_by_typing_goes_on_after_a_reload_and_reaches_the_end(open_page: Open, server: Server) -> None:
    page = await open_page(in_firefox=True, username="teacher")
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    here = await stage(page)
    await say(page, "I would like some tea, please.")
    await say(page, "next")
    second = await stage_after(page, here)
    await listening(page)

    await page.reload()

    await expect(page.get_by_role("list", name="Stages").locator("[aria-current=step]")).to_have_text(second)
    await page.get_by_role("button", name="Start talking").click()
    await walk_by_typing(page)
    assert_complete(server, code)
    await assert_official(page)
