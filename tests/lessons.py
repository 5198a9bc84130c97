"""Small lessons for tests, as plans and as published rows."""

from dataclasses import replace

from django.contrib.auth.models import User

from tutor.models import Lesson
from tutor.plan import ContextRule, Outcome, Plan, Stage, Tool
from tutor.services import authoring

PLAN = Plan(
    title="Ordering in a café",
    summary="You order a drink.",
    minutes=5,
    preamble="Speak slowly.",
    stages=(
        Stage(
            key="warm-up",
            title="Warm-up",
            goal="Say what you like to drink.",
            instructions="Ask what the learner likes to drink.",
            opening="Hello! What do you like to drink?",
            tools=("hint", "note"),
            hints=("Think of a hot drink.", "It grows on a bush."),
            outcomes=(
                Outcome(key="understood", when="The learner named a drink.", next="order"),
                Outcome(key="needs-practice", when="The learner needs more time.", next="warm-up"),
            ),
        ),
        Stage(
            key="order",
            title="Order",
            goal="Order a drink.",
            instructions="You are the waiter.",
            opening="What can I get you?",
            evidence=1,
            context=ContextRule.SUMMARY,
            outcomes=(Outcome(key="ordered", when="The learner ordered.", next="goodbye"),),
        ),
        Stage(
            key="goodbye",
            title="Looking back",
            goal="Say what you learned.",
            instructions="Look back.",
            opening="What did you learn today?",
            turns=0,
            context=ContextRule.FRESH,
            outcomes=(Outcome(key="done", when="The learner looked back."),),
        ),
    ),
    tools=(
        Tool(name="hint", kind="hint", description="When the learner is stuck."),
        Tool(
            name="note",
            kind="note",
            description="Note a drink.",
            parameters={
                "type": "object",
                "properties": {"drink": {"type": "string"}},
                "required": ["drink"],
                "additionalProperties": False,
            },
        ),
    ),
)

# A picture of one dot.
DOT = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="

# In its first stage the tutor can show cards, with and without a picture, and ask for a drawing.
WITH_CARDS = replace(
    PLAN,
    stages=(replace(PLAN.start, tools=("card", "cup", "draw")), *PLAN.stages[1:]),
    tools=(
        Tool(name="card", kind="card", description="Show a card."),
        Tool(name="cup", kind="card", description="Show a cup.", options={"image": DOT, "alt": "A <cup>"}),
        Tool(name="draw", kind="drawing", description="Ask for a drawing."),
    ),
)


def publish(plan: Plan = PLAN, *, slug: str = "cafe", by: User | None = None) -> Lesson:
    """Make a plan a published lesson."""
    lesson = authoring.load_draft(plan, slug=slug)
    authoring.publish(lesson, by=by)
    return lesson


def of_stages(count: int) -> Plan:
    """A plan of so many stages: each leads to the next and back to itself, and uses the same two tools."""
    keys = [f"stage-{number}" for number in range(1, count + 1)]
    return replace(
        PLAN,
        stages=tuple(
            replace(
                PLAN.start,
                key=key,
                title=f"Title of {key}",
                outcomes=(Outcome(key="on", when="…", next=after), Outcome(key="again", when="…", next=key)),
            )
            for key, after in zip(keys, [*keys[1:], None], strict=True)
        ),
    )
