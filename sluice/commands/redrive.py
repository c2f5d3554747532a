"""`sluice redrive RUN`: let a run that was cut off go on where it stood."""

from __future__ import annotations

import time

import click

from sluice.commands.outcome import put_outcome
from sluice.options import open_cloud, operator_options
from sluice.runs.follow_ups import redrive
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.runs.watching import watch_run
from sluice.terminal.output import say


@click.command("redrive")
@click.argument("run")
@operator_options
@click.pass_context
def command(context: click.Context, run: str) -> None:
    """Let RUN go on with the step at which it was cut off; finished work is not repeated."""
    cloud = open_cloud()
    run_id = find_run_id(cloud, run)
    found = read_run(cloud, run_id)
    states = redrive(cloud, found)
    say(f"redriven from {states[-1].name if states else 'the start'}")
    after = watch_run(cloud, run_id, time.sleep, seen=states)
    put_outcome(after)
    context.exit(after.exit_code)
