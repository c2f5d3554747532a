"""A run's result, as commands that follow one end with it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pipeline.runs import cause
from sluice.options import settings
from sluice.runs.run import Run
from sluice.runs.run_documents import result_document
from sluice.runs.watching import next_steps
from sluice.terminal.clocktext import duration_text
from sluice.terminal.output import put_json, put_lines, say
from sluice.terminal.render import status_text


def put_outcome(run: Run) -> None:
    """Print the result and, where the run waits or went wrong, what a person can do."""
    seconds = run.seconds(datetime.now(UTC))
    if settings().json:
        put_json(result_document(run, seconds))
    else:
        put_lines(outcome_lines(run, seconds))
    say(*next_steps(run))


def outcome_lines(run: Run, seconds: float) -> Iterator[str]:
    """Status, rows, files, report and, where it went wrong, why."""
    yield f"{status_text(run.status)} {run.run_id} in {duration_text(seconds)}"
    if text := run.counts.words:
        yield f"  rows    {text}"
    for file in run.files:
        place = f" → {file.destination_uri}" if file.destination_uri else ""
        yield f"  file    {file.key} {file.disposition or 'in work'}{place}"
    if run.report_uri:
        yield f"  report  {run.report_uri}"
    if run.undo:
        yield f"  undo    {run.undo.words}"
    if run.why:
        yield f"  why     {run.why}"
    if cause.is_full_disk(run.why):
        yield f"  do      {cause.FULL_DISK}"
