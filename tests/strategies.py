"""Arbitrary plans, texts and JSON for property tests."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tutor.plan import ContextRule, Outcome, Plan, Stage, Tool

# The machine may be busy: no time limit for one example, which would fail at random. The autouse fixture that sets
# plain settings is the same for every example.
patient = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])

TRAPS = [
    *("yes", "no", "on", "null", "~", "true", "1", "-0", "007", "0x1f", "1e3", "1.5", ".inf", "nan", "12:30", "1_000"),
    *(
        "2026-01-31",
        "<<",
        "=",
        "",
        " ",
        "- a",
        "a: b",
        "a #b",
        "# Goal",
        "\\# Goal",
        "---",
        "...",
        "%YAML 1.2",
        "&a",
        "*a",
    ),
    *(
        "!x",
        "|",
        ">",
        "{",
        "[",
        "'",
        '"',
        "@",
        "`",
        "\t",
        " lead",
        "trail ",
        "a\nb",
        "a\nb\n",
        "\na",
        "  a\nb",
        "a\n\n b\n",
    ),
    *(
        "a\n# Goal\nb",
        "a\r\nb",
        "\r",
        "a\x85b",
        "a\u2028b\n",
        "\ufeffa",
        "😀",
        "𝒜\n😀",
        "\x1b[31m",
        "\x7f",
        "a\\b",
        "é",
        "e\u0301",
    ),
]
# Whatever a database can hold.
texts = st.sampled_from(TRAPS) | st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60
)
# Whatever Python can hold.
any_text = st.text(max_size=60) | st.sampled_from(["\ud800", "a\udfffb", "\x00", *TRAPS])


def _json(strings, numbers):
    scalars = st.none() | st.booleans() | numbers | strings
    return st.recursive(
        scalars, lambda part: st.lists(part, max_size=4) | st.dictionaries(strings, part, max_size=4), max_leaves=12
    )


json_values = _json(texts, st.integers(-(2**63), 2**63 - 1) | st.floats(-(2.0**62), 2.0**62))
any_json = _json(any_text, st.integers() | st.floats() | st.just(10**400))

outcomes = st.builds(Outcome, key=texts, when=texts, next=st.none() | texts)
tools = st.builds(
    Tool, name=texts, kind=texts, description=texts, parameters=st.dictionaries(texts, json_values, max_size=3)
)
small = st.integers(0, 32_767)
stages = st.builds(
    Stage,
    key=texts,
    title=texts,
    goal=texts,
    instructions=texts,
    opening=texts,
    tools=st.lists(texts, max_size=2).map(tuple),
    outcomes=st.lists(outcomes, max_size=2).map(tuple),
    hints=st.lists(texts, max_size=2).map(tuple),
    context=st.sampled_from(ContextRule),
    evidence=small,
    turns=small,
)
plans = st.builds(
    Plan,
    title=texts,
    stages=st.lists(stages, max_size=3).map(tuple),
    tools=st.lists(tools, max_size=2).map(tuple),
    summary=texts,
    language=texts,
    voice=texts,
    preamble=texts,
    minutes=small,
)
