"""`sluice stop RUN`: end a run by hand."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import cast

import click

from pipeline.runs.settlement import StoppedFiles
from sluice.commands.outcome import put_outcome
from sluice.options import open_cloud, operator_options, program, settings
from sluice.runs.run import Run
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.runs.stops import HAPPENS, stop_run
from sluice.runs.watching import await_record
from sluice.terminal.exits import OperatorError
from sluice.terminal.output import say

_CHOICES = tuple(HAPPENS)


@click.command("stop")
@click.argument("run")
@click.option("--comment", default="stopped by hand", help="Why, for the record.")
@click.option(
    "--files",
    type=click.Choice(_CHOICES),
    help="What becomes of files that it has not loaded; asked on a terminal, else `leave`.",
)
@operator_options
def command(run: str, comment: str, files: str | None) -> None:
    """Stop RUN: it ends as FAILED, and nothing loads its files before somebody says so."""
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    if found.over:
        raise OperatorError(f"{found.run_id} is over already: {found.status}")
    chosen = cast("StoppedFiles", files or _asked())
    stop_run(cloud, found, files=chosen, comment=comment)
    stopped = await_record(cloud, found.run_id, time.sleep)
    put_outcome(stopped)
    say(*_what_follows(stopped, chosen))


def _asked() -> str:
    """Ask what becomes of the files, where somebody is there to answer."""
    if settings().json or not sys.stdin.isatty():
        return "leave"
    say(*(f"{choice}: the files {what}" for choice, what in HAPPENS.items()))
    answer: str = click.prompt(
        "Files that it has not loaded", type=click.Choice(_CHOICES), default="leave", err=True
    )
    return answer


def _what_follows(run: Run, files: str) -> Iterator[str]:
    """What is in the table, what still finishes, and what becomes of the files."""
    counts = run.counts
    written = counts.loaded + counts.replayed + counts.superseded + counts.duplicates
    if written:
        yield (
            f"{written} rows were done, {counts.loaded} of them written; a loader that is in the "
            f"middle of 500 rows finishes these and stops: {program()} show {run.run_id}"
        )
    kept = [file.key for file in run.files if file.disposition == "kept"]
    if kept:
        yield f"{len(kept)} files {HAPPENS[files]}"
        if files != "retry":
            yield f"  {program()} redrive {run.run_id} goes on"
            yield f"  {program()} replay {run.run_id} runs them anew"
