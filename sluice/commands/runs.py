"""`sluice runs`: what has run, newest first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from pipeline.layout import UNASSIGNED
from sluice.options import open_cloud, operator_options, program, settings
from sluice.runs.run import STATUSES, Run
from sluice.runs.run_documents import summary_document
from sluice.runs.run_list import Wanted, find_page
from sluice.stack.project import datasets, find_project, unknown_dataset
from sluice.terminal.clocktext import duration_text, local_text
from sluice.terminal.output import put_json, put_lines, say
from sluice.terminal.render import cell, status_text, table

_COUNTS = ("rows_in", "valid", "rejected", "loaded", "replayed", "superseded")


@click.command("runs")
@click.option("--status", type=click.Choice(STATUSES, case_sensitive=False), help="Only these.")
@click.option("--dataset", metavar="NAME", help="Only runs of this dataset.")
@click.option("--file", metavar="TEXT", help="Only runs with this in their name.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most.")
@operator_options
def command(status: str | None, dataset: str | None, file: str | None, limit: int) -> None:
    """List the runs, newest first."""
    wanted = Wanted(statuses=(status,) if status else (), dataset=dataset or "", file=file or "")
    chosen = find_page(open_cloud(), wanted, size=limit).runs
    if dataset and not chosen:
        known = datasets(find_project(Path.cwd()))
        if dataset not in {*known, UNASSIGNED}:
            raise unknown_dataset(dataset, known)
    now = datetime.now(UTC)
    if settings().json:
        put_json([summary_document(run, now) for run in chosen])
        return
    if not chosen:
        say(
            "no such run"
            if status or dataset or file
            else f"no run yet; `{program()} run FILE` starts one"
        )
        return
    put_lines(runs_table(chosen, now))


def runs_table(runs: Sequence[Run], now: datetime) -> Iterator[str]:
    """A row for each run, with what became of its rows."""
    counted = [name.removeprefix("rows_") for name in _COUNTS]
    heads = ["run", "dataset", "status", *counted, "started", "took", "why"]
    rows = (
        [
            run.run_id,
            run.dataset,
            status_text(run.status),
            *(_number(getattr(run.counts, name)) for name in _COUNTS),
            local_text(run.started_at),
            duration_text(run.seconds(now)),
            cell(f"undo {run.undo.words}" if run.undo else run.why),
        ]
        for run in runs
    )
    return table(heads, rows, right=[*counted, "took"])


def _number(count: int | None) -> str:
    return "" if count is None else str(count)
