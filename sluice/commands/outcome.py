"""A run's result as text."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.runs import cause
from sluice.runs.run import Run
from sluice.terminal.clocktext import duration_text
from sluice.terminal.render import status_text


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
