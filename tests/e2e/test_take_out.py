"""Many conversations taken out in a browser: how far the file is can be seen, and it can be stopped."""

import csv
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.test_accessibility import dress, faults, in_every_look
from tests.running import Server

TABLE = "Every sentence, as a table (CSV)"
# The file, in two halves: the second one waits for the test.
HOLD = """() => {
  const get = window.fetch;
  window.fetch = async (...asked) => {
    const response = await get(...asked);
    const text = await response.text();
    const half = text.lastIndexOf("\\n", text.length / 2) + 1;
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode(text.slice(0, half)));
        await new Promise((resolve, reject) => {
          window.goOn = resolve;
          asked[1].signal.addEventListener("abort", () => reject(asked[1].signal.reason));
        });
        controller.enqueue(new TextEncoder().encode(text.slice(half)));
        controller.close();
      },
    });
    return new Response(body, response);
  };
}"""


async def open_taking(open_page: Open, server: Server) -> Page:
    page = await open_page(username="reviewer")
    server.manage("crowd", "--attempts", "6", "--learners", "2", "--turns", "10")
    await page.goto(f"{server.url}/review/take-out/")
    return page


@pytest.mark.chromium
async def test_a_file_is_whole_and_says_so(open_page: Open, server: Server, tmp_path: Path) -> None:
    page = await open_taking(open_page, server)

    async with page.expect_download() as downloading:
        await page.get_by_role("link", name=TABLE).click()
    download = await downloading.value
    await download.save_as(tmp_path / "sentences.csv")

    assert download.suggested_filename.endswith("-sentences.csv")
    with (tmp_path / "sentences.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row["text"] for row in csv.DictReader(file)]
    assert rows == [row["text"] for row in server.rows("SELECT text FROM tutor_utterance ORDER BY attempt_id, id")]
    await expect(page.get_by_role("status")).to_contain_text(f"Done: {download.suggested_filename}")
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()


@in_every_look
async def test_a_file_on_its_way_shows_how_far_it_is_and_can_be_stopped(
    open_page: Open, server: Server, scheme: str, width: int
) -> None:
    page = await open_taking(open_page, server)
    await dress(page, scheme, width)
    await page.evaluate(HOLD)

    await page.get_by_role("link", name=TABLE).click()
    await expect(page.get_by_role("status")).to_have_text("0.0 MB so far")
    share = await page.get_by_role("progressbar").evaluate("(bar) => bar.value")
    assert 0.3 < share < 0.7
    await expect(page.get_by_role("button", name="Stop")).to_be_in_viewport(ratio=1)
    assert await faults(page) == []

    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_role("status")).to_have_text("Stopped. Nothing was kept.")
    await expect(page.get_by_role("progressbar")).to_be_hidden()
