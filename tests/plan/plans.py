"""Any plan a draft can hold: keys that repeat, outcomes that lead nowhere, texts with anything in them."""

from hypothesis import strategies as st

from tutor.plan import ContextRule, Outcome, Plan, Stage, Tool

KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f", "needs-much-more-practice-with-the-past-tense", ""])
TEXTS = st.one_of(st.sampled_from(["", "Warm-up", "Order a drink, and something to eat, in a café."]), st.text())

outcomes = st.builds(Outcome, key=KEYS, when=TEXTS, next=st.none() | KEYS)
stages = st.builds(
    Stage,
    key=KEYS,
    title=TEXTS,
    goal=TEXTS,
    instructions=TEXTS,
    opening=TEXTS,
    tools=st.lists(KEYS, max_size=3).map(tuple),
    outcomes=st.lists(outcomes, max_size=5).map(tuple),
    hints=st.lists(TEXTS, max_size=3).map(tuple),
    context=st.sampled_from(ContextRule),
    evidence=st.integers(0, 5),
    turns=st.integers(0, 50),
)
schemas = st.dictionaries(
    st.text(), st.one_of(st.integers(), st.booleans(), TEXTS, st.lists(TEXTS, max_size=2)), max_size=3
)
tools = st.builds(Tool, name=KEYS, kind=TEXTS, description=TEXTS, parameters=schemas)
plans = st.builds(
    Plan,
    title=TEXTS,
    stages=st.lists(stages, max_size=9).map(tuple),
    tools=st.lists(tools, max_size=3).map(tuple),
    summary=TEXTS,
    preamble=TEXTS,
    minutes=st.integers(0, 60),
)


@st.composite
def lessons(draw: st.DrawFn) -> Plan:
    """Longer plans whose outcomes mostly lead somewhere: the shapes a picture has to cope with."""
    count = draw(st.integers(1, 24))
    ways = st.lists(st.integers(-1, count), max_size=4)
    built = []
    for number in range(count):
        targets = draw(ways)
        leads = tuple(
            Outcome(key=f"way-{place}", when="", next=None if target == count else str(target))
            for place, target in enumerate(targets)
        )
        built.append(Stage(key=str(number), title=f"Stage {number}", goal=draw(TEXTS), outcomes=leads))
    return Plan(title="", stages=tuple(built))
