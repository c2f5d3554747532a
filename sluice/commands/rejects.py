"""`sluice rejects RUN`: the rows that a run did not accept, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any

import click

from sluice.options import open_cloud, operator_options, program, settings
from sluice.runs.follow import past_visits
from sluice.runs.mending import Sheets, chosen_files, one_file, write_mendable
from sluice.runs.reject_summary import BrokenRule, broken_rules
from sluice.runs.reports import Document, read_report, refusal_reason, rejected_rows, reported_uri
from sluice.runs.run import Run
from sluice.runs.run_ids import find_run_id
from sluice.runs.run_reader import read_run
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError
from sluice.terminal.output import put_lines, say
from sluice.terminal.render import cell, json_array, table


@click.command("rejects")
@click.argument("run")
@click.option("--limit", type=click.IntRange(1), help="At most so many rows.")
@click.option("--summary", is_flag=True, help="Print rows per column and rule instead.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write FILE instead: a CSV to mend, with the file's own columns and the reasons.",
)
@click.option("--file", "name", metavar="NAME", help="Only rows of this file of the run.")
@operator_options
def command(
    run: str, limit: int | None, out: Path | None, name: str | None, *, summary: bool
) -> None:
    """Print the rejected rows of RUN with line, column, rule and what is wrong."""
    if out and (summary or limit):
        raise click.UsageError("--out writes all rows: leave out --summary and --limit")
    cloud = open_cloud()
    found = read_run(cloud, find_run_id(cloud, run))
    _tell_refusals(cloud, found)
    uri = _report_uri(cloud, found)
    if out:
        _write(cloud, found, uri, name, out)
        return
    rows = rejected_rows(cloud, read_report(cloud, uri), uri) if uri else iter(())
    if name:
        versions = {file.version_id for file in chosen_files(found, name)}
        rows = (row for row in rows if row["version_id"] in versions)
    if summary:
        _print_summary(broken_rules(rows)[:limit])
    else:
        _print_rows(islice(rows, limit), Sheets(cloud, found, uri or ""))


def _print_rows(rows: Iterator[Document], sheets: Sheets) -> None:
    if settings().json:
        put_lines(json_array(rows))
        return
    heads = ["file", "line", "column", "rule", "what"]
    broken = (cells for row in rows for cells in _cells(row, sheets.messages(row)))
    if first := next(broken, None):
        put_lines(table(heads, chain([first], broken), right=["line"]))


def _write(cloud: Cloud, run: Run, uri: str | None, name: str | None, out: Path) -> None:
    if uri is None:
        raise NotFoundError(f"{run.run_id} has rejected no row")
    rows = write_mendable(cloud, run, uri, one_file(cloud, run, uri, name), out)
    say(f"{out}: {rows} rows; {next_step(run, out, program())}")


def next_step(run: Run, out: Path, sluice: str) -> str:
    """What to type once the rows are written: only what was loaded takes mended rows back."""
    mend = f"{sluice} mend {run.run_id} {out}"
    if run.status == "LOADED":
        return f"mend them, then: {mend}"
    if not run.over:
        return f"mend them, and once the run is LOADED: {mend}"
    return f"the run was not loaded, so mend the whole file: {sluice} fetch {run.run_id}"


def _report_uri(cloud: Cloud, run: Run) -> str | None:
    uri = run.report_uri or reported_uri(past_visits(cloud, run.execution_arn, with_data=True))
    if uri is None:
        say(f"{run.run_id} is {run.status} and has no report: no row was judged (yet)")
    return uri


def _print_summary(rules: Sequence[BrokenRule]) -> None:
    if settings().json:
        put_lines(json_array(map(asdict, rules)))
    elif rules:
        cells = ([str(r.rows), cell(r.column), r.rule, cell(r.message)] for r in rules)
        put_lines(table(["rows", "column", "rule", "message"], cells, right=["rows"]))


def _tell_refusals(cloud: Cloud, run: Run) -> None:
    """A file that was refused as a whole has no rows to show, but a reason."""
    for file in run.files:
        if file.disposition == "quarantined" and file.destination_uri:
            reason = refusal_reason(cloud, file.destination_uri)
            say(f"{file.key} was quarantined: {reason.get('message', reason)}")


def _cells(row: Mapping[str, Any], messages: Sequence[str]) -> Iterator[list[str]]:
    place = row["line"] if row["line"] is not None else f"record {row['record']}"
    for error, message in zip(row["errors"], messages, strict=True):
        yield [
            cell(row["file"].rpartition("/")[2]),
            str(place),
            cell(error["column"]),
            error["rule"],
            cell(message),
        ]
