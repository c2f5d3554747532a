"""`sluice console`: runs, graphs and the gate in a browser."""

from __future__ import annotations

import click

from sluice.options import open_cloud, operator_options, program
from sluice.terminal.output import put, say


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
    from sluice.console.guard import Guard  # noqa: PLC0415  (Flask takes 0.2 s, also of `--help`)
    from sluice.console.serving import serve  # noqa: PLC0415

    guard = Guard(host=host_name) if host_name else Guard()
    serve(open_cloud(), guard, port=port, program=program(), begun=_tell)


def _tell(address: str) -> None:
    put(address)
    say("Ctrl-C ends the console")
