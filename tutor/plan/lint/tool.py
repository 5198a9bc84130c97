"""Rules for the lesson's tools."""

from collections.abc import Iterator

from tutor.plan.lint.finding import Finding, error, over, repeated, warning
from tutor.plan.lint.limits import MAX_KIND, STAGE_COMPLETE, TOOL_NAME
from tutor.plan.model import Plan, Tool


def tool_findings(plan: Plan) -> Iterator[Finding]:
    """What is wrong with each tool, and whether it is used."""
    for number, name in repeated(tool.name for tool in plan.tools):
        yield error(f"tools[{number}].name", f"Another tool is called “{name}” already: choose another name.")
    used = {name for stage in plan.stages for name in stage.tools}
    for number, tool in enumerate(plan.tools):
        yield from _tool(tool, f"tools[{number}]")
        if tool.name not in used:
            yield warning(f"tools[{number}]", f"No stage uses the tool “{tool.name}”: let one use it, or remove it.")


def _tool(tool: Tool, place: str) -> Iterator[Finding]:
    if not TOOL_NAME.fullmatch(tool.name):
        yield error(f"{place}.name", f"“{tool.name}” cannot be a tool's name: use up to 64 letters, digits, - and _.")
    if tool.name == STAGE_COMPLETE:
        yield error(f"{place}.name", f"“{STAGE_COMPLETE}” is built in: choose another name.")
    yield from over(f"{place}.kind", tool.kind, MAX_KIND, "The kind")
    if not tool.description.strip():
        yield warning(
            f"{place}.description",
            f"Tool “{tool.name}” does not say what it is for: say when the tutor should call it.",
        )
    if tool.parameters.get("type") != "object":
        yield error(
            f"{place}.parameters",
            f"The parameters of tool “{tool.name}” are no list of fields: begin the JSON Schema with type “object”.",
        )
