"""No text that anybody wrote ever runs, wherever it is shown: with our policy, and without it."""

from collections.abc import Iterable
from uuid import UUID

import pytest
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.e2e.conftest import Open
from tests.e2e.test_lesson import enter, listening, say
from tests.running import Server
from tests.scripted import PAYLOADS, SLUG

# What Chromium says of the sockets of a page whose answer went through our hands.
NOT_LOCAL = "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"
FILL = "from tests.scripted import fill; fill()"
LINKS = "(links) => links.map((link) => new URL(link.href).pathname)"
# A script in an image or a frame comes a little later.
STRUCK_SOON = "() => new Promise((done) => setTimeout(() => done(Number(window.struck !== undefined)), 60))"
# As a learner's room reports a sentence of the tutor.
REPORT = """([number, text]) => fetch(location.pathname.replace("/attempts/", "/api/attempts/") + "journal/", {
  method: "POST",
  headers: {
    "Content-Type": "application/json",
    "X-CSRFToken": document.cookie.match(/csrftoken=([^;]+)/)[1],
  },
  body: JSON.stringify({
    entries: [{ id: `item_p${number}`, kind: "utterance", speaker: "tutor", status: "complete", text }],
  }),
})"""
# Rows of which one page of each kind is enough.
MODELS = (
    "attempt",
    "classroom",
    "consenttext",
    "fault",
    "intervention",
    "lesson",
    "lessonversion",
    "setaside",
    "stage",
)
MODELS += ("stagevisit", "tool", "toolcall", "utterance", "watchword")


async def strip(route: Route) -> None:
    """Answer without the policy, so that nothing but escaping stands between a text and its script."""
    response = await route.fetch(max_redirects=0)
    headers = {name: value for name, value in response.headers.items() if name != "content-security-policy"}
    await route.fulfill(response=response, headers=headers)


async def walk(page: Page, server: Server, paths: Iterable[str], *, bare: bool) -> list[str]:
    """Open pages; return what struck or was not there, and a word on each."""
    wrong = []
    for path in paths:
        response = await page.goto(server.url + path)
        assert response is not None
        assert ("content-security-policy" in response.headers) is not bare
        for medium in ("screen", "print"):
            await page.emulate_media(media=medium)  # type: ignore[arg-type]
            if await page.evaluate("() => window.struck !== undefined"):
                wrong.append(f"{path} struck ({medium})")
        if response.status != 200 or page.url != server.url + path:
            wrong.append(f"{path} was answered with {response.status} {page.url}")
    return wrong


def pages_of(server: Server) -> dict[str, list[str]]:
    """Every page that shows a text somebody wrote, by who sees it."""
    over, going_on = [row["code"] for row in server.rows("SELECT code FROM tutor_attempt ORDER BY id DESC LIMIT 2")][
        ::-1
    ]
    over, going_on = (f"{code[:8]}-{code[8:12]}-{code[12:16]}-{code[16:20]}-{code[20:]}" for code in (over, going_on))
    staff = ["", "live/", f"live/{going_on}/", "lessons/", f"lessons/{SLUG}/", "costs/", "take-out/", f"{over}/"]
    staff += [f"{going_on}/", "?said=script", "?said=%3Cscript%3E%22%27"]
    own = [f"/attempts/{code}/{page}" for code in (over, going_on) for page in ("", "transcript/")]
    first = {name: server.rows(f"SELECT id FROM tutor_{name} ORDER BY id DESC LIMIT 1") for name in MODELS}  # noqa: S608
    admin = [f"/admin/tutor/{name}/" for name in MODELS]
    admin += [
        f"/admin/tutor/{name}/{rows[0]['id']}/change/" for name, rows in first.items() if rows and name != "attempt"
    ]
    ids = {name: rows[0]["id"] for name, rows in first.items() if rows}
    admin += [f"/admin/tutor/{name}/{ids[name]}/history/" for name in ("lesson", "classroom", "attempt")]
    admin += [f"/admin/tutor/classroom/{ids['classroom']}/delete/", "/admin/auth/user/", "/admin/auth/group/"]
    person = server.rows("SELECT id FROM auth_user WHERE username = 'learner'")[0]["id"]
    admin += ["/admin/", f"/admin/auth/user/{person}/change/", "/review/person/"]
    return {
        "learner": ["/", f"/lessons/{SLUG}/", "/history/", *own, f"/attempts/{over}/card/", "/join/"],
        "reviewer": [*(f"/review/{page}" for page in staff), "/consent/"],
        "head": admin,
    }


@pytest.mark.chromium
async def test_the_payloads_are_scripts(open_page: Open) -> None:
    """Or the other test could not fail: most of them run in a page that takes them for its own."""
    page = await open_page(tolerates=("",))
    struck = 0
    for payload in PAYLOADS:
        await page.goto("about:blank")
        await page.set_content(f"<!doctype html><p title='{payload}'>{payload}</p>")
        struck += await page.evaluate(STRUCK_SOON)

    assert struck >= 15


@pytest.mark.parametrize("policy", ["with our policy", pytest.param("without it", marks=pytest.mark.chromium)])
async def test_no_stored_text_runs_on_any_page(open_page: Open, server: Server, policy: str) -> None:
    bare = policy == "without it"
    tolerated = (NOT_LOCAL,) if bare else ()
    opened = {name: await open_page(username=name, tolerates=tolerated) for name in ("learner", "reviewer")}
    server.manage("shell", "-c", FILL)
    opened["head"] = await open_page(username="head", tolerates=tolerated)
    dialogs: list[str] = []
    wrong: list[str] = []

    for name, paths in pages_of(server).items():
        page = opened[name]
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        if bare:
            await page.route("**/*", strip)
        wrong += await walk(page, server, paths, bare=bare)
        await page.unroute_all(behavior="wait")

    # Complaints of the console, a breach of the policy among them, fail the test at its end.
    assert (wrong, dialogs) == ([], [])


@pytest.mark.chromium
async def test_no_text_runs_that_comes_while_a_page_is_open(open_page: Open, server: Server) -> None:
    """The room and the live desk build what they show in the browser, word by word; neither has our policy here."""
    room = await open_page(bare=True)
    code = await enter(room, server)
    await room.get_by_role("button", name="Start talking").click()
    await listening(room)
    desk = await open_page(username="reviewer", bare=True)
    await desk.goto(f"{server.url}/review/live/{UUID(code)}/")
    await expect(desk.locator("#live-state")).to_have_text("Live")

    await say(room, " ".join(PAYLOADS[:8]))
    await listening(room)
    for number, payload in enumerate(PAYLOADS):
        await room.evaluate(REPORT, [number, payload])
    for text in (PAYLOADS[0], PAYLOADS[-1]):
        await expect(desk.locator("#said")).to_contain_text(text)

    assert [await page.evaluate(STRUCK_SOON) for page in (room, desk)] == [0, 0]


async def test_files_are_saved_and_never_shown(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer")
    server.manage("shell", "-c", FILL)
    [going_on] = server.rows("SELECT code FROM tutor_attempt WHERE ended_at IS NULL ORDER BY id DESC LIMIT 1")
    code = UUID(going_on["code"])
    links = await hrefs(page, f"{server.url}/review/take-out/")
    files = [link for link in links if "/take-out/" in link and not link.endswith("/review/take-out/")]
    files += [f"/review/{code}/take-out/{form}/" for form in ("txt", "md", "vtt", "json")]

    answers = [await get(page.context, server.url + file) for file in files]

    assert len(files) >= 7
    for file, headers in zip(files, answers, strict=True):
        assert headers["content-disposition"].startswith("attachment"), file
        assert headers["x-content-type-options"] == "nosniff", file
        assert "html" not in headers["content-type"], file


async def hrefs(page: Page, url: str) -> list[str]:
    await page.goto(url)
    found: list[str] = await page.eval_on_selector_all("a[href]", LINKS)
    return found


async def get(context: BrowserContext, url: str) -> dict[str, str]:
    response = await context.request.get(url)
    assert response.status == 200, url
    return response.headers
