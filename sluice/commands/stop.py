"""`sluice stop RUN`: end a run by hand."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from sluice.commands.outcome import outcome_lines
from sluice.exits import OperatorError
from sluice.options import open_cloud, operator_options, settings
from sluice.output import put_json, put_lines
from sluice.runs import find_run_id, read_run, result_document
from sluice.watching import await_record


@click.command("stop")
@click.argument("run")
@click.option("--comment", default="stopped by hand", help="Why, for the record.")
@operator_options
def command(run: str, comment: str) -> None:
    """Stop RUN: it ends as FAILED, and files that it has not loaded stay in the landing zone."""
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    if found.over:
        raise OperatorError(f"{found.run_id} is over already: {found.status}")
    cloud.states.stop_execution(
        executionArn=found.execution_arn, error="StoppedByHand", cause=comment
    )
    stopped = await_record(cloud, found.run_id, time.sleep)
    seconds = stopped.seconds(datetime.now(UTC))
    if settings().json:
        put_json(result_document(stopped, seconds))
    else:
        put_lines(outcome_lines(stopped, seconds))
