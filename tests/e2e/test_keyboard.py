"""Writing a lesson without ever touching a mouse."""

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from playwright.async_api import CDPSession, Page, expect

from tests.e2e.conftest import Open
from tests.running import Server

# More than any page of the workshop has: whoever needs so many has gone round it.
MOST_PRESSES = 150


class Typist:
    """Somebody with a keyboard alone, who finds things by the names a screen reader says."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self._page = page
        self._devtools = devtools

    async def focused(self) -> str:
        """The accessible name of what has the focus, as the browser computes it; empty if it has none."""
        focus = await self._devtools.send("Runtime.evaluate", {"expression": "document.activeElement"})
        node = {"objectId": focus["result"]["objectId"], "fetchRelatives": False}
        tree = await self._devtools.send("Accessibility.getPartialAXTree", node)
        return " ".join(tree["nodes"][0].get("name", {}).get("value", "").split())

    async def tab_to(self, name: str, *, key: str = "Tab") -> None:
        """Press Tab (or `key`; none if empty) until something of this name, which may end in *, has the focus."""
        passed: list[str] = []
        if not key:
            assert fnmatchcase(await self.focused(), name)
            return
        while len(passed) < MOST_PRESSES:
            await self._page.keyboard.press(key)
            passed.append(await self.focused())
            if fnmatchcase(passed[-1], name):
                return
        raise AssertionError(f"{key} does not lead to “{name}”, but to {passed}")

    async def write(self, name: str, text: str, *, key: str = "Tab") -> None:
        """Go to a field and type; in a list of choices, this chooses the one that begins so."""
        await self.tab_to(name, key=key)
        await self._page.keyboard.type(text)

    async def press(self, name: str, key: str = "Enter") -> None:
        """Go to something and press a key on it."""
        await self.tab_to(name)
        await self._page.keyboard.press(key)

    async def skip_to(self, heading: str) -> None:
        """Wait for the page with this heading, then skip what every page begins with."""
        await expect(self._page.get_by_role("heading", level=1)).to_have_text(heading)
        await self._page.wait_for_load_state()
        await self.press("Skip to main content")

    async def write_way_out(self, name: str, when: str, *, leads_to: str, key: str = "Tab") -> None:
        """Fill in the next way out, or without a key the one whose name has the focus."""
        await self.write("Name:", name, key=key)
        await self.write("Leads to:", leads_to)
        await self.write("When to choose it:", when)

    async def write_stage(self, title: str) -> None:
        """Say what happens in a stage, on its page."""
        await self.skip_to(title)
        await self.write("Goal:", f"Get through “{title}”.")
        await self.write("Instructions to the tutor:", "Ask one question at a time. Finish when it is answered.")
        await self.write("Opening:", "Good morning! How are you?")


async def begin_lesson(typist: Typist) -> None:
    """From the list of lessons: a lesson of three stages that have nothing but titles."""
    await typist.skip_to("Lessons")
    await typist.press("Add lesson")
    await typist.skip_to("A new lesson")
    await typist.write("Title:", "Keys only")
    await typist.write("Summary:", "You say hello. Afterwards you can say goodbye.")
    for number, title in enumerate(["Hello", "Practice", "Goodbye"], start=1):
        await typist.write(f"Stage {number}", title)
    await typist.press("Save and write the stages")


async def add_hint_tool(typist: Typist) -> None:
    """From the lesson's page: a tool for the second stage, and back."""
    await typist.skip_to("Keys only")
    await typist.press("Add a tool")
    await typist.skip_to("A new tool")
    await typist.press("Give a hint*")
    await typist.skip_to("Give a hint")
    await typist.write("Name:", "give_hint")
    await typist.write("Description:", "Call this when the learner is stuck.")
    await typist.press("Practice", "Space")
    await typist.press("Save and go back to the lesson")


async def write_stages(typist: Typist) -> None:
    """From the lesson's page: all three stages, the first with two ways out, and back."""
    await typist.skip_to("Keys only")
    await typist.press("Open “Hello”")
    await typist.write_stage("Hello")
    await typist.write_way_out("unsure", "The learner greets with help.", leads_to="Practice")
    await typist.press("Add another Way out")
    # The new row has the focus already.
    await typist.write_way_out("fluent", "The learner greets alone.", leads_to="Goodbye", key="")
    await typist.press("Save and open next stage")
    await typist.write_stage("Practice")
    await typist.write_way_out("practised", "The learner has greeted twice.", leads_to="Goodbye")
    await typist.write("Hints:", "Think of the morning.\nIt begins with “Good”.")
    await typist.press("Save and open next stage")
    await typist.write_stage("Goodbye")
    await typist.write_way_out("done", "The learner has said goodbye.", leads_to="the")
    await typist.press("Save and go back to the lesson")


async def publish(typist: Typist) -> None:
    """From the lesson's page: its first version."""
    await typist.skip_to("Keys only")
    await typist.press("Publish")
    await typist.skip_to("Publish “Keys only”")
    await typist.press("Publish version 1")


def plans(server: Server, slug: str) -> dict[int, Any]:
    """The plans of a lesson's published versions, by number."""
    query = "SELECT number, plan FROM tutor_lessonversion v JOIN tutor_lesson l ON l.id = v.lesson_id WHERE slug = ?"
    return {row["number"]: json.loads(row["plan"]) for row in server.rows(query, slug)}


@pytest.mark.chromium
async def test_a_whole_lesson_is_written_and_published_by_keyboard_alone(open_page: Open, server: Server) -> None:
    page = await open_page(username="teacher")
    await page.goto(f"{server.url}/admin/tutor/lesson/")
    typist = Typist(page, await page.context.new_cdp_session(page))

    await begin_lesson(typist)
    await add_hint_tool(typist)
    await write_stages(typist)
    await publish(typist)
    await expect(page.get_by_text("Version 1 is published")).to_be_visible()

    published = plans(server, "keys-only")
    assert list(published) == [1]
    plan = published[1]
    ways = {stage["key"]: {way["key"]: way["next"] for way in stage["outcomes"]} for stage in plan["stages"]}
    assert ways == {
        "hello": {"unsure": "practice", "fluent": "goodbye"},
        "practice": {"practised": "goodbye"},
        "goodbye": {"done": None},
    }
    assert [(tool["name"], tool["kind"]) for tool in plan["tools"]] == [("give_hint", "hint")]
    assert [stage["tools"] for stage in plan["stages"]] == [[], ["give_hint"], []]
    assert [stage["hints"] for stage in plan["stages"]] == [[], ["Think of the morning.", "It begins with “Good”."], []]
