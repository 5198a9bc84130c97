"""Rules for the lesson's tools."""

from collections.abc import Iterator

from tutor.plan.lint.finding import Finding, error, over, repeated, warning
from tutor.plan.lint.limits import MAX_KIND, STAGE_COMPLETE, TOOL_NAME
from tutor.plan.model import Plan, Tool
from tutor.plan.phrase import gettext_noop


def tool_findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with each tool, and whether it is used."""
    for number, name in repeated(tool.name for tool in plan.tools):
        yield error(
            f"tools[{number}].name",
            gettext_noop("Another tool is called “%(name)s” already: choose another name."),
            name=name,
        )
    used = {name for stage in plan.stages for name in stage.tools}
    for number, tool in enumerate(plan.tools):
        yield from _tool(tool, f"tools[{number}]")
        if tool.name not in used:
            yield warning(
                f"tools[{number}]",
                gettext_noop("No stage uses the tool “%(name)s”: let one use it, or remove it."),
                name=tool.name,
            )


def _tool(tool: Tool, place: str) -> Iterator[Finding]:
    if not TOOL_NAME.fullmatch(tool.name):
        yield error(
            f"{place}.name",
            gettext_noop("“%(name)s” cannot be a tool's name: use up to 64 letters, digits, - and _."),
            name=tool.name,
        )
    if tool.name == STAGE_COMPLETE:
        yield error(f"{place}.name", gettext_noop("“%(name)s” is built in: choose another name."), name=tool.name)
    yield from over(f"{place}.kind", tool.kind, MAX_KIND, gettext_noop("The kind"))
    if not tool.description.strip():
        yield warning(
            f"{place}.description",
            gettext_noop("Tool “%(name)s” does not say what it is for: say when the tutor should call it."),
            name=tool.name,
        )
    if tool.parameters.get("type") != "object":
        yield error(
            f"{place}.parameters",
            gettext_noop(
                "The parameters of tool “%(name)s” are no list of fields: begin the JSON Schema with type “object”."
            ),
            name=tool.name,
        )
