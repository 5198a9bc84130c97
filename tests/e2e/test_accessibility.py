"""No page has a fault that axe finds: WCAG 2.2, levels A and AA, light and dark, on a phone and on a desk."""

import json
import re
from uuid import UUID

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open, sign_out
from tests.running import Server

LESSON = "ordering-in-a-cafe"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
    # It would copy the stylesheets into the page, which the page's policy refuses and complains about.
    "preload": False,
}
# The first is for the Enter key: hidden, and out of reach.
SUBMIT = "#content form [type=submit]:not([aria-hidden])"
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (390, 1280)]
# Also of links in a picture, which have no `pathname`.
LINKED = "(links) => links.map((link) => new URL(link.getAttribute('href'), document.baseURI).pathname)"
in_every_look = pytest.mark.parametrize(("scheme", "width"), LOOKS)


async def faults(page: Page) -> list[str]:
    """What axe finds on the page, a line for each element. It is evaluated by the debugger: no script is let in."""
    # A page that was clicked to has no styles yet when its first words are there.
    await page.wait_for_load_state()
    await page.evaluate(AXE_SCRIPT)
    found = await page.evaluate(f"axe.run({json.dumps(RULES)})")
    return [
        f"{page.url} {violation['id']}: {node['html']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


async def walk(page: Page, url: str, paths: list[str]) -> list[str]:
    """Open one page after the other; return what is wrong on any of them."""
    wrong = []
    for path in paths:
        response = await page.goto(url + path)
        assert response is not None
        assert response.status == 200, path
        wrong += await faults(page)
    return wrong


async def dress(page: Page, scheme: str, width: int) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": width, "height": 900})


@in_every_look
async def test_pages_of_a_visitor_have_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page()
    await dress(page, scheme, width)
    await sign_out(page)
    await expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    await page.wait_for_load_state()

    assert await walk(page, server.url, ["/", "/accounts/login/"]) == []


@in_every_look
async def test_pages_of_a_learner_have_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page()
    await dress(page, scheme, width)
    await page.goto(f"{server.url}/lessons/{LESSON}/")
    await page.locator("main form button").first.click()
    await page.wait_for_url("**/attempts/**")
    room = page.url.removeprefix(server.url)
    if width < 480:
        await page.get_by_role("button", name="Goal and tools").click()
    await page.get_by_text("Map", exact=True).click()
    await expect(page.get_by_role("button", name="Start talking")).to_be_visible()
    in_room = await faults(page)

    assert in_room == []
    assert await walk(page, server.url, ["/", f"/lessons/{LESSON}/", f"{room}card/", "/join/", "/join/ABCD234/"]) == []


@in_every_look
async def test_pages_of_a_teacher_have_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page(username="teacher")
    await dress(page, scheme, width)
    [lesson] = server.rows("SELECT id FROM tutor_lesson WHERE slug = ?", LESSON)
    ahead = ["/admin/", f"/admin/tutor/lesson/{lesson['id']}/change/"]
    seen = {kind(path) for path in ahead}
    wrong = []
    while ahead:
        wrong += await walk(page, server.url, [ahead.pop(0)])
        links = await page.eval_on_selector_all("#content a[href]", LINKED)
        new = {kind(path): path for path in links if path.startswith("/admin/tutor/") and kind(path) not in seen}
        new.pop("/admin/tutor/lesson/*/export/", None)  # a file, not a page
        seen |= new.keys()
        ahead += new.values()

    assert wrong == []
    assert {f"/admin/tutor/{name}/*/change/" for name in ("lesson", "stage", "tool")} <= seen


# An attempt that was left, in which something stands out, with a note on what was said.
SAID = """
from datetime import date
from uuid import UUID
from django.contrib.auth.models import User
from tutor.models import DayUse, Lesson, Speaker, UtteranceStatus, WatchWord
from tutor.services import attempts, digests, journal, review
person = User.objects.get(username="learner")
attempt, _ = attempts.start_attempt(Lesson.objects.get(slug="ordering-in-a-cafe"), learner=person)
words = [(Speaker.TUTOR, "What do you like to drink?"), (Speaker.LEARNER, "I hate tea.")]
journal.store_entries(attempt, [
    journal.UtteranceEntry(id=f"item_{number}", speaker=speaker, status=UtteranceStatus.COMPLETE, text=text)
    for number, (speaker, text) in enumerate(words)
])
attempts.end_attempt(attempt)
WatchWord.objects.create(words="hate")
digests.refresh_due()
for cost in (1, None):
    DayUse.objects.create(attempt=attempt, day=date.today(), model=f"voice {cost}", cost=cost, text_in=5, seconds=60)
reviewer = User.objects.get(username="reviewer")
review.add_note(attempt, reviewer, note_id=UUID(int=1), kind="safety", text="Ask why.", item_id="item_1")
review.save_search(reviewer, name="Tea", query="text=tea")
"""


@in_every_look
async def test_pages_of_a_reviewer_have_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page(username="reviewer")
    server.manage("shell", "--no-imports", "--command", SAID)
    [attempt] = server.rows("SELECT code FROM tutor_attempt")
    await dress(page, scheme, width)
    pages = ["/review/", "/review/?view=queue", "/review/?text=hate&lesson=nope", f"/review/{UUID(attempt['code'])}/"]
    wrong = "since=1800-01-01"
    pages += ["/review/lessons/", f"/review/lessons/ordering-in-a-cafe/?{wrong}", f"/review/costs/?by=learner&{wrong}"]

    assert await walk(page, server.url, pages) == []
    await page.eval_on_selector_all("details", "(all) => all.forEach((one) => { one.open = true; })")
    assert await faults(page) == []


ASKED = """
from django.contrib.auth.models import User
from tutor.models import ConsentText
ConsentText.objects.create(text="We keep it.\\n\\nAsk us.")
User.objects.filter(username="reviewer").update(is_superuser=True)
"""


@in_every_look
async def test_pages_about_what_is_kept_have_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page(username="reviewer")
    server.manage("shell", "--no-imports", "--command", SAID + ASKED)
    await dress(page, scheme, width)
    person = "/review/person/?username="
    pages = ["/review/take-out/?text=hate", f"{person}learner", f"{person}nobody", f"{person}reviewer", "/consent/"]

    assert await walk(page, server.url, pages) == []


CALLED = """
from datetime import timedelta
from decimal import Decimal
from django.contrib.auth.models import User
from django.utils import timezone
from tutor.models import Attempt, Connection, DayUse, Fault, Lesson, Pulse
from tutor.services import attempts
User.objects.filter(username="reviewer").update(is_superuser=True)
lesson, learner = Lesson.objects.get(slug="ordering-in-a-cafe"), User.objects.get(username="learner")
attempt, _new = attempts.start_attempt(lesson, learner=learner)
now, visit = timezone.now(), attempt.visits.get()
for number in range(120):
    at = now - timedelta(seconds=700 * (number % 7) + 40 * number)
    failed = number % 9 == 0
    answered = None if failed else at + timedelta(seconds=0.6 + number % 5 / 10)
    call = Connection.objects.create(
        attempt=attempt, visit=visit, config={}, answered_at=answered, ended_at=now,
        call_id="" if failed else f"rtc_{number}", error="provider_busy" if failed else "",
        hang_up_at=now - timedelta(minutes=5) if number == 1 else None,
    )
    Connection.objects.filter(pk=call.pk).update(requested_at=at)
Fault.objects.create(attempt=attempt, report_id="f", code="ice_failed")
for ago in range(9):
    day = timezone.localdate() - timedelta(days=ago)
    DayUse.objects.create(attempt=attempt, day=day, model="m", cost=Decimal("1.25") + ago % 4)
Pulse.objects.create(
    name="gone", role="listener", host="web-2.school.example.org", pid=4711, version="0.1.0", started_at=now,
    seen_at=now - timedelta(minutes=3), tended_at=now,
)
"""


@in_every_look
async def test_operators_page_has_no_fault(open_page: Open, server: Server, scheme: str, width: int) -> None:
    page = await open_page(username="reviewer")
    server.manage("shell", "--no-imports", "--command", CALLED)
    await dress(page, scheme, width)

    assert await walk(page, server.url, ["/operator/"]) == []
    await expect(page.locator("svg .spent__column--bad").first).to_be_attached()
    await page.eval_on_selector_all("details", "(all) => all.forEach((one) => { one.open = true; })")
    assert await faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


MISTAKES = [
    ("lesson/add/", {"title": ""}),
    ("lesson/{lesson}/change/", {"title": "", "minutes": "-3", "slug": "Not good!"}),
    ("stage/{stage}/change/", {"title": "", "outcomes-0-key": "a b!", "outcomes-0-when": ""}),
    ("tool/{tool}/change/", {"name": "The formula!", "rows-0-name": "not a name"}),
    ("lesson/import/", {"text": "viva: 1\nstages:\n- nonsense: 3\n"}),
    ("classroom/add/", {"name": ""}),
]


@in_every_look
async def test_forms_of_a_teacher_with_mistakes_in_them_have_no_fault(
    open_page: Open, server: Server, scheme: str, width: int
) -> None:
    page = await open_page(username="teacher")
    await dress(page, scheme, width)
    rows = {
        "lesson": server.rows("SELECT id FROM tutor_lesson WHERE slug = ?", LESSON)[0]["id"],
        "stage": server.rows("SELECT min(id) AS id FROM tutor_stage")[0]["id"],
        "tool": server.rows("SELECT min(id) AS id FROM tutor_tool")[0]["id"],
    }
    wrong = []
    for address, mistakes in MISTAKES:
        await page.goto(f"{server.url}/admin/tutor/{address.format(**rows)}")
        for name, text in mistakes.items():
            await page.locator(f"[name={name}]").fill(text)
        async with page.expect_navigation():
            await page.locator(SUBMIT).first.click()
        await expect(page.locator(".errornote, .pack-faults").first).to_be_visible()
        wrong += await faults(page)

    assert wrong == []


@in_every_look
async def test_page_of_a_class_with_a_lesson_has_no_fault(
    open_page: Open, server: Server, scheme: str, width: int
) -> None:
    page = await open_page(username="teacher")
    await dress(page, scheme, width)
    await page.goto(f"{server.url}/admin/tutor/classroom/add/")
    await page.get_by_label("Name").fill(f"7b, {scheme}, {width}")
    await page.locator("[name=_continue]:not([aria-hidden])").click()
    await page.get_by_text("Add another Lesson").click()
    await page.locator("[name=assignments-0-lesson]").select_option(index=1)
    async with page.expect_navigation():
        await page.locator("[name=_continue]:not([aria-hidden])").click()
    await expect(page.locator("[name=assignments-0-lesson]")).to_be_visible()

    assert await faults(page) == []


def kind(path: str) -> str:
    """The address without its numbers: one page of each kind is enough."""
    return re.sub(r"\d+", "*", path)


async def test_axe_is_at_work(open_page: Open) -> None:
    page = await open_page()
    await page.set_content("<html lang=en><title>Faulty</title><button></button><img src='/static/tutor/img/viva.svg'>")

    assert [line.split()[1] for line in await faults(page)] == ["button-name:", "image-alt:"]
