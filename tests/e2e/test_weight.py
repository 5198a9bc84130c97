"""The room is small and quick: one origin, no chain of imports, words before scripts."""

from playwright.async_api import Request, Route

from tests.e2e.conftest import Open
from tests.e2e.test_lesson import enter
from tests.running import Server

PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length > 0"


async def test_a_room_is_painted_before_its_scripts_and_fetches_nothing_unannounced(
    open_page: Open, server: Server
) -> None:
    page = await open_page()
    await enter(page, server)
    requests: list[Request] = []
    held: list[Route] = []
    page.on("request", lambda request: requests.append(request))
    await page.route("**/*.js", lambda route: held.append(route))

    await page.goto(page.url, wait_until="commit")
    await page.wait_for_function(PAINTED)
    title = await page.get_by_role("heading", level=1).is_visible()
    for route in held:
        await route.continue_()
    await page.unroute("**/*.js")
    await page.locator("#start").wait_for()

    announced = await page.evaluate(
        "() => [...document.querySelectorAll('link[rel=modulepreload], script[src]')].map((one) => one.href || one.src)"
    )
    fetched = {request.url for request in requests if request.resource_type == "script"}
    assert title
    assert len(held) > 30
    assert fetched == set(announced)
    assert {request.url for request in requests if not request.url.startswith((server.url, "data:"))} == set()
