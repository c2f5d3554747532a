"""`sluice watch RUN`: follow a run that is under way."""

from __future__ import annotations

import time

import click

from sluice.commands.outcome import put_outcome
from sluice.options import open_cloud, operator_options
from sluice.runs.run_ids import find_run_id
from sluice.runs.watching import watch_run


@click.command("watch")
@click.argument("run")
@operator_options
@click.pass_context
def command(context: click.Context, run: str) -> None:
    """Follow RUN to its end, or to the point where a person must decide."""
    cloud = open_cloud()
    found = watch_run(cloud, find_run_id(cloud, run), time.sleep)
    put_outcome(found)
    context.exit(found.exit_code)
