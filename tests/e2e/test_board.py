"""The drawing board: what is drawn, chosen or pasted there reaches the tutor, and is kept for those who may see it."""

import json
from typing import Any

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import Open
from tests.e2e.test_accessibility import dress, faults, in_every_look
from tests.running import Server

LESSON = "angles-of-a-triangle"
# The size of the picture sent, once it is, and a few of its pixels: [x, y] in parts of the whole -> [red, green, blue].
LOOK = """async (places) => {
    const parts = () => window.seen.sent.flatMap((event) => event.item?.content ?? []);
    const find = () => parts().find((part) => part.type === "input_image");
    for (let tries = 0; tries < 400 && !find(); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const image = new Image();
    image.src = find().image_url;
    await image.decode();
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: image.width, height: image.height });
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(image, 0, 0);
    const at = ([x, y]) => [...pen.getImageData(x * (image.width - 1), y * (image.height - 1), 1, 1).data].slice(0, 3);
    return { width: image.width, height: image.height, bytes: image.src.length, pixels: places.map(at) };
}"""
# Gives a file to an input, or pastes it into the page; made in the page, so that no picture has to be committed.
GIVE = """async ({ width, height, noisy, paste }) => {
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "rgb(30, 90, 200)";
    pen.fillRect(0, 0, width, height);
    for (let at = 0; noisy && at < 60000; at += 1) {
        pen.fillStyle = `hsl(${(at * 47) % 360} 80% ${20 + (at % 60)}%)`;
        pen.fillRect((at * 7919) % width, (at * 104729) % height, 23, 17);
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const data = new DataTransfer();
    data.items.add(new File([blob], "photo.png", { type: "image/png" }));
    if (paste) {
        const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
        document.activeElement.dispatchEvent(event);
    } else {
        const input = document.querySelector("#board-photo");
        input.files = data.files;
        input.dispatchEvent(new Event("change"));
    }
}"""

# Resolves to true once a test is passed, to false when it is not within ten seconds.
WAIT = """(async (test) => {
    for (let tries = 0; tries < 200 && !test(); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return test();
})"""
# Whether the first pixel of what lies under the ink is that of the photo; read from a copy, as that is slow.
BLUE = """(() => {
    const pen = Object.assign(document.createElement("canvas"), { width: 9, height: 9 }).getContext("2d");
    pen.drawImage(document.querySelector("#board-ground"), 0, 0);
    return pen.getImageData(8, 8, 1, 1).data[0] < 60;
})()"""


async def enter(page: Page, server: Server) -> None:
    await page.goto(f"{server.url}/lessons/{LESSON}/")
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/attempts/**")


async def talk(page: Page) -> None:
    await page.get_by_role("button", name="Start talking").click()
    await expect(page.locator("#room")).to_have_attribute("data-status", "listening", timeout=30_000)


async def open_board(page: Page) -> Locator:
    await page.get_by_role("button", name="Draw or show a picture").click()
    board = page.get_by_role("dialog", name="Show your work")
    await expect(board).to_be_visible()
    return board


async def line(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw a line with the mouse; places in parts of the board."""
    box = await page.locator("#board-drawing").bounding_box()
    assert box is not None
    (ax, ay), (bx, by) = ((box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end))
    await page.mouse.move(ax, ay)
    await page.mouse.down()
    await page.mouse.move(bx, by, steps=8)
    await page.mouse.up()


async def send(page: Page, words: str = "") -> None:
    await page.get_by_label("Words to go with it").fill(words)
    await page.get_by_role("button", name="Send to the tutor").click()
    await expect(page.get_by_role("dialog", name="Show your work")).to_be_hidden()


async def picture_sent(page: Page, *places: tuple[float, float]) -> dict[str, Any]:
    seen: dict[str, Any] = await page.evaluate(LOOK, list(places))
    return seen


async def see_kept(page: Page) -> str:
    """Wait until the picture is stored; reload, and return where it is to be seen."""
    await expect(page.locator("#saved")).to_have_text("Saved")
    await page.reload()
    picture = page.get_by_role("log").get_by_role("img", name="Picture you showed the tutor")
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("(image) => image.naturalWidth") > 0
    return await picture.get_attribute("src") or ""


async def test_a_drawing_is_sent_answered_kept_and_seen_by_a_reviewer(open_page: Open, server: Server) -> None:
    page = await open_page()
    await enter(page, server)
    await talk(page)
    board = await open_board(page)
    await page.get_by_label("Red pen").check()
    await page.get_by_label("Thick").check()
    await line(page, (0.2, 0.5), (0.8, 0.5))
    await page.get_by_label("Blue pen").check()
    await line(page, (0.5, 0.1), (0.5, 0.3))
    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A drawing of 2 strokes")
    await page.get_by_role("button", name="Undo").click()
    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A drawing of 1 stroke")
    await page.get_by_label("Eraser").check()
    await line(page, (0.75, 0.4), (0.75, 0.6))

    await send(page, "Is this a line?")

    seen = await picture_sent(page, (0.5, 0.5), (0.5, 0.2), (0.75, 0.5), (0.02, 0.02))
    red, undone, erased, paper = seen["pixels"]
    assert red[0] > 150 > 90 > red[1]
    assert min(*undone, *erased, *paper) > 240
    log = page.get_by_role("log")
    await expect(log).to_contain_text("I can see your picture. You said: Is this a line?", timeout=30_000)
    await expect(log.get_by_text("Is this a line?", exact=True)).to_be_visible()

    address = await see_kept(page)
    attempt = address.split("/")[2]
    [row] = server.rows("SELECT id FROM tutor_attempt WHERE code = ?", attempt.replace("-", ""))
    reviewer = await open_page(username="reviewer")
    await reviewer.goto(f"{server.url}/admin/tutor/attempt/{row['id']}/change/")
    thumbnail = reviewer.get_by_role("img", name="Picture the learner showed the tutor")
    await thumbnail.scroll_into_view_if_needed()
    await expect(thumbnail).to_have_js_property("naturalWidth", seen["width"])
    answer = await reviewer.goto(server.url + address)
    assert answer is not None
    assert answer.status == 200


async def test_a_large_photo_is_made_to_fit_and_can_be_drawn_on(open_page: Open, server: Server) -> None:
    page = await open_page()
    await enter(page, server)
    await talk(page)
    board = await open_board(page)
    await page.evaluate(GIVE, {"width": 4000, "height": 3000, "noisy": True, "paste": False})
    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A picture")
    await page.get_by_label("Thick").check()
    await line(page, (0.3, 0.5), (0.7, 0.5))

    await send(page)

    seen = await picture_sent(page, (0.5, 0.5))
    assert seen["width"] / seen["height"] == pytest.approx(4 / 3, abs=0.01)
    assert 256 <= seen["width"] <= 1024
    assert seen["bytes"] <= 190_000
    assert max(seen["pixels"][0]) < 110
    await expect(page.get_by_role("log")).to_contain_text("I can see your picture.", timeout=30_000)
    await see_kept(page)


@pytest.mark.chromium
async def test_a_pasted_picture_is_looked_at_first_and_waits_for_a_call(open_page: Open, server: Server) -> None:
    page = await open_page()
    await enter(page, server)
    await expect(page.get_by_role("button", name="Start talking")).to_be_visible()

    await page.evaluate(GIVE, {"width": 300, "height": 200, "noisy": False, "paste": True})
    board = page.get_by_role("dialog", name="Show your work")
    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A picture")
    await send(page)

    await expect(page.get_by_role("log")).to_contain_text("I can see your picture.", timeout=30_000)
    seen = await picture_sent(page, (0.5, 0.5))
    assert (seen["width"], seen["height"]) == (1024, 683)
    assert seen["pixels"][0] == pytest.approx([30, 90, 200], abs=6)


async def test_what_was_not_sent_is_there_after_closing_and_after_a_reload(open_page: Open, server: Server) -> None:
    page = await open_page()
    await enter(page, server)
    board = await open_board(page)
    sheet = board.get_by_role("img")
    await page.evaluate(GIVE, {"width": 300, "height": 200, "noisy": False, "paste": False})
    await expect(sheet).to_have_attribute("aria-label", "A picture")
    await line(page, (0.2, 0.2), (0.8, 0.8))
    await page.keyboard.press("Escape")
    await open_board(page)
    await expect(sheet).to_have_attribute("aria-label", "A picture, and on it 1 stroke")

    await page.reload()
    await open_board(page)

    await expect(sheet).to_have_attribute("aria-label", "A picture, and on it 1 stroke")
    assert await page.evaluate(f"{WAIT}(() => {BLUE})")
    await page.get_by_role("button", name="Clear").click()
    await expect(sheet).to_have_attribute("aria-label", "Empty board")
    await page.keyboard.press("Control+z")
    await expect(sheet).to_have_attribute("aria-label", "A picture, and on it 1 stroke")
    await page.get_by_role("button", name="Clear").click()
    await page.reload()
    await open_board(page)
    await expect(sheet).to_have_attribute("aria-label", "Empty board")


@pytest.mark.chromium
async def test_a_finger_draws_on_a_phone_and_nothing_scrolls(open_page: Open, server: Server) -> None:
    page = await open_page()
    await page.set_viewport_size({"width": 360, "height": 740})
    await enter(page, server)
    board = await open_board(page)
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setTouchEmulationEnabled", {"enabled": True})
    box = await page.locator("#board-drawing").bounding_box()
    assert box is not None
    # Most of the screen is there to draw on.
    assert box["width"] > 320
    assert box["height"] > 300
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.9
    await touch(devtools, "touchStart", x, y)
    for step in range(1, 9):
        await touch(devtools, "touchMove", x, y - step * box["height"] / 12)
    await devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A drawing of 1 stroke")
    assert await page.evaluate("[scrollY, document.querySelector('#board').scrollTop]") == [0, 0]
    [stroke] = json.loads(await page.evaluate("sessionStorage.getItem(sessionStorage.key(0))"))["steps"]
    assert len(stroke["points"]) == 3 * 9
    assert await page.evaluate("document.querySelector('#board').scrollWidth") == 360


async def touch(devtools: Any, kind: str, x: float, y: float) -> None:
    await devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})


@pytest.mark.chromium
async def test_without_a_pointer_a_picture_is_pasted_and_sent(open_page: Open, server: Server) -> None:
    page = await open_page()
    await enter(page, server)
    await page.get_by_role("button", name="Draw or show a picture").focus()
    await page.keyboard.press("Enter")
    board = page.get_by_role("dialog", name="Show your work")
    await expect(board).to_be_visible()
    await page.evaluate(GIVE, {"width": 300, "height": 200, "noisy": False, "paste": True})
    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A picture")
    reached = []
    for _ in range(20):
        await page.keyboard.press("Tab")
        reached.append(await page.evaluate("document.activeElement.id || document.activeElement.name"))
    wanted = {"board-close", "board-ink", "board-width", "board-undo", "board-clear", "board-photo", "board-paper"}
    assert wanted | {"board-words", "board-send"} <= set(reached)
    await page.get_by_label("Words to go with it").focus()
    await page.keyboard.type("Look")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("log")).to_contain_text("I can see your picture.", timeout=30_000)


async def test_an_empty_board_and_a_file_that_is_no_picture_are_told(open_page: Open, server: Server) -> None:
    page = await open_page()
    await enter(page, server)
    board = await open_board(page)

    await page.get_by_role("button", name="Send to the tutor").click()
    await expect(board.get_by_role("alert")).to_contain_text("There is nothing to send yet")
    await page.locator("#board-photo").set_input_files(
        {"name": "letter.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    await expect(board.get_by_role("alert")).to_contain_text("This file cannot be read as a picture")


@in_every_look
async def test_the_board_has_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page()
    await dress(page, scheme, width)
    await enter(page, server)
    await open_board(page)
    await line(page, (0.2, 0.2), (0.8, 0.8))
    await page.get_by_label("Words to go with it").fill("Look")

    assert await faults(page) == []
