"""`sluice console`: runs, graphs and the gate in a browser."""

from __future__ import annotations

from contextlib import suppress

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from sluice.console.app import create_app
from sluice.console.guard import Guard
from sluice.options import open_cloud, operator_options, program
from sluice.stack.local import ended_by_sigterm
from sluice.terminal.output import put, say


class _QuietHandler(WSGIRequestHandler):
    """Does not log requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@click.command("console")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one.")
@click.option(
    "--host-name",
    metavar="NAME",
    help="Host name in the address; without it one below localhost that nobody else knows.",
)
@operator_options
def command(port: int, host_name: str | None) -> None:
    """Serve the console on this machine until Ctrl-C, and print its address.

    Whoever opens that address acts with your AWS credentials: keep it to yourself.
    """
    guard = Guard(host=host_name) if host_name else Guard()
    app = create_app(open_cloud(), guard, program=program())
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_QuietHandler)
    put(f"http://{guard.host}:{server.server_port}/sign-in#{guard.key}")
    say("Ctrl-C ends the console")
    try:
        with ended_by_sigterm(), suppress(KeyboardInterrupt):
            server.serve_forever()
    finally:
        server.server_close()
