"""Before the call, and what happens to microphone and loudspeaker in it."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open
from tests.e2e.sound import wav
from tests.e2e.test_accessibility import LOOKS, dress, faults
from tests.e2e.test_lesson import enter, listening, say
from tests.running import Server

HELLO = wav([0.5, "I would like a coffee, please", 0.5])
ALLOWED = "--use-fake-ui-for-media-stream"
DEVICE = "--use-fake-device-for-media-stream"
SPEAKING_WITH = "() => window.seen.peers.at(-1).getSenders()[0].track?.getSettings().deviceId ?? ''"
LIVE = "() => window.seen.peers.flatMap((peer) => peer.getSenders()).some(({ track }) => track?.readyState === 'live')"
HEARD = "() => Boolean(window.seen.peers.at(-1)?.getSenders()[0]?.track?.enabled)"
# Scrolling sideways, or cut off at an edge of the window. The tutor's glow may reach out of its place.
OUTSIDE = """() => {
  const scrolls = [document.scrollingElement, ...document.querySelectorAll(".room, .talk, .captions, .where")];
  const parts = [...document.querySelectorAll("main button, main input, main p, main h2, main select, main li")];
  const isOutside = ({ left, right, width }) => width > 1 && (left < 0 || right > window.innerWidth);
  return [
    ...scrolls.filter((one) => one.scrollWidth > one.clientWidth),
    ...parts.filter((one) => isOutside(one.getBoundingClientRect())),
  ].map((one) => one.outerHTML.slice(0, 80));
}"""
NO_ASKING = """
window.asked = [];
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) => { window.asked.push(wanted); return ask(wanted); };
"""
BUSY = """
navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("In use.", "NotReadableError"));
"""
# As Safari does when the press is too long ago.
NO_SOUND = """
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  HTMLMediaElement.prototype.play = play;
  return Promise.reject(new DOMException("Not now.", "NotAllowedError"));
};
"""


async def anew(page: Page, server: Server) -> None:
    """Enter a room in which nothing has been said, and wait until it can be talked in."""
    await enter(page, server)
    await expect(page.get_by_role("button", name="Start talking")).to_be_visible()


async def is_seen_without_scrolling(page: Page, name: str) -> None:
    await expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


@pytest.mark.chromium
async def test_the_check_hears_the_learner_and_asks_for_nothing_before(open_page: Open, server: Server) -> None:
    page = await open_page(microphone=HELLO)
    await page.add_init_script(NO_ASKING)
    await anew(page, server)
    await expect(page.get_by_role("heading", name="What you will do")).to_be_visible()
    before = await page.evaluate("window.asked.length")

    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_text("We hear you.")).to_be_visible()
    await page.get_by_role("button", name="Stop the check").click()

    assert (before, await page.evaluate("window.asked.length")) == (0, 1)
    await expect(page.get_by_text("We hear you.")).to_be_hidden()


async def test_a_quiet_room_is_not_said_to_be_heard(open_page: Open, server: Server) -> None:
    page = await open_page()
    await anew(page, server)

    await page.get_by_role("button", name="Check the microphone").click()

    await expect(page.get_by_text("We hear nothing so far.")).to_be_visible(timeout=15_000)


@pytest.mark.chromium
async def test_the_test_sound_leaves_by_the_chosen_loudspeaker(open_page: Open, server: Server) -> None:
    page = await open_page()
    await anew(page, server)
    await page.get_by_role("button", name="Check the microphone").click()
    speakers = page.get_by_label("Speaker", exact=True)
    other = await speakers.locator("option").last.get_attribute("value")

    await speakers.select_option(other)

    await expect(page.get_by_text("You should hear three notes.")).to_be_visible()
    assert await page.evaluate("[voice.sinkId, voice.paused, voice.srcObject.active]") == [other, False, True]
    await page.reload()
    await page.wait_for_function("(id) => voice.sinkId === id", arg=other)


# Firefox is given its sound by the page itself here, and has no device to choose.
@pytest.mark.chromium
async def test_the_chosen_microphone_is_used_in_the_call_and_can_be_changed_in_it(
    open_page: Open, server: Server
) -> None:
    page = await open_page(username="teacher")
    await anew(page, server)
    await page.get_by_role("button", name="Check the microphone").click()
    microphones = page.get_by_label("Microphone", exact=True)
    ids = [await option.get_attribute("value") for option in await microphones.locator("option").all()]

    await microphones.select_option(ids[-1])
    await page.reload()
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)
    in_call = await page.evaluate(SPEAKING_WITH)
    await page.get_by_role("button", name="Sound", exact=True).click()
    await microphones.select_option(ids[-2])
    await page.wait_for_function(f"(id) => ({SPEAKING_WITH})() === id", arg=ids[-2])

    assert in_call == ids[-1] != ids[-2]
    assert await page.evaluate("window.seen.peers.length") == 1
    await say(page, "A cup of tea, please.")
    await listening(page)


@pytest.mark.chromium
async def test_a_microphone_that_is_unplugged_says_so_and_another_goes_on(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    await anew(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await listening(page)

    await page.evaluate("""() => {
        const { track } = window.seen.peers.at(-1).getSenders()[0];
        track.stop();
        track.dispatchEvent(new Event("ended"));
    }""")
    await expect(page.get_by_role("alert")).to_contain_text("Your microphone is gone.")
    gone = await page.evaluate(LIVE)
    await page.get_by_role("button", name="Try the microphone again").click()
    await page.wait_for_function(LIVE)

    assert gone is False
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert await page.evaluate("window.seen.peers.length") == 1


@pytest.mark.chromium
async def test_who_is_refused_the_microphone_learns_how_to_allow_it_or_types(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer", without=[ALLOWED])
    await anew(page, server)

    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_role("alert")).to_contain_text("switch “Microphone” on, then try again.")
    await page.get_by_role("alert").get_by_role("button", name="Continue by typing instead").click()
    await say(page, "A cup of tea, please.")
    await listening(page)
    await page.context.grant_permissions(["microphone"])
    await page.get_by_role("button", name="Sound", exact=True).click()
    await page.get_by_role("button", name="Check the microphone").click()

    await page.wait_for_function(LIVE)
    assert await page.evaluate("window.seen.peers.length") == 1


@pytest.mark.chromium
async def test_a_machine_without_a_microphone_says_so(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer", without=[DEVICE])
    await anew(page, server)

    await page.get_by_role("button", name="Start talking").click()

    await expect(page.get_by_role("alert")).to_contain_text("No microphone was found.")
    await say(page, "A cup of tea, please.")
    await listening(page)


async def test_a_microphone_in_use_elsewhere_says_so(open_page: Open, server: Server) -> None:
    page = await open_page()
    await page.add_init_script(BUSY)
    await anew(page, server)

    await page.get_by_role("button", name="Check the microphone").click()

    await expect(page.get_by_role("alert")).to_contain_text("Another program is using your microphone.")


@pytest.mark.chromium
async def test_where_sound_needs_a_press_there_is_a_button_for_it(open_page: Open, server: Server) -> None:
    page = await open_page()
    await page.add_init_script(NO_SOUND)
    await anew(page, server)
    await page.get_by_role("button", name="Start talking").click()

    await page.get_by_role("button", name="Turn the sound on").click()

    await expect(page.get_by_role("button", name="Turn the sound on")).to_be_hidden()
    assert await page.evaluate("voice.paused") is False


async def test_typing_instead_asks_for_no_microphone(open_page: Open, server: Server) -> None:
    page = await open_page()
    await page.add_init_script(NO_ASKING)
    await anew(page, server)

    await page.get_by_role("button", name="Continue by typing instead").click()
    await say(page, "A cup of tea, please.")
    await listening(page)

    assert await page.evaluate("window.asked") == []
    await expect(page.get_by_role("status")).to_have_text("Your turn: type your message", timeout=30_000)


async def test_typing_instead_is_remembered_and_the_microphone_comes_with_a_way_of_speaking(
    open_page: Open, server: Server
) -> None:
    page = await open_page(username="reviewer")
    await page.add_init_script(NO_ASKING)
    await anew(page, server)
    ways = page.get_by_role("button", name="How you take part")
    await expect(page.get_by_role("button", name="End lesson")).to_be_hidden()

    await page.get_by_role("button", name="Continue by typing instead").click()
    await listening(page)
    await page.reload()
    await expect(ways).to_contain_text("Typing")
    await page.get_by_role("button", name="Start typing").click()
    await listening(page)
    await expect(page.get_by_label("Message to the tutor")).to_be_focused()
    await expect(page.get_by_role("button", name="Unmute microphone")).to_be_hidden()
    typing = await page.evaluate("window.asked.length")
    await ways.click()
    await page.get_by_role("radio", name="Button").check()
    await page.get_by_role("button", name="Done").click()

    await page.wait_for_function(LIVE)
    await expect(page.get_by_role("button", name="Hold to talk")).to_be_enabled()
    assert (typing, await page.evaluate("window.asked.length")) == (0, 1)
    await expect(ways).to_contain_text("Button")
    await expect(page.get_by_role("button", name="End lesson")).to_be_visible()


@pytest.mark.chromium
async def test_a_microphone_that_is_checked_in_a_lesson_is_not_heard_by_the_tutor(
    open_page: Open, server: Server
) -> None:
    page = await open_page(microphone=HELLO, username="teacher")
    await anew(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await page.wait_for_function(HEARD)
    await page.get_by_role("button", name="Sound", exact=True).click()

    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_text("We hear you.")).to_be_visible()
    checked = await page.evaluate(HEARD)
    await page.get_by_role("button", name="Sound", exact=True).click()

    await page.wait_for_function(HEARD)
    assert not checked


@pytest.mark.chromium
async def test_a_permission_that_is_taken_back_is_not_called_unplugged(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher", without=[ALLOWED])
    await page.context.grant_permissions(["microphone"])
    await anew(page, server)
    await page.get_by_role("button", name="Start talking").click()
    await page.wait_for_function(LIVE)

    await page.context.clear_permissions()

    await expect(page.get_by_role("alert")).to_contain_text("Your browser does not give this page the microphone.")


@pytest.mark.chromium
async def test_the_focus_of_the_keyboard_is_not_lost(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer", without=[ALLOWED])
    await anew(page, server)
    await page.get_by_role("button", name="Start talking").press("Enter")
    await expect(page.get_by_role("alert").filter(has_text="switch “Microphone” on")).to_be_focused()

    interrupt = page.get_by_role("button", name="Interrupt")
    await expect(interrupt).to_be_enabled()
    await interrupt.press("Enter")
    await expect(interrupt).to_be_disabled()
    await expect(interrupt).to_be_focused()


async def test_what_is_missing_follows_what_is_said(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    await anew(page, server)
    needs = page.locator("#goal-needs")
    await expect(needs).to_contain_text("At least 2 answers")

    await say_anything(page)
    await expect(needs).to_contain_text("at least 1 more answer")
    await page.reload()
    await expect(needs).to_contain_text("at least 1 more answer")
    await expect(page.locator("#time-left")).to_have_text(re.compile(r"about \d+ minutes"))


async def say_anything(page: Page) -> None:
    await page.get_by_role("button", name="Continue by typing instead").click()
    await say(page, "The light of the sun has many colours.")


async def test_larger_captions_are_remembered(open_page: Open, server: Server) -> None:
    page = await open_page()
    await anew(page, server)
    larger = page.get_by_role("button", name="Larger captions")
    await larger.click()

    await page.reload()

    await expect(larger).to_have_attribute("aria-pressed", "true")


@pytest.mark.chromium
@pytest.mark.parametrize("width", [360, 768, 1280])
async def test_nothing_is_wider_than_the_window(open_page: Open, server: Server, width: int) -> None:
    page = await open_page(username="reviewer", without=[ALLOWED])
    await page.set_viewport_size({"width": width, "height": 640})
    await anew(page, server)
    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_role("alert")).to_be_visible()

    refused = await page.evaluate(OUTSIDE)
    await is_seen_without_scrolling(page, "Start talking")
    await page.get_by_role("alert").get_by_role("button", name="Continue by typing instead").click()
    await listening(page)
    in_call = await page.evaluate(OUTSIDE)

    assert (refused, in_call) == ([], [])
    await is_seen_without_scrolling(page, "Send")


@pytest.mark.chromium
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
async def test_the_states_before_and_in_a_call_have_no_fault(
    open_page: Open, server: Server, scheme: str, width: int
) -> None:
    page = await open_page(microphone=HELLO)
    await dress(page, scheme, width)
    await anew(page, server)
    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_text("We hear you.")).to_be_visible()
    await page.get_by_role("button", name="Play a test sound").click()

    checked = await faults(page)
    await page.get_by_role("button", name="Continue by typing instead").click()
    await listening(page)
    if width < 480:
        await page.get_by_role("button", name="Goal and tools").click()
    await page.get_by_role("button", name="Sound", exact=True).click()

    assert checked == []
    assert await faults(page) == []


@pytest.mark.chromium
@pytest.mark.parametrize(("scheme", "width"), LOOKS)
async def test_a_refused_microphone_has_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page(without=[ALLOWED])
    await dress(page, scheme, width)
    await anew(page, server)
    await page.get_by_role("button", name="Check the microphone").click()
    await expect(page.get_by_role("alert")).to_be_visible()

    assert await faults(page) == []
