"""A stage that stalls in a real room: the tutor is helped along, and the last resort moves the lesson on."""

from dataclasses import replace
from pathlib import Path

from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.test_lesson import assert_official, enter, listening, say, stage, stage_after, visits
from tests.lessons import PLAN
from tests.running import Server
from tutor import plan as plans

STALLING = replace(PLAN, stages=(replace(PLAN.start, stall_turns=1, fallback="understood"), *PLAN.stages[1:]))


async def help_given(page: Page) -> list[str]:
    """Ids of the hidden notes the tutor has been sent."""
    return await page.evaluate("""() => window.seen.sent.map((event) => event.item?.id ?? "")
        .filter((id) => id.startsWith("stall-"))""")


async def help_arrives(page: Page, number: int) -> None:
    """Wait for so many notes."""
    await page.wait_for_function(
        "(number) => window.seen.sent.filter((event) => event.item?.id?.startsWith('stall-')).length >= number",
        arg=number,
    )


async def test_a_stage_that_stalls_is_helped_and_then_left(open_page: Open, server: Server, tmp_path: Path) -> None:
    pack = tmp_path / "stalling.yaml"
    pack.write_text(plans.to_yaml(STALLING))
    server.manage("lesson", "import", str(pack), "--publish")
    page = await open_page()
    code = await enter(page, server, "stalling")
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    here = await stage(page)

    # The rehearsal voice repeats itself, so the stage comes to no end.
    for turn in (1, 2):
        await say(page, "again")
        await help_arrives(page, turn)
    await say(page, "again")

    assert await stage_after(page, here) == "Order"
    await expect(page.get_by_role("log", name="Transcript")).to_contain_text("What can I get you?", timeout=30_000)
    assert await help_given(page) == ["stall-1-1", "stall-1-2", "stall-1-3"]
    first, second = visits(server, code)
    assert (first["outcome"], first["flag"], first["stall_step"]) == ("understood", "stalled", 3)
    assert (second["stage_key"], second["completed_at"], second["stall_step"]) == ("order", None, 0)
    await assert_official(page)
