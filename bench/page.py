"""The page of a room on a slow phone and a slow line: what it weighs, and when a learner can begin."""

import time
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright

from bench import people, servers
from bench.figures import Figure, Goal, Row
from tests.running import FLAGS, chromium

COUNT = 5
# Milliseconds. Nothing here takes as long.
PATIENCE = 60_000
# What the developer tools call “Slow 4G”: milliseconds, bytes a second each way; and a processor four times as slow.
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4
PRESS = """() => {
  document.getElementById("start")?.click();
  return document.getElementById("room")?.dataset.status !== "ready";
}"""


@dataclass(slots=True)
class Visit:
    """What came over the line, in bytes, `heads` of them what HTTP/1.1 says before each file; and the milliseconds
    until something is seen, and until one can begin."""

    sizes: list[int] = field(default_factory=list)
    heads: int = 0
    painted: float = 0.0
    usable: float = 0.0


def measure() -> list[Figure | Row]:
    """Open the room of a lesson just begun, five times, each in a browser that has never been here."""
    with servers.a_database() as url, sync_playwright() as playwright:
        [learner] = people.make(url, 1)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            with servers.viva(url) as server:
                visits = [_visit(browser.new_context(), server.url, learner) for _ in range(COUNT)]
        finally:
            browser.close()
    heads = max(visit.heads for visit in visits) / 1000
    kilobytes = max(sum(visit.sizes) for visit in visits) / 1000 - heads
    return [
        Figure("room on a slow line and phone: first contents", [visit.painted for visit in visits]),
        Figure("room on a slow line and phone: “Start talking” answers", [visit.usable for visit in visits]),
        Row("room page, uncached, without sound", kilobytes, "kB", goal=Goal(150, absolute=True)),
        Row("what HTTP/1.1 repeats in each answer, and HTTP/2 does not", heads, "kB"),
        Row("requests of the room page", max(len(visit.sizes) for visit in visits), ""),
    ]


def _visit(context: BrowserContext, url: str, learner: people.Person) -> Visit:
    cookie = {"name": "__Host-sessionid", "value": learner.session, "url": url.replace("http:", "https:")}
    context.add_cookies([{**cookie, "secure": True}])  # type: ignore[typeddict-item]
    page = context.new_page()
    visit = Visit()
    _slow_down(page, visit)
    began = time.perf_counter()
    page.goto(f"{url}/attempts/{learner.code}/", wait_until="commit", timeout=PATIENCE)
    # Pressed as soon as it is there, and again until the room's script hears it.
    page.wait_for_function(PRESS, timeout=PATIENCE)
    visit.usable = (time.perf_counter() - began) * 1000
    visit.painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.wait_for_load_state("networkidle", timeout=PATIENCE)
    context.close()
    return visit


def _slow_down(page: Page, visit: Visit) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    tools.send("Network.emulateNetworkConditions", LINE)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})

    def answered(told: dict[str, Any]) -> None:
        visit.heads += sum(len(f"{name}: {value}\r\n") for name, value in told["response"]["headers"].items())

    def arrived(loaded: dict[str, Any]) -> None:
        visit.sizes.append(int(loaded["encodedDataLength"]))

    tools.on("Network.responseReceived", answered)
    tools.on("Network.loadingFinished", arrived)
