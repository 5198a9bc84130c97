"""What goes wrong, and when: it follows from the seed and from what is struck, never from the order of arrival."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

# What may happen to a request on each link, and how often. What is left of 1 goes through untouched.
#   delayed      held for up to 800 ms
#   held         until the next request of the same lesson has gone ahead
#   lost         never reaches the other side
#   unanswered   is carried out; the answer is lost
#   doubled      its bytes arrive twice, at once or up to two seconds later, when others have gone ahead
#   broken       breaks off in the middle of the body
#   cut short    the answer breaks off in the middle
#   garbled      the answer's body turns to garbage of the same length
#   refused      somebody in between answers, with a page of HTML
#   swallowed    no answer at all, for as long as anybody waits
# No request is turned into another valid one: that is what TLS and checksums are for. A request that is spoilt is
# spoilt so that it shows: it breaks off before its announced length.
MIXES: dict[str, dict[str, float]] = {
    "browser": {
        "delayed": 0.05,
        "held": 0.02,
        "lost": 0.03,
        "unanswered": 0.03,
        "doubled": 0.03,
        "broken": 0.01,
        "cut short": 0.015,
        "garbled": 0.01,
        "refused": 0.02,
        "swallowed": 0.004,
    },
    "provider": {
        "delayed": 0.05,
        "lost": 0.02,
        "unanswered": 0.02,
        "doubled": 0.02,
        "cut short": 0.02,
        "garbled": 0.01,
        "refused": 0.03,
        "swallowed": 0.004,
    },
    # Of the news a server tells a page. lost: the line breaks after a while; held: every second one comes late.
    "socket": {"lost": 0.1, "doubled": 0.05, "held": 0.05},
    # Of what server and database say to each other, a chunk at a time.
    "database": {"delayed": 0.002},
}
# The requests at which the server is killed, or the database goes away: each lesson makes at least one of each.
MOMENTS = ("tool-calls", "journal", "connections", "state")


def draw(*key: object) -> float:
    """A number from 0 to 1 that belongs to a key."""
    digest = hashlib.blake2b("/".join(map(str, key)).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


@dataclass(frozen=True, slots=True)
class Fate:
    """What happens to one request; `amount` is how much of it, from 0 to 1."""

    name: str
    amount: float


@dataclass(frozen=True, slots=True)
class Chance:
    """The dice of one run. With `calm` nothing ever goes wrong in lessons of that number and above."""

    seed: int

    def fate(self, link: str, *key: object) -> Fate:
        """What happens to the request that a key names: its lesson, its kind, and the how manieth it is."""
        left = draw(self.seed, link, *key)
        for name, share in MIXES[link].items():
            left -= share
            if left < 0:
                return Fate(name, draw(self.seed, link, *key, "amount"))
        return Fate("", draw(self.seed, link, *key, "amount"))

    def moments(self, name: str, count: int, lessons: Sequence[int]) -> set[tuple[int, str]]:
        """Spread so many blows over lessons: of each the lesson and the kind of request that brings it about."""
        width = len(lessons) / count if count else 0
        picked = (lessons[int(index * width + draw(self.seed, name, index) * width)] for index in range(count))
        return {(lesson, MOMENTS[int(draw(self.seed, name, lesson) * len(MOMENTS))]) for lesson in picked}
