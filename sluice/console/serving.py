"""The console on a port of this machine, until Ctrl-C or SIGTERM."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from werkzeug.serving import WSGIRequestHandler, make_server

from sluice.console.app import create_app
from sluice.console.guard import Guard
from sluice.stack.cloud import Cloud
from sluice.stack.local import ended_by_sigterm


class _QuietHandler(WSGIRequestHandler):
    """Does not log requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def serve(
    cloud: Cloud, guard: Guard, *, port: int, program: str, begun: Callable[[str], None]
) -> None:
    """Serve the console; `begun` gets its address."""
    app = create_app(cloud, guard, program=program)
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
    begun(f"http://{guard.host}:{server.server_port}/sign-in#{guard.key}")
    try:
        with ended_by_sigterm(), suppress(KeyboardInterrupt):
            server.serve_forever()
    finally:
        server.server_close()
