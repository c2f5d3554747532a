"""`sluice watch RUN`: follow a run that is under way."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from sluice.commands.outcome import outcome_lines
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.run_documents import result_document
from sluice.runs.run_ids import find_run_id
from sluice.runs.watching import gate_hint, watch_run
from sluice.terminal.output import put_json, put_lines, say


@click.command("watch")
@click.argument("run")
@operator_options
@click.pass_context
def command(context: click.Context, run: str) -> None:
    """Follow RUN to its end, or to the point where a person must decide."""
    cloud = open_cloud()
    found = watch_run(cloud, find_run_id(cloud, run), time.sleep)
    seconds = found.seconds(datetime.now(UTC))
    if settings().json:
        put_json(result_document(found, seconds))
    else:
        put_lines(outcome_lines(found, seconds))
    if found.approval_id:
        say(*gate_hint(found))
    context.exit(found.exit_code)
