"""`sluice run FILE`: drop a file, follow its run, end with the result."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import click

from sluice.commands.dropping import FILE, choose_dataset, drops
from sluice.commands.outcome import outcome_lines
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.drops import Drop
from sluice.runs.run import Run
from sluice.runs.run_documents import result_document
from sluice.runs.watching import Answer, await_run, next_steps, watch_run
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import Exit
from sluice.terminal.output import put_json, put_lines, say

_WORST_FIRST = (Exit.RUN_FAILED, Exit.WAITS, Exit.SUCCEEDED)


@click.command("run")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--dataset", metavar="NAME", help="Dataset, where a file's name does not tell.")
@click.option("--approve", is_flag=True, help="Approve, should the gate ask.")
@click.option("--reject", is_flag=True, help="Reject, should the gate ask.")
@click.option("--comment", default="answered by sluice run", help="Why, for the gate's record.")
@operator_options
@click.pass_context
def command(
    context: click.Context,
    files: Sequence[Path],
    dataset: str | None,
    comment: str,
    *,
    approve: bool,
    reject: bool,
) -> None:
    """Drop FILEs, follow their runs to the end, and print the results.

    Ends with 0 when the rows are in the table, 1 when a run failed, 3 when a person must decide.
    """
    if approve and reject:
        raise click.UsageError("--approve and --reject exclude each other")
    chosen = [(file, choose_dataset(file, dataset)) for file in files]
    cloud = open_cloud()
    answer = None
    if approve or reject:
        answer = Answer(decision="approve" if approve else "reject", comment=comment)
    began = time.monotonic()
    dropped = [_told(drop) for drop in drops(cloud, chosen)]
    results = [(_followed(cloud, each, answer), time.monotonic() - began) for each in dropped]
    if settings().json:
        documents = [result_document(run, seconds) for run, seconds in results]
        put_json(documents if len(documents) > 1 else documents[0])
    else:
        for run, seconds in results:
            put_lines(outcome_lines(run, seconds))
    for run, _ in results:
        say(*next_steps(run))
    codes = {run.exit_code for run, _ in results}
    context.exit(next(code for code in _WORST_FIRST if code in codes))


def _told(drop: Drop) -> Drop:
    say(f"dropped s3://{drop.bucket}/{drop.key}")
    return drop


def _followed(cloud: Cloud, dropped: Drop, answer: Answer | None) -> Run:
    run_id = await_run(cloud, dropped, time.sleep)
    say(f"run {run_id}")
    return watch_run(cloud, run_id, time.sleep, answer=answer)
