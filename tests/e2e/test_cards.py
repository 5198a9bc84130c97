"""What the tutor shows in the middle of a conversation, in a real browser."""

import json

from playwright.async_api import expect

from tests.e2e.conftest import Open
from tests.running import Server

LESSON = "angles-of-a-triangle"
SHOW = """async ({ url, token, call }) => {
    const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
    await fetch(url, { method: "POST", headers, body: JSON.stringify(call) });
}"""


async def test_a_drawing_is_asked_for_sent_and_looked_at(open_page: Open, server: Server) -> None:
    page = await open_page()
    await page.goto(f"{server.url}/lessons/{LESSON}/")
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/attempts/**")
    await page.get_by_role("button", name="Start talking").click()
    await expect(page.locator("#room")).to_have_attribute("data-status", "listening", timeout=30_000)

    await page.get_by_label("Message to the tutor").fill("drawing, please")
    await page.get_by_role("button", name="Send").click()
    card = page.get_by_role("article", name="Show your work")
    await card.get_by_label("Take or choose a picture").set_input_files("docs/room.png")
    board = page.get_by_role("dialog", name="Show your work")
    await expect(board.get_by_role("img")).to_have_attribute("aria-label", "A picture")
    assert await page.evaluate("window.seen.sent.some((event) => event.item?.content?.length > 1)") is False
    await board.get_by_role("button", name="Send to the tutor").click()

    await expect(card.get_by_role("status")).to_have_text("Sent. The tutor is looking at it.")
    await expect(page.get_by_role("log")).to_contain_text("I can see your picture.", timeout=30_000)
    sent = await page.evaluate("window.seen.sent.filter((event) => event.item?.role === 'user').at(-1)")
    assert [part["type"] for part in sent["item"]["content"]] == ["input_text", "input_image"]
    assert sent["item"]["content"][1]["image_url"].startswith("data:image/jpeg;base64,/9j/")


async def test_a_formula_is_there_as_mathml_and_again_after_a_reload(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    lesson = server.rows("SELECT id FROM tutor_lesson WHERE slug = ?", LESSON)[0]["id"]
    await page.goto(f"{server.url}/admin/tutor/lesson/{lesson}/change/")
    await page.locator("button[name=stage][value=three-corners]").first.click()
    await page.wait_for_url("**/attempts/**")
    room = json.loads(await page.locator("#room-data").text_content() or "")
    token = await page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    shown = {"title": "The sum", "math": r"\alpha + \text{<b onclick='x'>all</b>} = \frac{360}{2}^\circ"}

    call = {"call_id": "call_1", "name": "card", "arguments": json.dumps(shown)}
    await page.evaluate(SHOW, {"url": room["urls"]["tool_calls"], "token": token, "call": call})
    await page.reload()

    card = page.get_by_role("article", name="The sum")
    await expect(card.locator("math mfrac mn").first).to_have_text("360")
    assert await card.locator("b").count() == 0
    assert await card.locator("mtext").text_content() == "<b\u00a0onclick='x'>all</b>"
    namespaces = await card.locator("math, math *").evaluate_all(
        "parts => [...new Set(parts.map(p => p.namespaceURI))]"
    )
    assert namespaces == ["http://www.w3.org/1998/Math/MathML"]
