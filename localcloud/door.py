"""What is open from the first moment: a port, the keys that count, and whether the cloud is there.

All else takes seconds to import and to restore.  What is asked for meanwhile waits; only
`GET /_localcloud/health` is answered at once.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus

from localcloud.account import Account
from localcloud.guard import Guard
from localcloud.http.paths import CONTROL
from localcloud.http.server import HttpServer
from localcloud.http.signatures import Signatures
from localcloud.http.wsgi import App, Environ, StartResponse, hang_up, respond_json

_HEALTH = f"{CONTROL}health"


class Door:
    """Open from construction to `close`; behind it is what `lead_to` says."""

    def __init__(self, *, port: int = 0, region: str) -> None:
        """Port 0 takes any free one.

        Raises:
            OSError: somebody else has the port.
        """
        self._server = server = HttpServer(port=port)
        self.account = Account(endpoint_url=server.url, region=region, app=self._answer)
        self.signatures = Signatures(self.account.keys.secret_of, now=time.time)
        self._waiting_room = Guard(self._tell_health, self.signatures, serves=lambda _: False)
        self._inside: App | None = None
        self._is_led = threading.Event()
        self._wake: Callable[[], None] | None = None
        server.start(self._answer_visitor)

    def wake_at_first_visit(self, wake: Callable[[], None]) -> None:
        """Call `wake` once: as soon as somebody outside asks for more than how the cloud is."""
        self._wake = wake

    def lead_to(self, inside: App) -> None:
        """Let `inside` answer, also what waits already."""
        self._inside = inside
        self._is_led.set()

    def close(self) -> None:
        """Let requests under way end, and answer nothing more, neither on the port nor within."""
        self._server.close()
        self.lead_to(lambda environ, _: hang_up(environ))

    def _answer_visitor(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(CONTROL):
            wake, self._wake = self._wake, None
            if wake is not None:
                wake()
        return self._answer(environ, start_response)

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if self._inside is None and environ["PATH_INFO"] == _HEALTH:
            return self._waiting_room(environ, start_response)
        self._is_led.wait()
        inside: App = self._inside  # type: ignore[assignment]  # it is set before the event is
        return inside(environ, start_response)

    def _tell_health(self, _: Environ, start_response: StartResponse) -> Iterable[bytes]:
        health = {"status": "starting", "stack": None, "pid": os.getpid()}
        return respond_json(start_response, HTTPStatus.OK, health | {"region": self.account.region})
