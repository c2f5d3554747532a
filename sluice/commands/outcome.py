"""A run's result as text."""

from __future__ import annotations

from collections.abc import Iterator

from sluice.clocktext import duration_text
from sluice.render import status_text
from sluice.runs import Counts, Run


def outcome_lines(run: Run, seconds: float) -> Iterator[str]:
    """Status, rows, files, report and, where it went wrong, why."""
    yield f"{status_text(run.status)} {run.run_id} in {duration_text(seconds)}"
    if text := rows_text(run.counts):
        yield f"  rows    {text}"
    for file in run.files:
        place = f" → {file.destination_uri}" if file.destination_uri else ""
        yield f"  file    {file.key} {file.disposition or 'in work'}{place}"
    if run.report_uri:
        yield f"  report  {run.report_uri}"
    if run.why:
        yield f"  why     {run.why}"


def rows_text(counts: Counts) -> str:
    """The counts in words, without those that are nought.

    >>> rows_text(Counts(rows_in=10, valid=9, rejected=1, loaded=9, replayed=0, superseded=0,
    ...                  duplicates=0))
    '10 in, 9 valid, 1 rejected, 9 loaded'
    """
    if counts.rows_in is None:
        return ""
    words = [f"{counts.rows_in} in", f"{counts.valid} valid"]
    names = ("rejected", "loaded", "replayed", "superseded", "duplicates")
    words += [f"{number} {name}" for name in names if (number := getattr(counts, name))]
    return ", ".join(words)
