"""The product's main job: a learner goes through all stages of a lesson, and every sentence is in the database."""

import asyncio
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open, until
from tests.e2e.sound import wav
from tests.official import check_client_event, check_server_event
from tests.running import Server

LESSON = "ordering-in-a-cafe"


async def enter(page: Page, server: Server, lesson: str = LESSON) -> str:
    """Begin a lesson; return the attempt's code as the database writes it."""
    await page.goto(f"{server.url}/lessons/{lesson}/")
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/attempts/**")
    return page.url.rstrip("/").rpartition("/")[2].replace("-", "")


async def listening(page: Page) -> None:
    """Wait until it is the learner's turn."""
    await expect(page.locator("#room")).to_have_attribute("data-status", "listening", timeout=30_000)


async def say(page: Page, text: str) -> None:
    """Type a message when it is the learner's turn."""
    await listening(page)
    await page.get_by_label("Message to the tutor").fill(text)
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("log", name="Transcript")).to_contain_text(text)


async def stage(page: Page) -> str:
    """The title of the stage the learner sees as current; empty when the lesson is over."""
    current = page.get_by_role("list", name="Stages").locator("[aria-current=step]")
    return await current.inner_text() if await current.count() else ""


async def stage_after(page: Page, before: str) -> str:
    """Wait until the lesson has moved on; return the stage it is in."""
    moved = """(before) => {
        const current = document.querySelector("#stages [aria-current=step]");
        return (current?.innerText ?? "") !== before;
    }"""
    await page.wait_for_function(moved, arg=before, timeout=40_000)
    return await stage(page)


def visits(server: Server, code: str) -> list[dict[str, Any]]:
    query = """SELECT v.* FROM tutor_stagevisit v JOIN tutor_attempt a ON a.id = v.attempt_id
               WHERE a.code = ? ORDER BY v.number"""
    return server.rows(query, code)


def utterances(server: Server, code: str) -> list[dict[str, Any]]:
    query = """SELECT u.*, v.number AS visit FROM tutor_utterance u JOIN tutor_attempt a ON a.id = u.attempt_id
               JOIN tutor_stagevisit v ON v.id = u.visit_id WHERE a.code = ? ORDER BY u.position"""
    return server.rows(query, code)


async def stored(found: Callable[[], Any], within: float = 40) -> Any:
    """Look at the database until something is there; return it."""
    async with asyncio.timeout(within):
        while not (it := found()):  # noqa: ASYNC110 # the server writes what is waited for
            await asyncio.sleep(0.1)
    return it


def assert_complete(server: Server, code: str) -> None:
    """Every visit has its reasoning; every sentence is there once, in order, on a visit that exists."""
    attempt = server.rows("SELECT * FROM tutor_attempt WHERE code = ?", code)[0]
    assert attempt["outcome"] == "completed"
    done = visits(server, code)
    assert [visit["number"] for visit in done] == list(range(1, len(done) + 1))
    assert all(visit["completed_at"] and visit["outcome"] and visit["reasoning"] for visit in done)
    said = utterances(server, code)
    assert [row["position"] for row in said] == list(range(1, len(said) + 1))
    assert len({row["item_id"] for row in said}) == len(said)
    assert [row["visit"] for row in said] == sorted(row["visit"] for row in said)
    assert {row["visit"] for row in said} == {visit["number"] for visit in done}
    assert {row["status"] for row in said} <= {"complete", "interrupted"}


async def over(page: Page) -> None:
    """Wait until the lesson is over, and its last words are stored."""
    await expect(page.get_by_role("link", name="See your card")).to_be_visible(timeout=30_000)
    await expect(page.locator("#saved")).to_have_text("Saved")


async def walk_by_typing(page: Page) -> None:
    """Say something and "next" in every stage until the lesson is over."""
    here = await stage(page)
    while here:
        await say(page, f"I would like a cup of coffee, please, in {here}.")
        await say(page, "next")
        here = await stage_after(page, here)
    await over(page)


async def assert_official(page: Page) -> None:
    """Everything that crossed the data channel fits the official types, strictly."""
    seen = await page.evaluate("({ sent: window.seen.sent, received: window.seen.received })")
    assert [(event, check_client_event(event)) for event in seen["sent"] if check_client_event(event)] == []
    assert [(event, check_server_event(event)) for event in seen["received"] if check_server_event(event)] == []
    assert [event for event in seen["received"] if event["type"] == "error"] == []


async def test_a_lesson_by_typing_reaches_the_end_and_is_stored(open_page: Open, server: Server) -> None:
    page = await open_page()
    code = await enter(page, server)

    await page.get_by_role("button", name="Start talking").click()
    await walk_by_typing(page)

    assert_complete(server, code)
    await assert_official(page)


async def test_a_lesson_by_voice_reaches_the_end_with_sound_coming_back(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=wav([7.0, "I would like a coffee, please", 7.0, "next"]), username="teacher")
    code = await enter(page, server)

    await page.get_by_role("button", name="Start talking").click()
    await until(page, "async () => await window.loudness() > 0.01", within=30)
    here = await stage(page)
    while here:
        here = await stage_after(page, here)
    await over(page)

    assert_complete(server, code)
    await assert_official(page)
    heard = [row["text"].lower() for row in utterances(server, code) if row["speaker"] == "learner"]
    assert any("coffee" in text for text in heard)
    assert any("next" in text for text in heard)


async def test_reloading_in_the_middle_goes_on_in_the_same_stage(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer")
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    here = await stage(page)
    await say(page, "I would like some tea, please.")
    await say(page, "next")
    second = await stage_after(page, here)
    await say(page, "One piece of cake, please.")
    await listening(page)

    await page.reload()

    await expect(page.get_by_role("list", name="Stages").locator("[aria-current=step]")).to_have_text(second)
    log = page.get_by_role("log", name="Transcript")
    await expect(log).to_contain_text("I would like some tea, please.")
    await expect(log).to_contain_text("One piece of cake, please.")
    await page.get_by_role("button", name="Start talking").click()
    await say(page, "Thank you.")
    await say(page, "next")
    await stage_after(page, second)
    assert [visit["stage_key"] for visit in visits(server, code)][:2] == ["warm-up", "counter"]
    said = utterances(server, code)
    assert len({row["item_id"] for row in said}) == len(said)
    await assert_official(page)
