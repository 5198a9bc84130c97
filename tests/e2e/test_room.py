"""What may happen to a room while a lesson goes on: another window, a sign-out, a word without end."""

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import NO_STORAGE, RECORDER, Open, sign_in, sign_out
from tests.e2e.sound import wav
from tests.e2e.test_lesson import assert_official, enter, listening, say, utterances
from tests.running import Server

ELSEWHERE = "This lesson goes on in another window."
AT_END = """() => {
  const { scrollHeight, scrollTop, clientHeight } = document.getElementById("captions");
  return scrollHeight > clientHeight && scrollHeight - scrollTop - clientHeight < 64;
}"""
# What comes into the log where a screen reader may hear of it, and what the room says of itself meanwhile.
READ_OUT = """() => {
  window.read = [];
  window.statuses = [];
  const room = document.getElementById("room");
  new MutationObserver((changes) => changes.forEach(({ target, addedNodes }) => {
    const isHeard = target.closest?.("[aria-hidden=true]") === null;
    if (isHeard && target.matches(".caption__text") && addedNodes.length > 0) window.read.push(target.textContent);
  })).observe(document.getElementById("captions"), { childList: true, subtree: true });
  new MutationObserver(() => {
    if (window.statuses.at(-1) !== room.dataset.status) window.statuses.push(room.dataset.status);
  }).observe(room, { attributes: true, attributeFilter: ["data-status"] });
}"""
CALLS = """SELECT c.id FROM tutor_connection c JOIN tutor_attempt a ON a.id = c.attempt_id WHERE a.code = ?"""

# Phones upright, with the keyboard open and on their side; a page magnified two and four times; a tablet; laptops.
SIZES = [
    (320, 568),
    (360, 740),
    (360, 400),
    (740, 360),
    (640, 400),
    (320, 256),
    (768, 1024),
    (1280, 720),
    (1280, 800),
    (1366, 650),
]
TOLD = ["#status", "#goal-count", "#goal-title", "#goal-text", "#goal-needs", "#time-left", "#captions"]
TOOLS = [".room-map summary", "#sound-toggle", "#larger", "#mute", "#think", "#interrupt", "#end", "#ways"]
TYPING = ["#message", "#board-open", ".composer__send"]
WAYS = ["#volume", "#ways-form [value=silent]", "#ways-form .button"]
BOARD = ["#board-close", "#board-undo", "#board-paper", "#board-sheet", "#board-send"]
# Which of the elements nobody can bring into the window whole: something lies over them, they reach over an edge, or
# they are in a part that is cut off. What is larger than the window is looked at from its top.
OUT_OF_REACH = """(selectors) => {
    const cuts = (part) => /hidden|clip/.test(getComputedStyle(part).overflowY);
    const isReached = (one) => {
        one.scrollIntoView({ block: one.offsetHeight < innerHeight ? "center" : "start" });
        const { left, right, top, bottom, width, height } = one.getBoundingClientRect();
        const seen = document.elementFromPoint(left + width / 2, top + Math.min(height, innerHeight) / 2);
        const isWhole = left >= 0 && right <= innerWidth + 0.5 && height > 0 && (top >= -0.5 || height > innerHeight);
        let isCut = cuts(document.body) || cuts(document.documentElement);
        for (let part = one.parentElement; part !== document.body; part = part.parentElement) {
            isCut ||= cuts(part) && part.getBoundingClientRect().bottom < bottom - 0.5;
        }
        return isWhole && !isCut && (one.contains(seen) || seen?.contains(one));
    };
    return selectors.filter((selector) => !isReached(document.querySelector(selector)));
}"""
TOO_WIDE = """() => [document.scrollingElement, ...document.querySelectorAll(".room, .captions, .where, dialog[open]")]
    .filter((one) => one.scrollWidth > one.clientWidth)
    .map((one) => `${one.tagName}.${one.className}`)"""


async def start(page: Page, button: str = "Start talking") -> None:
    await page.get_by_role("button", name=button).click()
    await listening(page)


async def hears_nobody(page: Page) -> None:
    """Wait until no track of a microphone is live any more."""
    live = "({ track }) => track?.readyState === 'live'"
    await page.wait_for_function(f"() => !window.seen.peers.flatMap((peer) => peer.getSenders()).some({live})")


async def test_the_newer_window_has_the_call_and_the_older_can_take_it_back(open_page: Open, server: Server) -> None:
    first = await open_page()
    code = await enter(first, server)
    await start(first)
    second = await first.context.new_page()
    await second.add_init_script(RECORDER)
    await second.goto(first.url)

    await start(second)
    await expect(first.get_by_role("status")).to_have_text(ELSEWHERE)
    await hears_nobody(first)
    await say(second, "I would like some tea, please.")
    await listening(second)
    during = len(server.rows(CALLS, code))
    await start(first, "Go on here")
    await expect(second.get_by_role("status")).to_have_text(ELSEWHERE)
    await say(first, "And a piece of cake.")
    await listening(first)

    assert (during, len(server.rows(CALLS, code))) == (2, 3)
    await expect(first.get_by_role("log", name="Transcript")).to_contain_text("I would like some tea, please.")
    said = [row["text"] for row in utterances(server, code) if row["speaker"] == "learner"]
    assert said == ["I would like some tea, please.", "And a piece of cake."]
    await assert_official(first)
    await assert_official(second)


async def test_nothing_is_lost_by_being_signed_out(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher", refusals=(401, 403, 404))
    code = await enter(page, server)
    await start(page)
    other = await page.context.new_page()
    await other.goto(server.url)
    saved = page.locator("#saved")

    await sign_out(other)
    await say(page, "I would like some tea, please.")
    await expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
    await expect(saved).to_contain_text("Not saved")
    await sign_in(other, server.url, "reviewer")
    await expect(page.get_by_role("alert")).to_contain_text("Somebody else is signed in now")
    await expect(saved).to_contain_text("Not saved")
    await sign_out(other)
    await sign_in(other, server.url, "teacher")

    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(saved).to_have_text("Saved")
    said = [row["text"] for row in utterances(server, code) if row["speaker"] == "learner"]
    assert said == ["I would like some tea, please."]


async def test_nothing_is_lost_when_the_session_ends_in_the_middle(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher", refusals=(401, 403))
    code = await enter(page, server)
    await start(page)

    await page.context.clear_cookies(name="sessionid")
    await say(page, "I would like some tea, please.")
    await expect(page.get_by_role("alert")).to_contain_text("You are signed out.")
    await expect(page.locator("#saved")).to_contain_text("Not saved")
    before = [row["text"] for row in utterances(server, code) if row["speaker"] == "learner"]
    other = await page.context.new_page()
    await sign_in(other, server.url, "teacher")

    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.locator("#saved")).to_have_text("Saved")
    said = [row["text"] for row in utterances(server, code) if row["speaker"] == "learner"]
    assert (before, said) == ([], ["I would like some tea, please."])


async def test_a_lesson_left_with_something_that_is_kept_nowhere_asks_first(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher", refusals=(401, 403))
    await page.add_init_script(NO_STORAGE)
    await enter(page, server)
    await start(page)
    await page.context.clear_cookies()
    await say(page, "One coffee, please.")
    await expect(page.locator("#saved")).to_contain_text("Not saved")

    async with page.expect_event("dialog") as asked:
        await page.close(run_before_unload=True)
    dialog = await asked.value

    assert dialog.type == "beforeunload"
    await dialog.accept()


async def test_a_word_without_end_stays_in_its_bubble(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    await enter(page, server)
    await start(page)

    await say(page, "x" * 2_000)

    width = "() => { const log = document.getElementById('captions'); return [log.scrollWidth, log.clientWidth]; }"
    whole, seen = await page.evaluate(width)
    assert whole == seen


async def test_a_message_that_is_too_long_is_told_and_not_cut(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    await enter(page, server)
    box = page.get_by_label("Message to the tutor")

    await box.fill("tea " * 501)
    await box.press("Enter")

    fault = "This is too long: 2003 characters, and 2000 can be sent. Please shorten it."
    await expect(page.get_by_text(fault)).to_be_visible()
    assert await box.input_value() == "tea " * 501
    await expect(page.get_by_role("log", name="Transcript")).not_to_contain_text("tea tea")
    await box.fill("Tea.")
    await expect(page.get_by_text(fault)).to_be_hidden()


async def test_the_newest_words_are_in_sight_after_a_correction_and_a_button_leads_back_to_them(
    open_page: Open, server: Server
) -> None:
    page = await open_page(microphone=wav(["I would like a coffee, please", 30.0]), username="teacher")
    await page.set_viewport_size({"width": 360, "height": 640})
    await enter(page, server)
    await start(page)
    await expect(page.get_by_role("button", name="Correct")).to_be_visible()
    await say(page, "tea " * 200)
    await listening(page)
    newest = page.get_by_role("button", name="Newest")

    await page.get_by_role("button", name="Correct").click()
    await page.get_by_role("textbox", name="What did you really say?").fill("coffee " * 150)
    await page.get_by_role("button", name="Save").click()
    await page.wait_for_function(AT_END)
    await listening(page)
    await page.wait_for_function(AT_END)
    await expect(newest).to_be_hidden()
    await page.evaluate("document.getElementById('captions').scrollTop = 0")
    await newest.press("Enter")

    await page.wait_for_function(AT_END)
    await expect(newest).to_be_hidden()
    await expect(page.get_by_role("log", name="Transcript")).to_be_focused()


async def test_each_sentence_is_added_once_to_what_is_read_out(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    code = await enter(page, server)
    await page.evaluate(READ_OUT)

    await start(page)
    await say(page, "I would like some tea, please.")
    await listening(page)

    read = await page.evaluate("window.read")
    assert len(read) == len(set(read)) > 1
    said = [row["text"] for row in utterances(server, code)]
    assert set(read) <= set(said)
    turns = await page.evaluate("window.statuses")
    # That it is ready the page may have said before anybody listened.
    begun = turns[turns.index("connecting") : turns.index("speaking") + 1]
    assert begun == ["connecting", "thinking", "speaking"]


@pytest.mark.parametrize(("language", "text"), [("en", ""), ("de", ""), ("de", "36px")])
async def test_all_of_the_room_is_within_reach_in_a_window_of_any_size(
    open_page: Open, server: Server, language: str, text: str
) -> None:
    page = await open_page(username="teacher")
    await enter(page, server)
    await page.set_extra_http_headers({"Accept-Language": language})
    await page.reload()
    await page.locator("#start").click()
    await listening(page)
    await page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", text)
    fold = page.locator("#where-fold")
    lost = []
    for width, height in SIZES:
        await page.set_viewport_size({"width": width, "height": height})
        if await fold.is_visible() and await fold.get_attribute("aria-expanded") == "false":
            await fold.click()
        room = await page.evaluate(OUT_OF_REACH, [*TOLD, *TOOLS, *TYPING])
        await page.evaluate("document.querySelector('#ways').click()")
        ways = await page.evaluate(OUT_OF_REACH, WAYS)
        wide = await page.evaluate(TOO_WIDE)
        await page.keyboard.press("Escape")
        await page.evaluate("document.querySelector('#board-open').click()")
        await expect(page.locator("#board")).to_be_visible()
        board = await page.evaluate(OUT_OF_REACH, BOARD)
        wide += await page.evaluate(TOO_WIDE)
        await page.keyboard.press("Escape")
        wide += await page.evaluate(TOO_WIDE)
        lost += [f"{width}x{height} {one}" for one in (*room, *ways, *board, *wide)]

    assert lost == []


@pytest.mark.parametrize(("width", "height", "least"), [(360, 740, 300), (320, 568, 150), (740, 360, 250)])
async def test_what_is_said_has_most_of_a_small_window(
    open_page: Open, server: Server, width: int, height: int, least: int
) -> None:
    page = await open_page(username="teacher")
    await enter(page, server)
    await page.set_viewport_size({"width": width, "height": height})
    await start(page)

    box = await page.locator("#captions").bounding_box()

    assert box is not None
    assert box["height"] >= least
    await expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("width", "height"), [(360, 740), (360, 640)])
async def test_an_open_map_leaves_the_buttons_of_a_phone_in_sight(
    open_page: Open, server: Server, width: int, height: int
) -> None:
    page = await open_page(username="teacher")
    await enter(page, server)
    await page.set_viewport_size({"width": width, "height": height})
    await start(page)

    await page.get_by_role("button", name="Goal and tools").click()
    await page.get_by_text("Map", exact=True).click()

    await expect(page.get_by_role("group", name="Map of the lesson")).to_be_visible()
    await expect(page.get_by_role("button", name="Send")).to_be_in_viewport(ratio=1)
