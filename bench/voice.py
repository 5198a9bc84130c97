"""A voice lesson in a real browser: how long the learner waits for the tutor's sound."""

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, BrowserContext, Page, TimeoutError, sync_playwright

from bench import servers
from bench.figures import Figure, Goal, Row
from tests.e2e.sound import wav
from tests.running import FLAGS, PASSWORD, Server, chromium, running
from tutor import plan as plans
from tutor.plan import Outcome, Plan, Stage

COUNT = 10
# Milliseconds. Nothing here takes as long; what does will not come.
PATIENCE = 30_000
LESSON = "bench"

# A microphone that says what it is told when it is told, and ears that note the moment of every sound.
INSTRUMENTS = """
window.clock = { clicked: 0, opened: 0, updated: 0, began: 0, spoken: 0, heard: 0 };
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
  Object.assign(window.clock, { began: performance.now(), heard: 0 });
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
    channel.addEventListener("open", () => { window.clock.opened = performance.now(); });
    const send = channel.send.bind(channel);
    channel.send = (text) => {
      const isUpdate = JSON.parse(text).type === "session.update";
      if (isUpdate) Object.assign(window.clock, { updated: performance.now(), heard: 0 });
      send(text);
    };
    return channel;
  }
};
function listen(stream) {
  const ear = audio.createAnalyser();
  ear.fftSize = 256;
  audio.createMediaStreamSource(stream).connect(ear);
  const samples = new Float32Array(ear.fftSize);
  let loudAt = -Infinity;
  setInterval(() => {
    ear.getFloatTimeDomainData(samples);
    if (samples.some((sample) => Math.abs(sample) > 0.01)) {
      const now = performance.now();
      // Only after a silence: the end of the sentence before may still be on its way through the buffers.
      if (window.clock.heard === 0 && now - loudAt > 80) window.clock.heard = now;
      loudAt = now;
    }
  }, 4);
}
document.addEventListener("click", () => { window.clock.clicked = performance.now(); }, true);
"""
# What a page of an echo does as the room does: microphone, offer, answer, channel.
CALL_ECHO = """async () => {
  window.clock.clicked = performance.now();
  const call = new RTCPeerConnection();
  const channel = call.createDataChannel("echo");
  // Chromium hands a track to nobody that no element plays.
  const player = new Audio();
  call.addEventListener("track", ({ track }) => {
    player.srcObject = new MediaStream([track]);
    player.play();
  });
  const [track] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks();
  call.addTrack(track);
  await call.setLocalDescription();
  const answer = await fetch("/", { method: "POST", body: call.localDescription.sdp });
  await call.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  window.call = { call, channel, player };
}"""
BESIDE = "a raw echo over aiortc"


def measure() -> list[Figure | Row]:
    """Start lessons, change stages and speak, each ten times; and call an echo as often."""
    with tempfile.TemporaryDirectory() as folder, running(Path(folder)) as server, sync_playwright() as playwright:
        _publish(server)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            context = _signed_in(browser, server)
            sides = zip(*(_start(context, server) + _call_echo(context) for _ in range(COUNT)), strict=True)
            opened, started, echo_opened, echoed = sides
            figures = [
                Figure("“Start talking” to data channel open", opened),
                Figure("“Start talking” to first sound", started),
                Figure("stage change to first sound", _change_stages(context, server)),
                Figure("learner's silence to first sound", _converse(context, server)),
                Figure("echo: call to data channel open", echo_opened),
                Figure("echo: a sound to its return", echoed),
            ]
        finally:
            browser.close()
    return [
        *figures,
        Row(
            "“Start talking” to data channel open",
            median(opened),
            yardstick=median(echo_opened),
            beside=BESIDE,
            goal=Goal(1.5),
        ),
        *(Row(one.name, median(one.samples), yardstick=median(echoed), beside=BESIDE) for one in figures[2:4]),
    ]


def _call_echo(context: BrowserContext) -> tuple[float, float]:
    """Call an echo; return the milliseconds until the channel is open, and until a sound comes back."""
    with servers.echo() as url:
        page = context.new_page()
        page.goto(url)
        page.evaluate(CALL_ECHO)
        _until(page, "channel to an echo", "window.clock.opened > 0")
        page.evaluate("(sentence) => window.say(sentence)", _encoded("the sky is blue"))
        _until(page, "echo", "window.clock.heard > 0")
        took = _since(page, "clicked", "opened"), _since(page, "began")
        page.close()
    return took


def _encoded(sentence: str) -> str:
    return base64.b64encode(wav([sentence])).decode()


def _publish(server: Server) -> None:
    """Make a lesson of short stages, one more than there are changes to measure."""
    keys = [f"stage-{number}" for number in range(COUNT + 1)]
    ways = zip(keys, [*keys[1:], None], strict=True)
    stages = tuple(
        Stage(
            key=key,
            title=f"Stage {key}",
            goal="Say that the sky is blue.",
            instructions="Ask what colour the sky is.",
            opening="What colour is the sky?",
            outcomes=(Outcome(key="understood", when="The learner has answered.", next=after),),
        )
        for key, after in ways
    )
    pack = server.database.parent / f"{LESSON}.yaml"
    pack.write_text(plans.to_yaml(Plan(title="Bench", stages=stages)))
    server.manage("lesson", "import", str(pack), "--publish")


def _signed_in(browser: Browser, server: Server) -> BrowserContext:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE)
    context.add_init_script(INSTRUMENTS)
    page = context.new_page()
    page.goto(f"{server.url}/accounts/login/")
    page.get_by_label("User name").fill("learner")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/")
    page.close()
    return context


@contextmanager
def _room(context: BrowserContext, server: Server) -> Iterator[Page]:
    """The room of a lesson just begun, whose call has been started; the lesson is ended afterwards."""
    page = context.new_page()
    page.goto(f"{server.url}/lessons/{LESSON}/")
    page.locator("main form button").first.click()
    page.wait_for_url("**/attempts/**")
    page.get_by_role("button", name="Start talking").click()
    yield page
    page.get_by_role("button", name="End lesson").click()
    page.get_by_role("button", name="Yes, end it").click()
    page.wait_for_selector("#room[data-status=ended]")
    page.close()


def _until(page: Page, what: str, condition: str) -> None:
    """Wait for something that JavaScript can see; end the bench with a sentence when it does not come."""
    try:
        page.wait_for_function(f"() => {condition}", polling=20)
    except TimeoutError:
        room = page.locator("#room")
        status = room.get_attribute("data-status") if room.count() else "not there"
        raise SystemExit(f"No {what} within {PATIENCE // 1000} s: the room is {status}.") from None


def _since(page: Page, moment: str, until: str = "heard") -> float:
    return float(page.evaluate(f"window.clock.{until} - window.clock.{moment}"))


def _listening(page: Page) -> None:
    """Make the tutor stop, and wait until it is the learner's turn."""
    if page.locator("#interrupt").is_visible():
        page.evaluate("document.getElementById('interrupt').click()")
    _until(page, "turn of the learner", "document.getElementById('room').dataset.status === 'listening'")


def _start(context: BrowserContext, server: Server) -> tuple[float, float]:
    """Start a call; return the milliseconds from the click to the open channel, and to the first sound."""
    with _room(context, server) as page:
        _until(page, "sound after the start", "window.clock.heard > 0")
        return _since(page, "clicked", "opened"), _since(page, "clicked")


def _change_stages(context: BrowserContext, server: Server) -> list[float]:
    """Walk through the lesson; return the milliseconds from sending each new stage to the first sound in it."""
    samples = []
    with _room(context, server) as page:
        for _ in range(COUNT):
            page.evaluate("window.clock.updated = 0")
            for text in ("the sky is blue", "next"):
                _listening(page)
                page.get_by_label("Message to the tutor").fill(text)
                page.get_by_role("button", name="Send").click()
                _until(page, "answer to a message", "document.getElementById('room').dataset.status === 'speaking'")
            _until(page, "sound after a stage change", "window.clock.updated > 0 && window.clock.heard > 0")
            samples.append(_since(page, "updated"))
    return samples


def _converse(context: BrowserContext, server: Server) -> list[float]:
    """Speak when it is the learner's turn; return the milliseconds from each end to the first sound of the answer."""
    sentence = _encoded("the sky is blue")
    samples = []
    with _room(context, server) as page:
        _until(page, "sound after the start", "window.clock.heard > 0")
        for _ in range(COUNT):
            _listening(page)
            page.evaluate("window.clock.spoken = 0")
            page.evaluate("(sentence) => window.say(sentence)", sentence)
            _until(page, "answer to a spoken sentence", "window.clock.spoken > 0 && window.clock.heard > 0")
            samples.append(_since(page, "spoken"))
    return samples
