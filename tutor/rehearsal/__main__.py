"""Run the rehearsal peer alone, for load tests or in a process of its own:

python -m tutor.rehearsal --port 8765
"""

import argparse
import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

# Daphne brings the asyncio reactor of Twisted, and must come before anything else of Twisted.
import daphne.server
from autobahn.websocket.types import ConnectionDeny
from daphne.ws_protocol import WebSocketFactory, WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.defer import Deferred

from tutor.rehearsal.app import Rehearsal, application

logger = logging.getLogger("tutor.rehearsal")


def main() -> None:
    """Serve until SIGTERM or SIGINT, then end every call."""
    parser = argparse.ArgumentParser(prog="python -m tutor.rehearsal", description="The rehearsal peer on its own.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on, 0 for any (default: %(default)s)")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    for noisy in ("aioice", "aiortc", "daphne"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    run(application, options.host, options.port)


class LineProtocol(WebSocketProtocol):  # type: ignore[misc]  # Daphne is untyped
    """A WebSocket whose refusal says what the provider's says: there is no such call (section 12)."""

    def serverReject(self) -> None:
        """Refuse the handshake; Daphne itself would answer 403."""
        refusal = ConnectionDeny(404, "No session found for the provided call_id.")  # type: ignore[no-untyped-call]
        self.handshake_deferred.errback(refusal)
        del self.handshake_deferred
        self.server.protocol_disconnected(self)


class LineFactory(WebSocketFactory):  # type: ignore[misc]  # Daphne is untyped
    """Makes such WebSockets."""

    protocol = LineProtocol


def run(application: Rehearsal, host: str, port: int) -> None:
    """Serve on one address."""

    def listening() -> None:
        # Only now is the number known that stands for port 0.
        number = server.listening_addresses[0][1]
        logger.info("rehearsal peer at http://%s:%d/v1", host, number)

    # Daphne has no setting for its WebSocket class.
    daphne.server.WebSocketFactory = LineFactory
    server = daphne.server.Server(
        application,
        endpoints=[f"tcp:port={port}:interface={host}"],
        ready_callable=listening,
        server_name="rehearsal",
        verbosity=0,
    )
    reactor.callWhenRunning(_later, application.startup)
    reactor.addSystemEventTrigger("before", "shutdown", _later, application.close_all)  # type: ignore[arg-type] # wrongly annotated
    server.run()


def _later(work: Callable[[], Coroutine[Any, Any, None]]) -> Deferred[None]:
    """Run a coroutine of asyncio where Twisted wants something to wait for."""
    return Deferred.fromFuture(asyncio.ensure_future(work()))


if __name__ == "__main__":
    main()
