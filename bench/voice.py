"""A voice lesson in a real browser: click to channel, last loud sample to first sound back."""

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.figures import Figure
from tests.e2e.sound import wav
from tests.running import FLAGS, PASSWORD, Server, chromium, running

CALLS = 10
TURNS = 10

# A microphone that says what it is told when it is told, and ears that note the moment of every sound.
INSTRUMENTS = """
window.clock = { opened: [], spoken: 0, heard: 0 };
const audio = new AudioContext({ sampleRate: 48000 });
const microphone = audio.createMediaStreamDestination();
const hiss = audio.createBufferSource();
hiss.buffer = audio.createBuffer(1, 48000, 48000);
hiss.buffer.getChannelData(0).forEach((_, n, all) => { all[n] = (Math.random() - 0.5) / 1000; });
hiss.loop = true;
hiss.connect(microphone);
hiss.start();
navigator.mediaDevices.getUserMedia = async () => { await audio.resume(); return microphone.stream.clone(); };
window.say = async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
  const source = audio.createBufferSource();
  source.buffer = await audio.decodeAudioData(bytes.buffer);
  source.connect(microphone);
  source.onended = () => { window.clock.spoken = performance.now(); window.clock.heard = 0; };
  source.start();
};
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...rest) {
    super(...rest);
    this.addEventListener("track", (event) => listen(new MediaStream([event.track])));
  }
  createDataChannel(...rest) {
    const channel = super.createDataChannel(...rest);
    channel.addEventListener("open", () => window.clock.opened.push(performance.now()));
    return channel;
  }
};
function listen(stream) {
  const ear = audio.createAnalyser();
  ear.fftSize = 256;
  audio.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    if (window.clock.heard === 0 && samples.some((sample) => Math.abs(sample) > 0.01)) {
      window.clock.heard = performance.now();
    }
  }, 4);
}
document.addEventListener("click", () => { window.clock.clicked = performance.now(); }, true);
"""


def measure() -> list[Figure]:
    """Open a call several times; then speak several turns in one call."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            return [
                Figure("“Start talking” to data channel open", [_open(_room(browser, server)) for _ in range(CALLS)]),
                Figure("end of the learner's speech to first sound back", _converse(_room(browser, server))),
            ]
        finally:
            browser.close()


def _room(browser: Browser, server: Server) -> Page:
    page = browser.new_context().new_page()
    page.add_init_script(INSTRUMENTS)
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_label("User name").fill("learner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/")
    page.goto(f"{server.url}/lessons/why-is-the-sky-blue/")
    page.locator("main form button").first.click()
    page.wait_for_url("**/attempts/**")
    return page


def _open(page: Page) -> float:
    """Start a call and end it; return the milliseconds from the click to the open channel."""
    page.get_by_role("button", name="Start talking").click()
    page.wait_for_function("() => window.clock.opened.length > 0")
    took = page.evaluate("window.clock.opened[0] - window.clock.clicked")
    page.context.close()
    return float(took)


def _converse(page: Page) -> list[float]:
    """Speak when it is the learner's turn; return the milliseconds from each end to the first sound of the answer."""
    sentence = base64.b64encode(wav(["the sky is blue"])).decode()
    page.get_by_role("button", name="Start talking").click()
    samples = []
    for _ in range(TURNS):
        page.wait_for_selector("#room[data-status=listening]", timeout=60_000)
        page.evaluate("window.clock.spoken = 0")
        page.evaluate("(sentence) => window.say(sentence)", sentence)
        page.wait_for_function("() => window.clock.spoken > 0 && window.clock.heard > 0", timeout=60_000)
        samples.append(float(page.evaluate("window.clock.heard - window.clock.spoken")))
    page.context.close()
    return samples
