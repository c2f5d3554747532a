"""`sluice run FILE`: drop a file, follow its run, end with the result."""

from __future__ import annotations

import time
from pathlib import Path

import click

from sluice.commands.dropping import FILE, choose_dataset, drop
from sluice.commands.outcome import outcome_lines
from sluice.options import open_cloud, operator_options, settings
from sluice.output import put_json, put_lines, say
from sluice.runs import result_document
from sluice.watching import Answer, await_run, gate_hint, watch_run


@click.command("run")
@click.argument("file", type=FILE)
@click.option("--dataset", metavar="NAME", help="Dataset, where the file's name does not tell.")
@click.option("--approve", is_flag=True, help="Approve, should the gate ask.")
@click.option("--reject", is_flag=True, help="Reject, should the gate ask.")
@click.option("--comment", default="answered by sluice run", help="Why, for the gate's record.")
@operator_options
@click.pass_context
def command(
    context: click.Context,
    file: Path,
    dataset: str | None,
    comment: str,
    *,
    approve: bool,
    reject: bool,
) -> None:
    """Drop FILE, follow its run to the end, and print the result.

    Ends with 0 when the rows are in the table, 1 when the run failed, 3 when a person must decide.
    """
    if approve and reject:
        raise click.UsageError("--approve and --reject exclude each other")
    chosen = choose_dataset(file, dataset)
    cloud = open_cloud()
    began = time.monotonic()
    dropped = drop(cloud, file, chosen)
    say(f"dropped s3://{dropped.bucket}/{dropped.key}")
    run_id = await_run(cloud, dropped, time.sleep)
    say(f"run {run_id}")
    answer = None
    if approve or reject:
        answer = Answer(decision="approve" if approve else "reject", comment=comment)
    run = watch_run(cloud, run_id, time.sleep, answer=answer)
    seconds = time.monotonic() - began
    if settings().json:
        put_json(result_document(run, seconds))
    else:
        put_lines(outcome_lines(run, seconds))
    if run.approval_id:
        say(*gate_hint(run))
    context.exit(run.exit_code)
