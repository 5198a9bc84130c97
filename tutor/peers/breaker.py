"""Leaves a provider alone that has failed again and again: learners hear so at once, and wait for nothing."""

import time
from collections.abc import Callable
from math import ceil

# Failures in a row after which a provider counts as down.
FAILURES = 5
# Seconds for which it is not asked then. After them one call may try; the others wait for how that goes.
OPEN_FOR = 15


class Breaker:
    """Counts the failures of one provider. Not for threads: an event loop has its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._until = 0.0

    def wait(self) -> int:
        """Return for how many seconds the provider is not to be asked; 0: ask it now, and tell how it went."""
        if self._failures < FAILURES:
            return 0
        left = ceil(self._until - self._clock())
        if left <= 0:
            # This one tries; whoever comes meanwhile does not.
            self._until = self._clock() + OPEN_FOR
        return max(left, 0)

    def failed(self) -> None:
        """Note that the provider gave no answer, or none of use."""
        self._failures += 1
        self._until = self._clock() + OPEN_FOR

    def trip(self, seconds: int) -> None:
        """Note that the provider will be of no use to anybody for so long."""
        self._failures = FAILURES
        self._until = self._clock() + seconds

    def answered(self) -> None:
        """Note that the provider is there, even if it refused."""
        self._failures = 0
