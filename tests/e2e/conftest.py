"""A real browser against a real server."""

import asyncio
import base64
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, async_playwright, expect

from tests.e2e.sound import wav
from tests.running import FLAGS, PASSWORD, Server, chromium, firefox, running

# Notes what crosses the data channel and how loud the tutor is, without touching any of it.
RECORDER = """
window.seen = { sent: [], received: [], peers: [] };
const send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (text) {
  window.seen.sent.push(JSON.parse(text));
  return send.call(this, text);
};
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...rest) { super(...rest); window.seen.peers.push(this); }
  createDataChannel(...rest) {
    const channel = super.createDataChannel(...rest);
    channel.addEventListener("message", (event) => window.seen.received.push(JSON.parse(event.data)));
    return channel;
  }
};
window.loudness = async () => {
  let energy = 0;
  for (const peer of window.seen.peers) {
    for (const report of (await peer.getStats()).values()) {
      if (report.type === "inbound-rtp" && report.kind === "audio") energy += report.totalAudioEnergy ?? 0;
    }
  }
  return energy;
};
"""

# Firefox can be given no recording to hear: what it hears is what an element in the page plays.
MICROPHONE = """
const recording = Uint8Array.from(atob("%s"), (sign) => sign.charCodeAt(0));
// Not on an empty page, which is no secure one.
if (navigator.mediaDevices) navigator.mediaDevices.getUserMedia = async () => {
  const player = new Audio(URL.createObjectURL(new Blob([recording], { type: "audio/wav" })));
  player.loop = true;
  await player.play();
  return player.mozCaptureStream();
};
"""
# Sound without a touch, as Chromium's flags allow it too.
PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    # Frames of another site in the same process: into one of their own the driver's clicks and keys do not come.
    "fission.webContentIsolationStrategy": 0,
}

# A browser that keeps nothing for a page.
NO_STORAGE = (
    """Object.defineProperty(window, "indexedDB", { get() { throw new DOMException("", "SecurityError"); } });"""
)
# Seconds.
CLOSED_WITHIN = 30
# Milliseconds. The same patience for all that is waited for: how long a page takes is the business of the bench.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)
# What Firefox says where nobody answers, and of the icon that it looks for beside an answer that is no page.
UNANSWERED, ICON_REFUSED = "establish a connection to the server at ws:", "/favicon.ico"
# What Chromium says where a page is left while its socket is being opened.
LEFT_EARLY = "WebSocket is closed before the connection is established"

QUIET = wav([5.0])
Open = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here is end-to-end, and needs the browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.e2e)
            if firefox() and item.get_closest_marker("chromium"):
                item.add_marker(pytest.mark.skip(reason="Firefox cannot be driven to this"))
            elif not shutil.which(firefox() or chromium()):
                item.add_marker(pytest.mark.skip(reason="no Chromium here: install it, or name one in CHROMIUM"))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
async def plain_browser(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """The browser of all who are in a quiet room and want nothing special: it takes longer to start than many tests."""
    sound = put(tmp_path_factory.mktemp("quiet") / "microphone.wav", QUIET)
    browser = await launch(playwright, sound)
    yield browser
    await browser.close()


def put(file: Path, content: bytes) -> Path:
    """Write a file; return where it is."""
    file.write_bytes(content)
    return file


async def launch(playwright: Playwright, sound: Path, without: Collection[str] = ()) -> Browser:
    """Start a browser whose microphone hears a WAV: Chromium, or the Firefox that FIREFOX names."""
    if firefox():
        # The channel makes Playwright speak WebDriver BiDi, which every Firefox understands.
        return await playwright.firefox.launch(
            channel="moz-firefox", executable_path=firefox(), firefox_user_prefs=PREFERENCES
        )
    flags = [*(flag for flag in FLAGS if flag not in without), f"--use-file-for-fake-audio-capture={sound}"]
    return await playwright.chromium.launch(executable_path=chromium(), args=flags)


@pytest.fixture
async def open_page(
    playwright: Playwright, plain_browser: Browser, server: Server, tmp_path: Path
) -> AsyncIterator[Open]:
    """Opens a signed-in page of somebody who was never here before, on a server as it was at first. No page may
    complain, but of answers with a status in `refusals`, and in words that contain one of `tolerates`.

    `without` names flags that the browser is started without, such as the one that allows the microphone.
    `microphone` is the WAV it hears, over and over: a quiet room unless said otherwise (the browser's own would beep).
    `alone`: in a browser of its own, for a test that stops or ends it. `bare`: without our content security policy.
    """
    server.reset()
    opened: list[Browser | BrowserContext] = []
    complaints: list[str] = []
    everywhere: list[str] = []

    def listen(message: ConsoleMessage, tolerated: Collection[str]) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in (*tolerated, *everywhere)):
            complaints.append(f"{message.type}: {message.text}")

    def complain(text: str, tolerated: Collection[str]) -> None:
        # To Firefox that nobody answers is an error of the page.
        is_fault_itself = UNANSWERED in text and "WebSocket connection" in tolerated
        if not is_fault_itself and ICON_REFUSED not in text:
            complaints.append(f"page error: {text}")

    async def open_one(
        *,
        microphone: bytes = QUIET,
        username: str = "learner",
        url: str = server.url,
        refusals: Collection[int] = (),
        without: Collection[str] = (),
        tolerates: Collection[str] = (),
        alone: bool = False,
        bare: bool = False,
    ) -> Page:
        if microphone is QUIET and not without and not alone:
            browser = plain_browser
        else:
            sound = put(tmp_path / f"microphone{len(opened)}.wav", microphone)
            browser = await launch(playwright, sound, without)
        # In a context of its own, so that it remembers nothing, and can have a second window.
        context = await browser.new_context(bypass_csp=bare)
        opened.append(context if browser is plain_browser else browser)
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        if firefox():
            await page.add_init_script(MICROPHONE % base64.b64encode(microphone).decode())
        tolerated = [*tolerates, *(f"responded with a status of {status} " for status in refusals)]
        page.on("console", lambda message: listen(message, tolerated))
        page.on("pageerror", lambda error: complain(str(error), tolerated))
        await page.add_init_script(RECORDER)
        await sign_in(page, url, username)
        return page

    yield open_one
    everywhere.append(LEFT_EARLY)
    for one in opened:
        # Driven by WebDriver BiDi, a Firefox that has ended is sometimes waited for without end.
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSED_WITHIN):
                await one.close()
    assert "\n".join(complaints) == ""


async def until(page: Page, question: str, arg: object = None, *, within: float = 20) -> None:
    """Wait until the page says yes to a question that takes it time to answer.

    Playwright's own `wait_for_function` takes the promise of an answer for a yes.
    """
    async with asyncio.timeout(within):
        while not await page.evaluate(question, arg):
            await page.wait_for_timeout(100)


async def sign_out(page: Page) -> None:
    """And see the page of who is not signed in: whoever goes on before it is there is brought back to it."""
    signs_out = page.get_by_role("button", name="Sign out")
    await signs_out.click()
    await expect(signs_out).to_have_count(0)
    await page.wait_for_load_state()


async def sign_in(page: Page, url: str, username: str) -> None:
    await page.goto(f"{url}/accounts/login/")
    await page.get_by_label("User name").fill(username)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url(f"{url}/")
