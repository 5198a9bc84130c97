"""A rehearsal peer on its own that does harm when told to: `python -m tests.peer_for_tests [SECONDS]`.

No call lasts longer than SECONDS. Every line on its standard input closes the data channels of all calls, and nothing
else of them: a browser goes on to send and to hear sound.
"""

import asyncio
import logging
import sys

# The reactor as the peer has installed it.
from tutor.rehearsal.__main__ import reactor, run
from tutor.rehearsal.app import LONGEST_CALL, Rehearsal


def close_channels(rehearsal: Rehearsal) -> None:
    sys.stdin.readline()
    for call in rehearsal.calls.values():
        channel = call._channel
        assert channel is not None
        channel.remove_all_listeners("close")
        channel.close()


async def obey(rehearsal: Rehearsal) -> None:
    asyncio.get_running_loop().add_reader(sys.stdin, close_channels, rehearsal)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    application = Rehearsal(longest_call=float(sys.argv[1]) if len(sys.argv) > 1 else LONGEST_CALL)
    reactor.callWhenRunning(lambda: asyncio.ensure_future(obey(application)))
    run(application, "127.0.0.1", 0)
