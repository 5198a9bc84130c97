"""Signing in as people do: with an authenticator app, and with the school's own account."""

import time
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, expect

from tests.e2e.conftest import Open, sign_out
from tests.e2e.test_accessibility import dress, faults, in_every_look
from tests.running import PASSWORD, Server, running
from tests.school import CLIENT, SECRET, School, school


async def set_up(page: Page, server: Server) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an app as staff do; return it, and the recovery codes."""
    await page.get_by_role("link", name="Second factor").click()
    secret = (await page.locator(".factor__secret").inner_text()).replace(" ", "")
    app = pyotp.TOTP(secret)
    await page.get_by_label("Code", exact=True).fill(app.at(int(time.time()) - 30))
    await page.get_by_role("button", name="Switch it on").click()
    await expect(page.locator(".factor__codes li")).to_have_count(10)
    codes = await page.locator(".factor__codes li").all_inner_texts()
    return app, codes


async def sign_in_again(page: Page, server: Server) -> None:
    await sign_out(page)
    await page.goto(f"{server.url}/accounts/login/?next=/review/")
    await page.get_by_label("User name").fill("reviewer")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    await page.wait_for_load_state()


async def test_staff_sign_in_with_an_app_and_with_a_recovery_code(open_page: Open, server: Server) -> None:
    page = await open_page(username="reviewer", refusals=(400,))
    app, codes = await set_up(page, server)

    await sign_in_again(page, server)
    await page.goto(f"{server.url}/review/live/")
    await expect(page.get_by_label("Code", exact=True)).to_be_focused()
    await page.get_by_label("Code", exact=True).fill("123")
    await page.get_by_label("Code", exact=True).press("Enter")
    await expect(page.get_by_role("alert")).to_have_text(
        "This code is not right any more, or not yet. Type the one your app shows now."
    )
    await page.get_by_label("Code", exact=True).fill(app.now())
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/review/live/")

    await page.goto(server.url)
    await sign_in_again(page, server)
    await page.get_by_label("Code", exact=True).fill(codes[3])
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/review/")
    await expect(page.get_by_text("You have 9 recovery codes left.")).to_be_visible()


@in_every_look
async def test_pages_of_the_second_factor_have_no_fault(
    open_page: Open, server: Server, scheme: str, width: int
) -> None:
    page = await open_page(username="reviewer")
    await dress(page, scheme, width)
    await page.get_by_role("link", name="Second factor").click()
    wrong = await faults(page)
    await set_up(page, server)
    wrong += await faults(page)
    await page.get_by_role("link", name="I have kept them: go on").click()
    await page.get_by_role("link", name="Second factor").click()
    wrong += await faults(page)
    await sign_in_again(page, server)

    assert wrong + await faults(page) == []


@pytest.fixture
def provider() -> Iterator[School]:
    with school() as known:
        yield known


async def test_a_learner_signs_in_with_the_school_s_account(open_page: Open, provider: School, tmp_path: Path) -> None:
    environment = {"OIDC_ISSUER": provider.issuer, "OIDC_CLIENT_ID": CLIENT, "OIDC_CLIENT_SECRET": SECRET}
    with running(tmp_path, **environment) as server:
        page = await open_page(url=server.url)
        await sign_out(page)
        await page.goto(f"{server.url}/accounts/login/?next=/history/")
        assert await faults(page) == []

        await page.get_by_role("link", name="Sign in with your school account").click()
        await page.wait_for_url("**/history/")

        await expect(page.get_by_text("mia", exact=True)).to_be_visible()
