"""What stops a call though its learner would go on: a switch, a budget, a call in another lesson."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.test_faults import Peer, peer_running
from tests.e2e.test_lesson import enter, listening, say, stage, stage_after, utterances
from tests.running import Server, running

CALLS = """SELECT c.error, c.ended_at, c.hang_up_at FROM tutor_connection c JOIN tutor_attempt a ON a.id = c.attempt_id
           WHERE a.code = ? ORDER BY c.id"""
LET_GO = "() => window.seen.peers.every((peer) => peer.connectionState === 'closed')"
OTHER_LESSON = "why-is-the-sky-blue"


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    with peer_running(tmp_path_factory.mktemp("peer")) as peer:
        yield peer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, peer: Peer) -> Iterator[Server]:
    """A server with a key, so that its calls cost money, which looks at them every second."""
    folder: Path = tmp_path_factory.mktemp("money")
    with running(folder, OPENAI_API_KEY="sk-e2e", REALTIME_BASE_URL=peer.url, TEND_EVERY="1") as server:
        yield server


async def talking(page: Page, server: Server) -> str:
    """Begin a lesson, and talk in it; return its code."""
    code = await enter(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await say(page, "I would like a coffee")
    await listening(page)
    return code


async def stopped(page: Page, words: str) -> None:
    """Wait until a room has no call any more, and says why."""
    await expect(page.locator("#room")).to_have_attribute("data-status", "failed")
    await expect(page.locator("#notice")).to_have_text(words)
    assert await page.evaluate(LET_GO)


async def goes_on(page: Page, server: Server, code: str) -> None:
    """The learner presses the button, and is where they were, with all they said."""
    before = await stage(page)
    await page.get_by_role("button", name="Continue").click()
    await say(page, "I like tea")
    await listening(page)
    assert await stage(page) == before
    await say(page, "next")
    await stage_after(page, before)
    await expect(page.locator("#saved")).to_have_text("Saved")
    said = [row["text"] for row in utterances(server, code) if row["speaker"] == "learner"]
    assert said == ["I would like a coffee", "I like tea", "next"]


async def test_the_switch_ends_a_lesson_that_goes_on_and_lets_it_go_on_later(open_page: Open, server: Server) -> None:
    page = await open_page(refusals=(503,))
    code = await talking(page, server)

    server.manage("calls", "off", "We are looking into it.")
    words = "We are looking into it. Nothing is lost: what you said is kept, and the lesson goes on where you stopped."
    await stopped(page, words)
    await page.get_by_role("button", name="Continue").click()
    await stopped(page, words)
    assert [call["error"] for call in server.rows(CALLS, code)] == ["calls_off"]
    # Who comes now hears so before they press anything.
    await page.reload()
    await expect(page.locator("#notice")).to_have_text(words)
    await expect(page.locator("#start")).to_be_visible()

    server.manage("calls", "on")
    await page.reload()
    await expect(page.locator("#notice")).to_be_hidden()
    await page.locator("#start").click()
    await listening(page)
    assert [call["ended_at"] is None for call in server.rows(CALLS, code)] == [False, True]


async def test_a_budget_that_is_used_up_ends_the_call_with_friendly_words(open_page: Open, server: Server) -> None:
    page = await open_page(refusals=(429,))
    set_budget(server, 3)
    code = await talking(page, server)
    await expect(page.locator("#time-left")).to_have_text("about 3 minutes left with the tutor today")

    set_budget(server, 0)
    words = (
        "You have used up your time with the tutor for now. Nothing is lost: what you said is kept, and the lesson "
        "goes on where you stopped. Come back tomorrow."
    )
    await stopped(page, words)
    await page.get_by_role("button", name="Continue").click()
    await stopped(page, words)
    assert [call["error"] for call in server.rows(CALLS, code)] == ["budget_spent"]

    set_budget(server, 60)
    await goes_on(page, server, code)


async def test_who_begins_to_talk_in_another_lesson_is_told_so_in_the_first(open_page: Open, server: Server) -> None:
    page = await open_page()
    code = await talking(page, server)
    other = await page.context.new_page()
    other_code = await enter(other, server, OTHER_LESSON)

    await other.get_by_role("button", name="Start talking").click()
    await expect(page.get_by_role("status").first).to_have_text(
        "You are talking in another lesson: “Oral exam: why is the sky blue?”."
    )
    await listening(other)
    assert await page.evaluate(LET_GO)
    assert [call["ended_at"] is None for call in server.rows(CALLS, code)] == [False]

    await page.get_by_role("button", name="Go on here").click()
    await listening(page)
    await expect(other.get_by_role("status").first).to_contain_text("You are talking in another lesson")
    assert [call["ended_at"] is None for call in server.rows(CALLS, other_code)] == [False]


def set_budget(server: Server, minutes: int) -> None:
    """Let each learner talk for so long in a day."""
    made = f"Budget.objects.update_or_create(scope='each', period='day', defaults={{'minutes': {minutes}}})"
    server.manage("shell", "-c", f"from tutor.models import Budget; {made}")
