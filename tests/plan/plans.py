"""Any plan a draft can hold: keys that repeat, outcomes that lead nowhere, texts with anything in them."""

from hypothesis import strategies as st

from tests.strategies import any_text, json_values, texts
from tutor.plan import ContextRule, Outcome, Plan, Stage, Tool

KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f", "needs-much-more-practice-with-the-past-tense", ""])

outcomes = st.builds(Outcome, key=KEYS | any_text, when=any_text, next=st.none() | KEYS)
stages = st.builds(
    Stage,
    key=KEYS,
    title=any_text,
    goal=any_text,
    instructions=any_text,
    opening=any_text,
    tools=st.lists(KEYS, max_size=3).map(tuple),
    outcomes=st.lists(outcomes, max_size=4).map(tuple),
    hints=st.lists(any_text, max_size=2).map(tuple),
    context=st.sampled_from(ContextRule),
    evidence=st.integers(0, 5),
    turns=st.integers(0, 50),
)
tools = st.builds(
    Tool, name=KEYS, kind=any_text, description=any_text, parameters=st.dictionaries(texts, json_values, max_size=2)
)
plans = st.builds(
    Plan,
    title=any_text,
    stages=st.lists(stages, max_size=6).map(tuple),
    tools=st.lists(tools, max_size=2).map(tuple),
    summary=any_text,
    preamble=any_text,
    minutes=st.integers(0, 60),
)


@st.composite
def lessons(draw: st.DrawFn) -> Plan:
    """Longer plans whose outcomes mostly lead somewhere: the shapes a picture has to cope with."""
    count = draw(st.integers(1, 24))
    exits = draw(st.lists(st.lists(st.integers(-1, count), max_size=4), min_size=count, max_size=count))
    return Plan(
        title="",
        stages=tuple(
            Stage(
                key=str(number),
                title=f"Stage {number}",
                goal=draw(st.sampled_from(["", "Order a drink.", "Order a drink and something to eat, politely."])),
                outcomes=tuple(
                    Outcome(key=f"way-{place}", when="", next=None if target == count else str(target))
                    for place, target in enumerate(targets)
                ),
            )
            for number, targets in enumerate(exits)
        ),
    )
