"""One peer, with one speech worker, for all tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from tests.rehearsal.caller import Caller
from tutor.rehearsal.app import Rehearsal


@pytest.fixture(scope="session")
async def rehearsal() -> AsyncIterator[Rehearsal]:
    application = Rehearsal()
    await application.startup()
    yield application
    await application.close_all()


@pytest.fixture
async def caller(rehearsal: Rehearsal) -> AsyncIterator[Caller]:
    """A learner who has not called yet, and leaves at the end."""
    learner = Caller(rehearsal)
    yield learner
    await learner.close()
    for call in list(rehearsal.calls.values()):
        await call.hang_up("end of test")
