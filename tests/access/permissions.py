"""The table of who may do what, for people: docs/permissions.md."""

from collections.abc import Iterator
from pathlib import Path

from tests.access.table import ADDRESSES, ROLES, SOCKETS, actions, rows

FILE = Path(__file__).parents[2] / "docs" / "permissions.md"

_INTRODUCTION = """\
# Who may do what

Made of `tests/access/table.py` by `python -m tests.access`; do not edit. `tests/access/test_table.py` goes to every
address of the site as every one of these people, and fails where the site does something else, or has an address that
is not here.

The rows that the addresses name belong to the *learner*: their attempt at a lesson that was given to their class. The
lesson and the class are the *teacher*'s; the *class reviewer* is staff without any right, named in that class. The
*other* learner, teacher and class reviewer are of another class. The *reviewer* is of the group Reviewers.

| what is there | means |
|---|---|
| 200 | let in |
| 400 | let in, and told what the request lacks |
| on | led on to another page |
| in | led to where one signs in |
| 401 | told to sign in (programs) |
| 404 | there is nothing: the same as for what never was |

A method that is not named is refused with 405 and the list of those there are. HEAD goes where GET goes, only not in
the API. Without the token of a form of ours, everything but GET is refused with 403, but at the doors of learning
platforms, who sign what they send. Where somebody is let in, they still find only rows of their own.
"""


def text() -> str:
    """The whole file."""
    return "\n".join([_INTRODUCTION, *_sections(), *_sockets(), *_actions()])


def _sections() -> Iterator[str]:
    for section in ADDRESSES.strip().split("## ")[1:]:
        title, _, lines = section.partition("\n")
        yield from _table(title, lines)


def _sockets() -> Iterator[str]:
    yield from _table("WebSockets", SOCKETS)
    yield "4401: sign in first; 4404: there is nothing. Pages of other sites, and programs that name no origin, get no"
    yield "connection at all.\n"


def _actions() -> Iterator[str]:
    yield "## What can be done to several rows of a list in the admin\n"
    yield "| list | action | offered to |\n|---|---|---|"
    for (model, action), roles in actions().items():
        yield f"| {model} | `{action}` | {', '.join(role for role in ROLES if role in roles)} |"
    yield ""


def _table(title: str, lines: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| address | method | {' | '.join(ROLES)} |\n|{'---|' * (2 + len(ROLES))}"
    for row in rows(lines):
        yield f"| `{row.path}` | {' '.join(row.methods)} | {' | '.join(row.cells.values())} |"
    yield ""
